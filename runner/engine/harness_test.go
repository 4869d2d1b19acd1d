package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// limit is the longest that any run of these tests may take.
const limit = 2 * time.Minute

// shared is the control plane of all tests; each run attaches to it with a kwok of its own.
var shared *cluster.Cluster

func TestMain(m *testing.M) {
	code := clustertest.Main(m, func(c *cluster.Cluster) { shared = c })
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// A recording is a Sink that keeps everything, and lets a test act at an event.
type recording struct {
	on func(sample.Event) // May be nil.

	mutex   sync.Mutex
	events  []sample.Event
	points  []sample.Point
	windows []sample.Window
	pods    []sample.Pod // The first record of each.
	ends    []sample.Pod // The second records.
	buckets []sample.Buckets
}

func (r *recording) Event(e sample.Event) {
	r.mutex.Lock()
	r.events = append(r.events, e)
	r.mutex.Unlock()
	if r.on != nil {
		r.on(e)
	}
}

func (r *recording) Point(p sample.Point) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.points = append(r.points, p)
}

func (r *recording) Window(w sample.Window) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var read sample.Histogram // The sender uses its own again.
	read.Merge(w.Histogram)
	w.Histogram = read
	r.windows = append(r.windows, w)
}

func (r *recording) Buckets(b sample.Buckets) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.buckets = append(r.buckets, b)
}

func (r *recording) Pod(p sample.Pod) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if p.Amends() {
		r.ends = append(r.ends, p)
		return
	}
	r.pods = append(r.pods, p)
}

// values returns the values of a gauge or scalar.
func (r *recording) values(metric string, selector sample.Labels) []float64 {
	var values []float64
	for _, p := range r.points {
		if p.Metric == metric && p.Labels.Match(selector) {
			values = append(values, p.Value)
		}
	}
	return values
}

// last returns the last value of a gauge; -1 if there is none.
func (r *recording) last(metric string, selector sample.Labels) float64 {
	values := r.values(metric, selector)
	if len(values) == 0 {
		return -1
	}
	return values[len(values)-1]
}

// distribution returns the merged windows of a metric.
func (r *recording) distribution(metric string, selector sample.Labels) *sample.Histogram {
	merged := &sample.Histogram{}
	for _, w := range r.windows {
		if w.Metric == metric && w.Labels.Match(selector) {
			merged.Merge(w.Histogram)
		}
	}
	return merged
}

// podsOf returns the records of a workload's pods.
func (r *recording) podsOf(workload string) []sample.Pod {
	var pods []sample.Pod
	for _, p := range r.pods {
		if p.Workload == workload {
			pods = append(pods, p)
		}
	}
	return pods
}

// checkNesting fails the test unless the run encloses the phases, these follow one another,
// and every step begins and ends in its own phase.
func (r *recording) checkNesting(t *testing.T) {
	t.Helper()
	last := len(r.events) - 1
	if r.events[0].Kind != sample.RunStarted || r.events[last].Kind != sample.RunFinished {
		t.Errorf("the events begin with %s and end with %s", r.events[0].Kind, r.events[last].Kind)
	}
	phase, open := "", map[string]bool{}
	for _, e := range r.events {
		switch e.Kind {
		case sample.PhaseStarted:
			if phase != "" {
				t.Errorf("phase %s begins in phase %s", e.Phase, phase)
			}
			phase = e.Phase
		case sample.PhaseFinished:
			if e.Phase != phase || len(open) > 0 {
				t.Errorf("phase %s ends in phase %s with open steps %v", e.Phase, phase, open)
			}
			phase = ""
		case sample.StepStarted:
			if e.Phase != phase || open[e.Step] {
				t.Errorf("step %s of phase %s begins in phase %q", e.Step, e.Phase, phase)
			}
			open[e.Step] = true
		case sample.StepFinished, sample.StepFailed:
			if e.Phase != phase || !open[e.Step] {
				t.Errorf("step %s of phase %s ends in phase %q, begun: %t", e.Step, e.Phase, phase, open[e.Step])
			}
			delete(open, e.Step)
		case sample.Progress:
			if !open[e.Step] {
				t.Errorf("progress of step %s, which is not under way", e.Step)
			}
		}
	}
	if phase != "" {
		t.Errorf("phase %s never ends", phase)
	}
}

// planOf plans the rest of a scenario's spec.
func planOf(t *testing.T, body string) *plan.Plan {
	t.Helper()
	text := "apiVersion: kubedyno.dev/v1alpha1\nkind: Scenario\nmetadata: {name: test}\nspec:\n" + body
	scenario, err := spec.Decode("test.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(scenario, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// id is a run's ID, made from the test's name.
func id(t *testing.T) string {
	name := strings.ToLower(strings.NewReplacer("Test", "", "/", "-", "_", "-").Replace(t.Name()))
	return strings.Trim(name[:min(len(name), 40)], "-")
}

// attach returns the shared control plane with nothing of kwok yet, as an attached run gets it.
// The returned function ends its kwok; the test's end does so, too.
func attach(t *testing.T) (*cluster.Cluster, func()) {
	t.Helper()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Attach(t.Context(), cluster.AttachOptions{
		Kubeconfig: shared.Kubeconfig(), Directory: t.TempDir(), Binary: binary,
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return c, stop
}

// options are those of a run with a test's name on the shared control plane.
func options(t *testing.T, c *cluster.Cluster, p *plan.Plan, sink sample.Sink) engine.Options {
	return engine.Options{
		Plan: p, Cluster: c, Run: id(t), Clock: sample.StartClock(), Sink: sink,
		Dropped: func() int64 { return 0 },
	}
}

// run runs a plan within the limit.
func run(t *testing.T, ctx context.Context, o engine.Options) error {
	t.Helper()
	late := errors.New("the test's own time limit")
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	err := engine.Run(ctx, o)
	if errors.Is(err, late) {
		t.Fatal(err)
	}
	return err
}

// left returns what there is of a run in the shared control plane: everything with its label,
// and the leases of its nodes.
func left(t *testing.T, run string, nodes ...string) []string {
	t.Helper()
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.WarningHandler = rest.NoWarnings{} // Of kinds that are deprecated.
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, all := context.Background(), []string{}
	_, lists, err := client.Discovery().ServerGroupsAndResourcesWithContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if !strings.Contains(resource.Verbs.String(), "list") {
				continue
			}
			of := resourceOf(t, list.GroupVersion, resource.Name)
			found, err := untyped.Resource(of).List(ctx, metav1.ListOptions{LabelSelector: action.RunLabel + "=" + run})
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range found.Items {
				all = append(all, resource.Name+" "+object.GetNamespace()+"/"+object.GetName())
			}
		}
	}
	leases, err := client.CoordinationV1().Leases("kube-node-lease").List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, lease := range leases.Items {
		for _, pool := range nodes {
			if strings.HasPrefix(lease.Name, pool+"-") {
				all = append(all, "lease "+lease.Name)
			}
		}
	}
	return all
}

// checkClean fails the test if anything is left of a run and of the leases of its pools' nodes.
func checkClean(t *testing.T, run string, pools ...string) {
	t.Helper()
	if objects := left(t, run, pools...); len(objects) > 0 {
		t.Errorf("left of run %s: %v", run, objects)
	}
}
