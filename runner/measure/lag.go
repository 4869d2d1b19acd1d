package measure

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

const (
	// ProbeName is the default name of the watch-lag probe's ConfigMap.
	ProbeName = "kubedyno-watch-lag"
	// probeKey is the ConfigMap's key whose value counts the writes.
	probeKey = "seq"
	// probeTimeout is the longest one write may take.
	probeTimeout = 10 * time.Second
	// maxPending is how many acknowledged writes may wait for their delivery; when it is
	// exceeded, the oldest counts with the time it has waited.
	maxPending = 600
)

// LagOptions say where to probe.
type LagOptions struct {
	Run
	Config    *rest.Config
	Namespace string
	Name      string            // Of the ConfigMap; empty means ProbeName.
	Labels    map[string]string // Of the ConfigMap.
}

// Lag measures how late watches are: once a second it writes a ConfigMap and takes the time
// from the write's acknowledgement until its own watch delivers it. A delivery that comes
// before the acknowledgement has no lag. A write that is never delivered counts with the time
// until Close. It also writes how late changes came to other watches of the run that were
// interrupted for no longer than is tolerated, and the gauges of relists and resumed watches.
type Lag struct {
	options   LagOptions
	api       typedcorev1.ConfigMapInterface
	following *following
	failing   bool

	mu        sync.Mutex
	seq       int64 // Of the newest write.
	pending   []probe
	delivered probe // The newest one.
	window    sample.Histogram
	from      sample.Offset
}

// probe is a write or its delivery.
type probe struct {
	seq int64
	at  sample.Offset
}

// StartLag creates the ConfigMap and begins to probe. It ends with ctx; Close must be called
// all the same. The ConfigMap is left to whoever cleans up the run.
func StartLag(ctx context.Context, options LagOptions) (*Lag, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client for the watch-lag probe: %w", err)
	}
	if options.Name == "" {
		options.Name = ProbeName
	}
	l := newLag(options, client.CoreV1().ConfigMaps(options.Namespace))
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: options.Name, Labels: options.Labels},
		Data:       map[string]string{probeKey: "0"},
	}
	_, err = l.api.Create(ctx, object, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, fmt.Errorf("create configmap %s/%s for the watch-lag probe: %w",
			options.Namespace, options.Name, err)
	}
	lw := listWatch(l.api, func(o *metav1.ListOptions) { o.FieldSelector = "metadata.name=" + options.Name })
	l.following = follow(ctx, options.Run, "the watch-lag probe", lw, &corev1.ConfigMap{}, l)
	if err := l.following.waitSynced(ctx, "the watch-lag probe"); err != nil {
		return nil, err
	}
	l.following.also(ctx, l.run)
	return l, nil
}

func newLag(options LagOptions, api typedcorev1.ConfigMapInterface) *Lag {
	return &Lag{options: options, api: api, from: options.Clock.Now()}
}

// Close stops probing and writes what is left. Only the first call has an effect.
func (l *Lag) Close() {
	l.following.stop()
	l.mu.Lock()
	now := l.options.Clock.Now()
	for _, write := range l.pending {
		l.window.Record(duration(write.at, now))
	}
	l.pending = nil
	l.mu.Unlock()
	l.flush()
}

// run writes once a second until ctx ends. A write that takes longer skips seconds.
func (l *Lag) run(ctx context.Context) {
	ticker := time.NewTicker(gaugeInterval)
	defer ticker.Stop()
	for {
		l.write(ctx)
		select {
		case <-ticker.C:
			l.flush()
		case <-ctx.Done():
			return
		}
	}
}

// write sends one probe. The first of several failures in a row is reported.
func (l *Lag) write(ctx context.Context) {
	l.mu.Lock()
	l.seq = max(l.seq, l.delivered.seq) + 1 // An earlier probe may have left its ConfigMap.
	seq := l.seq
	l.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	patch := fmt.Appendf(nil, `{"data":{%q:"%d"}}`, probeKey, seq)
	_, err := l.api.Patch(limited, l.options.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	acked := l.options.Clock.Now()
	if err == nil {
		l.failing = false
		l.acked(probe{seq, acked})
		return
	}
	if !l.failing && ctx.Err() == nil {
		l.failing = true
		l.options.warn(fmt.Sprintf("watch-lag probe: write configmap %s/%s: %v",
			l.options.Namespace, l.options.Name, err))
	}
}

// acked matches a write with its delivery, or keeps it until that comes.
func (l *Lag) acked(write probe) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.delivered.seq >= write.seq {
		l.window.Record(duration(write.at, l.delivered.at))
		return
	}
	l.pending = append(l.pending, write)
	if len(l.pending) > maxPending {
		l.window.Record(duration(l.pending[0].at, write.at))
		l.pending = l.pending[1:]
	}
}

// deliver takes what the watch brought: that write and all before it.
func (l *Lag) deliver(object any, now sample.Offset) error {
	seq, err := strconv.ParseInt(object.(*corev1.ConfigMap).Data[probeKey], 10, 64)
	if err != nil {
		return fmt.Errorf("read the watch-lag probe's %s: %w", probeKey, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delivered = probe{seq, now}
	for len(l.pending) > 0 && l.pending[0].seq <= seq {
		l.window.Record(duration(l.pending[0].at, now))
		l.pending = l.pending[1:]
	}
	return nil
}

// Add takes the ConfigMap when it is new to this watch.
func (l *Lag) Add(object any) error { return l.deliver(object, l.options.Clock.Now()) }

// Update takes a write.
func (l *Lag) Update(object any) error { return l.deliver(object, l.options.Clock.Now()) }

// Delete has nothing to do: the writes that follow fail, which is reported.
func (l *Lag) Delete(any) error { return nil }

// Replace takes the state after a list.
func (l *Lag) Replace(list []any, _ string) error {
	now := l.options.Clock.Now()
	for _, object := range list {
		if err := l.deliver(object, now); err != nil {
			return err
		}
	}
	return nil
}

// flush writes the window and the gauges of relists and resumed watches.
func (l *Lag) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.options.Clock.Now()
	l.options.Relists.takeDelays(&l.window)
	if l.window.Count() > 0 {
		l.options.Sink.Window(sample.Window{
			From: l.from, To: now, Metric: sample.WatchLag,
			Labels: sample.Labels{"phase": l.options.phase()}, Histogram: l.window,
		})
		l.window.Reset()
	}
	l.from = now
	if l.options.Relists != nil {
		l.options.point(now, sample.WatchRelists, nil, float64(l.options.Relists.Count()))
		l.options.point(now, sample.WatchResumes, nil, float64(l.options.Relists.Resumes()))
	}
}
