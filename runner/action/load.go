package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// load sends open-loop request load to the API server.
func (s Step) load(ctx context.Context, a *spec.Load) (string, error) {
	classes, err := s.classes(a)
	if err != nil {
		return "", err
	}
	result, err := load.Run(ctx, load.Options{
		Config: s.REST, Namespace: s.Namespace, Name: loadName(s.Phase, s.Plan.Name),
		Classes: classes, Duration: a.Duration, Timeout: a.Timeout,
		Phase: s.Phase, Labels: map[string]string{RunLabel: s.Run}, Seed: s.Env.Plan.Seed,
		Names: s.names, Clock: s.Clock, Sink: s.Sink,
	})
	var sent, failed int64
	for _, class := range result.Classes {
		sent += class.Sent
		for _, count := range class.Failed {
			failed += count
		}
	}
	return fmt.Sprintf("%d requests, %d failed", sent, failed), err
}

// classes resolves the classes of a load against what the cluster serves.
func (s Step) classes(a *spec.Load) ([]load.Class, error) {
	weights := 0
	for _, request := range a.Requests {
		weights += request.Weight
	}
	var classes []load.Class
	for _, request := range a.Requests {
		resource, err := s.Mapper.ResourceFor(schema.ParseGroupResource(request.Resource).WithVersion(""))
		if err != nil {
			return nil, fmt.Errorf("load: the cluster does not serve %s: %w", request.Resource, err)
		}
		classes = append(classes, load.Class{
			Name: className(request), Verb: request.Verb, Resource: resource, Scope: request.Scope,
			Rate:    a.Rate * float64(request.Weight) / float64(weights),
			Objects: request.Objects, Consistent: request.Consistent,
		})
	}
	return classes, nil
}

// className names a class as a reader of the report would.
func className(r spec.Request) string {
	name := r.Verb + " " + r.Resource
	if r.Verb == load.List {
		name += " " + r.Scope
	}
	if r.Consistent {
		name += " consistent"
	}
	return name
}

// loadName returns a DNS label of at most 40 characters.
func loadName(phase, step string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, phase+"-"+step)
	return strings.Trim(name[:min(len(name), 40)], "-")
}

// names returns the names of the run's objects of a resource in its namespace.
func (s Step) names(resource schema.GroupVersionResource) []string {
	if resource.Resource == "pods" && resource.Group == "" {
		return s.Pods.Names(s.Namespace)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var names []string
	for _, t := range s.targets {
		if t.mapping.Resource == resource {
			names = append(names, t.objects.Names()...)
		}
	}
	slices.Sort(names)
	return names
}
