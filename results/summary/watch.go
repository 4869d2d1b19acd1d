package summary

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// censor takes note of a window of things that never got there.
func (v *Values) censor(w sample.PackedWindow) {
	if !w.Censored || w.Histogram.Count() == 0 {
		return
	}
	if shortest := w.Histogram.Min(); v.Censored == 0 || shortest < v.CensoredFrom {
		v.CensoredFrom = shortest
	}
	v.Censored += w.Histogram.Count()
}

// WatchBooks are the events of the watchers of a run, which must balance:
// Expected = Delivered + Missing = Recorded.
type WatchBooks struct {
	Expected  int64 `json:"expected"` // Acknowledged writes times watchers.
	Delivered int64 `json:"delivered"`
	Missing   int64 `json:"missing"`  // Not delivered when the watchers were closed.
	Recorded  int64 `json:"recorded"` // Values of watch_delivery_seconds.
}

// Balanced reports whether every expected event is accounted for.
func (b WatchBooks) Balanced() bool {
	return b.Expected == b.Delivered+b.Missing && b.Expected == b.Recorded
}

// words says how books that do not balance stand.
func (b WatchBooks) words() string {
	return fmt.Sprintf("of %s watch events expected, %s were counted as delivered and %s as missing, and %s were recorded",
		sample.FormatCount(b.Expected), sample.FormatCount(b.Delivered), sample.FormatCount(b.Missing), sample.FormatCount(b.Recorded))
}

// watchBooks adds up the events of all watchers; nil if the run had none.
func (c *collector) watchBooks() *WatchBooks {
	var books WatchBooks
	found := false
	for _, g := range c.gauges {
		if _, byPhase := g.labels[phaseLabel]; g.metric != sample.WatchEvents || byPhase {
			continue
		}
		found = true
		switch g.labels["state"] {
		case "expected":
			books.Expected += int64(g.last)
		case "delivered":
			books.Delivered += int64(g.last)
		case "missing":
			books.Missing += int64(g.last)
		}
	}
	recorded := mergeOf(c.values, sample.WatchDelivery, nil)
	books.Recorded = recorded.Histogram.Count()
	if !found && books.Recorded == 0 {
		return nil
	}
	return &books
}

// watchBalanced takes a verdict about watches back when their books do not balance.
func (c *collector) watchBalanced(metric sample.Metric, out slo.Outcome) slo.Outcome {
	if metric.Source != sample.FromWatch || out.Verdict == slo.NoData {
		return out
	}
	if books := c.watchBooks(); books != nil && !books.Balanced() {
		out.Verdict = slo.Inconclusive
		out.Reason = "the books do not balance: " + books.words()
	}
	return out
}

// fanoutWarnings are the doubts about the events of watchers.
func (c *collector) fanoutWarnings() []string {
	books := c.watchBooks()
	if books == nil {
		return nil
	}
	var all []string
	if !books.Balanced() {
		all = append(all, "The books do not balance: "+books.words()+".")
	}
	if books.Missing > 0 {
		all = append(all, fmt.Sprintf("%s of %s watch events never reached their watcher; they count as at least the time they had.",
			sample.FormatCount(books.Missing), sample.FormatCount(books.Expected)))
	}
	streams := map[string]int64{}
	for _, g := range c.gauges {
		if _, byPhase := g.labels[phaseLabel]; g.metric == sample.WatchStreams && !byPhase {
			streams[g.labels["state"]] += int64(g.last)
		}
	}
	if n := streams["ended"]; n > 0 {
		all = append(all, fmt.Sprintf("Streams of watchers ended before their time (%s; %s resumed, %s relisted, %s tries refused); "+
			"what happened meanwhile came late or not at all.", sample.FormatCount(n), sample.FormatCount(streams["resumed"]),
			sample.FormatCount(streams["relisted"]), sample.FormatCount(streams["refused"])))
	}
	return all
}
