package summary

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
)

// MaxDiskLate is how much later than asked an emulated disk may let calls go, as a share of what it
// was asked for, on average.
const MaxDiskLate = 0.25

// diskWarnings tells of an emulated disk that was slower than it was to be.
func (c *collector) diskWarnings() []string {
	total := map[string]float64{} // In seconds, by metric.
	var calls int64
	for _, values := range c.values {
		switch values.Metric {
		case sample.DiskAsked:
			calls += values.Histogram.Count()
			fallthrough
		case sample.DiskGiven:
			total[values.Metric] += values.Histogram.Mean() * float64(values.Histogram.Count())
		}
	}
	asked, given := total[sample.DiskAsked], total[sample.DiskGiven]
	if asked == 0 || given <= (1+MaxDiskLate)*asked {
		return nil
	}
	n := float64(calls)
	return []string{fmt.Sprintf("The emulated disk under etcd was slower than it was to be: it held a call back for %s on average instead of %s, for lack of CPU.",
		sample.Format(given/n, sample.Seconds), sample.Format(asked/n, sample.Seconds))}
}
