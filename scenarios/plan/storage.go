package plan

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// volumesOf is how many volumes each pod of a workload has of its own, by storage class, and whether
// its pods start one after another.
type volumesOf struct {
	each    map[string]int
	ordered bool
}

func (v volumesOf) total() (n int) {
	for _, each := range v.each {
		n += each
	}
	return n
}

// volumes returns the volumes of workloads that have any of the scenario's classes.
func volumes(s spec.Spec) map[string]volumesOf {
	all := map[string]volumesOf{}
	if s.Storage == nil {
		return all
	}
	for _, w := range s.Workloads {
		of := volumesOf{each: map[string]int{}}
		for _, claim := range w.Claims() {
			if claim.Each && slices.ContainsFunc(s.Storage.Classes, func(c spec.StorageClass) bool { return c.Name == claim.Class }) {
				of.each[claim.Class]++
			}
		}
		policy, _ := spec.Lookup(w.Manifest, "spec", "podManagementPolicy").(string)
		of.ordered = w.Kind() == "StatefulSet" && policy != "Parallel"
		if of.total() > 0 {
			all[w.Name] = of
		}
	}
	return all
}

// volumeRoom returns how many volumes a node takes at most and all nodes together; known is false if
// that of a pool is not known.
func (p *Plan) volumeRoom() (most, all int, known bool) {
	for _, pool := range p.Fleet.Pools {
		limit, ok := p.nodeVolumes[pool.Name]
		if !ok {
			return 0, 0, false
		}
		most, all = max(most, limit), all+limit*pool.Count
	}
	return most, all, len(p.Fleet.Pools) > 0
}

// warnVolumes tells of pods that cannot all have their volumes on the nodes that there can be.
func (p *Plan) warnVolumes() {
	limit, room, known := p.volumeRoom()
	if p.Storage == nil || !known {
		return
	}
	wanted := 0
	for _, name := range slices.Sorted(maps.Keys(p.volumes)) {
		w, each := p.Workloads[name], p.volumes[name].total()
		if each > limit {
			p.Warnings = append(p.Warnings, fmt.Sprintf("No pod of %s can be placed: each has %s volumes, and a node takes %s.",
				name, grouped(each), grouped(limit)))
		}
		wanted += w.Count * w.PodsEach * each
	}
	if wanted > room {
		p.Warnings = append(p.Warnings, fmt.Sprintf("The pods have %s volumes in all, and the %s nodes take %s: some pods will stay pending.",
			grouped(wanted), grouped(p.Fleet.Nodes()), grouped(room)))
	}
}

// nodeVolumesWords say how many volumes nodes take.
func (p *Plan) nodeVolumesWords() string {
	if p.Storage.Limit > 0 {
		return grouped(p.Storage.Limit)
	}
	var types, words []string
	for _, pool := range p.Fleet.Pools {
		if slices.Contains(types, pool.NodeType) {
			continue
		}
		types = append(types, pool.NodeType)
		if limit, ok := p.nodeVolumes[pool.Name]; ok {
			words = append(words, grouped(limit)+" ("+pool.NodeType+")")
		} else {
			words = append(words, "no limit, as none is known of "+pool.NodeType)
		}
	}
	return strings.Join(words, ", ")
}

// volumesTake is about how many seconds the volumes of a workload's pods take until they are attached.
func (s *simulation) volumesTake(w Workload) float64 {
	of := s.volumes[w.Name]
	seconds := 0.0
	for _, class := range s.Plan.classes() {
		n := float64(of.each[class.Name] * s.pods[w.Name])
		if n == 0 {
			continue
		}
		for _, delay := range []*spec.Latency{class.Provision, class.Attach} {
			if delay == nil {
				continue
			}
			took := max(usual(*delay).Seconds(), n*usual(*delay).Seconds()/float64(max(class.Parallelism, 1)))
			if of.ordered {
				took = usual(*delay).Seconds() * float64(w.PodsEach)
			}
			if class.Rate > 0 {
				took = max(took, (n-float64(class.Burst))/class.Rate)
			}
			seconds += took
		}
	}
	return seconds
}

// classes are the storage classes; none without storage.
func (p *Plan) classes() []spec.StorageClass {
	if p.Storage == nil {
		return nil
	}
	return p.Storage.Classes
}

// writeStorage lists the storage classes and what they take.
func (p *Plan) writeStorage(b *bytes.Buffer) {
	if p.Storage == nil {
		return
	}
	b.WriteString("\nStorage\n")
	for _, c := range p.Storage.Classes {
		writeLabelled(b, "  "+c.Name+"  ", classWords(c))
	}
	writeLabelled(b, "  volumes of a node  ", p.nodeVolumesWords())
	writeLabelled(b, "  driver's client  ", fmt.Sprintf("%s requests a second after a burst of %s", number(p.Storage.QPS), grouped(p.Storage.Burst)))
}

// classWords describes a storage class.
func classWords(c spec.StorageClass) string {
	words := ""
	if c.Preset != "" {
		words = "as " + c.Preset + ", see kubedyno volumes; "
	}
	delays := c.Delays()
	for i, operation := range []string{"provision", "attach", "detach", "delete", "resize"} {
		if delay, ok := delays[operation]; ok {
			words += operation + " " + startupWords(delay) + "; "
		} else if i < 3 && (c.Preset == "" || len(delays) > 0) {
			words += operation + " at once; "
		}
	}
	words += fmt.Sprintf("%s calls of a kind at once", grouped(c.Parallelism))
	if c.Rate > 0 {
		words += fmt.Sprintf(", %s calls a second after a burst of %s", number(c.Rate), grouped(c.Burst))
	}
	if c.FailureShare() > 0 {
		words += ", " + c.Failures + " of them fail"
	}
	if c.Capacity != "" {
		words += "; " + c.Capacity + " " + map[string]string{"zone": "in each zone", "node": "on each node", "none": "in all"}[c.Topology]
	}
	return words + "; " + map[string]string{"zone": "in a zone", "node": "in a node", "none": "in reach of every node"}[c.Topology] +
		", made " + map[string]string{"Immediate": "at once", "WaitForFirstConsumer": "once a pod is placed"}[c.Binding]
}

// How long Kubernetes takes by itself once pods of a failed node are to go.
const (
	// collectSeconds is how often the pod garbage collector looks (gcCheckPeriod, a constant).
	collectSeconds = 20
	// detachSeconds is how long the attach/detach controller waits for a volume to be unmounted before
	// it detaches it by force (ReconcilerMaxWaitForUnmountDuration, a constant).
	detachSeconds = 360
)

// untilMoved is about how many seconds it takes from when nodes are seen not Ready until new pods can
// have the volumes of the lost ones; evicted is when these are evicted without a remedy.
func (s *simulation) untilMoved(a spec.Fail, evicted float64) float64 {
	switch {
	case a.Remedy == "outOfService":
		return collectSeconds
	case a.Remedy == "forceDelete" && len(s.volumes) > 0:
		return detachSeconds
	case a.Remedy == "forceDelete":
		return 0
	}
	return evicted
}

// warnUnremedied tells of StatefulSets that do not become whole by themselves. Pods are taken to be
// spread evenly over all nodes.
func (s *simulation) warnUnremedied(phase string, a spec.Fail, dead, all int) {
	if a.Remedy != "" && a.Remedy != "none" {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.pods)) {
		if s.Workloads[name].Kind == "StatefulSet" && s.pods[name]*dead/max(all, 1) > 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("Phase %s: the pods of %s on failed nodes stay Terminating, and a StatefulSet "+
				"makes no others of their names before they are gone; a remedy would end them.", phase, name))
		}
	}
}

// remedyWords say what an operator does about failed nodes.
func remedyWords(remedy string) string {
	switch remedy {
	case "outOfService":
		return "; then they are tainted as out of service"
	case "forceDelete":
		return "; then their pods are deleted by force"
	}
	return ""
}
