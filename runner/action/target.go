package action

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// A target is a workload in the cluster: how to reach its objects and a watch on them.
type target struct {
	workload plan.Workload
	mapping  *meta.RESTMapping
	objects  *measure.Objects
	podsEach int // The pods that each object asks for now.
}

// target returns the target of a workload. The first call starts its watch, which lives until
// Env.Close.
func (s Step) target(name string) (*target, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known, ok := s.targets[name]; ok {
		return known, nil
	}
	workload, ok := s.Env.Plan.Workloads[name]
	if !ok {
		return nil, fmt.Errorf("the plan has no workload %q", name)
	}
	kind := schema.FromAPIVersionAndKind(workload.APIVersion, workload.Kind)
	mapping, err := s.Mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, fmt.Errorf("workload %s: the cluster does not serve %s %s: %w", name, workload.APIVersion, workload.Kind, err)
	}
	objects, err := measure.StartObjects(s.life, measure.ObjectsOptions{
		Run: s.Measure, Client: s.Dynamic, Resource: mapping.Resource,
		Selector: labels.SelectorFromSet(s.labels(name)).String(),
	})
	if err != nil {
		return nil, fmt.Errorf("watch the objects of workload %s: %w", name, err)
	}
	t := &target{workload, mapping, objects, workload.PodsEach}
	if s.targets == nil {
		s.targets = make(map[string]*target)
	}
	s.targets[name] = t
	return t, nil
}

// resource returns the client for a target's objects in a namespace.
func (s Step) resource(t *target, namespace string) dynamic.ResourceInterface {
	client := s.Dynamic.Resource(t.mapping.Resource)
	if t.mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return client.Namespace(namespace)
	}
	return client
}

// object renders object i of a target with the run's labels, also on its pods.
func (s Step) object(t *target, i int) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: t.workload.Render(i)}
	own := s.labels(t.workload.Name)
	if object.GetNamespace() == "" && t.mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		object.SetNamespace(s.Namespace)
	}
	object.SetLabels(with(object.GetLabels(), own))
	for _, template := range podTemplates {
		path := append(template, "metadata", "labels")
		if _, found, err := unstructured.NestedMap(object.Object, template...); err != nil || !found {
			continue
		}
		given, _, _ := unstructured.NestedStringMap(object.Object, path...)
		_ = unstructured.SetNestedStringMap(object.Object, with(given, own), path...) // The template is a map.
	}
	return object
}

// podTemplates are the paths at which kinds of workloads keep the template of their pods.
var podTemplates = [][]string{{"spec", "template"}, {"spec", "jobTemplate", "spec", "template"}}

func with(labels, own map[string]string) map[string]string {
	all := maps.Clone(labels)
	if all == nil {
		all = make(map[string]string)
	}
	maps.Copy(all, own)
	return all
}

// describe names an object in an error.
func describe(object *unstructured.Unstructured) string {
	name := object.GetKind() + " " + object.GetName()
	if namespace := object.GetNamespace(); namespace != "" {
		name = object.GetKind() + " " + namespace + "/" + object.GetName()
	}
	return name
}

// ensureNamespace creates a namespace for the run's objects and waits until pods can be
// created in it, which the service-account controller decides. It is done once per name.
func (e *Env) ensureNamespace(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.namespaces[name] {
		return nil
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{RunLabel: e.Run}}}
	_, err := e.Client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create the namespace %s: %w", name, err)
	}
	if err := e.waitServiceAccount(ctx, name); err != nil {
		return fmt.Errorf("wait for the default service account of namespace %s, without which no pod can be created: %w", name, err)
	}
	if e.namespaces == nil {
		e.namespaces = make(map[string]bool)
	}
	e.namespaces[name] = true
	return nil
}

// Prepare makes the run's own namespace. The watches that actions start live until Close.
func (e *Env) Prepare(ctx context.Context) error {
	e.life, e.end = context.WithCancel(context.WithoutCancel(ctx))
	return e.ensureNamespace(ctx, e.Namespace)
}
