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
	Mapper    meta.RESTMapper
	Plan      *plan.Plan
	Fleet     *fleet.Fleet
	Run       string // The run's ID.
	Namespace string // Where objects without a namespace go.
	Clock     sample.Clock
	Sink      sample.Sink
	Measure   measure.Run // What the measurements share.
	Pods      *measure.Pods
	Nodes     *measure.Nodes

	life        context.Context // Of the watches; Close ends it.
	end         context.CancelFunc
	mutex       sync.Mutex
	targets     map[string]*target // By workload.
	namespaces  map[string]bool    // Those that exist.
	nodesWanted int
	podsSent    map[string]sample.Offset // By namespace and name, of the pods that the harness itself creates.
}

// A Step is one step on its way.
type Step struct {
	*Env
	Phase string
	Plan  plan.Step
}

// Do carries out the step and returns what it did, in words.
func (s Step) Do(ctx context.Context) (string, error) {
	switch a := s.Plan.Action; {
	case a.Nodes != nil:
		return s.nodes(ctx, a.Nodes)
	case a.Create != nil:
		return s.create(ctx, a.Create)
	case a.Wait != nil:
		return s.wait(ctx, a.Wait)
	case a.Rollout != nil:
		return s.rollout(ctx, a.Rollout)
	case a.Scale != nil:
		return s.scale(ctx, a.Scale)
	case a.Delete != nil:
		return s.delete(ctx, a.Delete)
	case a.Hold != nil:
		return s.hold(ctx, a.Hold)
	case a.Load != nil:
		return s.load(ctx, a.Load)
	}
	return "", fmt.Errorf("step %q has no verb that this runner knows", s.Plan.Name)
}

// Close ends the watches of the workloads.
func (e *Env) Close() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.end != nil {
		e.end()
	}
	for _, t := range e.targets {
		t.objects.Close()
	}
	e.targets = nil
}

// PodSent returns when the harness sent the creation of a pod, if it did.
func (e *Env) PodSent(namespace, name string) (sample.Offset, bool) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	sent, ok := e.podsSent[namespace+"/"+name]
	return sent, ok
}

// notePod records that the creation of a pod is being sent now.
func (e *Env) notePod(namespace, name string, sent sample.Offset) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.podsSent == nil {
		e.podsSent = make(map[string]sample.Offset)
	}
	e.podsSent[namespace+"/"+name] = sent
}

// labels returns the labels of a workload's objects.
func (e *Env) labels(workload string) map[string]string {
	return map[string]string{RunLabel: e.Run, WorkloadLabel: workload}
}
