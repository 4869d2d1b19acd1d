package fleet

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// DefaultParallelism is how many requests are under way at once: enough for an API server
// that answers in 50 ms to take 600 nodes a second, and far below its limit of 200 changes
// in flight.
const DefaultParallelism = 32

// CreateOptions say which nodes are created, and how fast.
type CreateOptions struct {
	Pools       []string // The pools; all of them for none.
	From, Until int      // Only the nodes [From, Until) of the pools taken together; Until 0 is all.
	Rate        float64  // Nodes per second on a fixed schedule; 0 is as fast as the API server takes them.
	Parallelism int      // Requests under way at once; 0 is DefaultParallelism.
	Cordoned    bool     // The nodes take no pods but those of DaemonSets before Uncordon.
}

// An Observation is the creation of one node.
type Observation struct {
	Name         string
	Scheduled    time.Time // When the rate wanted it sent; without a rate, when it was sent.
	Sent         time.Time // When the first attempt left.
	Acknowledged time.Time // When the API server had it.
	Attempts     int       // How often it was sent.
	Existed      bool      // The fleet's node was there already.
}

// Created counts what Create did.
type Created struct {
	Nodes   int // Nodes created now.
	Existed int // Nodes of the fleet that were there already.
	Retries int // Attempts beyond each node's first.
}

// Create creates the nodes of the pools, and returns once the API server has acknowledged
// all, or one could not be created. It calls observe, if not nil, for every node, from many
// goroutines at once. It does not wait for the nodes to be Ready.
//
// With a rate, a node that cannot leave on time because all requests are under way leaves
// late, and those after it keep their times: Sent tells it from Scheduled.
func (f *Fleet) Create(ctx context.Context, client kubernetes.Interface, o CreateOptions, observe func(Observation)) (Created, error) {
	pools, err := f.choose(o.Pools)
	if err != nil {
		return Created{}, err
	}
	if o.Rate < 0 || o.Parallelism < 0 {
		return Created{}, fmt.Errorf("create nodes with rate %v and parallelism %d: want 0 or more", o.Rate, o.Parallelism)
	}
	var created, existed, retries atomic.Int64
	total, until := f.Size(o.Pools...), o.Until
	if until == 0 {
		until = total
	}
	if o.From < 0 || o.From > until || until > total {
		return Created{}, fmt.Errorf("create the nodes from %d to before %d: there are %d", o.From, until, total)
	}
	start := time.Now()
	err = parallel(ctx, until-o.From, o.Parallelism, func(ctx context.Context, i int) error {
		scheduled, err := due(ctx, start, i, o.Rate)
		if err != nil {
			return err
		}
		p, index := locate(pools, o.From+i)
		node := p.node(index, f.options)
		node.Spec.Unschedulable = o.Cordoned
		seen, err := create(ctx, client, node)
		retries.Add(int64(seen.Attempts - 1))
		if err != nil {
			return err
		}
		if seen.Existed {
			existed.Add(1)
		} else {
			created.Add(1)
		}
		if o.Rate > 0 {
			seen.Scheduled = scheduled
		}
		if observe != nil {
			observe(seen)
		}
		return nil
	})
	return Created{Nodes: int(created.Load()), Existed: int(existed.Load()), Retries: int(retries.Load())}, err
}

// choose returns the pools of these names, in the fleet's order; all of them for none.
func (f *Fleet) choose(names []string) ([]placed, error) {
	if len(names) == 0 {
		return f.pools, nil
	}
	var chosen []placed
	for _, p := range f.pools {
		if slices.Contains(names, p.Name) {
			chosen = append(chosen, p)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(chosen, func(p placed) bool { return p.Name == name }) {
			return nil, fmt.Errorf("create nodes: the fleet has no pool %q", name)
		}
	}
	return chosen, nil
}

// locate finds the i-th node of the pools taken together.
func locate(pools []placed, i int) (placed, int) {
	n := 0
	for i >= pools[n].Count {
		i -= pools[n].Count
		n++
	}
	return pools[n], i
}

// due waits for the i-th moment of the schedule and returns it.
func due(ctx context.Context, start time.Time, i int, rate float64) (time.Time, error) {
	if rate == 0 {
		return start, ctx.Err()
	}
	at := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
	return at, sleep(ctx, time.Until(at))
}

// create makes one node. A node that is there already is a success if it is this very
// one: left by an attempt whose answer was lost, or by an earlier call.
func create(ctx context.Context, client kubernetes.Interface, node *corev1.Node) (Observation, error) {
	seen := Observation{Name: node.Name, Sent: time.Now()}
	seen.Scheduled = seen.Sent
	var err error
	seen.Attempts, err = attempt(ctx, func(ctx context.Context) error {
		// client-go would retry by itself, unseen and ten times.
		return client.CoreV1().RESTClient().Post().Resource("nodes").MaxRetries(0).
			Body(node).Do(ctx).Error()
	})
	seen.Acknowledged = time.Now()
	if apierrors.IsAlreadyExists(err) {
		seen.Existed = seen.Attempts == 1
		err = same(ctx, client, node)
	}
	if err != nil {
		return seen, fmt.Errorf("create node %s: %w", node.Name, err)
	}
	return seen, nil
}

// same returns an error unless the API server's node has all labels of the wanted one; the
// run's label is among them. Whether it is kept alive may have changed since.
func same(ctx context.Context, client kubernetes.Interface, want *corev1.Node) error {
	got, err := client.CoreV1().Nodes().Get(ctx, want.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("it exists, and reading it: %w", err)
	}
	for key, value := range want.Labels {
		if key != AliveLabel && got.Labels[key] != value {
			return fmt.Errorf("it exists with label %s=%q instead of %q: delete it, or rename the pool", key, got.Labels[key], value)
		}
	}
	return nil
}

// parallel calls do for 0 to before n, several at a time and in order of their start. The
// first error ends it.
func parallel(ctx context.Context, n, workers int, do func(ctx context.Context, i int) error) error {
	if workers == 0 {
		workers = DefaultParallelism
	}
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(workers, n) {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
