// Package action carries out the steps of a plan: one file per verb that a scenario can say.
// Every action is bounded by its context, reports its progress as events, and waits on
// watches, never by listing again and again.
package action

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/kwok/usage/service"
	"github.com/kubedyno/kubedyno/kwok/usage/values"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// The labels on every object of a run.
const (
	RunLabel      = "kubedyno.dev/run"    // The run's ID.
	WorkloadLabel = measure.WorkloadLabel // The workload's name; on its pods, too.
)

// Env is what the actions of a run work with. It belongs to the engine; all fields are set
// before the first action and unchanged after it.
type Env struct {
	Client    kubernetes.Interface
	Dynamic   dynamic.Interface
	REST      *rest.Config
	Mapper    meta.RESTMapperWithContext
	Plan      *plan.Plan
	Fleet     *fleet.Fleet
	Run       string // The run's ID.
	Namespace string // Where objects without a namespace go.
	// Pinned says that the run's pods go to its own nodes alone: in a cluster that is not the
	// run's, others would come to life by another's kwok, by a real kubelet, or not at all.
	Pinned  bool
	Clock   sample.Clock
	Sink    sample.Sink
	Measure measure.Run // What the measurements share.
	Pods    *measure.Pods
	Nodes   *measure.Nodes
	HPAs    *measure.HPAs // nil without HPAs in the plan.
	// Usage is told what pods use; nil where no metrics-server runs.
	Usage interface {
		Use(uid string, u usage.Usage)
	}
	// Values are told what services do; nil where no metrics adapter runs.
	Values     *values.Values
	Components Components
	// Storage is the CSI driver; nil without one.
	Storage Registry

	starting   sync.Mutex          // Held while a watch begins, so that each workload has one.
	mutex      sync.Mutex          // Guards what follows; held for moments only.
	targets    map[string]*target  // By workload.
	namespaces map[string]bool     // Those that exist and are the run's.
	failed     map[string][]string // The failed nodes, by pool.
	drained    map[string][]string // The cordoned nodes, by pool.
	tainted    map[string]bool     // The pools with nodes out of service.
	services   map[string]*service.Model

	sent ledger
}

// A ledger says when the harness sent the creation of the pods that it creates itself. It has
// a lock of its own, as the watch of the pods reads it and must never wait.
type ledger struct {
	mutex sync.Mutex
	pods  map[string]measure.Creation // By namespace and name.
}

// A Step is one step on its way.
type Step struct {
	*Env
	Phase string
	Plan  plan.Step
}

// Begin does what must be done before the step's own time begins and returns what carries it
// out: the objects of a load are there before the load starts, and so before the steps that
// run beside it. What is returned says what was done, in words.
func (s Step) Begin(ctx context.Context) (func(context.Context) (string, error), error) {
	if a := s.Plan.Action.Load; a != nil {
		return s.load(ctx, a)
	}
	if a := s.Plan.Action.Watch; a != nil {
		return s.watch(ctx, a)
	}
	return s.do, nil
}

func (s Step) do(ctx context.Context) (string, error) {
	switch a := s.Plan.Action; {
	case a.Nodes != nil:
		return s.nodes(ctx, a.Nodes)
	case a.Fit != nil:
		return s.fit(ctx, a.Fit)
	case a.Fail != nil:
		return s.fail(ctx, a.Fail)
	case a.Recover != nil:
		return s.recover(ctx, a.Recover)
	case a.Drain != nil:
		return s.drain(ctx, a.Drain)
	case a.Uncordon != nil:
		return s.uncordon(ctx, a.Uncordon)
	case a.Create != nil:
		return s.create(ctx, a.Create)
	case a.Wait != nil:
		return s.wait(ctx, a.Wait)
	case a.Patch != nil:
		return s.patch(ctx, a.Patch)
	case a.Rollout != nil:
		return s.rollout(ctx, a.Rollout)
	case a.Scale != nil:
		return s.scale(ctx, a.Scale)
	case a.Delete != nil:
		return s.delete(ctx, a.Delete)
	case a.Hold != nil:
		return s.hold(ctx, a.Hold)
	case a.Demand != nil:
		return s.demand(ctx, a.Demand)
	case a.Outage != nil:
		return s.outage(ctx, a.Outage)
	}
	return "", fmt.Errorf("step %q has no verb that this runner knows", s.Plan.Name)
}

// Close ends the watches of the workloads.
func (e *Env) Close() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, t := range e.targets {
		t.objects.Close()
	}
	e.targets = nil
}

// PodCreation returns how the harness created a pod, if it did. It is asked once for each pod.
func (e *Env) PodCreation(namespace, name string) (measure.Creation, bool) {
	return e.sent.take(namespace, name)
}

// note records how a pod is created. It is called before the creation is sent, as the watch may
// show the pod before the answer is there.
func (l *ledger) note(namespace, name string, c measure.Creation) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.pods == nil {
		l.pods = make(map[string]measure.Creation)
	}
	l.pods[namespace+"/"+name] = c
}

// acknowledge records that the creation was answered, unless the pod's life is written already.
func (l *ledger) acknowledge(namespace, name string, at sample.Offset) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if c, ok := l.pods[namespace+"/"+name]; ok {
		c.Acknowledged = at
		l.pods[namespace+"/"+name] = c
	}
}

// take returns what is known and forgets it.
func (l *ledger) take(namespace, name string) (measure.Creation, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	c, ok := l.pods[namespace+"/"+name]
	delete(l.pods, namespace+"/"+name)
	return c, ok
}

// labels returns the labels of a workload's objects.
func (e *Env) labels(workload string) map[string]string {
	return map[string]string{RunLabel: e.Run, WorkloadLabel: workload}
}
