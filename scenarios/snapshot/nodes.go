package snapshot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// What the nodes of a pool may differ in, and how far a type of the catalog may be from them.
const (
	// alike is by how much the memory of nodes of a pool may exceed the least among them: machines of one
	// type differ by some MiB.
	alike = 0.02
	// mostNodePods is how many pod addresses a fake node has.
	mostNodePods = 510
)

// A node is what is kept of one.
type node struct {
	kind, arch, zone  string
	labels            map[string]string
	taints            []corev1.Taint
	milliCPU, mib     int64  // Allocatable.
	pods              int    // Allocatable.
	cores, machineMiB int64  // Of the machine.
	name              string // Of its type in the scenario.
}

// AddNode takes a node in; one that no fake node can stand for is counted only.
func (s *Snapshot) AddNode(n *corev1.Node) {
	arch := cmp.Or(stableValue(n.Labels, corev1.LabelArchStable), n.Status.NodeInfo.Architecture)
	system := cmp.Or(stableValue(n.Labels, corev1.LabelOSStable), n.Status.NodeInfo.OperatingSystem)
	a, c := n.Status.Allocatable, n.Status.Capacity
	kept := node{kind: stableValue(n.Labels, corev1.LabelInstanceTypeStable), arch: arch, zone: stableValue(n.Labels, corev1.LabelTopologyZone),
		labels: n.Labels, milliCPU: a.Cpu().MilliValue(), mib: a.Memory().Value() >> 20, pods: int(min(a.Pods().Value(), mostNodePods))}
	kept.cores = max(c.Cpu().Value(), (kept.milliCPU+999)/1000)
	kept.machineMiB = max(c.Memory().Value()>>20, kept.mib)
	switch {
	case system == "windows":
		s.left.windowsNodes++
		return
	case !oneOf(arch, "amd64", "arm64") || kept.milliCPU < 1 || kept.mib < 1 || kept.pods < 1:
		s.left.otherNodes++
		return
	}
	passes := false
	for _, taint := range n.Spec.Taints {
		if passing(taint.Key) {
			passes = true
		} else if oneOf(taint.Effect, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute) {
			kept.taints = append(kept.taints, taint)
		}
	}
	if passes {
		s.left.unready++
	}
	s.nodes = append(s.nodes, kept)
}

// A pool is nodes that the scheduler cannot tell apart but for their zones.
type pool struct {
	spec.Pool
	node  node // With the least memory.
	own   bool // Not just as the catalog says.
	known Type // The machine in the catalog; the zero Type if it has none such.
	zones map[string]int
}

// typeNames gives the machine types of all nodes their names in the scenario: that of the catalog where
// they leave the same to pods, m6i.2xlarge-1 where it is the machine that the catalog knows, or else
// type-1 and so on. Rules that name a machine type mean these.
func (s *Snapshot) typeNames(catalog []Type) {
	slices.SortStableFunc(s.nodes, func(a, b node) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.arch, b.arch), cmp.Compare(a.milliCPU, b.milliCPU),
			cmp.Compare(a.pods, b.pods), cmp.Compare(a.cores, b.cores), cmp.Compare(a.mib, b.mib))
	})
	least := node{}
	for i := range s.nodes {
		n := &s.nodes[i]
		same := n.kind == least.kind && n.arch == least.arch && n.milliCPU == least.milliCPU && n.pods == least.pods && n.cores == least.cores
		if same && float64(n.mib) <= float64(least.mib)*(1+alike) {
			n.name, n.mib, n.machineMiB = least.name, least.mib, least.machineMiB
			continue
		}
		if t, exact := ofCatalog(*n, catalog); exact {
			n.name = t.Name
		} else {
			n.name = s.names.of(cmp.Or(t.Name, "type"), fmt.Sprint(n.kind, n.arch, n.milliCPU, n.mib, n.pods, n.cores))
		}
		if n.kind != "" && !slices.Contains(s.names.types[n.kind], n.name) {
			s.names.types[n.kind] = append(s.names.types[n.kind], n.name)
		}
		least = *n
	}
}

// ofCatalog returns the type of the catalog that a node is of, the zero Type if there is none, and
// whether it leaves to pods what the catalog says. A hypervisor keeps up to 7.5% of the memory of the
// data sheet, and what a kubelet reserves is a setting: mostly it does not.
func ofCatalog(n node, catalog []Type) (t Type, exact bool) {
	i := slices.IndexFunc(catalog, func(t Type) bool { return t.Name == n.kind && t.Arch == n.arch && int64(t.VCPU) == n.cores })
	if i < 0 {
		return Type{}, false
	}
	t = catalog[i]
	return t, t.Pods == n.pods && t.MilliCPU == n.milliCPU && t.MiB == n.mib
}

// pools groups the nodes. Labels are kept as far as the rules of a pod name them, which must have been
// translated before; typeNames must have been called before that.
func (s *Snapshot) pools(catalog []Type) []pool {
	var all []*pool
	by := map[string]*pool{}
	for _, n := range s.nodes {
		labels := map[string]string{}
		for _, key := range sortedKeys(n.labels) {
			if s.names.known("node-key", stable(key)) {
				labels[s.names.nodeKey(key)] = s.names.of("value", n.labels[key])
			}
		}
		var taints []spec.Taint
		for _, t := range n.taints {
			taints = append(taints, spec.Taint{Key: s.names.taintKey(t.Key), Value: s.names.of("value", t.Value), Effect: string(t.Effect)})
		}
		slices.SortFunc(taints, func(a, b spec.Taint) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
		})
		id := fmt.Sprint(n.name, labels, taints)
		if by[id] == nil {
			t, exact := ofCatalog(n, catalog)
			by[id] = &pool{Pool: spec.Pool{NodeType: n.name, Labels: labels, Taints: taints}, node: n, own: !exact, known: t, zones: map[string]int{}}
			all = append(all, by[id])
		}
		zone := "no-zone"
		if n.zone != "" {
			zone = s.names.of("zone", n.zone)
		}
		by[id].zones[zone]++
	}
	var pools []pool
	for _, p := range all {
		pools = append(pools, p.split()...)
	}
	slices.SortStableFunc(pools, func(a, b pool) int { return cmp.Compare(b.Count, a.Count) })
	for i := range pools {
		pools[i].Name = fmt.Sprintf("pool-%d", i+1)
	}
	return pools
}

// words say what the nodes have, and what the catalog says instead.
func (p pool) words() string {
	words := fmt.Sprintf("%d nodes with %dm CPU and %dMi memory each for pods", p.Count, p.node.milliCPU, p.node.mib)
	if p.own && p.known.Name != "" {
		words += fmt.Sprintf("; by the catalog %dm and %dMi", p.known.MilliCPU, p.known.MiB)
	}
	return words
}

// split returns the pool, or one for each zone if the zones are uneven: a pool's nodes are spread evenly.
func (p pool) split() []pool {
	zones := slices.SortedFunc(maps.Keys(p.zones), func(a, b string) int {
		return cmp.Or(cmp.Compare(p.zones[b], p.zones[a]), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	if p.zones[zones[0]]-p.zones[zones[len(zones)-1]] <= 1 {
		for _, n := range p.zones {
			p.Count += n
		}
		p.Zones = zones
		return []pool{p}
	}
	var pools []pool
	for _, zone := range zones {
		one := p
		one.Zones, one.Count = []string{zone}, p.zones[zone]
		pools = append(pools, one)
	}
	return pools
}

// sortedKeys returns the keys of a map in their order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
