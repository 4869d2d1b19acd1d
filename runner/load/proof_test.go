package load_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/runner/load/scripted"
)

// These tests hold what the generator reports against the books of a server that knows what it
// did. Server and generator share a process and hence a clock, so lower bounds are exact: no
// measured latency may be better than the truth, at any percentile, on any machine. Upper
// bounds have an allowance for a busy machine.
const (
	// resolution is by how much of itself a value read from a histogram may be too large.
	resolution = 0.001
	// tick is what rounding down to the histogram's unit takes away.
	tick = 1e-6
	// busy is how much longer than the truth the median may be on a busy machine: the time
	// between a packet's arrival and the turn of its goroutine. In s.
	busy = 0.025
	// attempts is how often the median may be tried. A starved machine adds time in some runs, a
	// generator that reports too much does in all. Lower bounds hold in every attempt.
	attempts = 3
)

var (
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	pods       = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

// listPods is a class that needs no objects.
func listPods(rate float64) load.Class {
	return load.Class{Name: "pods", Verb: load.List, Resource: pods, Scope: load.ScopeNamespace, Rate: rate}
}

// A proof is what the generator reported and what the server truly did.
type proof struct {
	sink        *windows
	classes     []load.ClassResult
	answers     []scripted.Answer
	connections int // That the load opened.
}

// prove runs a load against a script. adjust may change the options.
func prove(t *testing.T, script scripted.Script, length time.Duration, adjust func(*load.Options), classes ...load.Class) proof {
	t.Helper()
	server := scripted.NewServer(script)
	t.Cleanup(server.Close)
	sink := &windows{}
	options := load.Options{
		Config: server.Config, Namespace: "bench", Name: "proof-0", Classes: classes,
		Duration: length, Timeout: 20 * time.Second, Phase: "steady", Seed: 1,
		Clock: sample.StartClock(), Sink: sink,
	}
	if adjust != nil {
		adjust(&options)
	}
	attack, err := load.Prepare(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	prepared := server.Connections()
	server.Begin()
	result, err := attack.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := proof{
		sink: sink, classes: result.Classes, answers: server.Answers(),
		connections: server.Connections() - prepared,
	}
	if err := attack.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// complete fails the test unless every request that was due was sent once, reached the server,
// was waited for and is in every distribution: created = observed = reported, and offered =
// achieved.
func (p proof) complete(t *testing.T) {
	t.Helper()
	var scheduled int64
	for _, class := range p.classes {
		scheduled += class.Scheduled
		if class.Scheduled == 0 || class.Sent != class.Scheduled || class.Unsent != 0 || class.Interrupted != 0 {
			t.Errorf("counts %+v, want all that were scheduled to be sent", class)
		}
		for _, metric := range []string{sample.APIRequest, sample.APIService, sample.APISendLag} {
			if n := p.sink.of(metric, class.Name).Count(); n != class.Scheduled {
				t.Errorf("%s of %s: %d values for %d requests", metric, class.Name, n, class.Scheduled)
			}
		}
	}
	if int64(len(p.answers)) != scheduled {
		t.Errorf("the server got %d requests, %d were scheduled", len(p.answers), scheduled)
	}
	for _, a := range p.answers {
		if a.Status == 0 {
			t.Errorf("request %d was given up before its answer's end, after %s", a.Sequence, a.Done.Sub(a.Arrived))
			return
		}
	}
}

// service returns how long each request was at the server, in s and ascending.
func (p proof) service() []float64 {
	var all []float64
	for _, a := range p.answers {
		all = append(all, a.Done.Sub(a.Arrived).Seconds())
	}
	slices.Sort(all)
	return all
}

// request returns the least that each request of a single class of that rate took from its
// intended send time, in s and ascending. Request i is meant to leave i/rate after request 0,
// and request 0 was meant to leave before it arrived.
func (p proof) request(t *testing.T, rate float64) []float64 {
	t.Helper()
	first := slices.IndexFunc(p.answers, func(a scripted.Answer) bool { return a.Sequence == 0 })
	if first < 0 {
		t.Fatal("no request says that it is the first")
	}
	began := p.answers[first].Arrived
	var all []float64
	for _, a := range p.answers {
		sinceDue := a.Done.Sub(began).Seconds() - float64(a.Sequence)/rate
		all = append(all, max(a.Done.Sub(a.Arrived).Seconds(), sinceDue))
	}
	slices.Sort(all)
	return all
}

// neverBetter fails the test if at any rank the measured value is below the truth. As no
// request is measured as shorter than it was, this holds for the sorted values too.
func neverBetter(t *testing.T, metric string, measured *sample.Histogram, truth []float64) {
	t.Helper()
	if measured.Count() != int64(len(truth)) {
		t.Errorf("%s: %d values, the truth has %d", metric, measured.Count(), len(truth))
		return
	}
	for i, want := range truth {
		if got := measured.AtRank(int64(i + 1)); got < want-tick {
			t.Errorf("%s: rank %d of %d is %.6f s, in truth it was %.6f s", metric, i+1, len(truth), got, want)
			return
		}
	}
}

func TestPercentilesAreTheServers(t *testing.T) {
	t.Parallel()
	const rate = 100
	for name, latency := range map[string]scripted.Distribution{
		"constant":    scripted.Constant(50 * time.Millisecond),
		"mixture":     scripted.Mixture(20*time.Millisecond, 300*time.Millisecond, 5),
		"exponential": scripted.Exponential(60 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for attempt := range attempts {
				p := prove(t, scripted.Script{Latency: latency}, 2*time.Second, nil, listPods(rate))
				p.complete(t)
				var script []float64
				for n := range p.answers {
					script = append(script, latency(n).Seconds())
				}
				slices.Sort(script)
				request, service := p.sink.of(sample.APIRequest, "pods"), p.sink.of(sample.APIService, "pods")
				truth := p.request(t, rate)
				neverBetter(t, sample.APIService, service, script)
				neverBetter(t, sample.APIService, service, p.service())
				neverBetter(t, sample.APIRequest, request, truth)

				median := truth[sample.Rank(0.5, int64(len(truth)))-1]
				got, limit := request.Quantile(0.5), (median+busy)*(1+resolution)
				if got <= limit {
					return
				}
				t.Logf("attempt %d: the median is %.6f s, want at most %.6f s: in truth it was %.6f s; the median send lag is %.6f s",
					attempt+1, got, limit, median, p.sink.of(sample.APISendLag, "pods").Quantile(0.5))
			}
			t.Error("the median is more than was allowed in every attempt")
		})
	}
}

// The server answers nothing for 2 s, at 100 requests/s. Each request that was due in that time
// waits for its end, so 100 * (2-x) of them take longer than x.
//
// A closed-loop client, which sends its next request when the last one was answered, would send
// one request (or one per connection) to the stalled server and none of the others that were
// due. It would report 1 of about 100 requests with 2 s - a p50 and a p95 of a millisecond, and
// with some more traffic a p99 of a millisecond too - where two thirds of the users of this
// server waited. Here that is api_service_seconds of the case "four in flight".
func TestStallIsReportedInFull(t *testing.T) {
	t.Parallel()
	const (
		rate    = 100
		stalled = 2.0
		// phase is how many requests the grid of intended times and the histogram may hide.
		phase = 2
		// late is how many requests a busy machine may delay beyond x around the stall.
		late = 0.25 * rate
		// freezes is how often, the stall included, all in flight may be delayed at once.
		freezes = 2
	)
	script := scripted.Script{StallFrom: 700 * time.Millisecond, StallUntil: 2700 * time.Millisecond}
	for name, inFlight := range map[string]int{"unlimited": 0, "four in flight": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := func(o *load.Options) { o.MaxInFlight = inFlight }
			p := prove(t, script, 3*time.Second, limit, listPods(rate))
			p.complete(t)
			request, service := p.sink.of(sample.APIRequest, "pods"), p.sink.of(sample.APIService, "pods")
			lag := p.sink.of(sample.APISendLag, "pods")
			neverBetter(t, sample.APIRequest, request, p.request(t, rate))
			neverBetter(t, sample.APIService, service, p.service())
			for _, x := range []float64{0.5, 1, 1.5, 1.75} {
				theory := rate * (stalled - x)
				slow, served, held := request.CountAbove(x), service.CountAbove(x), lag.CountAbove(x)
				if float64(slow) < theory-phase || float64(slow) > theory+late {
					t.Errorf("%d requests took more than %v s from their intended time, want %v (-%d, +%v)",
						slow, x, theory, phase, late)
				}
				if inFlight > 0 {
					// Only those in flight were ever at the stalled server; the rest were held back.
					if served < 1 || served > int64(freezes*inFlight) || float64(held) < theory-phase-float64(inFlight) {
						t.Errorf("%d requests were served in more than %v s and %d sent as late, want 1 to %d and the rest of %v",
							served, x, held, freezes*inFlight, theory)
					}
				} else if float64(served) < theory-phase-late || float64(served) > theory+late || held > late {
					t.Errorf("%d requests were served in more than %v s and %d sent as late, want %v and none",
						served, x, held, theory)
				}
			}
		})
	}
}

func TestFailuresAreCountedExactly(t *testing.T) {
	t.Parallel()
	failures := []scripted.Failure{
		{Every: 5, Status: http.StatusTooManyRequests},
		{Every: 7, Status: http.StatusInternalServerError},
		{Every: 11, Status: scripted.Cut},
	}
	kinds := map[int]string{
		http.StatusTooManyRequests:     load.Throttled,
		http.StatusInternalServerError: load.Server,
		scripted.Cut:                   load.Connection,
	}
	script := scripted.Script{Latency: scripted.Constant(20 * time.Millisecond), Failures: failures}
	p := prove(t, script, 2*time.Second, nil, listPods(100))
	p.complete(t)
	want := map[string]int64{}
	for n := range p.answers {
		for _, f := range failures {
			if (n+1)%f.Every == 0 {
				want[kinds[f.Status]]++
				break
			}
		}
	}
	if diff := cmp.Diff(want, p.classes[0].Failed); diff != "" {
		t.Errorf("failures by kind (-script +reported):\n%s", diff)
	}
	did := map[string]int64{}
	for _, a := range p.answers {
		if a.Status != http.StatusOK {
			did[kinds[a.Status]]++
		}
	}
	if diff := cmp.Diff(did, p.classes[0].Failed); diff != "" {
		t.Errorf("failures by kind (-server +reported):\n%s", diff)
	}
	for kind, n := range want {
		if got := p.sink.last(sample.APIErrors, sample.Labels{"kind": kind}); got != float64(n) {
			t.Errorf("the last %s of kind %s is %v, want %d", sample.APIErrors, kind, got, n)
		}
	}
	neverBetter(t, sample.APIRequest, p.sink.of(sample.APIRequest, "pods"), p.request(t, 100))
}

func TestLatencyIsUntilTheLastByte(t *testing.T) {
	t.Parallel()
	body := 300 * time.Millisecond
	p := prove(t, scripted.Script{Body: body}, time.Second, nil, listPods(50))
	p.complete(t)
	for _, metric := range []string{sample.APIRequest, sample.APIService} {
		measured := p.sink.of(metric, "pods")
		neverBetter(t, metric, measured, p.service())
		if shortest := measured.Min(); shortest < body.Seconds()*(1-resolution) {
			t.Errorf("%s: the shortest is %.6f s, the body alone took %s", metric, shortest, body)
		}
	}
}

// A server that serves 4 requests at a time in 50 ms each serves 80/s. It gets 120/s: after 2 s
// the last of 240 requests is answered 3 s after the first one came, 1 s after it was due.
func TestQueueingAtTheServerIsLatency(t *testing.T) {
	t.Parallel()
	const (
		rate, slots, served = 120, 4, 0.050
		last                = 2*rate - 1
	)
	script := scripted.Script{Latency: scripted.Constant(50 * time.Millisecond), Concurrent: slots}
	p := prove(t, script, 2*time.Second, nil, listPods(rate))
	p.complete(t)
	request := p.sink.of(sample.APIRequest, "pods")
	neverBetter(t, sample.APIRequest, request, p.request(t, rate))
	neverBetter(t, sample.APIService, p.sink.of(sample.APIService, "pods"), p.service())
	theory := float64((last+1)/slots)*served - float64(last)/rate
	if longest := request.Max(); longest < theory-tick {
		t.Errorf("the longest is %.6f s, want at least the %.6f s that the queue takes", longest, theory)
	}
	if median := request.Quantile(0.5); median < theory/2 {
		t.Errorf("the median is %.6f s, want at least half of %.6f s: the queue grows steadily", median, theory)
	}
}

// Two connections of 4 streams each carry 8 requests at a time; at 100/s of 120 ms each, 12 would
// be needed. A client that opened connections for the others would find out what the server does
// for many clients, not for the chosen number; and each of them would pay for a handshake, which
// on a busy machine takes longer than what it waits for.
func TestConnectionsAreThoseChosen(t *testing.T) {
	t.Parallel()
	const rate, connections, streams, served = 100, 2, 4, 0.12
	script := scripted.Script{Latency: scripted.Constant(120 * time.Millisecond), Streams: streams}
	chosen := func(o *load.Options) { o.Connections = connections }
	p := prove(t, script, 2*time.Second, chosen, listPods(rate))
	p.complete(t)
	if p.connections != connections {
		t.Errorf("the load opened %d connections, want %d", p.connections, connections)
	}
	request, lag := p.sink.of(sample.APIRequest, "pods"), p.sink.of(sample.APISendLag, "pods")
	neverBetter(t, sample.APIRequest, request, p.request(t, rate))
	// The last of the requests leaves when all but 8 have been answered.
	last := float64(len(p.answers)-1) / rate
	theory := float64(len(p.answers)/(connections*streams)-1)*served - last
	if longest := lag.Max(); longest < theory-tick {
		t.Errorf("the longest send lag is %.6f s, want at least %.6f s: a request that waits for a connection is not sent",
			longest, theory)
	}
}

// While the server keeps up, every verb's offered rate is its achieved rate, to the request.
func TestOfferedIsAchieved(t *testing.T) {
	t.Parallel()
	const rate, seconds = 60, 2
	methods := map[string]string{
		load.Get: http.MethodGet, load.List: http.MethodGet, load.Create: http.MethodPost,
		load.Update: http.MethodPut, load.Patch: http.MethodPatch, load.Delete: http.MethodDelete,
	}
	want := map[string]int64{}
	var classes []load.Class
	for verb, method := range methods {
		class := load.Class{
			Name: verb, Verb: verb, Resource: configMaps, Scope: load.ScopeResource, Rate: rate, Objects: 3,
		}
		if verb == load.List {
			class.Scope = load.ScopeNamespace
		}
		classes = append(classes, class)
		want[method] += rate * seconds
	}
	p := prove(t, scripted.Script{Latency: scripted.Constant(5 * time.Millisecond)}, seconds*time.Second, nil, classes...)
	p.complete(t)
	got := map[string]int64{}
	for _, a := range p.answers {
		got[a.Method]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests that the server got (-scheduled +got):\n%s", diff)
	}
	for _, class := range p.classes {
		if len(class.Failed) != 0 || class.Scheduled != rate*seconds {
			t.Errorf("counts %+v, want %d scheduled and none failed", class, rate*seconds)
		}
	}
}

// A server that answers nothing: 2 requests at a time run into their timeout, and most are
// never sent. Every one that was due is in the distribution, with at least the timeout that it
// waited; one that was not sent has no service time.
func TestRequestsThatWereNeverSentAreReported(t *testing.T) {
	t.Parallel()
	timeout := 400 * time.Millisecond
	limit := func(o *load.Options) { o.MaxInFlight, o.Timeout = 2, timeout }
	p := prove(t, scripted.Script{StallUntil: time.Hour}, time.Second, limit, listPods(50))
	class := p.classes[0]
	if class.Scheduled != 50 || class.Sent+class.Unsent != 50 || class.Unsent == 0 {
		t.Errorf("counts %+v, want 50 scheduled, some of them unsent and the rest sent", class)
	}
	want := map[string]int64{load.Timeout: class.Sent, load.Unsent: class.Unsent}
	if diff := cmp.Diff(want, class.Failed); diff != "" {
		t.Errorf("failures by kind (-want +got):\n%s", diff)
	}
	for metric, want := range map[string]int64{
		sample.APIRequest: class.Scheduled, sample.APISendLag: class.Scheduled, sample.APIService: class.Sent,
	} {
		if n := p.sink.of(metric, "pods").Count(); n != want {
			t.Errorf("%s: %d values, want %d", metric, n, want)
		}
	}
	if shortest := p.sink.of(sample.APIRequest, "pods").Min(); shortest < timeout.Seconds()*(1-resolution) {
		t.Errorf("the shortest is %.6f s, want at least the timeout of %s", shortest, timeout)
	}
}

// windows is a Sink that merges the windows of each metric and class and keeps the points.
type windows struct {
	mu     sync.Mutex
	merged map[string]*sample.Histogram
	points []sample.Point
}

func (*windows) Event(sample.Event)     {}
func (*windows) Buckets(sample.Buckets) {}
func (*windows) Pod(sample.Pod)         {}

func (w *windows) Point(p sample.Point) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.points = append(w.points, p)
}

func (w *windows) Window(window sample.Window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := fmt.Sprintf("%s of %s", window.Metric, window.Labels["class"])
	if w.merged == nil {
		w.merged = map[string]*sample.Histogram{}
	}
	if w.merged[key] == nil {
		w.merged[key] = &sample.Histogram{}
	}
	w.merged[key].Merge(window.Histogram)
}

// of returns the whole distribution of a metric and class.
func (w *windows) of(metric, class string) *sample.Histogram {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.merged[fmt.Sprintf("%s of %s", metric, class)]; h != nil {
		return h
	}
	return &sample.Histogram{}
}

// last returns the last value of a gauge; -1 if there is none.
func (w *windows) last(metric string, selector sample.Labels) float64 {
	values := w.values(metric, selector)
	if len(values) == 0 {
		return -1
	}
	return values[len(values)-1]
}

// values returns the values of a gauge in the order of their writing.
func (w *windows) values(metric string, selector sample.Labels) []float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var values []float64
	for _, p := range w.points {
		if p.Metric == metric && p.Labels.Match(selector) {
			values = append(values, p.Value)
		}
	}
	return values
}
