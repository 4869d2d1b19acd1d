package plan

import (
	"fmt"
	"strconv"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// AssumedWatchesPerSecond is how many watches a control plane on two cores is assumed to open.
const AssumedWatchesPerSecond = 500

// wakesPerSecond is how often a watch action looks how late kubedyno wakes up.
const wakesPerSecond = 100

// watch opens watches and updates objects, which is a load of one class.
func (s *simulation) watch(phase string, w spec.Watch) effect {
	labels := sample.Labels{"phase": phase, "resource": w.Resource, "watchers": strconv.Itoa(w.Watchers)}
	for metric, n := range map[string]float64{
		sample.WatchDelivery:  w.Writes() * float64(w.Watchers),
		sample.WatchStaleness: w.Writes() * float64(w.Watchers),
		sample.WatchFanout:    w.Writes(),
		sample.WatchWake:      w.Duration.Seconds() * wakesPerSecond,
	} {
		s.counted = append(s.counted, observed{source: sample.FromWatch, metric: metric, labels: labels, n: n})
	}
	s.observe(sample.FromLoad, w.Writes(), sample.Labels{
		"phase": phase, "verb": "update", "resource": w.Resource, "scope": "resource"})
	s.Estimate.Objects[w.Resource] += w.Objects
	opening := float64(w.Watchers) / AssumedWatchesPerSecond
	return effect{seconds: opening + w.Duration.Seconds(), requests: w.Rate}
}

// watchWords says what a watch action does and how many events it makes.
func watchWords(w spec.Watch) string {
	writes := int(w.Writes() + 0.5)
	words := fmt.Sprintf("open %s %s of %s on %s %s and update %s %s %s times a second for %s: %s %s x %s %s = %s events",
		grouped(w.Watchers), plural("watch", w.Watchers), w.Resource,
		grouped(w.Connections), plural("connection", w.Connections),
		grouped(w.Objects), plural("object", w.Objects), number(w.Rate), short(w.Duration),
		grouped(w.Watchers), plural("watcher", w.Watchers), grouped(writes), plural("write", writes), grouped(w.Watchers*writes))
	if w.Size > 0 {
		words += fmt.Sprintf(" of %s bytes", grouped(w.Size))
	}
	if w.Encoding != "protobuf" {
		words += ", " + w.Encoding
	}
	return words
}
