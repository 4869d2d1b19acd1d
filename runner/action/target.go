package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// A target is a workload in the cluster: how to reach its objects and a watch on them.
type target struct {
	workload plan.Workload
	mapping  *meta.RESTMapping
	objects  *measure.Objects
	refused  *refusals
}

// target returns the target of a workload. The first call starts its watch, which lives until
// Env.Close.
func (s Step) target(ctx context.Context, name string) (*target, error) {
	s.starting.Lock()
	defer s.starting.Unlock()
	s.mutex.Lock()
	known := s.targets[name]
	s.mutex.Unlock()
	if known != nil {
		return known, nil
	}
	t, err := s.startTarget(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("workload %s: %w", name, err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.targets == nil {
		s.targets = make(map[string]*target)
	}
	s.targets[name] = t
	return t, nil
}

func (s Step) startTarget(ctx context.Context, name string) (*target, error) {
	workload, ok := s.Env.Plan.Workloads[name]
	if !ok {
		return nil, fmt.Errorf("the plan has no such workload")
	}
	kind := schema.FromAPIVersionAndKind(workload.APIVersion, workload.Kind)
	mapping, err := s.Mapper.RESTMappingWithContext(ctx, kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, fmt.Errorf("find out how the cluster serves %s %s: %w", workload.APIVersion, workload.Kind, err)
	}
	// The watch outlives the step, but the step does not wait for its start longer than it may.
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	defer stop()
	objects, err := measure.StartObjects(life, measure.ObjectsOptions{
		Run: s.Measure, Client: s.Dynamic, Resource: mapping.Resource,
		Selector: labels.SelectorFromSet(s.labels(name)).String(), Workload: name,
	})
	if err != nil {
		end(err)
		return nil, err
	}
	return &target{workload, mapping, objects, &refusals{}}, nil
}

// namespaced reports whether a target's objects are in namespaces.
func (t *target) namespaced() bool { return t.mapping.Scope.Name() == meta.RESTScopeNameNamespace }

// resource returns the client for an object of a target.
func (s Step) resource(t *target, object *unstructured.Unstructured) dynamic.ResourceInterface {
	client := s.Dynamic.Resource(t.mapping.Resource)
	if t.namespaced() {
		return client.Namespace(object.GetNamespace())
	}
	return client
}

// podTemplates are the paths at which kinds of workloads keep the template of their pods.
var podTemplates = [][]string{{"spec", "template"}, {"spec", "jobTemplate", "spec", "template"}}

// nodePools are what Karpenter makes nodes for.
var nodePools = schema.GroupKind{Group: "karpenter.sh", Kind: "NodePool"}

// object renders object i of a target with the run's labels, also on its pods.
func (s Step) object(t *target, i int) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{Object: t.workload.Render(i)}
	if object.GetNamespace() == "" && t.namespaced() {
		object.SetNamespace(s.Namespace)
	}
	if err := s.mark(object, t.workload.Name); err != nil {
		return nil, fmt.Errorf("put the run's labels on %s: %w", describe(object), err)
	}
	return object, nil
}

// mark puts the run's labels on an object and its pods, and pins the pods if they are to be.
func (s Step) mark(object *unstructured.Unstructured, workload string) error {
	err := addLabels(object, s.labels(workload))
	if object.GetKind() == "Pod" {
		err = errors.Join(err, s.pin(object, "spec"), s.claim(object, workload))
	}
	if object.GroupVersionKind().GroupKind() == nodePools {
		// Its template is that of nodes, which kwok is to keep alive and which are measured by their pool.
		of := map[string]string{fleet.AliveLabel: "true", fleet.PoolLabel: object.GetName()}
		err = errors.Join(err, addLabels(object, of, "spec", "template"))
	}
	for _, template := range podTemplates {
		if _, found, _ := unstructured.NestedMap(object.Object, template...); found {
			err = errors.Join(err, addLabels(object, s.labels(workload), template...), s.pin(object, sub(template, "spec")...),
				s.claim(object, workload, template...))
		}
	}
	return err
}

// pin lets the pod whose spec is at a path go to the run's nodes, and to no others.
func (s Step) pin(object *unstructured.Unstructured, path ...string) error {
	if !s.Pinned {
		return nil
	}
	if err := unstructured.SetNestedField(object.Object, s.Run, sub(path, "nodeSelector", RunLabel)...); err != nil {
		return err
	}
	given, _, err := unstructured.NestedSlice(object.Object, sub(path, "tolerations")...)
	if err != nil {
		return err
	}
	own := map[string]any{"key": RunLabel, "operator": "Equal", "value": s.Run, "effect": "NoSchedule"}
	return unstructured.SetNestedSlice(object.Object, append(given, own), sub(path, "tolerations")...)
}

// sub returns a path below another.
func sub(path []string, below ...string) []string { return slices.Concat(path, below) }

// addLabels adds labels to the metadata at a path and leaves the others as they are.
func addLabels(object *unstructured.Unstructured, labels map[string]string, path ...string) error {
	for name, value := range labels {
		if err := unstructured.SetNestedField(object.Object, value, sub(path, "metadata", "labels", name)...); err != nil {
			return err
		}
	}
	return nil
}

// describe names an object in an error.
func describe(object *unstructured.Unstructured) string {
	if namespace := object.GetNamespace(); namespace != "" {
		return object.GetKind() + " " + namespace + "/" + object.GetName()
	}
	return object.GetKind() + " " + object.GetName()
}
