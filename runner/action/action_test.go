package action

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A start is when a call of each began and when it was due.
type start struct{ at, due time.Duration }

// starts runs each in a bubble and returns, by index, when its calls began.
func starts(t *testing.T, n int, rate float64, do func(i int)) []start {
	t.Helper()
	began := time.Now()
	var mutex sync.Mutex
	all := make([]start, n)
	err := each(t.Context(), n, rate, func(_ context.Context, c call) error {
		mutex.Lock()
		all[c.index] = start{time.Since(began), c.due.Sub(began)}
		mutex.Unlock()
		do(c.index)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSlowCallDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := starts(t, 5, 10, func(i int) {
			if i == 1 {
				time.Sleep(time.Hour)
			}
		})
		for i, s := range got {
			want := time.Duration(i) * 100 * time.Millisecond
			if s.at != want || s.due != want {
				t.Errorf("call %d began at %s and was due at %s, want %s", i, s.at, s.due, want)
			}
		}
	})
}

// All places are taken for 10 s by the first calls; those that were due meanwhile start late,
// all of them, and those due after it on time.
func TestLateCallsAreNotDroppedNorRescheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, n = 64.0, 64 * 12
		got := starts(t, n, rate, func(i int) {
			if i < parallelism {
				time.Sleep(10 * time.Second)
			}
		})
		for i, s := range got {
			due := time.Duration(float64(i) / rate * float64(time.Second))
			if s.due != due {
				t.Fatalf("call %d was due at %s, want %s", i, s.due, due)
			}
			at := due
			if i >= parallelism {
				at = max(due, 10*time.Second) // When the first call ended.
			}
			if s.at != at {
				t.Fatalf("call %d began at %s, want %s", i, s.at, at)
			}
		}
	})
}

func TestCallsWithoutARateAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		got := starts(t, 3*parallelism, 0, func(int) {
			most.Store(max(most.Load(), under.Add(1)))
			time.Sleep(time.Second)
			under.Add(-1)
		})
		if most.Load() != parallelism {
			t.Errorf("%d calls were under way at once, want %d", most.Load(), parallelism)
		}
		if last := got[len(got)-1]; last.at != 2*time.Second || last.due != last.at {
			t.Errorf("the last call began at %s and was due at %s, want both at 2 s", last.at, last.due)
		}
	})
}

func TestFirstErrorEndsEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		var calls atomic.Int64
		err := each(t.Context(), 1000, 1, func(ctx context.Context, c call) error {
			calls.Add(1)
			if c.index == 2 {
				return broken
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, broken) || calls.Load() != 3 {
			t.Errorf("%d calls and %v, want 3 and the first error", calls.Load(), err)
		}
	})
}

func TestEachEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2500*time.Millisecond, func() { cancel(stopped) })
		var calls atomic.Int64
		err := each(ctx, 1000, 1, func(context.Context, call) error { calls.Add(1); return nil })
		if !errors.Is(err, stopped) || calls.Load() != 3 {
			t.Errorf("%d calls and %v, want 3 and the cause", calls.Load(), err)
		}
	})
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		step := Step{Plan: plan.Step{Action: spec.Action{Hold: &spec.Hold{Duration: time.Minute}}}}
		if _, err := step.do(t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("held for %s (%v), want a minute", time.Since(began), err)
		}
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stopped)
		if _, err := step.do(ctx); !errors.Is(err, stopped) {
			t.Errorf("a cancelled hold returned %v, want the cause", err)
		}
	})
}

// events is a Sink that keeps events.
type events struct {
	mutex sync.Mutex
	all   []sample.Event
}

func (e *events) Point(sample.Point)   {}
func (e *events) Window(sample.Window) {}
func (*events) Buckets(sample.Buckets) {}
func (e *events) Pod(sample.Pod)       {}
func (e *events) Event(event sample.Event) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.all = append(e.all, event)
}

func TestProgressIsThrottledAndComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &events{}
		step := Step{Env: &Env{Clock: sample.StartClock(), Sink: sink}, Phase: "deploy", Plan: plan.Step{Name: "create web"}}
		p := step.progress(100)
		for range 100 {
			p.add()
			time.Sleep(10 * time.Millisecond)
		}
		var told []string
		for _, event := range sink.all {
			if event.Kind != sample.Progress || event.Phase != "deploy" || event.Step != "create web" {
				t.Errorf("event %+v is not the progress of the step", event)
			}
			told = append(told, fmt.Sprintf("%s %s/%s", time.Duration(event.At), event.Fields["done"], event.Fields["total"]))
		}
		if diff := cmp.Diff([]string{"0s 1/100", "500ms 51/100", "990ms 100/100"}, told); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
	})
}

func TestClassName(t *testing.T) {
	for _, test := range []struct {
		request spec.Request
		want    string
	}{
		{spec.Request{Verb: "get", Resource: "pods", Scope: "resource"}, "get pods"},
		{spec.Request{Verb: "get", Resource: "pods", Scope: "resource", Mode: "consistent"}, "get pods consistent"},
		{spec.Request{Verb: "list", Resource: "deployments.apps", Scope: "cluster"}, "list deployments.apps cluster"},
		{spec.Request{Verb: "patch", Resource: "secrets", Scope: "resource", PatchType: "json", Encoding: "protobuf", Size: 100},
			"patch secrets json 100 B"},
		{spec.Request{Verb: "list", Resource: "pods", Scope: "namespace", Mode: "consistent"}, "list pods namespace consistent"},
		{spec.Request{Verb: "patch", Resource: "deployments.apps", Subresource: "scale", Encoding: "json", User: "tenant"},
			"patch deployments.apps/scale json as tenant"},
		{spec.Request{Verb: "get", Resource: "widgets.example.com", Encoding: "json"}, "get widgets.example.com"},
	} {
		if got := className(test.request); got != test.want {
			t.Errorf("%+v is called %q, want %q", test.request, got, test.want)
		}
	}
}

func TestLoadNamesAreDistinctLabels(t *testing.T) {
	long := strings.Repeat("a-very-long-phase-", 3) + "x"
	seen := map[string]string{}
	for _, name := range [][2]string{
		{"steady", "load 100/s"}, {"steady", "load 100/s (2)"}, {"steady", "load 0.5/s"}, {"steady", "load 5/s"},
		{long, "load 100/s"}, {long, "load 100/s (2)"}, {long + "y", "load 100/s"},
	} {
		got := loadName(name[0], name[1])
		if wrong := validation.IsDNS1123Label(got); len(wrong) > 0 || len(got) > loadNameLimit {
			t.Errorf("%q gives %q: %v", name, got, wrong)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q are both called %q", name, other, got)
		}
		seen[got] = strings.Join(name[:], " / ")
	}
	if got := loadName("steady", "load 100/s"); got != "steady-load-100-s" {
		t.Errorf("a short name became %q", got)
	}
}

// workload plans one workload of a scenario.
func workload(t *testing.T, manifest string) plan.Workload {
	t.Helper()
	text := `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: labels}
spec:
  workloads:
    - name: web
      count: 2
      manifest: ` + manifest + `
  phases:
    - name: one
      actions: [{create: {workload: web}}]
`
	scenario, err := spec.Decode("labels.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(scenario, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p.Workloads["web"]
}

func TestObjectsAndTheirPodsCarryTheLabels(t *testing.T) {
	step := Step{Env: &Env{Run: "r1", Namespace: "kubedyno-r1"}}
	own := map[string]string{RunLabel: "r1", WorkloadLabel: "web"}
	namespaced, global := meta.RESTScopeNamespace, meta.RESTScopeRoot
	for _, test := range []struct {
		name, manifest, namespace string
		scope                     meta.RESTScope
		labels, podLabels         map[string]string
	}{
		{"a deployment keeps its own labels",
			`{apiVersion: apps/v1, kind: Deployment, metadata: {name: "web-${index}", labels: {app: web}},
        spec: {template: {metadata: {labels: {app: "web-${index}"}}}}}`, "kubedyno-r1", namespaced,
			map[string]string{"app": "web"}, map[string]string{"app": "web-1"}},
		{"a template without labels",
			`{apiVersion: batch/v1, kind: Job, metadata: {name: "web-${index}"}, spec: {template: {spec: {}}}}`,
			"kubedyno-r1", namespaced, nil, map[string]string{}},
		{"a namespace of its own",
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: "web-${index}", namespace: "other-${index}"}}`,
			"other-1", namespaced, nil, nil},
		{"a NodePool's nodes are for kwok to keep alive, and measured by their pool",
			`{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: "web-${index}"}, spec: {template: {spec: {}}}}`,
			"", global, nil, map[string]string{"kubedyno.dev/alive": "true", "kubedyno.dev/pool": "web-1"}},
		{"a NodePool of somebody else",
			`{apiVersion: other.example/v1, kind: NodePool, metadata: {name: "web-${index}"}, spec: {}}`,
			"", global, nil, nil},
		{"no namespace at all",
			`{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "web-${index}"}}`,
			"", global, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := &target{workload: workload(t, test.manifest), mapping: &meta.RESTMapping{Scope: test.scope}}
			object, err := step.object(target, 1)
			if err != nil {
				t.Fatal(err)
			}
			if object.GetName() != "web-1" || object.GetNamespace() != test.namespace {
				t.Errorf("%s in %q, want web-1 in %q", object.GetName(), object.GetNamespace(), test.namespace)
			}
			expect := func(what string, given, got map[string]string) {
				want := map[string]string{}
				for _, labels := range []map[string]string{given, own} {
					for name, value := range labels {
						want[name] = value
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("labels of %s (-want +got):\n%s", what, diff)
				}
			}
			expect("the object", test.labels, object.GetLabels())
			pods, found, _ := unstructured.NestedStringMap(object.Object, "spec", "template", "metadata", "labels")
			if found != (test.podLabels != nil) {
				t.Errorf("labels of the pods: %v, want some: %t", pods, test.podLabels != nil)
			} else if found {
				expect("the pods", test.podLabels, pods)
			}
		})
	}
}

func TestPinnedPodsGoToTheRunsNodesAlone(t *testing.T) {
	own := map[string]any{"key": RunLabel, "operator": "Equal", "value": "r1", "effect": "NoSchedule"}
	given := map[string]any{"key": "gpu", "operator": "Exists"}
	for _, test := range []struct {
		manifest string
		path     []string
		want     map[string]any
	}{
		{`{apiVersion: v1, kind: Pod, metadata: {name: "web-${index}"}, spec: {nodeSelector: {disk: ssd}}}`, []string{"spec"},
			map[string]any{"nodeSelector": map[string]any{"disk": "ssd", RunLabel: "r1"}, "tolerations": []any{own}}},
		{`{apiVersion: apps/v1, kind: Deployment, metadata: {name: "web-${index}"},
        spec: {template: {spec: {tolerations: [{key: gpu, operator: Exists}]}}}}`, []string{"spec", "template", "spec"},
			map[string]any{"nodeSelector": map[string]any{RunLabel: "r1"}, "tolerations": []any{given, own}}},
		{`{apiVersion: v1, kind: ConfigMap, metadata: {name: "web-${index}"}}`, []string{"spec"}, nil},
	} {
		for _, pinned := range []bool{true, false} {
			step := Step{Env: &Env{Run: "r1", Namespace: "n", Pinned: pinned}}
			object, err := step.object(&target{workload: workload(t, test.manifest),
				mapping: &meta.RESTMapping{Scope: meta.RESTScopeNamespace}}, 0)
			if err != nil {
				t.Fatal(err)
			}
			got, _, _ := unstructured.NestedMap(object.Object, test.path...)
			if !pinned {
				if _, selected, _ := unstructured.NestedString(got, "nodeSelector", RunLabel); selected {
					t.Errorf("%s: pinned though it is not to be", describe(object))
				}
				continue
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", describe(object), diff)
			}
		}
	}
}

func TestLabelsThatAreNoneAreRefused(t *testing.T) {
	step := Step{Env: &Env{Run: "r1", Namespace: "n"}}
	manifest := `{apiVersion: v1, kind: ConfigMap, metadata: {name: "web-${index}", labels: [app]}}`
	target := &target{workload: workload(t, manifest), mapping: &meta.RESTMapping{Scope: meta.RESTScopeNamespace}}
	if _, err := step.object(target, 0); err == nil || !strings.Contains(err.Error(), "ConfigMap n/web-0") {
		t.Errorf("error %v, want one that names the object", err)
	}
}

func TestUnknownVerbIsAnError(t *testing.T) {
	step := Step{Plan: plan.Step{Name: "dance"}}
	if _, err := step.do(t.Context()); err == nil || !strings.Contains(err.Error(), "dance") {
		t.Errorf("error %v, want one that names the step", err)
	}
}

// The watch of the pods asks for the time a pod was sent; it must not wait for an action that
// is starting a watch or making a namespace.
func TestAskingForAPodNeverWaits(t *testing.T) {
	env := &Env{}
	env.sent.note("n", "p", measure.Creation{Intended: 5})
	env.sent.acknowledge("n", "p", 7)
	env.sent.acknowledge("n", "unknown", 7)
	env.starting.Lock()
	env.mutex.Lock()
	defer env.starting.Unlock()
	defer env.mutex.Unlock()
	want := measure.Creation{Intended: 5, Acknowledged: 7}
	if got, ok := env.PodCreation("n", "p"); !ok || got != want {
		t.Errorf("pod n/p was created %+v (%t), want %+v", got, ok, want)
	}
	if _, ok := env.PodCreation("n", "p"); ok {
		t.Error("a pod's creation is kept after it was taken")
	}
	if _, ok := env.PodCreation("other", "p"); ok {
		t.Error("a pod of another namespace was sent")
	}
}
