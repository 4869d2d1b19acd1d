package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// The bounds of what is told of a missed objective.
const (
	maxMeanwhile = 8 // Events.
	// aroundWorst is how many seconds before and after the worst an event may be to be told.
	aroundWorst = 5.0
	// busyShare is the share of the machine's CPUs from which on it is worth telling.
	busyShare = 0.9
)

// slowest lists the slowest objects of the objective: pods with their stages, or moments of requests.
func (w *why) slowest() Table {
	if metric, _ := sample.Lookup(w.objective.Metric); metric.Source == sample.FromPods {
		return w.slowestPods()
	}
	return w.slowestRequests()
}

func (w *why) slowestPods() Table {
	table := Table{ID: w.id + "-pods", Caption: "The slowest pods, and where their time went", Columns: []Column{{Name: "Pod"}, {Name: "Node"},
		{"Began at", true}, {"create", true}, {"schedule", true}, {"start", true}, {"ready", true}, {"In all", true}}}
	var pods []summary.SlowPod
	for _, s := range w.detail.Slow {
		if s.Metric == w.objective.Metric && s.Labels.Match(w.objective.Where) {
			pods = append(pods, s.Pods...)
		}
	}
	slices.SortStableFunc(pods, func(x, y summary.SlowPod) int { return cmp.Compare(y.Took, x.Took) })
	for i, slow := range pods[:min(len(pods), summary.MaxSlow)] {
		if i == 0 {
			w.worst, w.worstName = &Band{From: slow.Begin().Seconds(), To: slow.End().Seconds()}, "pod "+slow.Pod.Name
		}
		table.Rows = append(table.Rows, podRow(slow))
	}
	return table
}

// podRow has the stages whose both ends were seen, and says of the whole whether it ended.
func podRow(slow summary.SlowPod) []string {
	p := slow.Pod
	between := func(from, to *sample.Offset) string {
		if from == nil || to == nil {
			return Dash
		}
		return format((*to - *from).Seconds(), sample.Seconds)
	}
	all := format((slow.End() - slow.Begin()).Seconds(), sample.Seconds)
	if p.Ready == nil {
		all = "≥ " + all
	}
	return []string{p.Namespace + "/" + p.Name, orDash(p.Node), elapsed(slow.Begin()), between(p.Intended, &p.Created),
		between(&p.Created, p.Scheduled), between(p.Scheduled, p.Running), between(p.Running, p.Ready), all}
}

// slowestRequests lists the slowest moments of the classes that the objective is about.
func (w *why) slowestRequests() Table {
	if w.objective.Metric != sample.APIRequest {
		return Table{}
	}
	from, to := w.stretch()
	var maps []summary.Heat
	for _, h := range w.detail.Heats {
		if w.isAbout(h.Class) {
			maps = append(maps, h.Between(from, to))
		}
	}
	table := worstSlots(maps)
	table.ID, table.Caption = w.id+"-requests", "When the requests were slowest"
	longest := 0.0
	for _, h := range maps {
		for i, slot := range h.Slots {
			if slot.Max > longest {
				longest = slot.Max
				band := Band{From: float64(i) * h.Slot.Seconds(), To: float64(i+1) * h.Slot.Seconds()}
				w.worst, w.worstName = &band, h.Class
			}
		}
	}
	return table
}

// isAbout reports whether the objective is about a class of requests.
func (w *why) isAbout(class string) bool {
	return slices.ContainsFunc(w.distributions(w.objective.Metric), func(d summary.Distribution) bool {
		return d.Labels["class"] == class && d.Labels.Match(w.objective.Where)
	})
}

// meanwhile tells what else happened when it was worst.
func (w *why) meanwhile() Table {
	table := Table{ID: w.id + "-meanwhile", Columns: []Column{{Name: "After the start"}, {Name: "What happened"}}}
	if w.worst == nil {
		return table
	}
	from, to := w.worst.From-aroundWorst, w.worst.To+aroundWorst
	table.Caption = fmt.Sprintf("What else happened when it was worst (%s), from %s to %s after the start", w.worstName,
		elapsed(sample.Offset(max(from, 0)*1e9)), elapsed(sample.Offset(to*1e9)))
	if busy, ok := w.busyBetween(from, to); ok {
		table.Rows = append(table.Rows, []string{Dash, busy})
	}
	for _, words := range w.countedBetween(from, to) {
		table.Rows = append(table.Rows, []string{Dash, words})
	}
	events := 0
	for _, e := range w.detail.Events {
		if at := e.At.Seconds(); at < from || at > to || events == maxMeanwhile {
			continue
		}
		if words := eventWords(e); words != "" {
			table.Rows = append(table.Rows, []string{elapsed(e.At), words})
			events++
		}
	}
	return table
}

// eventWords says what happened; "" for what needs no telling.
func eventWords(e sample.Event) string {
	step := strings.TrimSpace(e.Step + " " + e.Message)
	switch e.Kind {
	case sample.PhaseStarted:
		return "phase " + e.Phase + " began"
	case sample.PhaseFinished:
		return "phase " + e.Phase + " ended"
	case sample.StepStarted:
		return step + " began"
	case sample.StepFinished:
		return step + " ended"
	case sample.StepFailed:
		return step + " failed"
	case sample.Warning, sample.ComponentLost:
		return e.Message
	case sample.ComponentKilled:
		return e.Fields["component"] + " was killed"
	case sample.ComponentBack:
		return e.Fields["component"] + " served again"
	}
	return ""
}

// busyBetween says how busy the machine was, if its CPUs were nearly all in use.
func (w *why) busyBetween(from, to float64) (string, bool) {
	cpus := float64(w.manifest.Machine.CPUs)
	_, lines := w.tracks(sample.ComponentCPU, everything("all"))
	most := 0.0
	for _, p := range lines["all"] {
		if p.X >= from && p.X <= to {
			most = max(most, p.Y)
		}
	}
	if cpus == 0 || most < busyShare*cpus {
		return "", false
	}
	return fmt.Sprintf("all processes together used up to %s of %s CPUs", digits(most), digits(cpus)), true
}

// countedBetween says which counters of trouble grew.
func (w *why) countedBetween(from, to float64) []string {
	var all []string
	for _, trouble := range []struct{ metric, words, label, value string }{
		{sample.ServerRefused, "answers 429 (too many requests)", "code", "429"},
		{sample.ServerRefused, "answers 403 (forbidden, as by a quota)", "code", "403"},
		{sample.ServerRefused, "answers 409 (conflict)", "code", "409"},
		{sample.APIErrors, "failed requests of the load", "", ""},
		{sample.ServerEndedWatchers, "watches ended by the API server because they were slow", "", ""},
	} {
		_, lines := w.tracks(trouble.metric, func(l sample.Labels) string {
			if trouble.label == "" || l[trouble.label] == trouble.value {
				return l.String() + " "
			}
			return ""
		})
		grown := 0.0
		for name, points := range lines {
			if name != "" {
				grown += growth(points, from, to)
			}
		}
		if grown >= 1 {
			all = append(all, trouble.words+": "+count(int64(math.Round(grown))))
		}
	}
	return all
}

// growth is by how much a counter grew from the last value before from to the first one after to.
func growth(points []Point, from, to float64) float64 {
	low, high := math.NaN(), math.NaN()
	for _, p := range points {
		if p.X <= from || math.IsNaN(low) {
			low = p.Y
		}
		if high = p.Y; p.X >= to {
			break
		}
	}
	if math.IsNaN(low) {
		return 0
	}
	return max(high-low, 0)
}
