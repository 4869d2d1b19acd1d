package measure

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

var deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}

func parse(t *testing.T, manifest string) *unstructured.Unstructured {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRolloutComplete(t *testing.T) {
	const (
		deployment  = "{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 2}, "
		statefulSet = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {generation: 2}, "
		daemonSet   = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 2}, "
		replicaSet  = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {generation: 2}, "
		job         = "{apiVersion: batch/v1, kind: Job, metadata: {generation: 1}, "
	)
	for _, test := range []struct {
		name, manifest string
		want           bool
	}{
		{"deployment", deployment + "spec: {replicas: 3}, status: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3}}", true},
		{"deployment of one by default", deployment + "spec: {}, status: {observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1}}", true},
		{"deployment of none", deployment + "spec: {replicas: 0}, status: {observedGeneration: 2}}", true},
		{"deployment not observed", deployment + "spec: {replicas: 3}, status: {observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3}}", false},
		{"deployment without status", deployment + "spec: {replicas: 3}}", false},
		{"deployment with an old replica", deployment + "spec: {replicas: 3}, status: {observedGeneration: 2, replicas: 4, updatedReplicas: 3, availableReplicas: 3}}", false},
		{"deployment not updated", deployment + "spec: {replicas: 3}, status: {observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 3}}", false},
		{"deployment not available", deployment + "spec: {replicas: 3}, status: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 2}}", false},
		{"statefulset", statefulSet + "spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, currentRevision: b, updateRevision: b}}", true},
		{"statefulset at the old revision", statefulSet + "spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, currentRevision: a, updateRevision: b}}", false},
		{"statefulset up to its partition", statefulSet + "spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 1}}}, status: {observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 3, currentRevision: a, updateRevision: b}}", true},
		{"statefulset before its partition", statefulSet + "spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 1}}}, status: {observedGeneration: 2, replicas: 3, updatedReplicas: 1, availableReplicas: 3, currentRevision: a, updateRevision: b}}", false},
		{"statefulset that is updated by hand", statefulSet + "spec: {replicas: 2, updateStrategy: {type: OnDelete}}, status: {observedGeneration: 2, replicas: 2, availableReplicas: 2, currentRevision: a, updateRevision: b}}", true},
		{"daemonset", daemonSet + "status: {observedGeneration: 2, desiredNumberScheduled: 5, updatedNumberScheduled: 5, numberAvailable: 5}}", true},
		{"daemonset not available", daemonSet + "status: {observedGeneration: 2, desiredNumberScheduled: 5, updatedNumberScheduled: 5, numberAvailable: 4}}", false},
		{"replicaset", replicaSet + "spec: {replicas: 3}, status: {observedGeneration: 2, replicas: 3, availableReplicas: 3}}", true},
		{"replicaset that is too large", replicaSet + "spec: {replicas: 3}, status: {observedGeneration: 2, replicas: 4, availableReplicas: 4}}", false},
		{"job", job + "status: {conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]}}", true},
		{"job that runs", job + "status: {active: 1}}", false},
		{"job that failed", job + "status: {conditions: [{type: Failed, status: 'True'}]}}", false},
		{"quota in force", "{apiVersion: v1, kind: ResourceQuota, metadata: {}, spec: {hard: {pods: '4', cpu: '2'}}, status: {hard: {pods: '4', cpu: '2'}}}", true},
		{"quota that nobody has computed", "{apiVersion: v1, kind: ResourceQuota, metadata: {}, spec: {hard: {pods: '4'}}, status: {}}", false},
		{"quota that was raised", "{apiVersion: v1, kind: ResourceQuota, metadata: {}, spec: {hard: {pods: '8'}}, status: {hard: {pods: '4'}}}", false},
		{"anything else", "{apiVersion: v1, kind: ConfigMap, metadata: {}}", true},
		{"a deployment of another group", "{apiVersion: example.com/v1, kind: Deployment, metadata: {generation: 9}}", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := RolloutComplete(parse(t, test.manifest)); got != test.want {
				t.Errorf("complete is %t, want %t", got, test.want)
			}
		})
	}
}

// deployment is one replica at a generation.
func deployment(name string, generation int, complete bool) object {
	available := int64(0)
	if complete {
		available = 1
	}
	return object{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"namespace": "bench", "name": name, "generation": int64(generation)},
		"spec":     object{"replicas": int64(1)},
		"status": object{"observedGeneration": int64(generation), "replicas": int64(1),
			"updatedReplicas": int64(1), "availableReplicas": available},
	}
}

func TestRolloutDurations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &recording{}
		clock := sample.StartClock()
		o := newObjects(ObjectsOptions{Run: Run{Clock: clock, Sink: sink}, Resource: deployments})
		see := func(name string, generation int, complete bool) {
			_ = o.Update(&unstructured.Unstructured{Object: deployment(name, generation, complete)})
		}
		for _, name := range []string{"slow", "early", "scaled", "stuck"} {
			see(name, 1, true)
		}
		rollout := o.NewRollout()
		time.Sleep(time.Second)
		for _, name := range []string{"slow", "scaled", "stuck"} {
			rollout.Acked(name, 2, clock.Now())
		}
		see("early", 2, true) // Before its acknowledgement is told.
		see("slow", 1, true)  // A late event of the old generation completes nothing.
		time.Sleep(time.Second)
		rollout.Acked("early", 2, clock.Now())
		see("slow", 2, false)
		time.Sleep(time.Second)
		see("scaled", 3, true) // Something else changed it again; the update is in that.
		see("slow", 2, true)
		time.Sleep(time.Second)
		see("slow", 2, true) // Only the first time counts.

		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := rollout.Wait(ctx, 3, nil); err != nil {
			t.Error(err)
		}
		err := rollout.Wait(ctx, 4, nil)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "3 are complete") {
			t.Errorf("error %v, want that 3 of 4 are complete", err)
		}
		complete, censored := rollout.Finish("web", "update")
		if complete != 3 || censored != 1 {
			t.Errorf("%d complete and %d not, want 3 and 1", complete, censored)
		}
		got := sink.distribution(sample.RolloutDuration, sample.Labels{"workload": "web", "phase": "update"})
		if got.Count() != 4 || got.Min() > 1e-5 || !near(got.Quantile(0.5), 2) || !near(got.Max(), 4) {
			t.Errorf("%d durations, %v to %v s; want 0, 2, 2 and 4 s for the one that is stuck",
				got.Count(), got.Min(), got.Max())
		}
		if censored := sink.censored(sample.RolloutDuration); censored != 1 {
			t.Errorf("%d durations are censored, want that of the stuck one", censored)
		}
		see("slow", 4, true) // After Finish nobody is told.
	})
}

func TestObjectsOverTheWire(t *testing.T) {
	const collection = "/apis/apps/v1/namespaces/bench/deployments"
	s, sink := newServer(t, scripted.Options{}), &recording{}
	client, err := dynamic.NewForConfig(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	s.Put(collection, deployment("a", 1, true))
	o, err := StartObjects(t.Context(), ObjectsOptions{
		Run: Run{Clock: sample.StartClock(), Sink: sink}, Client: client, Resource: deployments, Namespace: "bench",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := o.WaitComplete(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	s.Put(collection, deployment("b", 1, false))
	go s.Put(collection, deployment("b", 1, true))
	if err := o.WaitComplete(t.Context(), 2, nil); err != nil {
		t.Fatal(err)
	}
	s.Cut()
	s.Delete(collection, "a")
	s.Restore(true)
	go s.Delete(collection, "b")
	if err := o.WaitGone(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = o.WaitComplete(ctx, 1, nil)
	if err == nil || !strings.Contains(err.Error(), "0 of 1") {
		t.Errorf("error %v, want that 0 of 1 are there", err)
	}
}

// objectAt renders a deployment as the server returns it.
func objectAt(t *testing.T, name, uid string, generation int, complete bool) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{Object: deployment(name, generation, complete)}
	o.SetUID(types.UID(uid))
	return o
}

// A wait that follows an acknowledged write must not be over because of what the watch showed
// before that write.
func TestWaitsCountFromTheAcknowledgedState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newObjects(ObjectsOptions{Run: Run{Clock: sample.StartClock(), Sink: &recording{}}, Resource: deployments})
		over := func(wait func(context.Context) error) bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return wait(ctx) == nil
		}
		complete := func(ctx context.Context) error { return o.WaitComplete(ctx, 1, nil) }
		gone := func(ctx context.Context) error { return o.WaitGone(ctx, nil) }

		o.Acknowledged(objectAt(t, "a", "1", 1, false))
		if over(gone) {
			t.Error("an object is gone before the watch has shown it")
		}
		_ = o.Add(objectAt(t, "a", "1", 1, true))
		if !over(complete) {
			t.Error("the object is not complete")
		}
		o.Acknowledged(objectAt(t, "a", "1", 2, false)) // It is scaled.
		if over(complete) {
			t.Error("an object is complete before the watch has shown its change")
		}
		_ = o.Update(objectAt(t, "a", "1", 1, true)) // A late event of the state before.
		if over(complete) {
			t.Error("an object is complete though the watch still shows the state before its change")
		}
		_ = o.Update(objectAt(t, "a", "1", 2, true))
		o.Acknowledged(objectAt(t, "a", "1", 2, false)) // The answer may come after the event.
		if !over(complete) {
			t.Error("the changed object is not complete")
		}
		_ = o.Delete(objectAt(t, "a", "1", 2, true))
		o.Acknowledged(objectAt(t, "a", "1", 2, false)) // Even after the deletion.
		if !over(gone) {
			t.Error("the object is not gone")
		}
		o.Acknowledged(objectAt(t, "a", "2", 1, false)) // Another of the same name.
		if over(gone) {
			t.Error("the second object of a name is gone before the watch has shown it")
		}
	})
}

func TestNamesAndPodsWanted(t *testing.T) {
	o := newObjects(ObjectsOptions{Run: Run{Clock: sample.StartClock(), Sink: &recording{}}})
	for _, manifest := range []string{
		`{apiVersion: apps/v1, kind: Deployment, metadata: {name: three, namespace: here}, spec: {replicas: 3}}`,
		`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: one, namespace: here}, spec: {}}`,
		`{apiVersion: batch/v1, kind: Job, metadata: {name: job, namespace: here}, spec: {parallelism: 7}}`,
		`{apiVersion: v1, kind: Pod, metadata: {name: pod, namespace: there}}`,
		`{apiVersion: v1, kind: Pod, metadata: {name: leaving, namespace: there, deletionTimestamp: "2026-01-02T03:04:05Z"}}`,
		`{apiVersion: v1, kind: Node, metadata: {name: global}}`,
	} {
		_ = o.Add(parse(t, manifest))
	}
	if got := o.PodsWanted(); got != 3+1+1+1 {
		t.Errorf("the objects ask for %d pods, want 6", got)
	}
	for namespace, want := range map[string][]string{"here": {"job", "one", "three"}, "there": {"pod"}, "": {"global"}} {
		got := o.Names(namespace)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("names in %q (-want +got):\n%s", namespace, diff)
		}
	}
}
