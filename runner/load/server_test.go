package load

import (
	"bytes"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

// server is a scripted API server over TLS and HTTP/2. It keeps the names of objects that
// were created and not deleted, and hands every request that is part of the load, in the
// order of arrival from 0, to the script.
type server struct {
	config *rest.Config
	script func(n int, w http.ResponseWriter, r *http.Request)
	other  func(w http.ResponseWriter, r *http.Request) // Answers what is not of the load.
	seen   func(r *http.Request, body []byte)           // Is told of every request.

	mu      sync.Mutex
	load    int
	objects map[string]bool // By URL path.
	created []string
	faults  []string
}

func newServer(t *testing.T, script func(int, http.ResponseWriter, *http.Request)) *server {
	t.Helper()
	s := &server{script: script, objects: map[string]bool{}}
	listener := httptest.NewUnstartedServer(s)
	listener.EnableHTTP2 = true
	listener.StartTLS()
	t.Cleanup(listener.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: listener.Certificate().Raw})
	s.config = &rest.Config{
		Host: listener.URL, BearerToken: "secret", TLSClientConfig: rest.TLSClientConfig{CAData: ca},
	}
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/version" {
		return
	}
	if s.seen != nil {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.seen(r, body)
	}
	switch n := s.note(r); {
	case n >= 0 && s.script != nil:
		s.script(n, w, r)
	case n < 0 && s.other != nil:
		s.other(w, r)
	}
}

// note keeps the books and returns the number of a request of the load, or -1 for one of
// preparation or cleanup, which vegeta does not number.
func (s *server) note(r *http.Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.ProtoMajor != 2 || r.Header.Get("Authorization") != "Bearer secret" {
		s.faults = append(s.faults, r.Proto+" "+r.Method+" "+r.URL.Path+": not HTTP/2 with the token")
	}
	switch {
	case r.Method == http.MethodPost:
		name, err := nameOf(r.Body)
		if err != nil {
			s.faults = append(s.faults, err.Error())
		}
		s.objects[path.Join(r.URL.Path, name)] = true
		s.created = append(s.created, name)
	case r.Method == http.MethodDelete && r.URL.RawQuery != "":
		clear(s.objects)
	case r.Method == http.MethodDelete:
		if !s.objects[r.URL.Path] {
			s.faults = append(s.faults, "deleted what does not exist: "+r.URL.Path)
		}
		delete(s.objects, r.URL.Path)
	}
	if r.Header.Get("X-Vegeta-Seq") == "" {
		return -1
	}
	s.load++
	return s.load - 1
}

// nameOf returns the name of an object in protobuf or JSON.
func nameOf(body io.Reader) (string, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return "", err
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return "", err
	}
	return metadata.GetName(), nil
}

// check fails the test if a request was not as it must be.
func (s *server) check(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range s.faults {
		t.Error(fault)
	}
}

// recording is a Sink that keeps everything.
type recording struct {
	mu      sync.Mutex
	points  []sample.Point
	windows map[string]*sample.Histogram // By metric and class.
}

func (r *recording) Event(sample.Event)   {}
func (*recording) Buckets(sample.Buckets) {}
func (r *recording) Pod(sample.Pod)       {}

func (r *recording) Point(p sample.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points = append(r.points, p)
}

func (r *recording) Window(w sample.Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := w.Metric + " " + w.Labels["class"]
	if code := w.Labels["code"]; code != "" {
		key += " " + code
	}
	if r.windows == nil {
		r.windows = map[string]*sample.Histogram{}
	}
	if r.windows[key] == nil {
		r.windows[key] = &sample.Histogram{}
	}
	r.windows[key].Merge(w.Histogram)
}

// distribution returns the merged windows of a metric and class.
func (r *recording) distribution(metric, class string) *sample.Histogram {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.windows[metric+" "+class]; h != nil {
		return h
	}
	return &sample.Histogram{}
}

// values returns the values of a gauge.
func (r *recording) values(metric string, selector sample.Labels) []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var values []float64
	for _, p := range r.points {
		if p.Metric == metric && p.Labels.Match(selector) {
			values = append(values, p.Value)
		}
	}
	return values
}

// above counts the recorded durations that are longer than a limit in seconds.
func above(h *sample.Histogram, limit float64) int64 {
	var count int64
	h.Buckets(func(seconds float64, n int64) {
		if seconds > limit {
			count += n
		}
	})
	return count
}
