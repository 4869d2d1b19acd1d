package audit

import (
	"math"
	"net/url"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder keeps what an audit writes.
type recorder struct {
	mu     sync.Mutex
	points []sample.Point
	events []sample.Event
}

func (r *recorder) Point(p sample.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points = append(r.points, p)
}

func (r *recorder) Event(e sample.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) Window(sample.Window) {}
func (*recorder) Buckets(sample.Buckets) {}
func (r *recorder) Pod(sample.Pod)       {}

// values returns the values of a metric and component in the order in which they came.
func (r *recorder) values(metric, component string) []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var values []float64
	for _, p := range r.points {
		if p.Metric == metric && p.Labels["component"] == component {
			values = append(values, p.Value)
		}
	}
	return values
}

func TestAuditWatchesItself(t *testing.T) {
	sink, throttle := &recorder{}, &Throttle{}
	a := Start(t.Context(), Options{
		Clock: sample.StartClock(), Sink: sink, Dropped: func() int64 { return 7 },
		Waiting: func() int64 { return 11 }, Throttle: throttle,
	})
	before := sink.values(sample.ComponentCPUTotal, Self)
	throttle.Observe(t.Context(), "GET", url.URL{}, 100*time.Microsecond) // The limit's own work.
	throttle.Observe(t.Context(), "GET", url.URL{}, 30*time.Millisecond)
	throttle.Observe(t.Context(), "GET", url.URL{}, 20*time.Millisecond)
	burn := 0.0
	for i := range 200_000_000 {
		burn += float64(i)
	}
	runtime.KeepAlive(burn)
	runtime.GC()
	a.Close()
	a.Close()

	after := sink.values(sample.ComponentCPUTotal, Self)
	if len(before) != 1 || len(after) < 2 || after[len(after)-1] <= before[0] {
		t.Errorf("CPU seconds %v at first, then %v: they must grow while CPU is burnt", before, after)
	}
	for _, bytes := range sink.values(sample.ComponentMemory, Self) {
		if bytes < 1<<20 {
			t.Errorf("a Go process of %v bytes is not plausible", bytes)
		}
	}
	if pauses := sink.values(sample.HarnessGCPause, ""); pauses[len(pauses)-1] <= 0 {
		t.Errorf("GC pauses %v, want a positive one after a forced collection", pauses)
	}
	for _, count := range sink.values(sample.HarnessGoroutines, "") {
		if count < 1 {
			t.Errorf("%v goroutines, want at least this one", count)
		}
	}
	for metric, want := range map[string]float64{
		sample.HarnessQueue: 11, sample.HarnessHeldBack: 2, sample.HarnessThrottled: 0.05,
	} {
		if got := sink.values(metric, ""); len(got) < 2 || got[len(got)-1] != want {
			t.Errorf("%s is %v, want %v at last", metric, got, want)
		}
	}
	for _, dropped := range sink.values(sample.HarnessDropped, "") {
		if dropped != 7 {
			t.Errorf("%v records dropped, want 7", dropped)
		}
	}
}

func TestAuditStopsAtAVanishedProcess(t *testing.T) {
	if !processesReadable {
		t.Skipf("processes cannot be read on %s", runtime.GOOS)
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Skipf("no sleep command to watch: %v", err)
	}
	sink := &recorder{}
	a := &Audit{
		options: Options{
			Clock: sample.StartClock(), Sink: sink,
			Processes: func() []Process { return []Process{{Component: "etcd", PID: child.Process.Pid}} },
		},
		tracks:  map[string]*track{},
		harness: newHarness(),
	}
	a.sample()
	a.sample()
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // Killed, so its status is an error.
	a.sample()
	a.sample()

	if got := len(sink.values(sample.ComponentMemory, "etcd")); got != 2 {
		t.Errorf("%d memory samples, want the 2 from before the process ended", got)
	}
	if len(sink.events) != 1 || sink.events[0].Kind != sample.Warning {
		t.Errorf("events %v, want one warning", sink.events)
	}
}

func TestAuditFollowsARestart(t *testing.T) {
	sink := &recorder{}
	a := &Audit{options: Options{Clock: sample.StartClock(), Sink: sink}, tracks: map[string]*track{}}
	second := sample.Offset(1e9)
	a.record(second, "etcd", a.track("etcd", 10), usage{cpuSeconds: 5, identity: 1})
	a.record(2*second, "etcd", a.track("etcd", 10), usage{cpuSeconds: 5.5, identity: 1})
	a.record(2*second+second/100, "etcd", a.track("etcd", 10), usage{cpuSeconds: 5.6, identity: 1})
	a.record(3*second, "etcd", a.track("etcd", 11), usage{cpuSeconds: 0.1, identity: 2})
	cores := sink.values(sample.ComponentCPU, "etcd")
	if len(cores) != 1 || cores[0] != 0.5 {
		t.Errorf("cores %v, want 0.5, none over 10 ms and none across the restart", cores)
	}
}

func TestLongestNew(t *testing.T) {
	buckets := []float64{0, 1, 2, math.Inf(1)}
	for _, test := range []struct {
		name         string
		counts, seen []uint64
		want         float64
	}{
		{"nothing yet", []uint64{0, 0, 0}, nil, 0},
		{"first reading", []uint64{1, 1, 0}, nil, 2},
		{"only the new ones count", []uint64{2, 1, 0}, []uint64{1, 1, 0}, 1},
		{"nothing new", []uint64{2, 1, 0}, []uint64{2, 1, 0}, 0},
		{"no upper bound", []uint64{0, 0, 1}, []uint64{0, 0, 0}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			pauses := &metrics.Float64Histogram{Counts: test.counts, Buckets: buckets}
			if got := longestNew(pauses, test.seen); got != test.want {
				t.Errorf("longest new pause %v s, want %v s", got, test.want)
			}
		})
	}
}
