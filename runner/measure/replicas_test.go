package measure

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubedyno/kubedyno/results/sample"
)

// pods is a Deployment of 10 with a status.
func pods(name string, status object) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"namespace": "bench", "name": name}, "spec": object{"replicas": int64(10)}, "status": status}}
}

func TestWorkloadReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &recording{}
		clock := sample.StartClock()
		o := newObjects(ObjectsOptions{Run: Run{Clock: clock, Sink: sink}, Resource: deployments, Workload: "web"})
		check := func(when string, want map[string]float64) {
			t.Helper()
			for state, value := range want {
				got := sink.last(sample.WorkloadReplicas, sample.Labels{"workload": "web", "state": state})
				if got != value {
					t.Errorf("%s: %s is %v, want %v", when, state, got, value)
				}
			}
		}
		_ = o.Add(pods("a", object{"replicas": int64(10), "updatedReplicas": int64(4), "readyReplicas": int64(9), "availableReplicas": int64(8)}))
		check("one", map[string]float64{"desired": 10, "current": 10, "updated": 4, "ready": 9, "available": 8})
		if got := sink.last(sample.WorkloadReplicas, sample.Labels{"workload": "web", "state": "terminating"}); got != -1 {
			t.Error("there are terminating pods, of which no status tells")
		}
		_ = o.Add(pods("b", object{"replicas": int64(7), "availableReplicas": int64(7), "terminatingReplicas": int64(3)}))
		check("two", map[string]float64{"desired": 20, "current": 17, "updated": 4, "available": 15, "terminating": 3})
		_ = o.Update(pods("a", object{"replicas": int64(10), "updatedReplicas": int64(5), "availableReplicas": int64(10)}))
		check("changed", map[string]float64{"updated": 5, "ready": 0, "available": 17})
		_ = o.Delete(pods("a", nil))
		check("one is gone", map[string]float64{"desired": 10, "current": 7, "available": 7})
		before := len(sink.points)
		_ = o.Update(pods("b", object{"replicas": int64(7), "availableReplicas": int64(7), "terminatingReplicas": int64(3)}))
		if len(sink.points) != before {
			t.Error("a change that is none was recorded")
		}
		time.Sleep(time.Second)
		o.gauge()
		if len(sink.points) == before {
			t.Error("the gauge recorded nothing")
		}
	})
}

// TestRolloutsUnderWay counts the updates that are acknowledged and not complete.
func TestRolloutsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &recording{}
		clock := sample.StartClock()
		o := newObjects(ObjectsOptions{Run: Run{Clock: clock, Sink: sink}, Resource: deployments, Workload: "web"})
		check := func(when string, want float64) {
			t.Helper()
			if got := sink.last(sample.Rollouts, sample.Labels{"workload": "web"}); got != want {
				t.Errorf("%s: %v rollouts are under way, want %v", when, got, want)
			}
		}
		rollout := o.NewRollout()
		rollout.Acked("a", 2, clock.Now())
		rollout.Acked("b", 2, clock.Now())
		check("acknowledged", 2)
		_ = o.Update(&unstructured.Unstructured{Object: deployment("a", 2, true)})
		check("one is complete", 1)
		rollout.Finish("web", "update")
		check("given up", 1)
		o.gauge()
		check("after it", 0)
		before := len(sink.points)
		o.gauge()
		for _, p := range sink.points[before:] {
			if p.Metric == sample.Rollouts {
				t.Error("no rollout is under way, and that is recorded again")
			}
		}
	})
}

func TestProgressDeadline(t *testing.T) {
	sink := &recording{}
	o := newObjects(ObjectsOptions{Run: Run{Clock: sample.StartClock(), Sink: sink}, Resource: deployments, Workload: "web"})
	progressing := func(reason string) {
		_ = o.Update(pods("web", object{"conditions": []any{object{"type": "Progressing", "status": "False", "reason": reason}}}))
	}
	progressing("ReplicaSetUpdated")
	if got := sink.warnings(); len(got) != 0 {
		t.Errorf("warnings %q of a rollout that gets on", got)
	}
	progressing("ProgressDeadlineExceeded")
	progressing("ProgressDeadlineExceeded")
	if got := sink.warnings(); len(got) != 1 {
		t.Errorf("warnings %q, want one", got)
	}
	progressing("NewReplicaSetAvailable")
	progressing("ProgressDeadlineExceeded")
	if got := sink.warnings(); len(got) != 2 {
		t.Errorf("warnings %q, want one for each time", got)
	}
}

func TestQuotas(t *testing.T) {
	sink := &recording{}
	q := newQuotas(QuotasOptions{Run: Run{Clock: sample.StartClock(), Sink: sink}, Namespace: "bench"})
	quota := func(namespace string, used, hard corev1.ResourceList) *corev1.ResourceQuota {
		return &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "pods"},
			Status: corev1.ResourceQuotaStatus{Used: used, Hard: hard}}
	}
	amounts := func(pods, cpu string) corev1.ResourceList {
		return corev1.ResourceList{"pods": resource.MustParse(pods), "requests.cpu": resource.MustParse(cpu)}
	}
	_ = q.Add(quota("bench", nil, nil))
	if len(sink.points) != 0 {
		t.Errorf("%d points of a quota that nobody has computed", len(sink.points))
	}
	_ = q.Update(quota("bench", amounts("3", "750m"), amounts("40", "10")))
	_ = q.Add(quota("tenant", amounts("1", "1"), amounts("2", "2")))
	for _, want := range []struct {
		metric, quota, resource string
		value                   float64
	}{
		{sample.QuotaUsed, "pods", "pods", 3}, {sample.QuotaHard, "pods", "pods", 40},
		{sample.QuotaUsed, "pods", "requests.cpu", 0.75}, {sample.QuotaHard, "tenant/pods", "requests.cpu", 2},
	} {
		got := sink.last(want.metric, sample.Labels{"quota": want.quota, "resource": want.resource})
		if got != want.value {
			t.Errorf("%s of %s in %s is %v, want %v", want.metric, want.resource, want.quota, got, want.value)
		}
	}
	_ = q.Delete(quota("bench", nil, nil))
	before := len(sink.points)
	q.gauge()
	for _, p := range sink.points[before:] {
		if p.Labels["quota"] == "pods" {
			t.Error("the quota is gone, and its series goes on")
		}
	}
}
