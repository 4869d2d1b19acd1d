package summary

import (
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A VolumeCall is what a CSI driver without storage put between the wish for an operation and its end.
type VolumeCall struct {
	Class     string       `json:"class"`
	Operation string       `json:"operation"`       // provision, delete, attach, detach or resize.
	Calls     int64        `json:"calls"`           // Those that failed included.
	Failed    int64        `json:"failed"`          // As the scenario asks for.
	Given     *VolumeTimes `json:"given,omitempty"` // How long a call was held back; nil if none was.
}

// operations are the operations of a driver in the order of a volume's life.
var operations = []string{"provision", "attach", "resize", "detach", "delete"}

// volumeCalls are those of all phases together, which have gauges of their own.
func (c *collector) volumeCalls() []VolumeCall {
	type of struct{ class, operation string }
	calls, failed := map[of]int64{}, map[of]int64{}
	for _, g := range c.gauges {
		if g.labels[phaseLabel] != "" {
			continue
		}
		switch at := (of{g.labels["class"], g.labels["operation"]}); g.metric {
		case sample.CSIAttempts:
			calls[at] = int64(g.max)
		case sample.CSIFailures:
			failed[at] = int64(g.max)
		}
	}
	classes := map[string]bool{}
	for at := range calls {
		classes[at.class] = true
	}
	var all []VolumeCall
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		for _, operation := range operations {
			at := of{class, operation}
			if calls[at] > 0 {
				given := c.volumeTimes(sample.CSIGiven, sample.Labels{"class": class, "operation": operation})
				all = append(all, VolumeCall{Class: class, Operation: operation, Calls: calls[at], Failed: failed[at], Given: given})
			}
		}
	}
	return all
}
