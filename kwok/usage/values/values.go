// Package values holds the custom and external metrics of services and serves them to a metrics
// adapter: how much each pod serves, how much is offered, how much waits.
//
// Pods and services count what they do, as processes that are instrumented would, and the counts
// are read once every resolution, as Prometheus would scrape them. A rate is the difference of two
// readings by the time between them, which is what rate() of Prometheus comes to over one scrape
// interval; so a pod has a rate only after it was there for two readings, and one that is no longer
// Ready has none. What waits is a gauge: its value is that of the last reading. Every value says
// when it was read and over which window it is a mean.
//
// For a service whose metrics are called requests_per_second and requests_waiting they are:
//
//	Pods      requests_per_second   what the pod served
//	Object    requests_per_second   what was offered; of the workload's object, if there is one only
//	External  requests_per_second   what was offered, with the label service
//	External  requests_waiting      what waits, with the label service
//
// The package knows no cluster and starts no goroutine.
package values

import (
	"maps"
	"math"
	"sync"
	"time"
)

// ServiceLabel is the label of external metrics that names the service.
const ServiceLabel = "service"

// A Service is one that counts.
type Service struct {
	Name    string
	Rate    string  // The metric of the units a second that are served or offered.
	Waiting string  // The metric of the units that wait.
	Object  *Object // What its workload consists of; nil if that is not one object.
}

// An Object is what a metric may be of, besides a pod.
type Object struct {
	Resource   string // With its group, such as deployments.apps.
	APIVersion string
	Kind       string
	Namespace  string
	Name       string
}

// Work is what a service did since it last said so. Amounts are in units.
type Work struct {
	Offered float64
	Served  map[string]float64 // By the UIDs of the pods.
	Waiting float64            // At the end.
}

// Values are the metrics of some services. They are safe for concurrent use.
type Values struct {
	mutex    sync.Mutex
	services []*counted
	byName   map[string]*counted
	readings int // How many there were.
	document []byte
}

// counted is what one service has counted.
type counted struct {
	Service
	busy    bool      // It works: its counts are as of the time told.
	told    time.Time // Until when it has counted.
	offered float64
	waiting float64
	served  map[string]float64 // By the UIDs of the pods.

	read   *reading // The last; nil before the first.
	values document // What the last two say.
}

// A reading is what the counts of a service were at a time.
type reading struct {
	at      time.Time
	offered float64
	served  map[string]float64 // Of the pods that were Ready.
}

// New returns the metrics of services, of which nothing is known yet.
func New(services []Service) *Values {
	v := &Values{byName: map[string]*counted{}}
	for _, s := range services {
		c := &counted{Service: s, served: map[string]float64{}}
		v.services = append(v.services, c)
		v.byName[s.Name] = c
	}
	v.write()
	return v
}

// Count adds what a service did until a time, at which it goes on working.
func (v *Values) Count(service string, until time.Time, w Work) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	c := v.byName[service]
	if c == nil {
		return
	}
	c.busy, c.told = true, until
	c.offered += w.Offered
	c.waiting = w.Waiting
	for uid, units := range w.Served {
		c.served[uid] += units
	}
}

// Rest says that a service does nothing from now on, and that nothing waits any more.
func (v *Values) Rest(service string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if c := v.byName[service]; c != nil {
		c.busy, c.waiting = false, 0
	}
}

// Read reads all counts and makes them the values that are served. Ready returns the UIDs of the
// pods of a service that are Ready now. A service that works has counted until some moment before
// now; then that is the time of its reading, so that no rate is wrong by a part of a count.
func (v *Values) Read(now time.Time, ready func(service string) []string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for _, c := range v.services {
		at := now
		if c.busy {
			at = c.told
		}
		if c.read != nil && !at.After(c.read.at) {
			continue // It has counted nothing since: its values stay what they are, and of when they are.
		}
		next := &reading{at: at, offered: c.offered, served: map[string]float64{}}
		for _, uid := range ready(c.Name) {
			next.served[uid] = c.served[uid]
		}
		c.values = c.between(c.read, next)
		c.read = next
		c.served = maps.Clone(next.served) // Without those that are gone.
	}
	v.readings++
	v.write()
}

// rate returns the units a second between two readings, in thousandths.
func rate(from, to float64, window time.Duration) int64 {
	return int64(math.Round((to - from) / window.Seconds() * 1000))
}
