package provisioner

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	policyv1 "k8s.io/api/policy/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/kwok/stages"
)

// labelsOfRun are on everything that is provisioned.
var labelsOfRun = map[string]string{"kubedyno.dev/run": "r1"}

// rack has pool m, whose nodes have 4 cores, 16 GiB and room for 10 pods, in three zones.
func rack(t *testing.T, count int, taints ...corev1.Taint) *fleet.Fleet {
	t.Helper()
	kind, err := nodetype.New(nodetype.Row{Name: "r", Provider: "rack", Arch: "amd64", VCPU: 4, Memory: 16 << 30, MaxPods: 10, Reservation: "none"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := fleet.New([]fleet.Pool{{Name: "m", NodeType: "r", Count: count, Taints: taints}}, fleet.Options{Types: nodetype.Types{kind}, Labels: labelsOfRun})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// machine is a node of the rack that is Ready.
func machine(t *testing.T, f *fleet.Fleet, index int) *corev1.Node {
	t.Helper()
	node, err := f.Node("m", index)
	if err != nil {
		t.Fatal(err)
	}
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return node
}

// pod is a pod of a ReplicaSet called after its requests; on no node it is without room.
func pod(name, cpu, memory, node string) *corev1.Pod {
	yes := true
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "bench", Name: name, UID: types.UID("uid-" + name), Labels: labelsOfRun,
			OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", UID: types.UID(cpu + memory), Controller: &yes}}},
		Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "main", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}}}}},
	}
	if node == "" {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable}}
	}
	return p
}

// several makes n pods that are alike.
func several(n int, cpu, memory, node string) (all []*corev1.Pod) {
	for i := range n {
		all = append(all, pod(fmt.Sprintf("%s-%s-%s-%02d", cpu, memory, node, i), cpu, memory, node))
	}
	return all
}

// record is an Observer.
type record struct {
	mu     sync.Mutex
	began  time.Time
	events []string
}

func (r *record) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *record) Ordered(_, node string, at time.Time) {
	r.note("%s ordered %s", at.Sub(r.began), node)
}
func (r *record) Refused(_, reason string) { r.note("refused by %s", reason) }
func (r *record) Created(_, node string, sent time.Time) {
	r.note("%s created %s", sent.Sub(r.began), node)
}
func (r *record) Failed(_, node string, err error) { r.note("failed %s: %v", node, err) }
func (r *record) Trouble(err error)                { r.note("trouble: %v", err) }

// take returns what was noted since the last call.
func (r *record) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.events
	r.events = nil
	return all
}

// clientCloud makes nodes with a client, Ready at once.
type clientCloud struct {
	client *fake.Clientset
	record *record
}

func (c clientCloud) create(ctx context.Context, o *order) error {
	node := o.node.DeepCopy()
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	c.record.Created(o.pool.Name, node.Name, time.Now())
	_, err := c.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	return err
}

func (c clientCloud) remove(ctx context.Context, node string) error {
	c.record.note("%s removed %s", time.Since(c.record.began), node)
	return c.client.CoreV1().Nodes().Delete(ctx, node, metav1.DeleteOptions{})
}

// evictable lets evictions delete pods, unless keep says that a disruption budget keeps one.
func evictable(client *fake.Clientset, r *record, keep func(pod string) bool) {
	client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if action.GetSubresource() != "eviction" {
			return false, nil, nil
		}
		name := action.(clienttesting.CreateAction).GetObject().(*policyv1.Eviction).Name
		if keep(name) {
			r.note("%s kept %s", time.Since(r.began), name)
			return true, nil, apierrors.NewTooManyRequests("disruption budget", 0)
		}
		r.note("%s evicted %s", time.Since(r.began), name)
		return true, nil, client.Tracker().Delete(corev1.SchemeGroupVersion.WithResource("pods"), "bench", name)
	})
}

// delay is always the same.
func delay(t *testing.T, d time.Duration) stages.Latency {
	t.Helper()
	l, err := stages.Fixed(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
