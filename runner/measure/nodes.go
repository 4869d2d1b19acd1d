package measure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

// NodesOptions say which nodes to measure.
type NodesOptions struct {
	Run
	Config   *rest.Config
	Selector string // A label selector, such as that of the run's label.
	ByType   bool   // Also count the nodes by their instance types.
}

// Nodes measures how long nodes take from their creation being sent until they are seen
// Ready. Nodes that were sent and never Ready enter the distribution at Close with the time
// they have waited; those deleted before are left out.
type Nodes struct {
	options   NodesOptions
	following *following
	waiters   waiters

	mu      sync.Mutex
	nodes   map[string]*node
	windows map[series]*sample.Histogram
	from    sample.Offset   // Of the windows.
	kinds   map[string]bool // The instance types that were seen.
}

// node is what is known of a node, from the harness that sent it and from the watch.
type node struct {
	pool, phase string
	kind        string // Its instance type.
	sent        sample.Offset
	ready       sample.Offset // When it was first seen Ready.
	outage      outage
	wasSent     bool
	exists      bool
	wasReady    bool
	isReady     bool
	closed      bool // It has the taint of a new node.
}

// series tells the distributions apart.
type series struct{ metric, pool, phase string }

// StartNodes begins to watch and returns when the nodes that exist are known. The watch ends
// with ctx; Close must be called all the same.
func StartNodes(ctx context.Context, options NodesOptions) (*Nodes, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch nodes: %w", err)
	}
	n := newNodes(options)
	api := client.CoreV1().Nodes()
	lw := listWatch(api, labelled(options.Selector))
	n.following = follow(ctx, options.Run, "nodes", lw, &corev1.Node{}, n)
	if err := n.following.waitSynced(ctx, "nodes"); err != nil {
		return nil, err
	}
	n.following.also(ctx, func(ctx context.Context) { every(ctx, n.flush) })
	return n, nil
}

func newNodes(options NodesOptions) *Nodes {
	return &Nodes{
		options: options,
		nodes:   map[string]*node{},
		windows: map[series]*sample.Histogram{},
		kinds:   map[string]bool{},
		from:    options.Clock.Now(),
	}
}

// Close stops watching and writes what is left. Only the first call has an effect.
func (n *Nodes) Close() {
	n.following.stop()
	n.censor()
	n.flush()
}

// Observe says that the creation of a node of a pool was sent then; it may be called before
// or after the watch has seen the node.
func (n *Nodes) Observe(pool, name string, sent sample.Offset) {
	n.mu.Lock()
	defer n.mu.Unlock()
	node := n.node(name)
	node.pool, node.phase, node.sent, node.wasSent = intern(pool), intern(n.options.phase()), sent, true
	if node.wasReady {
		n.record(node, node.ready)
	}
}

// Add takes a node that is new, or new to this watch.
func (n *Nodes) Add(object any) error { return n.change(object, n.options.Clock.Now()) }

// Update takes a node that has changed.
func (n *Nodes) Update(object any) error { return n.change(object, n.options.Clock.Now()) }

func (n *Nodes) change(object any, now sample.Offset) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.waiters.wake()
	n.observe(object.(*corev1.Node), now)
	return nil
}

// Delete takes a node that is gone.
func (n *Nodes) Delete(object any) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.waiters.wake()
	delete(n.nodes, object.(*corev1.Node).Name)
	return nil
}

// Replace takes the state of everything. A node that was sent and is not there yet stays
// known: its creation may not have been answered.
func (n *Nodes) Replace(list []any, _ string) error {
	now := n.options.Clock.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.waiters.wake()
	present := make(map[string]bool, len(list))
	for _, object := range list {
		seen := object.(*corev1.Node)
		present[seen.Name] = true
		n.observe(seen, now)
	}
	for name, node := range n.nodes {
		if node.exists && !present[name] {
			delete(n.nodes, name)
		}
	}
	return nil
}

func (n *Nodes) node(name string) *node {
	known, ok := n.nodes[name]
	if !ok {
		known = &node{}
		n.nodes[name] = known
	}
	return known
}

func (n *Nodes) observe(seen *corev1.Node, now sample.Offset) {
	node := n.node(seen.Name)
	node.exists = true
	node.kind = intern(seen.Labels[corev1.LabelInstanceTypeStable])
	node.isReady, node.closed = nodeReady(seen), closed(seen)
	n.followOutage(node, now)
	if !node.isReady || node.wasReady {
		return
	}
	node.wasReady, node.ready = true, now
	if node.wasSent {
		n.record(node, now)
	}
}

func nodeReady(seen *corev1.Node) bool {
	for i := range seen.Status.Conditions {
		if condition := &seen.Status.Conditions[i]; condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// record adds one duration to its window.
func (n *Nodes) record(node *node, until sample.Offset) {
	n.add(series{sample.NodeReady, node.pool, node.phase}, duration(node.sent, until))
}

func (n *Nodes) add(key series, took time.Duration) {
	if n.windows[key] == nil {
		n.windows[key] = &sample.Histogram{}
	}
	n.windows[key].Record(took)
}

// censor records the nodes that were sent and never became Ready.
func (n *Nodes) censor() {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, never := n.options.Clock.Now(), 0
	for _, node := range n.nodes {
		if node.wasSent && !node.wasReady {
			n.record(node, now)
			node.wasSent = false // A second Close must not count it again.
			never++
		}
	}
	n.censorOutages(now)
	if never > 0 {
		n.options.warn(fmt.Sprintf("%d nodes were not Ready at the end; they count with the time they waited", never))
	}
}

// flush writes the windows and the gauge.
func (n *Nodes) flush() {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.options.Clock.Now()
	for key, histogram := range n.windows {
		if histogram.Count() == 0 {
			delete(n.windows, key) // Idle for a whole window: give its memory back.
			continue
		}
		n.options.Sink.Window(sample.Window{
			From: n.from, To: now, Metric: key.metric,
			Labels:    sample.Labels{"pool": key.pool, "phase": key.phase},
			Histogram: *histogram,
		})
		histogram.Reset()
	}
	n.from = now
	created, ready := n.counts()
	n.options.point(now, sample.NodesByState, sample.Labels{"state": "created"}, float64(created))
	n.options.point(now, sample.NodesByState, sample.Labels{"state": "ready"}, float64(ready))
	if n.options.ByType {
		n.writeTypes(now)
	}
}

func (n *Nodes) counts() (created, ready int) {
	for _, node := range n.nodes {
		if node.exists {
			created++
		}
		if node.isReady {
			ready++
		}
	}
	return created, ready
}

// Counts returns how many nodes exist and how many of them are Ready.
func (n *Nodes) Counts() (created, ready int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts()
}

// Names returns the names of the nodes that exist, in order.
func (n *Nodes) Names() []string {
	n.mu.Lock()
	names := make([]string, 0, len(n.nodes))
	for name, node := range n.nodes {
		if node.exists {
			names = append(names, name)
		}
	}
	n.mu.Unlock() // Sorting thousands of names must not hold up the watch.
	slices.Sort(names)
	return names
}

// WaitReady waits until at least want nodes of a pool, those that Observe was told of, are
// Ready. It returns when the last of them was first seen so.
func (n *Nodes) WaitReady(ctx context.Context, pool string, want int, progress Progress) (sample.Offset, error) {
	var ready int
	var last sample.Offset
	check := func() (int, int, bool) {
		ready, last = n.readyIn(pool)
		return ready, want, ready >= want
	}
	if err := n.waiters.wait(ctx, check, progress); err != nil {
		return 0, fmt.Errorf("wait for %d Ready nodes, %d are: %w", want, ready, err)
	}
	return last, nil
}

// readyIn returns how many nodes of a pool are Ready and when the last of them became so.
func (n *Nodes) readyIn(pool string) (ready int, last sample.Offset) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, node := range n.nodes {
		if node.isReady && node.pool == pool {
			ready++
			last = max(last, node.ready)
		}
	}
	return ready, last
}

// WaitGone waits until no more than left nodes exist.
func (n *Nodes) WaitGone(ctx context.Context, left int, progress Progress) error {
	total, _ := n.Counts()
	check := func() (int, int, bool) {
		created, _ := n.Counts()
		return max(total-created, 0), total - left, created <= left
	}
	if err := n.waiters.wait(ctx, check, progress); err != nil {
		created, _ := n.Counts()
		return fmt.Errorf("wait until %d nodes are left, %d are: %w", left, created, err)
	}
	return nil
}
