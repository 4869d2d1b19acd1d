package engine_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// pods is the start of a scenario with a pool and a deployment; POOL, REPLICAS and CPU are
// filled in.
const pods = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools:
      - {name: POOL, nodeType: m6i.large, count: 5}
  workloads:
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 6
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: CPU}}}]}
    - name: role
      manifest: {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "POOL-role"}, rules: []}
  phases:
    - name: fleet
      actions: [{nodes: {pool: POOL}}, {create: {workload: role}}]
`

// scenario fills in the start and adds phases.
func scenario(pool, cpu, phases string) string {
	return strings.NewReplacer("POOL", pool, "CPU", cpu).Replace(pods) + phases
}

const tooLarge = "1000" // Cores; no node has as many.

func TestPhaseTimeout(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	sink := &recording{}
	o := options(t, c, planOf(t, scenario("timeout", tooLarge, `
    - name: deploy
      timeout: 4s
      actions: [{create: {workload: web}}, {wait: {workload: web}}]
    - name: never
      actions: [{hold: {duration: 1ms}}]
`)), sink)
	err := run(t, t.Context(), o)
	if !errors.Is(err, engine.ErrTimeout) || exitcode.Of(err) != exitcode.Environment {
		t.Errorf("exit code %d and %v, want %d and a timeout", exitcode.Of(err), err, exitcode.Environment)
	}
	if err != nil && (!strings.Contains(err.Error(), "phase deploy") || strings.Count(err.Error(), "timed out") != 1) {
		t.Errorf("error %q, want one that names the phase and says once that time ran out", err)
	}
	var timeout *engine.Timeout
	if !errors.As(err, &timeout) || timeout.Phase != "deploy" || timeout.Limit != 4*time.Second {
		t.Errorf("timeout %+v, want that of phase deploy", timeout)
	}
	sink.checkNesting(t)
	if n := len(sink.podsOf("web")); n != 6 {
		t.Errorf("%d pods were recorded, want 6", n)
	}
	for _, p := range sink.pods {
		if p.Ready != nil || p.Scheduled != nil || p.Deleted != nil || p.Until <= p.Created {
			t.Errorf("pod %+v, want one that is censored while it waits for a node", p)
		}
	}
	for _, e := range sink.events {
		if e.Phase == "never" {
			t.Errorf("%s of the phase after the one that failed", e.Kind)
		}
	}
	checkClean(t, o.Run, "timeout")
}

var errStopped = errors.New("stopped by the test")

// TestInterruption cancels runs at an event of each stage.
func TestInterruption(t *testing.T) {
	for _, test := range []struct {
		name string
		at   sample.EventKind
		step string
		pods int
		err  error
	}{
		{"prepare", sample.RunStarted, "", 0, errStopped},
		{"nodes", sample.StepStarted, "nodes inodes", 0, errStopped},
		{"hold", sample.StepStarted, "hold 1m", 6, errStopped},
		{"load", sample.StepStarted, "load 20/s", 6, errStopped},
		{"cleanup", sample.PhaseFinished, "", 6, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pool := "i" + test.name
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			sink := &recording{}
			sink.on = func(e sample.Event) {
				deploy := e.Kind == sample.PhaseFinished && e.Phase == "deploy"
				switch {
				case e.Kind != test.at || e.Step != test.step || test.at == sample.PhaseFinished && !deploy:
				case test.name == "load":
					time.AfterFunc(2*time.Second, func() { cancel(errStopped) }) // Amid its requests.
				default:
					cancel(errStopped)
				}
			}
			last := "{hold: {duration: 1m}}"
			switch test.name {
			case "cleanup":
				last = "{hold: {duration: 1ms}}"
			case "load":
				last = `{load: {rate: 20, duration: 1m, requests: [{verb: create, resource: configmaps}]}}`
			}
			c, _ := attach(t)
			o := options(t, c, planOf(t, scenario(pool, "1m", `
    - name: deploy
      actions: [{create: {workload: web}}, {wait: {workload: web}}, `+last+`]
`)), sink)
			if err := run(t, ctx, o); !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			if ctx.Err() == nil {
				t.Error("the event at which to cancel never came")
			}
			sink.checkNesting(t)
			if n := len(sink.pods); n != test.pods {
				t.Errorf("%d pods were recorded, want %d", n, test.pods)
			}
			checkClean(t, o.Run, pool)
		})
	}
}

func TestSinkFailureEndsTheRun(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	failed, full := make(chan struct{}), errors.New("no space left on device")
	sink := &recording{on: func(e sample.Event) {
		if e.Step == "hold 1m" && e.Kind == sample.StepStarted {
			close(failed)
		}
	}}
	o := options(t, c, planOf(t, scenario("sink", "1m", `
    - name: deploy
      actions: [{create: {workload: web}}, {hold: {duration: 1m}}]
`)), sink)
	o.SinkFailed, o.SinkErr = failed, func() error { return full }
	err := run(t, t.Context(), o)
	if !errors.Is(err, full) || exitcode.Of(err) != exitcode.Environment {
		t.Errorf("exit code %d and %v, want %d and the sink's error", exitcode.Of(err), err, exitcode.Environment)
	}
	sink.checkNesting(t)
	checkClean(t, o.Run, "sink")
}

func TestFailedBackgroundStepEndsThePhase(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	sink := &recording{}
	body := strings.Replace(scenario("back", "1m", `
    - name: deploy
      actions:
        - {create: {workload: foreign}, background: true}
        - hold: {duration: 1m}
`), "  workloads:", `  workloads:
    - name: foreign
      manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: test-foreign, namespace: default}}`, 1)
	o := options(t, c, planOf(t, body), sink)
	err := run(t, t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "the namespace default exists") || exitcode.Of(err) != exitcode.Environment {
		t.Errorf("exit code %d and %v, want that a namespace of others is refused", exitcode.Of(err), err)
	}
	sink.checkNesting(t)
	if found := left(t, o.Run); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	_, client := connect(t)
	kept, err := client.CoreV1().Namespaces().Get(t.Context(), "default", metav1.GetOptions{})
	if err != nil || kept.Status.Phase != corev1.NamespaceActive {
		t.Errorf("the namespace default: %v, %v", kept.Status, err)
	}
}

// TestLostComponent kills a component of a control plane of its own while a step depends on it
// and while none does.
func TestLostComponent(t *testing.T) {
	t.Parallel()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		component cluster.Component
		action    string
	}{
		{cluster.Scheduler, "{hold: {duration: 1m}}"},
		{cluster.APIServer, "{create: {workload: many, rate: 100}}"},
	} {
		t.Run(string(test.component), func(t *testing.T) {
			c, err := cluster.Start(t.Context(), cluster.Options{Name: "lost", Directory: t.TempDir(), Binary: binary})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := c.Stop(context.Background()); err != nil {
					t.Error(err)
				}
			})
			sink := &recording{}
			sink.on = func(e sample.Event) {
				if e.Phase == "deploy" && (e.Step == "hold 1m" && e.Kind == sample.StepStarted || e.Step == "create many" && e.Kind == sample.Progress) {
					kill(t, c, test.component)
				}
			}
			o := options(t, c, planOf(t, strings.Replace(scenario("lost", "1m", `
    - name: deploy
      actions: [`+test.action+`]
`), "  workloads:", `  workloads:
    - name: many
      count: 5000
      manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: "many-${index}"}}`, 1)), sink)
			o.Run, o.ThrowAway = "lost", true
			err = run(t, t.Context(), o)
			var loss cluster.Loss
			if !errors.As(err, &loss) || loss.Component != test.component || exitcode.Of(err) != exitcode.Environment {
				t.Errorf("exit code %d and %v, want %d and the loss of %s", exitcode.Of(err), err, exitcode.Environment, test.component)
			}
			var broke *engine.Breakdown
			if !errors.As(err, &broke) || broke.Component != test.component || broke.How != "ended (signal: killed)" || broke.Phase != "deploy" || broke.At <= 0 {
				t.Errorf("breakdown %+v", broke)
			}
			sink.checkNesting(t)
			lost := 0
			for _, e := range sink.events {
				if e.Kind == sample.ComponentLost {
					lost++
				}
			}
			if lost != 1 {
				t.Errorf("%d events of the loss, want 1", lost)
			}
		})
	}
}

// kill ends a component as a crash does.
func kill(t *testing.T, c *cluster.Cluster, component cluster.Component) {
	for _, p := range c.Processes() {
		if p.Component != component {
			continue
		}
		process, err := os.FindProcess(p.PID)
		if err != nil {
			t.Error(err)
			return
		}
		_ = process.Kill() // It may be gone already.
	}
}

// TestCleanupWithoutKwok removes a killed run, whose kwok is gone and whose pods are therefore
// held by nodes that nobody speaks for, and leaves another run alone.
func TestCleanupWithoutKwok(t *testing.T) {
	t.Parallel()
	config, client := connect(t)
	const other = "cleanup-other"
	labels := map[string]string{action.RunLabel: other}
	meta := metav1.ObjectMeta{Name: other, Labels: labels}
	_, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: meta}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closed := &corev1.Node{ObjectMeta: meta, Spec: corev1.NodeSpec{Unschedulable: true}}
	if _, err = client.CoreV1().Nodes().Create(t.Context(), closed, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err = client.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	before := len(left(t, other))

	c, stop := attach(t)
	o := options(t, c, planOf(t, scenario("killed", "1m", `
    - name: deploy
      actions: [{create: {workload: web}}, {wait: {workload: web}}]
`)), &recording{})
	o.ThrowAway = true // It does not clean up, as if it was killed.
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	stop()
	if found := left(t, o.Run); len(found) < 5+1+6 {
		t.Fatalf("only %v are left of the killed run, want its nodes, namespace and pods at least", found)
	}
	for _, want := range []engine.Cleaned{{Namespaces: 1, Nodes: 5}, {}} {
		if cleaned := cleanUp(t, config, o.Run); cleaned != want {
			t.Errorf("cleaned %+v, want %+v", cleaned, want)
		}
	}
	checkClean(t, o.Run, "killed")
	if after := len(left(t, other)); before < 3 || after != before {
		t.Errorf("%d objects of the other run are left of %d", after, before)
	}
	cleanUp(t, config, other)
	checkClean(t, other)
}

// connect returns access to the shared control plane.
func connect(t *testing.T) (*rest.Config, kubernetes.Interface) {
	t.Helper()
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return config, client
}

// cleanUp cleans up after a run within the limit.
func cleanUp(t *testing.T, config *rest.Config, run string) engine.Cleaned {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cleaned, err := engine.Cleanup(ctx, config, run)
	if err != nil {
		t.Error(err)
	}
	return cleaned
}

// TestCleanupSaysWhatIsInTheWay bounds the wait for a namespace that cannot go.
func TestCleanupSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	config, client := connect(t)
	const run = "cleanup-held"
	labels := map[string]string{action.RunLabel: run}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: run, Labels: labels}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	maps := client.CoreV1().ConfigMaps(run)
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"kubedyno.dev/test"}}}
	if _, err := maps.Create(t.Context(), held, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if _, err := engine.Cleanup(ctx, config, run); err == nil || !strings.Contains(err.Error(), "kubedyno.dev/test") {
		t.Errorf("error %v, want one that names the finalizer", err)
	}
	held.Finalizers = nil
	if _, err := maps.Update(t.Context(), held, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	cleanUp(t, config, run)
	checkClean(t, run)
}
