package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// server is an API server in memory that knows nodes and their leases.
type server struct {
	mu     sync.Mutex
	nodes  map[string]corev1.Node
	leases map[string]bool
	delay  time.Duration
	// fault answers a request in the server's place, if it returns true.
	fault func(s *server, w http.ResponseWriter, r *http.Request, name string) bool
	calls map[string]int // By method and name.
}

func newServer() *server {
	return &server{nodes: map[string]corev1.Node{}, leases: map[string]bool{}, calls: map[string]int{}}
}

// RoundTrip hands the request over without a network, so that it can run in a bubble.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.delay)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code == lostAnswer {
		return nil, errors.New("connection reset by peer")
	}
	return w.Result(), nil
}

// lostAnswer makes RoundTrip lose the answer.
const lostAnswer = 299

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := path.Base(r.URL.Path)
	var node corev1.Node
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&node); err != nil {
			status(w, 400, err.Error())
			return
		}
		name = node.Name
	}
	s.calls[r.Method+" "+name]++
	w.Header().Set("Content-Type", "application/json")
	if s.fault != nil && s.fault(s, w, r, name) {
		return
	}
	_, has := s.nodes[name]
	switch {
	case r.Method == http.MethodPost && has:
		status(w, 409, string(metav1.StatusReasonAlreadyExists))
	case r.Method == http.MethodPost:
		s.nodes[name] = node
		w.WriteHeader(201)
		json.NewEncoder(w).Encode(node)
	case r.Method == http.MethodGet && name == "nodes":
		s.list(w, r)
	case r.Method == http.MethodGet && has:
		json.NewEncoder(w).Encode(s.nodes[name])
	case r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/leases/") && s.leases[name]:
		delete(s.leases, name)
		status(w, 200, "")
	case r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/nodes/") && has:
		delete(s.nodes, name)
		status(w, 200, "")
	default:
		status(w, 404, string(metav1.StatusReasonNotFound))
	}
}

// list answers with pages of the size that is asked for.
func (s *server) list(w http.ResponseWriter, r *http.Request) {
	selector, _ := labels.Parse(r.URL.Query().Get("labelSelector"))
	var all []string
	for name, n := range s.nodes {
		if selector.Matches(labels.Set(n.Labels)) && name > r.URL.Query().Get("continue") {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	var page corev1.NodeList
	var limit int
	fmt.Sscan(r.URL.Query().Get("limit"), &limit)
	if len(all) > limit {
		all = all[:limit]
		page.Continue = all[limit-1]
	}
	for _, name := range all {
		page.Items = append(page.Items, s.nodes[name])
	}
	json.NewEncoder(w).Encode(page)
}

func status(w http.ResponseWriter, code int, reason string) {
	w.WriteHeader(code)
	state := metav1.StatusSuccess
	if code >= 400 {
		state = metav1.StatusFailure
	}
	json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   state, Code: int32(code), Reason: metav1.StatusReason(reason),
	})
}

func (s *server) client(t *testing.T) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(&rest.Config{Host: "http://cluster", Transport: s, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pool(count int) Pool { return Pool{Name: "m", NodeType: "m6i.large", Count: count} }

var run = Options{Labels: map[string]string{"kubedyno.dev/run": "r1"}}

func TestCreateThenDelete(t *testing.T) {
	s := newServer()
	f := newFleet(t, run, pool(1203), Pool{Name: "other", NodeType: "B2s", Count: 5})
	var mu sync.Mutex
	names := map[string]int{}
	got, err := f.Create(t.Context(), s.client(t), CreateOptions{Pools: []string{"m"}}, func(o Observation) {
		mu.Lock()
		defer mu.Unlock()
		names[o.Name]++
		if o.Sent.After(o.Acknowledged) || o.Attempts != 1 || o.Existed {
			t.Errorf("observed %+v", o)
		}
	})
	if want := (Created{Nodes: 1203}); err != nil || got != want || len(names) != 1203 || len(s.nodes) != 1203 {
		t.Fatalf("created %+v (%v), observed %d, stored %d", got, err, len(names), len(s.nodes))
	}
	s.nodes["real"] = corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "real"}}
	s.leases["m-0"], s.leases["m-1202"], s.leases["real"] = true, true, true
	gone, err := Delete(t.Context(), s.client(t), "kubedyno.dev/run=r1", 0)
	if want := (Deleted{Nodes: 1203, Leases: 2}); err != nil || gone != want {
		t.Errorf("deleted %+v (%v), want %+v", gone, err, want)
	}
	if len(s.nodes) != 1 || len(s.leases) != 1 {
		t.Errorf("left %d nodes and %d leases, want the real one alone", len(s.nodes), len(s.leases))
	}
}

func TestDeleteRefusesNoSelector(t *testing.T) {
	if _, err := Delete(t.Context(), newServer().client(t), "", 0); err == nil {
		t.Error("deleted all nodes of the cluster")
	}
}

func TestCreateRejects(t *testing.T) {
	f := newFleet(t, run, pool(1))
	for name, o := range map[string]CreateOptions{
		"unknown pool": {Pools: []string{"x"}},
		"rate":         {Rate: -1},
		"parallelism":  {Parallelism: -1},
	} {
		if _, err := f.Create(t.Context(), newServer().client(t), o, nil); err == nil {
			t.Errorf("%s: created, want an error", name)
		}
	}
}

// TestCreateKeepsItsSchedule has a server that is slower than the rate, so that only the
// parallelism lets the nodes leave on time.
func TestCreateKeepsItsSchedule(t *testing.T) {
	for name, c := range map[string]struct {
		parallelism int
		lag, took   time.Duration
	}{
		"enough workers": {parallelism: 8, lag: 0, took: 900*time.Millisecond + 500*time.Millisecond},
		"one worker":     {parallelism: 1, lag: 9 * 400 * time.Millisecond, took: 10 * 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.delay = 500 * time.Millisecond
				start := time.Now()
				var mu sync.Mutex
				var lag time.Duration
				var scheduled []time.Duration
				_, err := newFleet(t, run, pool(10)).Create(t.Context(), s.client(t), CreateOptions{Rate: 10, Parallelism: c.parallelism}, func(o Observation) {
					mu.Lock()
					defer mu.Unlock()
					lag = max(lag, o.Sent.Sub(o.Scheduled))
					scheduled = append(scheduled, o.Scheduled.Sub(start))
				})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took != c.took || lag != c.lag {
					t.Errorf("took %s with a lag of %s, want %s and %s", took, lag, c.took, c.lag)
				}
				slices.Sort(scheduled)
				for i, at := range scheduled {
					if want := time.Duration(i) * 100 * time.Millisecond; at != want {
						t.Errorf("node %d was scheduled at %s, want %s", i, at, want)
					}
				}
			})
		})
	}
}

func TestCreateRetries(t *testing.T) {
	// first makes the first POST of every node fail.
	first := func(fail func(s *server, w http.ResponseWriter)) func(*server, http.ResponseWriter, *http.Request, string) bool {
		return func(s *server, w http.ResponseWriter, r *http.Request, name string) bool {
			if r.Method != http.MethodPost || s.calls["POST "+name] > 1 {
				return false
			}
			fail(s, w)
			return true
		}
	}
	for name, c := range map[string]struct {
		fail func(s *server, w http.ResponseWriter)
		took time.Duration
	}{
		"too many requests": {func(_ *server, w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7")
			http.Error(w, "Too many requests, please try again later.", http.StatusTooManyRequests)
		}, 7 * time.Second},
		"a long Retry-After": {func(_ *server, w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
		}, longestAsked},
		"internal error": {func(_ *server, w http.ResponseWriter) {
			status(w, 500, string(metav1.StatusReasonInternalError))
		}, firstBackoff},
		"connection lost": {func(_ *server, w http.ResponseWriter) { w.WriteHeader(lostAnswer) }, firstBackoff},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.fault = first(c.fail)
				start := time.Now()
				got, err := newFleet(t, run, pool(3)).Create(t.Context(), s.client(t), CreateOptions{}, nil)
				if want := (Created{Nodes: 3, Retries: 3}); err != nil || got != want {
					t.Errorf("created %+v (%v), want %+v", got, err, want)
				}
				if took := time.Since(start); took != c.took {
					t.Errorf("waited %s, want %s", took, c.took)
				}
			})
		})
	}
}

// TestCreateSurvivesALostAnswer has the server store the node and then lose its answer.
func TestCreateSurvivesALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		f := newFleet(t, run, pool(1))
		s.fault = func(s *server, w http.ResponseWriter, r *http.Request, name string) bool {
			if s.calls["POST "+name] > 1 || r.Method != http.MethodPost {
				return false
			}
			node, _ := f.Node("m", 0)
			s.nodes[name] = *node
			w.WriteHeader(lostAnswer)
			return true
		}
		got, err := f.Create(t.Context(), s.client(t), CreateOptions{}, nil)
		if want := (Created{Nodes: 1, Retries: 1}); err != nil || got != want {
			t.Errorf("created %+v (%v), want %+v", got, err, want)
		}
	})
}

func TestCreateTakesItsOwnNodesAndNoOthers(t *testing.T) {
	s := newServer()
	f := newFleet(t, run, pool(2))
	if _, err := f.Create(t.Context(), s.client(t), CreateOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	dead := s.nodes["m-1"]
	dead.Labels[AliveLabel] = "false"
	got, err := f.Create(t.Context(), s.client(t), CreateOptions{}, nil)
	if want := (Created{Existed: 2}); err != nil || got != want {
		t.Errorf("created %+v (%v), want %+v", got, err, want)
	}
	other := newFleet(t, Options{Labels: map[string]string{"kubedyno.dev/run": "r2"}}, pool(2))
	if _, err := other.Create(t.Context(), s.client(t), CreateOptions{}, nil); err == nil || !strings.Contains(err.Error(), `kubedyno.dev/run="r1"`) {
		t.Errorf("took the nodes of another run: %v", err)
	}
}

func TestCreateGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		code, calls int
	}{"forbidden": {403, 1}, "invalid": {422, 1}, "always broken": {500, maxAttempts}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.fault = func(_ *server, w http.ResponseWriter, _ *http.Request, _ string) bool {
					status(w, c.code, "Broken")
					return true
				}
				_, err := newFleet(t, run, pool(1)).Create(t.Context(), s.client(t), CreateOptions{}, nil)
				if err == nil || !strings.Contains(err.Error(), "create node m-0") {
					t.Errorf("got %v, want an error that names the node", err)
				}
				if got := s.calls["POST m-0"]; got != c.calls {
					t.Errorf("%d attempts, want %d", got, c.calls)
				}
			})
		})
	}
}

func TestCreateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		ctx, cancel := context.WithTimeout(t.Context(), 450*time.Millisecond)
		defer cancel()
		got, err := newFleet(t, run, pool(100)).Create(ctx, s.client(t), CreateOptions{Rate: 10}, nil)
		if !errors.Is(err, context.DeadlineExceeded) || got.Nodes != 5 {
			t.Errorf("created %+v (%v), want 5 nodes and the deadline", got, err)
		}
	})
}
