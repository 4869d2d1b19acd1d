package snapshot

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// Errors of Write that say what a cluster lacks.
var (
	ErrNoPods  = errors.New("there is no pod to place")
	ErrNoNodes = errors.New("there is no node that a fake one could stand for")
)

// Written is a scenario and what it holds.
type Written struct {
	Text                          []byte
	Pods, Nodes, Workloads, Pools int
	Growth                        Growth
	LeftOut                       []string // What the text does not have of the cluster, as its head says it.
}

// A scenario is all that is written.
type scenario struct {
	options Options
	pools   []pool
	classes []string
	values  map[string]class
	groups  []group
	growth  Growth
}

// Write returns the scenario. It can be called once. The error is ErrNoPods, ErrNoNodes, TooMany, or a
// fault of the language in what was written, such as that it is too large.
func (s *Snapshot) Write(o Options) (Written, error) {
	if len(s.nodes) == 0 {
		return Written{}, ErrNoNodes
	}
	s.typeNames(o.Catalog)
	classes, values := priorities(s.pods)
	shaped := s.translate(classes)
	groups, growth, err := fold(s.groups(shaped), o.Most-len(values), o.Within)
	if err != nil {
		return Written{}, err
	}
	w := scenario{options: o, pools: s.pools(o.Catalog), classes: sortedClasses(values), values: values, groups: named(groups), growth: growth}
	if !w.places() {
		return Written{}, ErrNoPods
	}
	comment := s.comment(w)
	text, err := w.text(comment)
	if err != nil {
		return Written{}, err
	}
	var names []string
	for _, t := range o.Catalog {
		names = append(names, t.Name)
	}
	if _, err := spec.Decode(o.Name+".yaml", text, spec.Options{NodeTypes: names}); err != nil {
		return Written{}, fmt.Errorf("the scenario made of the cluster is not valid: %w", err)
	}
	return Written{Text: text, Pods: len(s.pods), Nodes: len(s.nodes), Workloads: len(groups), Pools: len(w.pools), Growth: growth, LeftOut: s.leftOut()}, nil
}

// sortedClasses returns the names of classes by their values.
func sortedClasses(values map[string]class) []string {
	names := make([]string, len(values))
	for i := range names {
		names[i] = fmt.Sprintf("priority-%d", i+1)
	}
	return names
}

// named gives the groups their names, in their order.
func named(groups []group) []group {
	count := map[string]int{}
	for i := range groups {
		prefix := prefixes[groups[i].kind]
		count[prefix]++
		groups[i].name = fmt.Sprintf("%s-%d", prefix, count[prefix])
	}
	return groups
}

// places reports whether there is a pod that needs a place, as those of DaemonSets have theirs.
func (w scenario) places() bool {
	for _, g := range w.groups {
		if g.kind != daemonSet {
			return true
		}
	}
	return false
}

// text writes the scenario.
func (w scenario) text(comment []string) ([]byte, error) {
	var b strings.Builder
	for _, line := range comment {
		b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", spec.APIVersion, spec.Kind, w.options.Name)
	b.WriteString("  title: The pods of a cluster on its nodes, read by kubedyno snapshot\n  labels:\n    family: snapshot\n\nspec:\n  fleet:\n")
	w.writeTypes(&b)
	w.writePools(&b)
	b.WriteString("\n  workloads:\n")
	for _, name := range w.classes {
		c := w.values[name]
		manifest := map[string]any{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
			"metadata": map[string]any{"name": name}, "value": c.value}
		if c.never {
			manifest["preemptionPolicy"] = "Never"
		}
		if err := writeWorkload(&b, name, 1, "", manifest); err != nil {
			return nil, err
		}
	}
	for _, g := range w.groups {
		manifest, err := g.manifest()
		if err != nil {
			return nil, err
		}
		if err := writeWorkload(&b, g.name, g.objects, g.words(), manifest); err != nil {
			return nil, err
		}
	}
	w.writePhases(&b)
	fmt.Fprintf(&b, "\n  objectives:\n    - name: every pod has a node\n      metric: capacity_pending_pods_total\n      where: {pool: %s}\n      most: \"0\"\n      source: kubedyno\n", w.fitted())
	return []byte(b.String()), nil
}

func (w scenario) writeTypes(b *strings.Builder) {
	written := map[string]bool{}
	for _, p := range w.pools {
		if !p.own || written[p.NodeType] {
			continue
		}
		if len(written) == 0 {
			b.WriteString("    nodeTypes: # Of one without a price no cost is known; give it pricePerHour, region and date.\n")
		}
		written[p.NodeType] = true
		n := p.node
		fmt.Fprintf(b, "      - {name: %s, arch: %s, vcpu: %d, memory: %dMi, maxPods: %d, allocatableCPU: %dm, allocatableMemory: %dMi%s}\n",
			n.name, n.arch, n.cores, n.machineMiB, n.pods, n.milliCPU, n.mib, p.known.prices())
	}
}

// prices are the fields of a type of one's own that say what the catalog knows of its price.
func (t Type) prices() (fields string) {
	for _, price := range []struct {
		field   string
		dollars float64
	}{{"pricePerHour", t.PricePerHour}, {"spotPerHour", t.SpotPerHour}} {
		if price.dollars > 0 {
			fields += fmt.Sprintf(", %s: %v", price.field, price.dollars)
		}
	}
	if fields != "" {
		fields += fmt.Sprintf(", region: %s, date: %s", t.Region, t.Date)
	}
	return fields
}

func (w scenario) writePools(b *strings.Builder) {
	b.WriteString("    pools:\n")
	for _, p := range w.pools {
		count := p.Count
		if w.options.Fit && p.Name == w.fitted() {
			count = min(max(2*count, 10), spec.MaxNodes)
		}
		fmt.Fprintf(b, "      - name: %s # %s\n        nodeType: %s\n        count: %d\n        zones: [%s]\n",
			p.Name, p.words(), p.NodeType, count, strings.Join(p.Zones, ", "))
		if len(p.Labels) > 0 {
			b.WriteString("        labels:\n")
			for _, key := range sortedKeys(p.Labels) {
				fmt.Fprintf(b, "          %s: %q\n", key, p.Labels[key])
			}
		}
		if len(p.Taints) > 0 {
			b.WriteString("        taints:\n")
			for _, t := range p.Taints {
				fmt.Fprintf(b, "          - {key: %s, value: %q, effect: %s}\n", t.Key, t.Value, t.Effect)
			}
		}
	}
}

// fitted is the pool whose placement is measured: the largest.
func (w scenario) fitted() string { return w.pools[0].Name }

func writeWorkload(b *strings.Builder, name string, count int, words string, manifest map[string]any) error {
	text, err := yaml.Marshal(manifest)
	if err != nil {
		return fmt.Errorf("encode the workload %s: %w", name, err)
	}
	fmt.Fprintf(b, "    - name: %s%s\n", name, words)
	if count != 1 {
		fmt.Fprintf(b, "      count: %d\n", count)
	}
	b.WriteString("      manifest:\n        " + strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\n", "\n        ") + "\n")
	return nil
}

// words is a comment on what a group stands for.
func (g group) words() string {
	switch g.kind {
	case daemonSet:
		return fmt.Sprintf(" # %d pods", g.pods)
	case job:
		return " # Pods of Jobs, as pods of their own: a fake node would end them at once."
	case bare:
		return " # Pods without an owner."
	}
	return ""
}

// manifest is an object of the group.
func (g group) manifest() (map[string]any, error) {
	name := g.name
	if g.objects > 1 || g.kind == job || g.kind == bare {
		name += "-${index}"
	}
	labels := map[string]any{"workload": name}
	for key, value := range g.rules.Labels {
		labels[key] = value
	}
	pod, err := runtime.DefaultUnstructuredConverter.ToUnstructured(new(g.podSpec()))
	if err != nil {
		return nil, fmt.Errorf("encode the pods of workload %s: %w", g.name, err)
	}
	metadata := map[string]any{"name": name}
	if g.rules.Namespace != "" {
		metadata["namespace"] = g.rules.Namespace
	}
	if g.kind == job || g.kind == bare {
		metadata["labels"] = labels
		return map[string]any{"apiVersion": "v1", "kind": bare, "metadata": metadata, "spec": pod}, nil
	}
	object := map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"workload": name}},
		"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": pod},
	}
	switch g.kind {
	case deployment:
		object["replicas"] = g.each
	case statefulSet:
		// With the default order no pod is tried before all those before it have started.
		object["replicas"], object["serviceName"], object["podManagementPolicy"] = g.each, name, "Parallel"
	}
	return map[string]any{"apiVersion": "apps/v1", "kind": g.kind, "metadata": metadata, "spec": object}, nil
}

// podSpec is the spec of the group's pods, with all requests in one container.
func (g group) podSpec() corev1.PodSpec {
	pod := g.rules.Spec
	pod.AutomountServiceAccountToken = new(false)
	resources := corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
	put := func(list corev1.ResourceList, name corev1.ResourceName, value int64) {
		switch {
		case value == 0:
		case name == corev1.ResourceCPU:
			list[name] = *resource.NewMilliQuantity(value, resource.DecimalSI)
		default:
			list[name] = *resource.NewQuantity(value, resource.BinarySI)
		}
	}
	put(resources.Requests, corev1.ResourceCPU, g.takes.milliCPU)
	put(resources.Requests, corev1.ResourceMemory, g.takes.bytes)
	put(resources.Limits, corev1.ResourceCPU, g.takes.limitMilliCPU)
	put(resources.Limits, corev1.ResourceMemory, g.takes.limitBytes)
	pod.Containers = []corev1.Container{{Name: "main", Image: "registry.k8s.io/pause:3.10", Ports: pod.Containers[0].Ports, Resources: resources}}
	return pod
}

// writePhases writes the phases: nodes, pods, and whether all have found a node.
func (w scenario) writePhases(b *strings.Builder) {
	var nodes, creates []string
	for _, p := range w.pools {
		if !w.options.Fit || p.Name != w.fitted() {
			nodes = append(nodes, fmt.Sprintf("nodes: {pool: %s}", p.Name))
		}
	}
	for _, name := range w.classes {
		creates = append(creates, fmt.Sprintf("create: {workload: %s}", name))
	}
	for _, g := range w.groups {
		creates = append(creates, fmt.Sprintf("create: {workload: %s}", g.name))
	}
	b.WriteString("\n  phases:\n")
	writePhase(b, "nodes", "The nodes of the cluster.", nodes)
	writePhase(b, "create", "All pods are created.", creates)
	words := "The scheduler has tried all pods."
	if w.options.Fit {
		words = "Nodes are added until the scheduler has placed all pods."
	}
	writePhase(b, "place", words, []string{fmt.Sprintf("fit: {pool: %s}", w.fitted())})
}

// writePhase writes as many phases as the actions need.
func writePhase(b *strings.Builder, name, words string, actions []string) {
	for i := 0; len(actions) > 0; i++ {
		part := actions[:min(len(actions), spec.MaxActions)]
		actions = actions[len(part):]
		if i > 0 {
			name = fmt.Sprintf("%s-%d", strings.TrimRight(name, "-0123456789"), i+1)
		}
		fmt.Fprintf(b, "    - name: %s\n      description: %s\n      timeout: 1h\n      actions:\n", name, words)
		for _, a := range part {
			fmt.Fprintf(b, "        - %s\n", a)
		}
	}
}
