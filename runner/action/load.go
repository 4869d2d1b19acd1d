package action

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/runner/load/pace"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// load makes the objects of an open-loop request load and returns what sends it.
func (s Step) load(ctx context.Context, a *spec.Load) (func(context.Context) (string, error), error) {
	classes, err := s.classes(ctx, a)
	if err != nil {
		return nil, err
	}
	revoke, err := s.grant(ctx, a, classes)
	if err != nil {
		return nil, err
	}
	attack, err := load.Prepare(ctx, load.Options{
		Config: s.REST, Namespace: s.Namespace, Name: loadName(s.Phase, s.Plan.Name),
		Classes: classes, Duration: a.Duration, Timeout: a.Timeout, Connections: a.Connections,
		Pace: shape(a.Pace, a.Duration), Arrivals: arrivals(a.Arrivals),
		Phase: s.Phase, Labels: map[string]string{RunLabel: s.Run}, Seed: s.Env.Plan.Seed,
		Names: s.names, Clock: s.Clock, Sink: s.Sink,
	})
	if err != nil {
		return nil, errors.Join(err, revoke(context.WithoutCancel(ctx)))
	}
	return func(ctx context.Context) (string, error) {
		words, err := shoot(ctx, attack)
		return words, errors.Join(err, revoke(context.WithoutCancel(ctx)))
	}, nil
}

// shoot sends a load that is prepared, and removes its objects.
func shoot(ctx context.Context, attack *load.Attack) (string, error) {
	result, err := attack.Run(ctx)
	if err != nil {
		return "", err
	}
	var sent, failed int64
	for _, class := range result.Classes {
		sent += class.Sent
		for _, count := range class.Failed {
			failed += count
		}
	}
	return fmt.Sprintf("%d requests, %d failed", sent, failed), attack.Cleanup(ctx)
}

// classes resolves the classes of a load against what the cluster serves.
func (s Step) classes(ctx context.Context, a *spec.Load) ([]load.Class, error) {
	rates := a.Rates()
	var classes []load.Class
	for i, request := range a.Requests {
		resource, kind, global, err := s.served(ctx, request.Resource)
		if err != nil {
			return nil, fmt.Errorf("find out how the cluster serves %s: %w", request.Resource, err)
		}
		manifest, err := manifestOf(request, kind)
		if err != nil {
			return nil, err
		}
		if global && request.Scope == load.ScopeNamespace {
			return nil, fmt.Errorf("%s are in no namespace: use scope: cluster", request.Resource)
		}
		classes = append(classes, load.Class{
			Name: className(request), Verb: request.Verb, Resource: resource, Global: global, Scope: request.Scope,
			Rate: rates[i], Objects: request.Objects, Size: request.Size,
			Mode: request.Mode, PageSize: request.PageSize, PatchType: request.PatchType, Encoding: request.Encoding,
			LabelSelector: request.LabelSelector, FieldSelector: request.FieldSelector,
			Subresource: request.Subresource, Manifest: manifest, Users: s.users(a, request.User),
		})
	}
	return classes, nil
}

// shape returns how the rates change.
func shape(p spec.Pace, duration time.Duration) pace.Shape {
	switch p.Shape {
	case "ramp":
		return pace.Ramp(p.From, p.To, duration)
	case "sawtooth":
		return pace.Sawtooth(p.From, p.To, p.Period)
	case "sine":
		return pace.Sine(p.Amplitude, p.Period)
	case "steps":
		return pace.Steps(p.Factors, duration)
	case "trace":
		points := make([]pace.Point, len(p.Points))
		for i, point := range p.Points {
			points[i] = pace.Point{At: point.At, Factor: point.Factor}
		}
		return pace.Trace(points)
	}
	return pace.Constant()
}

func arrivals(word string) pace.Arrivals {
	if word == "poisson" {
		return pace.Poisson
	}
	return pace.Regular
}

// manifestOf returns what renders the class's own objects, nil if the class has no manifest.
func manifestOf(r spec.Request, served schema.GroupVersionKind) (func(index int) map[string]any, error) {
	if r.Manifest == nil {
		return nil, nil
	}
	version, _ := r.Manifest["apiVersion"].(string)
	kind, _ := r.Manifest["kind"].(string)
	if written := schema.FromAPIVersionAndKind(version, kind); written != served {
		return nil, fmt.Errorf("the manifest for %s is a %s, the cluster serves %s", r.Resource, written, served)
	}
	return func(index int) map[string]any { return plan.RenderManifest(r.Manifest, index) }, nil
}

// served returns the resource that a scenario names, its kind, and whether it is in no namespace.
func (s Step) served(ctx context.Context, name string) (schema.GroupVersionResource, schema.GroupVersionKind, bool, error) {
	none := schema.GroupVersionKind{}
	resource, err := s.Mapper.ResourceForWithContext(ctx, schema.ParseGroupResource(name).WithVersion(""))
	if err != nil {
		return resource, none, false, err
	}
	kind, err := s.Mapper.KindForWithContext(ctx, resource)
	if err != nil {
		return resource, none, false, err
	}
	mapping, err := s.Mapper.RESTMappingWithContext(ctx, kind.GroupKind(), kind.Version)
	if err != nil {
		return resource, none, false, err
	}
	return resource, kind, mapping.Scope.Name() == meta.RESTScopeNameRoot, nil
}

// className names a class as a reader of the report would.
func className(r spec.Request) string {
	name := r.Verb + " " + r.Label()
	encoding := load.Protobuf
	if r.Custom() {
		encoding = load.JSON
	}
	if r.OfMany() {
		name += " " + r.Scope
	}
	for _, setting := range []struct{ value, usual string }{
		{r.Mode, load.Cached}, {r.PatchType, load.MergePatch}, {r.Encoding, encoding},
		{r.LabelSelector, ""}, {r.FieldSelector, ""},
	} {
		if setting.value != "" && setting.value != setting.usual {
			name += " " + setting.value
		}
	}
	if r.Size > 0 {
		name += fmt.Sprintf(" %d B", r.Size)
	}
	if r.User != "" {
		name += " as " + r.User
	}
	return name
}

// loadNameLimit is the most characters of a load's name; see load.Options.
const loadNameLimit = 40

// loadName returns a DNS label of at most 40 characters. What is cut off lives on in a
// checksum, as two loads of one run must not share their objects.
func loadName(phase, step string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, phase+"-"+step)
	if len(name) > loadNameLimit {
		sum := fmt.Sprintf("-%08x", crc32.ChecksumIEEE([]byte(phase+"/"+step)))
		name = name[:loadNameLimit-len(sum)] + sum
	}
	return strings.Trim(name, "-")
}

// names returns the names of the run's objects of a resource: those in its namespace, or
// those that are in none. Objects that are being deleted are left out.
func (s Step) names(resource schema.GroupVersionResource) []string {
	switch resource.GroupResource() {
	case schema.GroupResource{Resource: "pods"}:
		return s.Pods.Names(s.Namespace)
	case schema.GroupResource{Resource: "nodes"}:
		return s.Nodes.Names()
	}
	s.mutex.Lock()
	targets := slices.Collect(maps.Values(s.targets))
	s.mutex.Unlock()
	var names []string
	for _, t := range targets {
		switch {
		case t.mapping.Resource != resource:
		case t.namespaced():
			names = append(names, t.objects.Names(s.Namespace)...)
		default:
			names = append(names, t.objects.Names("")...)
		}
	}
	slices.Sort(names)
	return names
}
