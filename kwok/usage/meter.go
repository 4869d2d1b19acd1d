package usage

import (
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options configure a Meter. The zero value is usable.
type Options struct {
	Housekeeping time.Duration    // Between two looks at a container; 0 is DefaultHousekeeping.
	Seed         uint64           // Of when in an interval a pod is looked at.
	Now          func() time.Time // The clock; nil is time.Now.
}

// A Meter keeps what the pods of all nodes use and have used. It serves it as the nodes' kubelets
// would, at Path. All methods may be called at the same time; none waits for a reader.
//
// It remembers a pod from Start to Stop, and of a node where a pod ever ran one counter.
type Meter struct {
	options Options
	epoch   time.Time // Times are kept as how long they are after it.
	mux     *http.ServeMux

	mutex sync.Mutex // Held for moments.
	pods  map[string]*pod
	nodes map[string]*node
	// silent are the nodes whose kubelets do not answer.
	silent map[string]bool
}

// A pod is one that runs.
type pod struct {
	Pod
	counter
	started time.Duration
	node    *node
}

// A node is one where pods run or ran. Its counter includes what those that are gone have used.
type node struct {
	counter
	pods []*pod // In the order of their start.
}

// NewMeter returns a meter of nodes on which nothing runs, and which have just been started.
func NewMeter(o Options) *Meter {
	if o.Housekeeping <= 0 {
		o.Housekeeping = DefaultHousekeeping
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Meter{options: o, epoch: o.Now(), mux: http.NewServeMux(),
		pods: map[string]*pod{}, nodes: map[string]*node{}, silent: map[string]bool{}}
	m.mux.HandleFunc("GET "+Path, m.serveNode)
	return m
}

// Start says that the containers of a pod run since a time, on its node, at its Idle usage. Of a
// pod that is known it changes nothing. A time in the future counts as now.
func (m *Meter) Start(p Pod, at time.Time) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.pods[p.UID] != nil {
		return
	}
	now := m.now()
	started := min(at.Sub(m.epoch), now)
	n := m.nodeOf(p.Node)
	p.Containers = slices.Clone(p.Containers)
	added := &pod{Pod: p, started: started, node: n,
		counter: counter{rate: p.Idle.rate(), until: started, first: started + m.offset(p.UID)}}
	n.advance(now, m.options.Housekeeping)
	n.used += added.rate.over(now - started) // What it has used before the node knew.
	n.rate = n.rate.plus(added.rate)
	n.pods = append(n.pods, added)
	m.pods[p.UID] = added
}

// Stop says that the containers of a pod run no more: it is no longer reported.
func (m *Meter) Stop(uid string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	p := m.pods[uid]
	if p == nil {
		return
	}
	p.node.advance(m.now(), m.options.Housekeeping)
	p.node.rate = p.node.rate.minus(p.rate)
	p.node.pods = slices.DeleteFunc(p.node.pods, func(other *pod) bool { return other == p })
	delete(m.pods, uid)
}

// Use says what a pod uses from now on, all its containers together. Pods that are not known are
// ignored; so is what is negative or no number.
func (m *Meter) Use(uid string, u Usage) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	p := m.pods[uid]
	if p == nil {
		return
	}
	now, next := m.now(), u.rate()
	if next == p.rate {
		return
	}
	p.advance(now, m.options.Housekeeping)
	p.node.advance(now, m.options.Housekeeping)
	p.node.rate = p.node.rate.minus(p.rate).plus(next)
	p.rate = next
}

// Silence says whether the kubelets of nodes have ceased to answer, as after a loss of power. What
// runs there goes on to be counted.
func (m *Meter) Silence(nodes []string, silent bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, name := range nodes {
		if silent {
			m.silent[name] = true
		} else {
			delete(m.silent, name)
		}
	}
}

func (m *Meter) now() time.Duration { return m.options.Now().Sub(m.epoch) }

// nodeOf returns a node, which is there from the first pod on. The meter's lock is held.
func (m *Meter) nodeOf(name string) *node {
	n := m.nodes[name]
	if n == nil {
		n = m.emptyNode(name)
		m.nodes[name] = n
	}
	return n
}

// emptyNode returns a node on which no pod ever ran.
func (m *Meter) emptyNode(name string) *node {
	return &node{counter: counter{rate: Usage{nodeCores, nodeBytes}.rate(), used: startCPU, first: m.offset(name)}}
}

// offset returns when the first look is due after a start: evenly spread over an interval and, for
// one seed, always the same for the same name.
func (m *Meter) offset(name string) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return 1 + time.Duration(rand.New(rand.NewPCG(m.options.Seed, h.Sum64())).Int64N(int64(m.options.Housekeeping)))
}
