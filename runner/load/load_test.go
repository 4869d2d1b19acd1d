package load

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	configMaps      = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	serviceAccounts = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	pods            = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

// readPods is a class that needs no objects of its own.
func readPods(name string, rate float64) Class {
	return Class{Name: name, Verb: List, Resource: pods, Scope: ScopeNamespace, Rate: rate}
}

func options(s *server, sink sample.Sink, classes ...Class) Options {
	return Options{
		Config: s.config, Namespace: "bench", Name: "steady-0", Classes: classes,
		Duration: 2 * time.Second, Timeout: 5 * time.Second, Phase: "steady",
		Labels: map[string]string{"kubedyno.dev/run": "r1"}, Seed: 1,
		Clock: sample.StartClock(), Sink: sink,
	}
}

func run(t *testing.T, o Options) map[string]ClassResult {
	t.Helper()
	result, err := sendAll(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]ClassResult{}
	for _, class := range result.Classes {
		byName[class.Name] = class
	}
	return byName
}

// With one request in flight the client is a closed loop: while the server stalls once for
// 500 ms, nothing is sent. About 50 of the requests that were due at 100/s then must still
// show it, although only one of them was sent to a stalled server.
func TestStallIsChargedToEveryRequestThatWasDue(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 60 {
			time.Sleep(500 * time.Millisecond)
		}
	})
	sink := &recording{}
	o := options(s, sink, readPods("pods", 100))
	o.MaxInFlight = 1
	got := run(t, o)["pods"]
	s.check(t)

	if got.Scheduled != 200 || got.Sent != 200 || len(got.Failed) != 0 {
		t.Errorf("counts %+v, want 200 scheduled, 200 sent, none failed", got)
	}
	service := sink.distribution(sample.APIService, "pods")
	request := sink.distribution(sample.APIRequest, "pods")
	lag := sink.distribution(sample.APISendLag, "pods")
	if n := above(service, 0.3); n < 1 || n > 4 {
		t.Errorf("%d requests were served in more than 300 ms, want about 1", n)
	}
	if n := above(request, 0.1); n < 25 || n > 120 {
		t.Errorf("%d requests took more than 100 ms from their intended time, want about 40", n)
	}
	if n := above(lag, 0.1); n < 25 || n > 120 {
		t.Errorf("%d requests were sent more than 100 ms late, want about 40", n)
	}
	if request.Count() != 200 || request.Max() < 0.45 {
		t.Errorf("%d requests, the longest %v s; want 200 and at least 0.45 s", request.Count(), request.Max())
	}
}

// With room for more requests in flight the same stall is in the service time of each.
func TestOpenLoopKeepsSendingDuringAStall(t *testing.T) {
	t.Parallel()
	var gate sync.RWMutex
	s := newServer(t, func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 60 {
			gate.Lock()
			defer gate.Unlock()
			time.Sleep(500 * time.Millisecond)
			return
		}
		gate.RLock()
		defer gate.RUnlock()
	})
	sink := &recording{}
	got := run(t, options(s, sink, readPods("pods", 100)))["pods"]
	if got.Sent != 200 {
		t.Errorf("%d requests were sent, want 200", got.Sent)
	}
	for _, metric := range []string{sample.APIService, sample.APIRequest} {
		if n := above(sink.distribution(metric, "pods"), 0.1); n < 25 || n > 120 {
			t.Errorf("%s: %d requests took more than 100 ms, want about 40", metric, n)
		}
	}
}

func TestSlowClassDoesNotDelayTheOther(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/pods") {
			time.Sleep(400 * time.Millisecond)
		}
	})
	sink := &recording{}
	slow := readPods("slow", 100)
	slow.Scope = ScopeCluster
	o := options(s, sink, slow, readPods("fast", 100))
	o.MaxInFlight = 20 // So that the slow class can send half of its rate.
	got := run(t, o)
	if n := sink.distribution(sample.APIRequest, "slow"); n.Count() != 200 || n.Quantile(0.5) < 0.4 {
		t.Errorf("slow: %d requests with a median of %v s, want 200 of more than 0.4 s", n.Count(), n.Quantile(0.5))
	}
	if n := sink.distribution(sample.APIRequest, "fast"); n.Count() != 200 || n.Quantile(0.5) > 0.3 {
		t.Errorf("fast: %d requests with a median of %v s, want 200 of less than 0.3 s", n.Count(), n.Quantile(0.5))
	}
	if got["slow"].Scheduled != 200 || got["slow"].Sent+got["slow"].Unsent != 200 {
		t.Errorf("slow: counts %+v do not add up to 200", got["slow"])
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	var answered atomic.Int64
	s := newServer(t, func(int, http.ResponseWriter, *http.Request) { answered.Add(1) })
	sink := &recording{}
	o := options(s, sink, readPods("pods", 50))
	o.Duration = 2300 * time.Millisecond
	got := run(t, o)["pods"]
	if got.Scheduled != 115 || got.Sent != 115 || answered.Load() != 115 {
		t.Errorf("counts %+v with %d answered, want 115 of each", got, answered.Load())
	}
	class := sample.Labels{"class": "pods", "phase": "steady", "verb": "list", "scope": "namespace", "resource": "pods"}
	offered := sink.values(sample.APIOffered, class)
	if diff := cmp.Diff([]float64{50, 50}, offered, cmp.Comparer(func(a, b float64) bool {
		return math.Abs(a-b) < 1
	})); diff != "" {
		t.Errorf("offered rates (-want +got):\n%s", diff)
	}
	if achieved := sink.values(sample.APIAchieved, class); len(achieved) != 2 {
		t.Errorf("achieved rates %v, want 2 of them", achieved)
	}
	for _, kind := range failureKinds {
		class["kind"] = kind
		failures := sink.values(sample.APIErrors, class)
		if len(failures) == 0 || failures[len(failures)-1] != 0 {
			t.Errorf("%s: errors %v, want a reported zero", kind, failures)
		}
	}
}

func TestFailuresByKind(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := newServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n % 6 {
		case 0:
			w.WriteHeader(http.StatusTooManyRequests)
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusNotFound)
		case 3:
			panic(http.ErrAbortHandler) // Resets the stream.
		case 4:
			_, _ = w.Write([]byte("half")) // The rest of the response never comes.
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	})
	defer close(release)
	sink := &recording{}
	o := options(s, sink, readPods("pods", 60))
	o.Duration, o.Timeout = time.Second, 700*time.Millisecond
	got := run(t, o)["pods"]
	want := map[string]int64{Throttled: 10, Server: 10, NotFound: 10, Connection: 10, Timeout: 10}
	if diff := cmp.Diff(want, got.Failed); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	request := sink.distribution(sample.APIRequest, "pods")
	if request.Count() != 60 || above(request, 0.65) < 10 {
		t.Errorf("%d requests, %d of them of 700 ms; failures must be in the distribution, at their full time",
			request.Count(), above(request, 0.65))
	}
	timeouts := sink.values(sample.APIErrors, sample.Labels{"kind": Timeout})
	if last := timeouts[len(timeouts)-1]; last != 10 {
		t.Errorf("the last %s of kind timeout is %v, want 10", sample.APIErrors, last)
	}
}

func TestServerThatIsGone(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	sink := &recording{}
	o := options(s, sink, readPods("pods", 20))
	config := *s.config
	config.Host = "https://127.0.0.1:1" // Nothing listens on port 1.
	o.Config, o.Duration = &config, time.Second
	if got := run(t, o)["pods"]; got.Failed[Connection] != 20 {
		t.Errorf("failures %v, want 20 of kind connection", got.Failed)
	}
}

// A server that answers nothing leaves requests that could not be sent; they count as failed
// and their wait is in the distribution.
func TestUnsentRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	sink := &recording{}
	o := options(s, sink, readPods("pods", 50))
	o.Duration, o.Timeout, o.MaxInFlight = time.Second, 400*time.Millisecond, 2
	got := run(t, o)["pods"]
	if got.Scheduled != 50 || got.Sent+got.Unsent != 50 || got.Unsent == 0 {
		t.Errorf("counts %+v, want 50 scheduled and some of them unsent", got)
	}
	if got.Failed[Unsent] != got.Unsent || got.Failed[Timeout] != got.Sent {
		t.Errorf("failures %v, want %d unsent and %d timeouts", got.Failed, got.Unsent, got.Sent)
	}
	if n := sink.distribution(sample.APIRequest, "pods").Count(); n != 50 {
		t.Errorf("%d requests in the distribution, want all 50", n)
	}
}

func TestInterruptedLoadEndsAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := newServer(t, func(n int, _ http.ResponseWriter, r *http.Request) {
		if n == 5 {
			cancel()
		}
		<-r.Context().Done()
	})
	sink := &recording{}
	rare := readPods("rare", 0.001)
	o := options(s, sink, readPods("pods", 50), rare)
	o.Duration, o.Timeout = time.Hour, time.Hour
	result, err := sendAll(ctx, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	got := result.Classes[0]
	if got.Interrupted != got.Sent || got.Sent < 6 || len(got.Failed) != 0 {
		t.Errorf("counts %+v, want all of at least 6 requests interrupted and none failed", got)
	}
}

func TestObjectsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	class := func(verb string) Class {
		return Class{Name: verb, Verb: verb, Resource: configMaps, Scope: ScopeResource, Rate: 20, Objects: 3}
	}
	o := options(s, &recording{}, class(Create), class(Delete), class(Get), class(Update),
		class(Patch), class(Apply))
	o.Duration = time.Second
	attack, err := Prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.objects); n != 20+4*3 {
		t.Errorf("%d objects after Prepare, want 20 to delete and 3 for get, update, patch and apply each", n)
	}
	result, err := attack.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range result.Classes {
		if class.Sent != 20 || len(class.Failed) != 0 {
			t.Errorf("counts %+v, want 20 sent and none failed", class)
		}
	}
	if n := len(s.objects); n != 4*3+20 {
		t.Errorf("%d objects after Run, want 20 created and 3 for get, update, patch and apply each", n)
	}
	if err := attack.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.objects); n != 0 {
		t.Errorf("%d objects after Cleanup, want none", n)
	}
	s.check(t)
}

// sendAll prepares a load, sends it and removes its objects.
func sendAll(ctx context.Context, options Options) (Result, error) {
	attack, err := Prepare(ctx, options)
	if err != nil {
		return Result{}, err
	}
	result, err := attack.Run(ctx)
	if err != nil {
		return result, err
	}
	return result, attack.Cleanup(ctx)
}
