package audit

import (
	"math"
	"runtime/metrics"
)

// The Go runtime's own names of what the harness is asked about.
const (
	gcPauses   = "/sched/pauses/total/gc:seconds"
	goroutines = "/sched/goroutines:goroutines"
)

// harness reads the Go runtime of this process.
type harness struct {
	samples []metrics.Sample
	seen    []uint64 // The pause counts of the last reading, by bucket.
}

func newHarness() *harness {
	h := &harness{samples: []metrics.Sample{{Name: gcPauses}, {Name: goroutines}}}
	h.read() // What happened before the audit is not the run's.
	return h
}

// read returns the longest garbage-collection pause since the last call in seconds, rounded
// up to its bucket of the runtime's histogram, and the number of goroutines.
func (h *harness) read() (pauseSeconds, running float64) {
	metrics.Read(h.samples)
	pauses := h.samples[0].Value.Float64Histogram()
	pauseSeconds = longestNew(pauses, h.seen)
	h.seen = append(h.seen[:0], pauses.Counts...)
	return pauseSeconds, float64(h.samples[1].Value.Uint64())
}

// longestNew returns the upper bound of the highest bucket whose count has grown since seen;
// the lower bound where the upper one is infinite, and 0 if none has grown.
func longestNew(pauses *metrics.Float64Histogram, seen []uint64) float64 {
	for i := len(pauses.Counts) - 1; i >= 0; i-- {
		if pauses.Counts[i] == 0 || i < len(seen) && pauses.Counts[i] == seen[i] {
			continue
		}
		if upper := pauses.Buckets[i+1]; !math.IsInf(upper, 1) {
			return upper
		}
		return pauses.Buckets[i]
	}
	return 0
}
