package spec

import (
	"fmt"
	"strings"
	"time"
)

// The limits of a watch action.
const (
	MaxWatchers = 10_000
	// MaxStreams is how many watches an HTTP/2 connection carries: the API server allows 100
	// streams on each (k8s.io/apiserver/pkg/server/secure_serving.go).
	MaxStreams = 100
	// MaxEventRate is how many events a second all watchers may get together.
	MaxEventRate = 200_000
	// MaxWatchEvents is how many events all watchers may get in all.
	MaxWatchEvents = 100_000_000
	// MaxBurst is how many bytes of payload one update may send to all watchers together.
	MaxBurst = 1_000_000_000

	DefaultStreams      = 80 // Watches on a connection, which leaves streams for other requests.
	DefaultProbeObjects = 10
	DefaultUpdateRate   = 1
)

// Watch opens watches and measures how long it takes until all of them have seen an update.
type Watch struct {
	Watchers    int           `yaml:"watchers" need:"yes" is:"watchers" doc:"Open watches, each a stream of its own."`
	Resource    string        `yaml:"resource" one:"configmaps secrets" doc:"configmaps (the default) or secrets."`
	Objects     int           `yaml:"objects" is:"own" doc:"Probe objects, updated in turn (default 10)."`
	Rate        float64       `yaml:"rate" is:"load" doc:"Updates per second, on a schedule (default 1)."`
	Size        int           `yaml:"size" is:"payload" doc:"Bytes of payload in each object (default 0)."`
	Duration    time.Duration `yaml:"duration" need:"yes" is:"span" doc:"How long updates are sent."`
	Timeout     time.Duration `yaml:"timeout" is:"span" doc:"The longest an update may take (default 60s); it then counts as failed."`
	Connections int           `yaml:"connections" is:"connections" doc:"HTTP/2 connections of the watches (default: as many as have 80 watches each)."`
	Encoding    string        `yaml:"encoding" one:"protobuf json" doc:"protobuf (the default, as the control plane's own clients) or json."`
}

// Writes is how many updates the action sends, but for one more or less.
func (w Watch) Writes() float64 { return w.Rate * w.Duration.Seconds() }

func (w *Watch) applyDefaults() {
	if w.Resource == "" {
		w.Resource = "configmaps"
	}
	if w.Objects == 0 {
		w.Objects = DefaultProbeObjects
	}
	if w.Rate == 0 {
		w.Rate = DefaultUpdateRate
	}
	if w.Timeout == 0 {
		w.Timeout = DefaultLoadTimeout
	}
	if w.Connections == 0 {
		w.Connections = (w.Watchers + DefaultStreams - 1) / DefaultStreams
	}
	if w.Encoding == "" {
		w.Encoding = "protobuf"
	}
}

func (c *checker) watch(phase Phase, w Watch, path string) {
	c.fits(w.Duration, phase, path)
	for _, field := range []string{"watchers", "rate", "duration", "size", "connections"} {
		if c.faulted[path+"."+field] {
			return
		}
	}
	watchers := float64(w.Watchers)
	switch {
	case w.Watchers > w.Connections*MaxStreams:
		c.fault(path+".connections", "leave it out", "%d watchers on %d connections: the API server allows %d streams on each",
			w.Watchers, w.Connections, MaxStreams)
	case watchers*w.Rate > MaxEventRate:
		c.fault(path+".rate", "lower the rate or the watchers", "the watchers get %.3g events a second, more than the %d allowed",
			watchers*w.Rate, MaxEventRate)
	case watchers*w.Writes() > MaxWatchEvents:
		c.fault(path+".duration", "lower the rate, the duration or the watchers",
			"the watchers get %.3g events, more than the %d allowed", watchers*w.Writes(), MaxWatchEvents)
	case w.Watchers*w.Size > MaxBurst:
		c.fault(path+".size", "lower the size or the watchers", "one update sends %d bytes to the watchers, more than the %d allowed",
			w.Watchers*w.Size, MaxBurst)
	}
	for i, a := range phase.Actions {
		if strings.HasSuffix(path, fmt.Sprintf(".actions[%d].watch", i)) {
			break // Those after this one have their own turn.
		}
		if a.Watch != nil && a.Watch.Watchers == w.Watchers && a.Watch.Resource == w.Resource {
			c.fault(path, "use another phase, or another number of watchers",
				"phase %s has another watch of %s with %d watchers; their figures would be one", phase.Name, w.Resource, w.Watchers)
			break
		}
	}
}
