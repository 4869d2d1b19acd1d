package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The documented defaults of storage.
const (
	DefaultStorageParallelism = 100 // As aws-ebs-csi-driver has worker threads.
	DefaultStorageQPS         = 500 // As kubedyno's own controller manager.
	DefaultStorageBurst       = 1000
	DefaultStorageTopology    = "zone"
	DefaultStorageBinding     = "WaitForFirstConsumer"
)

// Storage is what a CSI driver without storage stands for.
type Storage struct {
	Classes []StorageClass `yaml:"classes" need:"yes" is:"classes" doc:"The StorageClasses that claims can name."`
	Limit   int            `yaml:"limit" is:"volumes" doc:"The most volumes of a node, of all classes together (default: what its node type takes, or no limit where that is not known)."`
	// QPS and Burst are of the client of provisioner, attacher and resizer.
	QPS   float64 `yaml:"qps" is:"load" doc:"Requests a second that the driver sends to the API server (--kube-api-qps; default 500, sidecars have 5)."`
	Burst int     `yaml:"burst" is:"own" doc:"How many of these may go at once after a pause (--kube-api-burst; default 1000, sidecars have 10)."`
}

// A StorageClass is a kind of volumes and what the storage behind it takes for a call. In a decoded
// scenario what its preset says is in the other fields.
type StorageClass struct {
	Name        string   `yaml:"name" need:"yes" is:"label" doc:"What claims call it, as storageClassName."`
	Preset      string   `yaml:"preset" doc:"A kind of storage that gives what is left out, such as ebs-gp3; kubedyno volumes lists them."`
	Provision   *Latency `yaml:"provision" doc:"How long it takes to make a volume (default: no time)."`
	Delete      *Latency `yaml:"delete" doc:"How long it takes to delete one (default: no time)."`
	Attach      *Latency `yaml:"attach" doc:"How long it takes to attach one to a node (default: no time)."`
	Detach      *Latency `yaml:"detach" doc:"How long it takes to detach one (default: no time)."`
	Resize      *Latency `yaml:"resize" doc:"How long it takes to let one grow (default: no time)."`
	Parallelism int      `yaml:"parallelism" is:"connections" doc:"How many calls of each kind may be under way at once; the others wait (default 100)."`
	Rate        float64  `yaml:"rate" is:"load" doc:"Calls a second that the storage takes, of all kinds together (default: no limit)."`
	Burst       int      `yaml:"burst" is:"own" doc:"How many calls may go at once after a pause (default 1); with rate."`
	Failures    string   `yaml:"failures" is:"failures" doc:"The share of calls that fail after their time, such as 5%; they are tried again after 1s, then twice as long each time, at most 5m (default 0%)."`
	Topology    string   `yaml:"topology" one:"zone node none" doc:"From where a volume can be reached: the nodes of its zone (zone, the default), its node alone, or all (none)."`
	Zones       []string `yaml:"zones" doc:"The zones where volumes may be (default: those of the nodes); with topology zone."`
	Capacity    string   `yaml:"capacity" is:"quantity" json:",omitempty" doc:"How much storage there is in each zone, on each node (topology node) or in all (none), such as 1Ti (default: no limit); the scheduler knows it as CSIStorageCapacity, and goes elsewhere."`
	Binding     string   `yaml:"binding" one:"WaitForFirstConsumer Immediate" doc:"When volumes are made: once a pod that uses them is placed (WaitForFirstConsumer, the default), or at once."`
	Expansion   bool     `yaml:"allowVolumeExpansion" doc:"Whether claims may grow (default false, or as the preset)."`
}

// Delays returns the distributions of a class by the kinds of calls, without those that take no time.
func (c StorageClass) Delays() map[string]Latency {
	all := map[string]Latency{}
	for name, l := range map[string]*Latency{"provision": c.Provision, "delete": c.Delete, "attach": c.Attach, "detach": c.Detach, "resize": c.Resize} {
		if l != nil {
			all[name] = *l
		}
	}
	return all
}

// CapacityBytes returns how much storage there is in each place; 0 if there is no limit.
func (c StorageClass) CapacityBytes() int64 {
	q, _ := resource.ParseQuantity(c.Capacity) // The rule has checked it; nothing is no limit.
	return q.Value()
}

// FailureShare returns the share of calls that fail.
func (c StorageClass) FailureShare() float64 {
	var percent float64
	fmt.Sscanf(c.Failures, "%f%%", &percent) // The rule has checked it; nothing is none.
	return percent / 100
}

// applyDefaults fills in what a scenario leaves out. Given tells an explicit zero from a value that
// is not there.
func (s *Storage) applyDefaults(presets map[string]StorageClass, given func(path string) bool) {
	if s == nil {
		return
	}
	if s.QPS == 0 {
		s.QPS = DefaultStorageQPS
	}
	if s.Burst == 0 {
		s.Burst = DefaultStorageBurst
	}
	for i := range s.Classes {
		at := fmt.Sprintf("spec.storage.classes[%d].", i)
		s.Classes[i].applyDefaults(presets[s.Classes[i].Preset], func(field string) bool { return given(at + field) })
	}
}

func (c *StorageClass) applyDefaults(preset StorageClass, given func(field string) bool) {
	for _, field := range []struct {
		name   string
		own    **Latency
		preset *Latency
	}{{"provision", &c.Provision, preset.Provision}, {"delete", &c.Delete, preset.Delete}, {"attach", &c.Attach, preset.Attach},
		{"detach", &c.Detach, preset.Detach}, {"resize", &c.Resize, preset.Resize}} {
		if !given(field.name) {
			*field.own = field.preset
		}
	}
	if c.Parallelism == 0 {
		c.Parallelism = cmp.Or(preset.Parallelism, DefaultStorageParallelism)
	}
	if !given("rate") && !given("burst") {
		c.Rate, c.Burst = preset.Rate, preset.Burst
	}
	if c.Rate > 0 && c.Burst == 0 {
		c.Burst = 1
	}
	c.Topology = cmp.Or(c.Topology, preset.Topology, DefaultStorageTopology)
	c.Binding = cmp.Or(c.Binding, DefaultStorageBinding)
	if !given("allowVolumeExpansion") {
		c.Expansion = preset.Expansion
	}
}

// storageClasses checks the storage of volumes. Presets are the kinds of storage there are; an empty map allows any.
func (c *checker) storageClasses(presets map[string]StorageClass) {
	s := c.s.Spec.Storage
	if s == nil || !c.sound("spec.storage") {
		return
	}
	if len(c.s.Spec.Fleet.Pools) == 0 {
		c.fault("spec.storage", "give spec.fleet.pools", "volumes are attached to fake nodes, and the scenario has none")
	}
	known, named := map[string]*StorageClass{}, c.sound("spec.storage.classes")
	for i := range s.Classes {
		class, path := &s.Classes[i], fmt.Sprintf("spec.storage.classes[%d]", i)
		if unique(c, known, class.Name, path, "storage class") {
			known[class.Name] = class
		}
		c.known(class.Preset, path+".preset", "kind of storage", sortedKeys(presets))
		c.storageClass(class, path)
		named = named && c.sound(path+".name")
	}
	if named { // Or claims would be blamed for it.
		c.claims(known)
	}
}

// storageNames returns the names of the storage classes.
func (c *checker) storageNames() (names []string) {
	if s := c.s.Spec.Storage; s != nil {
		for _, class := range s.Classes {
			names = append(names, class.Name)
		}
	}
	return names
}

func (c *checker) storageClass(class *StorageClass, path string) {
	for name, l := range class.Delays() {
		if c.sound(path + "." + name) {
			c.latency(l, path+"."+name)
		}
	}
	if c.has(path+".burst") && !c.has(path+".rate") {
		c.fault(path+".burst", "add rate", "a burst needs a limit of calls a second")
	}
	if c.has(path+".zones") && class.Topology != "zone" {
		c.fault(path+".zones", "use topology: zone", "volumes with the topology %s are in no zone", class.Topology)
	}
	if c.has(path+".capacity") && c.sound(path+".capacity") && class.CapacityBytes() <= 0 {
		c.fault(path+".capacity", "leave it out for no limit", "a class without any storage makes no volume")
	}
	if class.Topology == "node" && class.Binding == "Immediate" {
		c.fault(path+".binding", "use WaitForFirstConsumer", "a volume in a node can only be made where its pod is placed")
	}
	if c.sound(path+".zones") && len(class.Zones) == 0 {
		c.fault(path+".zones", "leave it out for all", "the list of zones is empty")
	}
	there := c.zones()
	for i, zone := range class.Zones {
		at := fmt.Sprintf("%s.zones[%d]", path, i)
		if len(validation.IsValidLabelValue(zone)) > 0 {
			c.fault(at, "", "the zone %q is not a valid label value", zone)
		} else if !slices.Contains(there, zone) {
			c.fault(at, meant(zone, there), "no pool has nodes in the zone %q, so no volume there could be used", zone)
		}
	}
}

// zones returns the zones of all pools.
func (c *checker) zones() []string {
	all := map[string]bool{}
	for _, pool := range c.s.Spec.Fleet.Pools {
		for _, zone := range pool.Zones {
			all[zone] = true
		}
	}
	return sortedKeys(all)
}

// claims reports claims of classes that the scenario does not have, which would wait for ever in the
// run's own control plane.
func (c *checker) claims(classes map[string]*StorageClass) {
	for i := range c.s.Spec.Workloads {
		w := &c.s.Spec.Workloads[i]
		path := fmt.Sprintf("spec.workloads[%d].manifest", i)
		if !c.sound(path) {
			continue
		}
		for _, claim := range w.Claims() {
			c.claim(claim, path+"."+claim.Path, sortedKeys(classes))
			if class := classes[claim.Class]; class != nil {
				c.claimRoom(claim, class, path+"."+claim.Path)
			}
			if claim.Class != "" && claim.Class == ReplaceIndex(claim.Class, 1) && classes[claim.Class] == nil {
				c.fault(path+"."+claim.Path+".storageClassName", meant(claim.Class, sortedKeys(classes)),
					"there is no storage class %q in spec.storage.classes", claim.Class)
			}
		}
	}
}

// claim reports what a claim lacks. The API server refuses such a claim; of a template, pods then wait for
// ever for what cannot be made.
func (c *checker) claim(claim Claim, path string, classes []string) {
	if !claim.Classed {
		c.fault(path, "storageClassName: "+strings.Join(classes, " or "), "the claim has no storageClassName, and there is no default class")
	}
	if !claim.Modes {
		c.fault(path+".accessModes", "accessModes: [ReadWriteOnce]", "the claim has no access mode")
	}
	size, err := resource.ParseQuantity(ReplaceIndex(claim.Size, 1))
	if at := path + ".resources.requests.storage"; claim.Size == "" {
		c.fault(at, "resources: {requests: {storage: 10Gi}}", "the claim asks for no storage")
	} else if err != nil || size.Sign() <= 0 {
		c.fault(at, "10Gi, for instance", "the claim asks for %q of storage, which is not a size", claim.Size)
	}
}

// claimRoom reports a claim for more storage than its class has in any one place.
func (c *checker) claimRoom(claim Claim, class *StorageClass, path string) {
	size, err := resource.ParseQuantity(ReplaceIndex(claim.Size, 1))
	if has := class.CapacityBytes(); err == nil && class.Capacity != "" && has > 0 && size.Value() > has {
		c.fault(path+".resources.requests.storage", "ask for less, or raise the capacity of the class",
			"the claim asks for %s, and class %s has %s in each place", claim.Size, class.Name, class.Capacity)
	}
}

// nodeVolumes returns how many volumes a node takes, by pool: what storage says, or else its type.
func (s Spec) nodeVolumes(catalog func(nodeType string) int) map[string]int {
	all := map[string]int{}
	for _, pool := range s.Fleet.Pools {
		limit := 0
		if own := slices.IndexFunc(s.Fleet.NodeTypes, func(t NodeType) bool { return t.Name == pool.NodeType }); own >= 0 {
			limit = s.Fleet.NodeTypes[own].Volumes
		} else if catalog != nil {
			limit = catalog(pool.NodeType)
		}
		if s.Storage != nil && s.Storage.Limit > 0 {
			limit = s.Storage.Limit
		}
		if limit > 0 {
			all[pool.Name] = limit
		}
	}
	return all
}

// ClaimKind is what makes a workload's objects claims, which are ready once they have a volume.
const ClaimKind = "PersistentVolumeClaim"

// A Claim is the spec of a PersistentVolumeClaim in a workload's manifest.
type Claim struct {
	Path  string // Below the manifest.
	Class string // Empty for the cluster's default, or for none.
	Each  bool   // Every pod has one of its own.
	Size  string // Of the storage that it asks for; empty if it does not.
	Modes bool   // It has access modes.
	// Classed is whether it says of which class it is, be it of none, or names its volume.
	Classed bool
}

// Claims returns the claims that a workload's manifest makes: itself, the templates of a StatefulSet
// and the ephemeral volumes of pods.
func (w Workload) Claims() []Claim {
	var all []Claim
	add := func(spec any, path string, each bool) {
		if m, ok := spec.(map[string]any); ok {
			class, _ := m["storageClassName"].(string)
			claim := Claim{Path: path, Class: class, Each: each, Classed: m["storageClassName"] != nil || m["volumeName"] != nil}
			if size := Lookup(m, "resources", "requests", "storage"); size != nil {
				claim.Size = fmt.Sprint(size)
			}
			modes, _ := m["accessModes"].([]any)
			claim.Modes = len(modes) > 0
			all = append(all, claim)
		}
	}
	if w.Kind() == ClaimKind {
		add(w.Manifest["spec"], "spec", false)
	}
	templates, _ := Lookup(w.Manifest, "spec", "volumeClaimTemplates").([]any)
	for i, template := range templates {
		if m, ok := template.(map[string]any); ok {
			add(m["spec"], fmt.Sprintf("spec.volumeClaimTemplates[%d].spec", i), true)
		}
	}
	base, keys := "spec.template.spec", []string{"spec", "template", "spec", "volumes"}
	if w.Kind() == "Pod" {
		base, keys = "spec", []string{"spec", "volumes"}
	}
	volumes, _ := Lookup(w.Manifest, keys...).([]any)
	for i, volume := range volumes {
		if m, ok := volume.(map[string]any); ok {
			add(Lookup(m, "ephemeral", "volumeClaimTemplate", "spec"),
				fmt.Sprintf("%s.volumes[%d].ephemeral.volumeClaimTemplate.spec", base, i), true)
		}
	}
	return all
}
