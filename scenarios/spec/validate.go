package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// A checker looks for what no single value can tell: names that stand twice, names of things
// that are not there, actions in an order that cannot work.
type checker struct {
	*decoder
	s         *Scenario
	pools     map[string]*Pool
	workloads map[string]*Workload
	phases    map[string]*Phase
	queries   map[string]*Query
	services  map[string]*Service
	objects   map[string]string // The workloads by what their objects are called.
	ownTypes  map[string]bool   // Whether pods are paid for on a node type of the scenario's own, and not nodes.
	options   Options
	fitFault  bool // A fit names pools that are not there, so that what has data of it is not known.
}

func validate(s *Scenario, d *decoder, o Options) {
	c := &checker{decoder: d, s: s, pools: map[string]*Pool{}, workloads: map[string]*Workload{},
		phases: map[string]*Phase{}, queries: map[string]*Query{}, services: map[string]*Service{}, objects: map[string]string{},
		ownTypes: map[string]bool{}, options: o}
	c.labels(s.Metadata.Labels, "metadata.labels")
	c.known(s.Spec.Cluster.Kubernetes, "spec.cluster.kubernetes", "Kubernetes version", o.Kubernetes)
	c.disk(o.Disks)
	types := c.nodeTypes(o)
	c.fleet(types)
	c.storageClasses(o.VolumePresets)
	for i := range s.Spec.Workloads {
		w := &s.Spec.Workloads[i]
		path := fmt.Sprintf("spec.workloads[%d]", i)
		if unique(c, c.workloads, w.Name, path, "workload") {
			c.workloads[w.Name] = w
		}
		c.manifest(w, path)
	}
	c.karpenter(types)
	c.headrooms()
	c.readServices()
	c.autoscalers()
	for i := range s.Spec.Phases {
		path := fmt.Sprintf("spec.phases[%d]", i)
		if unique(c, c.phases, s.Spec.Phases[i].Name, path, "phase") {
			c.phases[s.Spec.Phases[i].Name] = &s.Spec.Phases[i]
		}
	}
	c.readQueries()
	c.actions()
	for i := range s.Spec.Objectives {
		c.objective(s.Spec.Objectives[i], fmt.Sprintf("spec.objectives[%d]", i))
	}
	c.trials(o)
	c.search()
}

// unique reports whether the name at path+".name" is new among known. A name that is not
// valid is still known, so that what refers to it is no fault of its own.
func unique[V any](c *checker, known map[string]V, name, path, what string) bool {
	if name == "" {
		return false
	}
	if _, there := known[name]; there {
		c.fault(path+".name", "", "there is a %s %q already", what, name)
		return false
	}
	return true
}

func (c *checker) labels(labels map[string]string, path string) {
	for _, key := range sortedKeys(labels) {
		if wrong := validation.IsQualifiedName(key); len(wrong) > 0 {
			c.fault(join(path, key), "", "the label key %q is not valid: %s", key, wrong[0])
		} else if wrong := validation.IsValidLabelValue(labels[key]); len(wrong) > 0 {
			c.fault(join(path, key), "", "the label value %q is not valid: %s", labels[key], wrong[0])
		}
	}
}

// known reports a name that is none of those that exist.
func (c *checker) known(name, path, what string, names []string) {
	if name == "" || len(names) == 0 || !c.sound(path) || slices.Contains(names, name) {
		return
	}
	c.fault(path, meant(name, names), "there is no %s %q", what, name)
}

// knownType reports a node type that is neither in the catalog nor the scenario's own.
func (c *checker) knownType(name, path string, types []string) {
	if name == "" || len(types) == 0 || c.unreadTypes || !c.sound(path) || slices.Contains(types, name) {
		return // What a file would have held that cannot be read is not known.
	}
	c.fault(path, cmp.Or(meant(name, types), "'kubedyno nodetypes' lists the catalog; fleet.nodeTypes describes a type of your own"), "there is no node type %q", name)
}

func (c *checker) fleet(nodeTypes []string) {
	nodes := 0
	for i := range c.s.Spec.Fleet.Pools {
		pool := &c.s.Spec.Fleet.Pools[i]
		path := fmt.Sprintf("spec.fleet.pools[%d]", i)
		if unique(c, c.pools, pool.Name, path, "pool") {
			c.pools[pool.Name] = pool
		}
		c.knownType(pool.NodeType, path+".nodeType", nodeTypes)
		c.pool(pool, path)
		if nodes += pool.Count; nodes > MaxNodes {
			c.fault(path+".count", "", "all pools together have %d nodes, more than the %d allowed", nodes, MaxNodes)
		}
	}
	if c.sound("spec.fleet.podStartup") {
		c.latency(c.s.Spec.Fleet.PodStartup, "spec.fleet.podStartup")
	}
	if stop := c.s.Spec.Fleet.PodStop; stop != nil && c.sound("spec.fleet.podStop") {
		c.latency(*stop, "spec.fleet.podStop")
	}
}

func (c *checker) pool(pool *Pool, path string) {
	if c.sound(path+".zones") && len(pool.Zones) == 0 {
		c.fault(path+".zones", "", "the list of zones is empty")
	}
	for i, zone := range pool.Zones {
		at := fmt.Sprintf("%s.zones[%d]", path, i)
		if zone == "" || len(validation.IsValidLabelValue(zone)) > 0 {
			c.fault(at, "", "the zone %q is not a valid label value", zone)
		} else if slices.Contains(pool.Zones[:i], zone) {
			c.fault(at, "", "the zone %q stands here twice", zone)
		}
	}
	c.labels(pool.Labels, path+".labels")
	c.elastic(pool, path+".elastic")
	for i, taint := range pool.Taints {
		at := fmt.Sprintf("%s.taints[%d]", path, i)
		if wrong := validation.IsQualifiedName(taint.Key); c.sound(at+".key") && len(wrong) > 0 {
			c.fault(at+".key", "", "the taint key %q is not valid: %s", taint.Key, wrong[0])
		}
		if wrong := validation.IsValidLabelValue(taint.Value); len(wrong) > 0 {
			c.fault(at+".value", "", "the taint value %q is not valid: %s", taint.Value, wrong[0])
		}
	}
}

// latencyFields are the settings of each distribution.
var latencyFields = map[string][]string{
	"fixed":     {"value"},
	"uniform":   {"min", "max"},
	"lognormal": {"median", "p99"},
	"quantiles": {"quantiles"},
}

func (c *checker) latency(l Latency, path string) {
	if !c.sound(path + ".distribution") {
		return
	}
	fields := latencyFields[l.Distribution]
	whole := true
	for _, name := range fields {
		if !c.has(path + "." + name) {
			c.fault(path+"."+name, "", "the distribution %s needs %s", l.Distribution, strings.Join(fields, " and "))
		}
		whole = whole && c.sound(path+"."+name)
	}
	for _, name := range []string{"value", "min", "max", "median", "p99", "quantiles"} {
		if c.has(path+"."+name) && !slices.Contains(fields, name) {
			c.fault(path+"."+name, "", "%s does not belong to the distribution %s, which has %s",
				name, l.Distribution, strings.Join(fields, " and "))
		}
	}
	switch {
	case !whole:
	case l.Distribution == "uniform" && l.Min > l.Max:
		c.fault(path+".max", "", "max %v is below min %v", l.Max, l.Min)
	case l.Distribution == "lognormal" && l.P99 <= l.Median:
		c.fault(path+".p99", "", "p99 %v is not above the median %v", l.P99, l.Median)
	case l.Distribution == "quantiles":
		c.quantiles(l, path+".quantiles")
	}
}

func (c *checker) quantiles(l Latency, path string) {
	if n := len(l.Quantiles); n < minQuantiles || n > MaxQuantiles {
		c.fault(path, "", "there must be %d to %d quantiles, not %d", minQuantiles, MaxQuantiles, n)
	}
	for i := 1; i < len(l.Quantiles); i++ {
		at := fmt.Sprintf("%s[%d]", path, i)
		if c.sound(at) && l.Quantiles[i] < l.Quantiles[i-1] {
			c.fault(at, "", "quantiles must ascend: %v comes after %v", l.Quantiles[i], l.Quantiles[i-1])
		}
	}
}

// manifest checks what kubedyno must know of a workload's object.
func (c *checker) manifest(w *Workload, path string) {
	if !c.has(path+".manifest") && !c.has(path+".file") {
		c.fault(path+".manifest", "", "a workload needs a manifest or a file")
	}
	path += ".manifest"
	if !c.sound(path) {
		return
	}
	for _, key := range []string{"apiVersion", "kind"} {
		if text, ok := w.Manifest[key].(string); !ok || text == "" || strings.Contains(text, "${") {
			c.fault(path+"."+key, "", "the manifest needs %s, a fixed text", key)
		}
	}
	if refused(w.Kind()) {
		c.fault(path+".kind", "use one of Deployment, StatefulSet, ReplicaSet, Job, Pod, or a kind without pods",
			"a workload cannot be a %s: what it makes cannot be counted before", w.Kind())
	}
	c.objectName(w, path)
	if traits := podKinds[w.Kind()]; traits.replicas != nil {
		at := path + "." + strings.Join(traits.replicas, ".")
		value := Lookup(w.Manifest, traits.replicas...)
		if n, ok := value.(int64); c.sound(at) && (!ok || !rules["replicas"].holds(float64(n))) {
			c.fault(at, "", "%s must be %s", traits.replicas[1], rules["replicas"].words)
		}
	}
}

func (c *checker) objectName(w *Workload, path string) {
	if c.has(path + ".metadata.generateName") {
		c.fault(path+".metadata.generateName", `use name: "web-${index}"`, "objects need a name of their own")
		return
	}
	name, ok := Lookup(w.Manifest, "metadata", "name").(string)
	at := path + ".metadata.name"
	if c.has(at) && !c.sound(at) {
		return
	}
	if !ok {
		c.fault(at, `use name: "web-${index}"`, "the manifest needs metadata.name, a text")
		return
	}
	if w.Count > 1 && ReplaceIndex(name, 0) == ReplaceIndex(name, 1) {
		c.fault(at, "put ${index} into the name", "all %d objects would have the name %q", w.Count, name)
	}
	if wrong := validation.IsDNS1123Subdomain(ReplaceIndex(name, max(w.Count, 1)-1)); len(wrong) > 0 {
		c.fault(at, "", "the name %q is not valid: %s", name, wrong[0])
	}
	identity := fmt.Sprint(w.Kind(), " ", Lookup(w.Manifest, "metadata", "namespace"), " ", name)
	if other, there := c.objects[identity]; there {
		c.fault(at, "", "the objects of workload %q have the same kind and name", other)
	}
	c.objects[identity] = w.Name
}
