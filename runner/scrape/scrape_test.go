package scrape

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

func capture(t testing.TB, component string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", component+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadCapturedPages(t *testing.T) {
	tests := map[string]map[string]float64{ // Totals of histograms, values of gauges.
		"kube-apiserver": {
			"server_request_sli_seconds{resource=configmaps,scope=resource,verb=get}":                                        5,
			"server_request_sli_seconds{resource=flowschemas.flowcontrol.apiserver.k8s.io/status,scope=resource,verb=apply}": 16,
			"server_request_sli_seconds{resource=servicecidrs.networking.k8s.io/status,scope=resource,verb=apply}":           3,
			"server_seats_total{priority_level=exempt}":                                                                      0,
			"server_seats_total{priority_level=global-default}":                                                              1,
			"server_seats_total{priority_level=workload-high}":                                                               0,
			"server_watchers_total{resource=configmaps}":                                                                     9,
			"server_watchers_total{resource=deployments.apps}":                                                               1,
			"server_objects_total{resource=configmaps}":                                                                      0,
			"server_objects_total{resource=clusterroles.rbac.authorization.k8s.io}":                                          0,
			"server_storage_request_seconds{operation=create}":                                                               11,
		},
		"etcd": {"etcd_fsync_seconds{}": 254, "etcd_database_bytes{}": 299008},
	}
	for component, want := range tests {
		t.Run(component, func(t *testing.T) {
			p, err := readPage(component, bytes.NewReader(capture(t, component)))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]float64{}
			for key, gauge := range p.gauges {
				got[key] = gauge.value
			}
			for key, h := range p.histograms {
				got[key] = float64(h.total())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if p.started == 0 {
				t.Error("the start of the process was not read")
			}
		})
	}
}

func TestVerbs(t *testing.T) {
	for upstream, want := range map[string]string{
		"GET": "get", "LIST": "list", "POST": "create", "PUT": "update", "PATCH": "patch", "APPLY": "apply",
		"DELETE": "delete", "DELETECOLLECTION": "delete-collection", "WATCH": "watch",
	} {
		if got := verb(upstream); got != want {
			t.Errorf("%s is %q, want %q", upstream, got, want)
		}
	}
}

func TestRulesNameMetrics(t *testing.T) {
	for _, family := range []string{"apiserver_request_sli_duration_seconds", "apiserver_terminated_watchers_total", "workqueue_depth"} {
		rule, ok := ruleOf(family)
		if _, known := sample.Lookup(rule.metric); !ok || !known {
			t.Errorf("%s becomes %q, which is no metric", family, rule.metric)
		}
	}
}

// A recording is a Sink that keeps everything.
type recording struct {
	mutex   sync.Mutex
	events  []sample.Event
	points  []sample.Point
	buckets []sample.Buckets
}

func (r *recording) Event(e sample.Event) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.events = append(r.events, e)
}
func (r *recording) Point(p sample.Point) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.points = append(r.points, p)
}
func (r *recording) Buckets(b sample.Buckets) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.buckets = append(r.buckets, b)
}
func (r *recording) Window(sample.Window) {}
func (r *recording) Pod(sample.Pod)       {}

// A component serves a page that a test changes.
type component struct {
	mutex sync.Mutex
	page  string // Empty: 503.
}

func (c *component) set(page string) { c.mutex.Lock(); defer c.mutex.Unlock(); c.page = page }

func (c *component) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.page == "" {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprint(w, c.page)
}

// fsyncs is a page of etcd: how often its log was written within 1 ms and later, in its life.
func fsyncs(life, fast, slow, rejected int) string {
	return fmt.Sprintf(`# TYPE process_start_time_seconds gauge
process_start_time_seconds %d
# HELP etcd_disk_wal_fsync_duration_seconds The latency.
# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} %d
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} %d
etcd_disk_wal_fsync_duration_seconds_sum %[3]d
etcd_disk_wal_fsync_duration_seconds_count %[3]d
# TYPE apiserver_flowcontrol_rejected_requests_total counter
apiserver_flowcontrol_rejected_requests_total{flow_schema="a",priority_level="p",reason="queue-full"} %[4]d
apiserver_flowcontrol_rejected_requests_total{flow_schema="b",priority_level="p",reason="queue-full"} 1
`, life, fast, fast+slow, rejected)
}

// scraping starts a Scraper of one component that reads at marks alone, and has read it once.
func scraping(t *testing.T, name string, first string) (*component, *Scraper, *recording) {
	t.Helper()
	c, sink := &component{page: first}, &recording{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	s := Start(t.Context(), Options{Clock: sample.StartClock(), Sink: sink, Interval: time.Hour,
		Endpoints: []Endpoint{{Component: name, URL: server.URL, Client: server.Client()}}})
	t.Cleanup(s.Close)
	return c, s, sink
}

func (r *recording) counter(metric, phase string) float64 {
	last := math.NaN()
	for _, p := range r.points {
		if p.Metric == metric && p.Labels["phase"] == phase {
			last = p.Value
		}
	}
	return last
}

func TestGrowthByPhase(t *testing.T) {
	c, s, sink := scraping(t, "etcd", fsyncs(1, 100, 10, 5))
	s.Mark("ramp")
	c.set(fsyncs(1, 103, 11, 6))
	s.tick()
	c.set(fsyncs(1, 105, 11, 9))
	s.Mark("hold") // Nothing grows.
	s.Mark("down")
	c.set(fsyncs(1, 105, 15, 9))
	s.Mark("")
	c.set(fsyncs(1, 200, 15, 9))
	s.Mark("")
	got := map[string][]uint64{}
	for _, b := range sink.buckets {
		got[b.Labels["phase"]] = b.Counts
		if b.Metric != sample.EtcdFsync || b.To < b.From || !cmp.Equal(b.Bounds, []float64{0.001}) {
			t.Errorf("got %+v", b)
		}
	}
	if diff := cmp.Diff(map[string][]uint64{"ramp": {5, 1}, "down": {0, 4}}, got); diff != "" {
		t.Error(diff)
	}
	for phase, want := range map[string]float64{"ramp": 4, "hold": 0} {
		if got := sink.counter(sample.ServerRejected, phase); got != want {
			t.Errorf("%s: %g were rejected, want %g", phase, got, want)
		}
	}
	if len(sink.events) > 0 {
		t.Errorf("events are %v", sink.events)
	}
}

func TestRestartLeavesTheStretchOut(t *testing.T) {
	for name, after := range map[string]string{
		"a new process":           fsyncs(2, 500, 50, 50),
		"counts that have fallen": fsyncs(1, 7, 1, 5),
	} {
		t.Run(name, func(t *testing.T) {
			c, s, sink := scraping(t, "etcd", fsyncs(1, 100, 10, 5))
			s.Mark("ramp")
			c.set(fsyncs(1, 101, 10, 5))
			s.tick()
			c.set(after)
			s.tick()
			c.set(strings.NewReplacer("500", "502", "550", "552", "} 7", "} 9", "} 8", "} 10", "count 8", "count 10").Replace(after))
			s.Mark("")
			if len(sink.buckets) != 1 || sink.buckets[0].Counts[0] != 3 {
				t.Errorf("got %+v, want the 1 before and the 2 after", sink.buckets)
			}
			if len(sink.events) != 1 || !strings.Contains(sink.events[0].Message, "began anew") {
				t.Errorf("events are %v", sink.events)
			}
		})
	}
}

func TestUnreadableComponentWarnsOnce(t *testing.T) {
	c, s, sink := scraping(t, "etcd", "")
	s.Mark("ramp")
	c.set(fsyncs(1, 100, 10, 5)) // It was not read when the phase began.
	s.Mark("hold")
	c.set("")
	s.Mark("down")
	s.Mark("")
	if len(sink.buckets) > 0 {
		t.Errorf("got %+v of phases whose borders are not known", sink.buckets)
	}
	if len(sink.events) != 1 || sink.events[0].Kind != sample.Warning || !strings.Contains(sink.events[0].Message, "503") {
		t.Errorf("events are %v", sink.events)
	}
}

func TestNothingRejectedIsACount(t *testing.T) {
	_, s, sink := scraping(t, apiServer, "# TYPE up gauge\nup 1\n")
	s.Mark("ramp")
	s.Mark("")
	if got := sink.counter(sample.ServerRejected, "ramp"); got != 0 {
		t.Errorf("%g were rejected, want 0", got)
	}
}

// TestPodCreates has creations of pods, of parts of pods and of other things, and a try.
func TestPodCreates(t *testing.T) {
	p, err := readPage(apiServer, strings.NewReader(`# TYPE apiserver_request_total counter
apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 8
apiserver_request_total{code="403",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 5
apiserver_request_total{code="201",component="apiserver",dry_run="All",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 2
apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="binding",verb="POST",version="v1"} 8
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="DELETE",version="v1"} 3
apiserver_request_total{code="201",component="apiserver",dry_run="",group="metrics.k8s.io",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 1
`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for key, counter := range p.counters {
		got[key] = counter.value
	}
	want := map[string]float64{"server_pod_creates_total{code=201}": 8, "server_pod_creates_total{code=403}": 5,
		"server_refused_requests_total{code=403,resource=pods,verb=create}": 5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPageLimits(t *testing.T) {
	line := "workqueue_depth{name=\"%s\"} 1\n"
	long := fmt.Sprintf(line, strings.Repeat("x", 2*maxLine)) + fmt.Sprintf(line, "kept")
	p, err := readPage("kube-scheduler", strings.NewReader(long))
	if err != nil || len(p.gauges) != 1 {
		t.Errorf("a long line: %d gauges, %v", len(p.gauges), err)
	}
	var many strings.Builder
	for i := range maxSeries + 5 {
		fmt.Fprintf(&many, line, fmt.Sprint(i))
	}
	p, err = readPage("kube-scheduler", strings.NewReader(many.String()))
	if err != nil || len(p.gauges) != maxSeries || p.left != 5 {
		t.Errorf("%d gauges, %d left, %v", len(p.gauges), p.left, err)
	}
	if _, err := readPage("etcd", strings.NewReader(strings.Repeat("# nothing to see here\n", maxPage/20))); err == nil {
		t.Error("a page without end was read")
	}
}

func FuzzReadPage(f *testing.F) {
	page, _, _ := bytes.Cut(capture(f, "kube-apiserver"), []byte("_sum")) // Small inputs are quick.
	f.Add(page)
	f.Add([]byte(fsyncs(1, 2, 3, 4)))
	f.Add([]byte("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"NaN\"} -1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := readPage(apiServer, bytes.NewReader(data))
		if err != nil {
			return
		}
		for key, h := range p.histograms {
			if len(h.counts) != len(h.bounds)+1 || math.IsNaN(h.sum) || math.IsInf(h.sum, 0) {
				t.Errorf("%s is %+v", key, h)
			}
		}
		if !math.IsNaN(p.started) && restarted(p, p) {
			t.Error("a page is not a restart of itself")
		}
	})
}

func BenchmarkReadPage(b *testing.B) {
	data := capture(b, apiServer)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := readPage(apiServer, bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}
