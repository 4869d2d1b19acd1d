package measure

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kubedyno/kubedyno/results/sample"
)

// ObjectsOptions say which objects to watch.
type ObjectsOptions struct {
	Run
	Client    dynamic.Interface
	Resource  schema.GroupVersionResource
	Namespace string // Empty for all, and for resources that have none.
	Selector  string // A label selector.
	// Workload names the objects in the records of their pods; empty for none.
	Workload string
}

// Objects holds the newest state of objects of one resource by name, and tells who waits of
// every change. Objects of equal names in several namespaces are not told apart.
type Objects struct {
	options   ObjectsOptions
	following *following
	waiters   waiters

	mu       sync.Mutex
	objects  map[string]*unstructured.Unstructured
	complete map[string]completion // The first time, by object.
	settled  map[string]struct{}   // The objects that are complete now.
	due      map[string]written    // Acknowledged writes that the watch has not shown yet.
	gone     map[types.UID]struct{}
	rollouts map[*Rollout]struct{}
	podsOf   map[string]replicas // By object, of those that have pods.
	pods     replicas            // Of all.
	wrote    sample.Offset       // When these were last written.
	rolling  bool                // A rollout was under way when that was last written.
	late     map[string]bool     // The objects that have exceeded their progress deadline.

	deadlines int                   // How often that was.
	revised   map[string]*revisions // By object, of those that have pods.
}

// written is the state of an object after a write.
type written struct {
	uid        types.UID
	generation int64
}

// completion is when an object was first seen complete at a generation.
type completion struct {
	generation int64
	at         sample.Offset
}

// StartObjects begins to watch and returns when the objects that exist are known. The watch
// ends with ctx; Close must be called all the same.
func StartObjects(ctx context.Context, options ObjectsOptions) (*Objects, error) {
	o := newObjects(options)
	api := options.Client.Resource(options.Resource).Namespace(options.Namespace)
	lw := listWatch(api, labelled(options.Selector))
	what := options.Resource.GroupResource().String()
	o.following = follow(ctx, options.Run, what, lw, &unstructured.Unstructured{}, o)
	if err := o.following.waitSynced(ctx, what); err != nil {
		return nil, err
	}
	if options.Workload != "" {
		o.following.also(ctx, func(ctx context.Context) { every(ctx, o.gauge) })
	}
	return o, nil
}

func newObjects(options ObjectsOptions) *Objects {
	return &Objects{
		options:  options,
		objects:  map[string]*unstructured.Unstructured{},
		complete: map[string]completion{},
		settled:  map[string]struct{}{},
		due:      map[string]written{},
		gone:     map[types.UID]struct{}{},
		rollouts: map[*Rollout]struct{}{},
		podsOf:   map[string]replicas{},
		late:     map[string]bool{},
		revised:  map[string]*revisions{},
	}
}

// Close stops watching. Only the first call has an effect.
func (o *Objects) Close() { o.following.stop() }

// Add takes an object that is new, or new to this watch.
func (o *Objects) Add(object any) error { return o.change(object, o.options.Clock.Now()) }

// Update takes an object that has changed.
func (o *Objects) Update(object any) error { return o.change(object, o.options.Clock.Now()) }

func (o *Objects) change(object any, now sample.Offset) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.waiters.wake()
	o.observe(object.(*unstructured.Unstructured), now)
	return nil
}

// Delete takes an object that is gone.
func (o *Objects) Delete(object any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.waiters.wake()
	o.remove(object.(*unstructured.Unstructured).GetName())
	return nil
}

// Replace takes the state of everything.
func (o *Objects) Replace(list []any, _ string) error {
	now := o.options.Clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.waiters.wake()
	present := make(map[string]bool, len(list))
	for _, object := range list {
		seen := object.(*unstructured.Unstructured)
		present[seen.GetName()] = true
		o.observe(seen, now)
	}
	for name := range o.objects {
		if !present[name] {
			o.remove(name)
		}
	}
	return nil
}

// observe keeps an object and notes the first time that its generation is complete.
func (o *Objects) observe(seen *unstructured.Unstructured, now sample.Offset) {
	seen.SetManagedFields(nil) // Often the larger part, and of no use here.
	name := seen.GetName()
	o.objects[name] = seen
	o.count(name, seen, now)
	o.overdue(name, seen)
	o.revise(name, seen)
	if awaited, ok := o.due[name]; ok && awaited.in(seen) {
		delete(o.due, name)
	}
	if _, outdated := o.due[name]; outdated || !RolloutComplete(seen) {
		delete(o.settled, name)
		return
	}
	o.settled[name] = struct{}{}
	generation := seen.GetGeneration()
	if done, ok := o.complete[name]; ok && done.generation >= generation {
		return
	}
	o.complete[name] = completion{generation, now}
	for rollout := range o.rollouts {
		rollout.settle(name)
	}
}

// in reports whether an object as it was seen has the write in it.
func (w written) in(seen *unstructured.Unstructured) bool {
	return seen.GetUID() == w.uid && seen.GetGeneration() >= w.generation
}

// Acknowledged takes the server's answer to a creation or a change. Until the watch has caught
// up with it, the object counts as there and as not complete: otherwise a wait that follows
// would be over before the change was even seen.
func (o *Objects) Acknowledged(answer *unstructured.Unstructured) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := answer.GetName()
	write := written{answer.GetUID(), answer.GetGeneration()}
	if _, gone := o.gone[write.uid]; gone {
		return
	}
	if seen, ok := o.objects[name]; ok && write.in(seen) {
		return
	}
	o.due[name] = write
	delete(o.settled, name)
}

func (o *Objects) remove(name string) {
	if seen, ok := o.objects[name]; ok {
		uid := seen.GetUID()
		o.gone[uid] = struct{}{}
		if o.due[name].uid == uid {
			delete(o.due, name)
		}
	}
	delete(o.objects, name)
	o.count(name, nil, o.options.Clock.Now())
	delete(o.complete, name)
	delete(o.settled, name)
	delete(o.late, name)
	delete(o.revised, name)
}

// Wait waits until predicate says that all is done. The predicate sees the newest state of
// every object by name, must not keep or change it, and must not call o. The wait is over when
// it returns done >= total.
func (o *Objects) Wait(
	ctx context.Context,
	predicate func(map[string]*unstructured.Unstructured) (done, total int),
	progress Progress,
) error {
	var done, total int
	check := func() (int, int, bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		done, total = predicate(o.objects)
		return done, total, done >= total
	}
	if err := o.waiters.wait(ctx, check, progress); err != nil {
		return fmt.Errorf("wait for %s, %d of %d are there: %w",
			o.options.Resource.GroupResource(), done, total, err)
	}
	return nil
}

// WaitComplete waits until at least want objects exist and none of them is still rolling out
// or has an acknowledged change that the watch has yet to show.
func (o *Objects) WaitComplete(ctx context.Context, want int, progress Progress) error {
	return o.Wait(ctx, func(objects map[string]*unstructured.Unstructured) (int, int) {
		return len(o.settled), max(want, len(objects))
	}, progress)
}

// WaitGone waits until no object is left, nor one to come whose creation is acknowledged.
// Progress is told how many of those that existed at the call are gone.
func (o *Objects) WaitGone(ctx context.Context, progress Progress) error {
	total := 0
	return o.Wait(ctx, func(objects map[string]*unstructured.Unstructured) (int, int) {
		left := len(objects)
		for name := range o.due {
			if _, seen := objects[name]; !seen {
				left++
			}
		}
		total = max(total, left)
		return total - left, total
	}, progress)
}

// Names returns the names of the objects that exist in a namespace, in no order. The
// namespace is empty for objects that have none.
func (o *Objects) Names(namespace string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	names := make([]string, 0, len(o.objects))
	for name, object := range o.objects {
		if object.GetNamespace() == namespace && object.GetDeletionTimestamp() == nil {
			names = append(names, name)
		}
	}
	return names
}

// PodsWanted returns how many pods the objects ask for that stay: as many as their replicas,
// none for a Job, whose pods end by themselves, and none for kinds that make no pods.
func (o *Objects) PodsWanted() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	var pods int64
	for _, object := range o.objects {
		pods += podsWanted(object)
	}
	return int(pods)
}
