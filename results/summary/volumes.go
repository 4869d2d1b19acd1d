package summary

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// Volumes are how long volumes took and what pods waited for, of all phases together.
type Volumes struct {
	Classes   []VolumeClass    `json:"classes"`
	Workloads []VolumeStart    `json:"workloads,omitempty"` // Of pods with claims.
	Pending   []VolumePending  `json:"pending,omitempty"`
	Drivers   []DriverCapacity `json:"drivers,omitempty"`
	Calls     []VolumeCall     `json:"calls,omitempty"` // Of a CSI driver without storage.
}

// A VolumeClass is what became of the volumes of a StorageClass.
type VolumeClass struct {
	Class     string       `json:"class"`
	Provision *VolumeTimes `json:"provision,omitempty"` // nil if there was none.
	Attach    *VolumeTimes `json:"attach,omitempty"`
	Detach    *VolumeTimes `json:"detach,omitempty"`

	// The most that there were at a time: claims that had asked for a volume and claims that had one,
	// attachments under way, attached ones, and detachments under way.
	Asked     int64 `json:"asked"`
	Bound     int64 `json:"bound"`
	Attaching int64 `json:"attaching"`
	Attached  int64 `json:"attached"`
	Detaching int64 `json:"detaching"`

	AttachErrors int64 `json:"attachErrors,omitempty"`
	DetachErrors int64 `json:"detachErrors,omitempty"`
}

// VolumeTimes is a distribution in seconds.
type VolumeTimes struct {
	N         int64      `json:"n"`
	Censored  int64      `json:"censored,omitempty"` // Of N, how many never got there.
	Quantiles []Quantile `json:"quantiles"`
	Mean      float64    `json:"mean"`
	Max       float64    `json:"max"`
	// CensoredFrom is the shortest time that one which never got there had waited: from there on values
	// are lower bounds. nil if all got there.
	CensoredFrom *float64 `json:"censoredFrom,omitempty"`
}

// AtLeast reports whether a value is a lower bound.
func (t VolumeTimes) AtLeast(value float64) bool {
	return t.CensoredFrom != nil && value >= *t.CensoredFrom
}

// A VolumeStart is what the pods of a workload with claims spent their start on.
type VolumeStart struct {
	Workload   string        `json:"workload"`
	Pods       int64         `json:"pods"`
	Unfinished int64         `json:"unfinished,omitempty"` // Of these, how many were not Ready: their time so far counts.
	Seconds    float64       `json:"seconds"`              // From creation to Ready, on average.
	Stages     []VolumeStage `json:"stages"`               // Those that a pod came to, in the order of its life; their seconds add up.
	// AttachShare is what attaching has of the time from when pods had a node until they were Ready; nil
	// if none had one, or it took no time.
	AttachShare *float64 `json:"attachShare,omitempty"`
}

// A VolumeStage is a part of the start.
type VolumeStage struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"` // On average over all pods, those that did not come to it included.
	Share   float64 `json:"share"`   // Of the whole.
}

// A VolumePending says how many pods had no node because of their volumes.
type VolumePending struct {
	Reason string `json:"reason"` // In the scheduler's words.
	Most   int64  `json:"most"`
	Last   int64  `json:"last"`
}

// A DriverCapacity says how full nodes were with the volumes of a driver.
type DriverCapacity struct {
	Driver  string   `json:"driver"`
	Most    int64    `json:"most"`              // On one node at a time.
	Allowed *int64   `json:"allowed,omitempty"` // The fewest that a node may have; nil without a limit.
	Share   *float64 `json:"share,omitempty"`   // The largest share of what a node may have.
}

// volumes puts together what is known of volumes; nil if nothing is.
func (c *collector) volumes() *Volumes {
	v := &Volumes{Classes: []VolumeClass{}}
	for _, class := range c.labelled("class", sample.VolumeProvision, sample.VolumeAttach, sample.VolumeDetach, sample.VolumesByState) {
		v.Classes = append(v.Classes, c.volumeClass(class))
	}
	for _, workload := range c.labelled("workload", sample.PodVolumeStage) {
		v.Workloads = append(v.Workloads, c.volumeStart(workload))
	}
	for _, reason := range c.labelled("reason", sample.VolumePendingPods) {
		if g := c.gauges[key(sample.VolumePendingPods, sample.Labels{"reason": reason})]; g != nil && g.max > 0 {
			v.Pending = append(v.Pending, VolumePending{Reason: reason, Most: int64(g.max), Last: int64(g.last)})
		}
	}
	for _, driver := range c.labelled("driver", sample.NodeVolumes) {
		v.Drivers = append(v.Drivers, c.driverCapacity(driver))
	}
	v.Calls = c.volumeCalls()
	if len(v.Classes)+len(v.Workloads)+len(v.Pending) == 0 {
		return nil
	}
	return v
}

// labelled returns the values of a label of metrics, in order.
func (c *collector) labelled(label string, metrics ...string) []string {
	found := map[string]bool{}
	for _, values := range c.values {
		if slices.Contains(metrics, values.Metric) {
			found[values.Labels[label]] = true
		}
	}
	for _, g := range c.gauges {
		if slices.Contains(metrics, g.metric) {
			found[g.labels[label]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (c *collector) volumeClass(class string) VolumeClass {
	of := sample.Labels{"class": class}
	most := func(metric, label, value string) int64 {
		if g := c.gauges[key(metric, sample.Labels{"class": class, label: value})]; g != nil {
			return int64(g.max)
		}
		return 0
	}
	state := func(name string) int64 { return most(sample.VolumesByState, "state", name) }
	return VolumeClass{Class: class, Provision: c.volumeTimes(sample.VolumeProvision, of), Attach: c.volumeTimes(sample.VolumeAttach, of),
		Detach: c.volumeTimes(sample.VolumeDetach, of), Asked: state("asked"), Bound: state("bound"), Attaching: state("attaching"),
		Attached: state("attached"), Detaching: state("detaching"),
		AttachErrors: most(sample.VolumeErrors, "operation", "attach"), DetachErrors: most(sample.VolumeErrors, "operation", "detach")}
}

// volumeTimes are those of a metric; nil if there is none.
func (c *collector) volumeTimes(metric string, where sample.Labels) *VolumeTimes {
	merged := mergeOf(c.values, metric, where)
	h := &merged.Histogram
	if h.Count() == 0 {
		return nil
	}
	t := &VolumeTimes{N: h.Count(), Censored: merged.Censored, Mean: h.Mean(), Max: h.Max()}
	if merged.Censored > 0 {
		t.CensoredFrom = &merged.CensoredFrom
	}
	for _, percentile := range []float64{50, 90, 99} {
		q := stat.QuantileOf(h, percentile/100)
		t.Quantiles = append(t.Quantiles, Quantile{Percentile: percentile, Value: q.Value, Low: q.Low, High: q.High, Printable: q.Printable})
	}
	return t
}

// volumeStart adds up the stages of a workload's pods. Every pod has a value of the stage provision, of
// which it may be that it took no time.
func (c *collector) volumeStart(workload string) VolumeStart {
	start := VolumeStart{Workload: workload}
	sums, total := map[string]float64{}, 0.0
	counts, ready := map[string]int64{}, int64(0)
	for _, stage := range sample.VolumeStages() {
		merged := mergeOf(c.values, sample.PodVolumeStage, sample.Labels{"workload": workload, "stage": stage})
		n := merged.Histogram.Count()
		sums[stage] = merged.Histogram.Mean() * float64(n)
		if sums[stage] <= float64(n)*2*sample.Resolution { // A histogram knows no 0.
			sums[stage] = 0
		}
		total += sums[stage]
		counts[stage] = n
		switch stage {
		case "provision":
			start.Pods = n
		case "ready":
			ready = n - merged.Censored
		}
	}
	start.Unfinished = start.Pods - ready
	if start.Pods == 0 || total == 0 {
		return start
	}
	for _, stage := range sample.VolumeStages() {
		if counts[stage] == 0 {
			continue
		}
		start.Stages = append(start.Stages, VolumeStage{Stage: stage, Seconds: sums[stage] / float64(start.Pods), Share: sums[stage] / total})
	}
	start.Seconds = total / float64(start.Pods)
	if onNode := sums["attach"] + sums["start"] + sums["ready"]; onNode > 0 {
		share := sums["attach"] / onNode
		start.AttachShare = &share
	}
	return start
}

func (c *collector) driverCapacity(driver string) DriverCapacity {
	of := sample.Labels{"driver": driver}
	d := DriverCapacity{Driver: driver}
	if g := c.gauges[key(sample.NodeVolumes, of)]; g != nil {
		d.Most = int64(g.max)
	}
	if g := c.gauges[key(sample.NodeVolumesAllowed, of)]; g != nil {
		allowed := int64(g.min)
		d.Allowed = &allowed
	}
	if g := c.gauges[key(sample.NodeVolumesShare, of)]; g != nil {
		share := g.max
		d.Share = &share
	}
	return d
}

// volumeWarnings tell of volumes that did not get there.
func volumeWarnings(v *Volumes) []string {
	if v == nil {
		return nil
	}
	var all []string
	for _, class := range v.Classes {
		for _, of := range []struct {
			times *VolumeTimes
			did   string
		}{{class.Provision, "volumes that were asked for were never bound"}, {class.Attach, "attachments were never attached"}, {class.Detach, "detachments did not end"}} {
			if of.times != nil && of.times.Censored > 0 {
				all = append(all, fmt.Sprintf("Of class %s %s of %s %s; they count as at least the time they waited.",
					class.Class, sample.FormatCount(of.times.Censored), sample.FormatCount(of.times.N), of.did))
			}
		}
		if n := class.AttachErrors + class.DetachErrors; n > 0 {
			all = append(all, fmt.Sprintf("The driver of class %s wrote %s errors into attachments.", class.Class, sample.FormatCount(n)))
		}
	}
	return all
}
