package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

type object = map[string]any

// server is a small API server: one collection for each path, with list, watch (also with
// initial events), create and merge patch of data, all in JSON. Its watches can be cut and its
// history forgotten, and deliveries can be delayed.
type server struct {
	config *rest.Config

	mu      sync.Mutex
	changed *sync.Cond
	version int
	objects map[string]object // By path.
	history []event
	oldest  int // A watch from before this version is refused as expired.
	epoch   int // Watches of an earlier epoch end.
	down    bool
	lag     time.Duration // Before a change is delivered.
	// noInitialEvents refuses watches that ask for the state first, as older servers do.
	noInitialEvents bool
	watches, lists  int
}

type event struct {
	version    int
	collection string
	Type       string `json:"type"`
	Object     object `json:"object"`
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{objects: map[string]object{}}
	s.changed = sync.NewCond(&s.mu)
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	s.config = &rest.Config{Host: listener.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
	return s
}

// put stores an object in a collection such as /api/v1/pods.
func (s *server) put(collection string, o object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putLocked(collection, o)
}

func (s *server) putLocked(collection string, o object) object {
	name := o["metadata"].(object)["name"].(string)
	key, kind := path.Join(collection, name), "MODIFIED"
	if s.objects[key] == nil {
		kind = "ADDED"
	}
	s.version++
	o["metadata"].(object)["resourceVersion"] = strconv.Itoa(s.version)
	s.objects[key] = o
	s.history = append(s.history, event{s.version, collection, kind, clone(o)})
	s.changed.Broadcast()
	return o
}

func (s *server) delete(collection, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := path.Join(collection, name)
	o := s.objects[key]
	delete(s.objects, key)
	s.version++
	s.history = append(s.history, event{s.version, collection, "DELETED", clone(o)})
	s.changed.Broadcast()
}

// cut ends all watches and refuses connections until restore.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.down = true
	s.changed.Broadcast()
}

// restore answers again; with expired, watches cannot go on from where they were.
func (s *server) restore(expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
	if expired {
		s.version++
		s.oldest = s.version
	}
}

// counts returns how many watches and lists were answered.
func (s *server) counts() (watches, lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watches, s.lists
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch query := r.URL.Query(); {
	case s.down:
		panic(http.ErrAbortHandler)
	case r.Method == http.MethodPost:
		reply(w, s.putLocked(r.URL.Path, decode(r.Body)))
	case r.Method == http.MethodPatch:
		s.patch(w, r)
	case query.Get("watch") != "":
		s.watch(w, r)
	default:
		s.lists++
		reply(w, s.list(r.URL.Path))
	}
}

// patch merges the data of a ConfigMap.
func (s *server) patch(w http.ResponseWriter, r *http.Request) {
	var change object
	_ = json.NewDecoder(r.Body).Decode(&change)
	o := s.objects[r.URL.Path]
	if o == nil {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	o = clone(o)
	for key, value := range change["data"].(object) {
		o["data"].(object)[key] = value
	}
	reply(w, s.putLocked(path.Dir(r.URL.Path), o))
}

func (s *server) list(collection string) object {
	items := []any{}
	for key, o := range s.objects {
		if path.Dir(key) == collection {
			items = append(items, o)
		}
	}
	kind := map[string]string{"pods": "PodList", "nodes": "NodeList", "configmaps": "ConfigMapList",
		"deployments": "DeploymentList"}[path.Base(collection)]
	return object{"kind": kind, "apiVersion": apiVersion(collection), "items": items,
		"metadata": object{"resourceVersion": strconv.Itoa(s.version)}}
}

func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	initial := query.Get("sendInitialEvents") == "true"
	from, _ := strconv.Atoi(query.Get("resourceVersion"))
	switch {
	case initial && s.noInitialEvents:
		fail(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
		return
	case !initial && from < s.oldest:
		fail(w, http.StatusGone, metav1.StatusReasonExpired)
		return
	}
	s.watches++
	epoch, send := s.epoch, json.NewEncoder(w)
	if initial {
		list := s.list(r.URL.Path)
		for _, o := range list["items"].([]any) {
			_ = send.Encode(event{Type: "ADDED", Object: o.(object)})
		}
		from = s.version
		_ = send.Encode(event{Type: "BOOKMARK", Object: object{
			"kind": kindOf(list), "apiVersion": list["apiVersion"],
			"metadata": object{"resourceVersion": strconv.Itoa(from),
				"annotations": object{metav1.InitialEventsAnnotationKey: "true"}},
		}})
	}
	w.(http.Flusher).Flush()
	s.stream(w, r, send, from, epoch)
}

// stream sends what changes after a version until the client goes or the watch is cut.
func (s *server) stream(w http.ResponseWriter, r *http.Request, send *json.Encoder, from, epoch int) {
	defer context.AfterFunc(r.Context(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})()
	next := 0
	for {
		for ; next < len(s.history); next++ {
			e := s.history[next]
			if e.version <= from || e.collection != r.URL.Path {
				continue
			}
			if lag := s.lag; lag > 0 {
				s.mu.Unlock()
				time.Sleep(lag)
				s.mu.Lock()
			}
			_ = send.Encode(e)
		}
		w.(http.Flusher).Flush()
		if s.epoch != epoch || r.Context().Err() != nil {
			return
		}
		s.changed.Wait()
		if s.epoch != epoch {
			return // Before what changed at the same time is sent.
		}
	}
}

func kindOf(list object) string {
	kind := list["kind"].(string)
	return kind[:len(kind)-len("List")]
}

func apiVersion(collection string) string {
	if path.Base(collection) == "deployments" {
		return "apps/v1"
	}
	return "v1"
}

func reply(w http.ResponseWriter, body any) { _ = json.NewEncoder(w).Encode(body) }

func fail(w http.ResponseWriter, code int32, reason metav1.StatusReason) {
	w.WriteHeader(int(code))
	reply(w, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: fmt.Sprint(reason),
	})
}

// decode reads an object in whichever encoding the client chose.
func decode(body io.Reader) object {
	data, err := io.ReadAll(body)
	if err != nil {
		panic(err)
	}
	typed, kind, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		panic(err)
	}
	o, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		panic(err)
	}
	o["apiVersion"], o["kind"] = kind.GroupVersion().String(), kind.Kind
	return o
}

func clone(o object) object {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	var copied object
	if err := json.Unmarshal(data, &copied); err != nil {
		panic(err)
	}
	return copied
}

// recording is a Sink that keeps everything.
type recording struct {
	mu      sync.Mutex
	pods    []sample.Pod
	points  []sample.Point
	events  []sample.Event
	windows []sample.Window
}

func (r *recording) Event(e sample.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recording) Point(p sample.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points = append(r.points, p)
}

func (r *recording) Window(w sample.Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w.Histogram = w.Histogram.Clone()
	r.windows = append(r.windows, w)
}

func (*recording) Buckets(sample.Buckets) {}
func (r *recording) Pod(p sample.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pods = append(r.pods, p)
}

// allPods returns the pods recorded so far.
func (r *recording) allPods() []sample.Pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]sample.Pod(nil), r.pods...)
}

// distribution merges the windows of a metric with these labels.
func (r *recording) distribution(metric string, selector sample.Labels) sample.Histogram {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all sample.Histogram
	for _, w := range r.windows {
		if w.Metric == metric && w.Labels.Match(selector) {
			all.Merge(w.Histogram)
		}
	}
	return all
}

// last returns the newest value of a gauge, or -1.
func (r *recording) last(metric string, selector sample.Labels) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	value := -1.0
	for _, p := range r.points {
		if p.Metric == metric && p.Labels.Match(selector) {
			value = p.Value
		}
	}
	return value
}

// eventually fails the test when a condition does not come true within a generous time.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for range 2000 {
		if condition() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never came: %s", what)
}
