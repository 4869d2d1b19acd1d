package fanout

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
)

// A server is an API server of configmaps whose watches deliver by a script, over TLS and HTTP/2
// on connections in memory, so that its time can be that of a synctest bubble: then what the
// harness measures must be what the script says, to the precision of a histogram.
type server struct {
	config *rest.Config
	script script

	mu        sync.Mutex
	changed   chan struct{} // Closed at every change.
	version   int
	history   []change
	streams   int
	compacted int            // Watches from below it are gone.
	left      int            // Objects that are there.
	on        map[string]int // Streams by connection.
}

// A script says what becomes of events. A stream's number is that of its opening, from 0; a write's
// is its revision, from 1, and 0 that of every creation.
type script struct {
	delay    func(stream, revision int) time.Duration // From the commit until the event leaves.
	answer   func(revision int) (time.Duration, int)  // From the commit until the answer, and its code.
	lose     func(stream, revision int) bool          // The event is never sent.
	twice    func(stream, revision int) bool          // The event is sent twice.
	cut      func(stream, revision int) bool          // The stream is reset instead.
	compact  func(revision int) bool                  // Versions before this write are gone once it is there.
	refuse   func(stream int) bool                    // The stream is answered with 503.
	deaf     func(stream int) bool                    // The stream never delivers.
	goneLate bool                                     // 410 comes as an event, and not as the answer.
	bookmark bool                                     // A bookmark follows every event.
}

// A change is one version of an object.
type change struct {
	at       time.Time
	version  int
	revision int
	kind     watch.EventType
	object   *corev1.ConfigMap
}

func newServer(t *testing.T, s script) *server {
	t.Helper()
	server := &server{script: s, changed: make(chan struct{}), version: 100, on: map[string]int{}}
	listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	web := httptest.NewUnstartedServer(server)
	_ = web.Listener.Close()
	web.Listener, web.EnableHTTP2 = listener, true
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // Streams that are cut are no news.
	web.StartTLS()
	t.Cleanup(web.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	server.config = &rest.Config{Host: web.URL, Dial: listener.dial, TLSClientConfig: rest.TLSClientConfig{CAData: ca}}
	return server
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	dials  atomic.Int64
}

// A numbered connection tells itself from others by its address.
type numbered struct {
	net.Conn
	number int
}

func (n numbered) RemoteAddr() net.Addr { return &net.TCPAddr{Port: n.number} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- numbered{server, int(p.dials.Add(1))}:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6443} }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/version":
	case r.Method == http.MethodGet && r.URL.Query().Get("watch") != "":
		s.watch(w, r)
	case r.Method == http.MethodGet:
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"kind":"List","metadata":{"resourceVersion":"%d"},"items":[]}`, s.version)
	case r.Method == http.MethodDelete:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.left = 0
	default:
		s.commit(w, r)
	}
}

// commit stores an object and answers by the script.
func (s *server) commit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	object := &corev1.ConfigMap{}
	if err == nil {
		_, _, err = scheme.Codecs.UniversalDeserializer().Decode(body, nil, object)
	}
	revision, numberErr := strconv.Atoi(object.Annotations[load.RevisionAnnotation])
	if err = errors.Join(err, numberErr); err != nil || r.Header.Get("Kubedyno-Revision") != "" {
		http.Error(w, fmt.Sprint("not a request of the API: ", err), http.StatusBadRequest)
		return
	}
	kind := watch.Modified
	if r.Method == http.MethodPost {
		kind = watch.Added
	}
	s.mu.Lock()
	s.version++
	object.ResourceVersion = strconv.Itoa(s.version)
	s.history = append(s.history, change{time.Now(), s.version, revision, kind, object})
	if kind == watch.Added {
		s.left++
	} else if s.script.compact != nil && s.script.compact(revision) {
		s.compacted = s.version
	}
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	if kind == watch.Modified && s.script.answer != nil {
		wait, code := s.script.answer(revision)
		time.Sleep(wait)
		w.WriteHeader(code)
	}
}

// watch sends the changes after a version, each by the script.
func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	version, err := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	stream := s.streams
	s.streams++
	s.on[r.RemoteAddr]++
	gone := version < s.compacted
	s.mu.Unlock()
	isProtobuf := strings.HasPrefix(r.Header.Get("Accept"), protobufType)
	send := func(kind watch.EventType, object runtime.Object) {
		_, _ = w.Write(frame(kind, object, isProtobuf))
		w.(http.Flusher).Flush()
	}
	w.Header().Set("Content-Type", "application/json")
	if isProtobuf {
		w.Header().Set("Content-Type", protobufType+";stream=watch")
	}
	switch {
	case s.script.refuse != nil && s.script.refuse(stream):
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case gone && !s.script.goneLate:
		w.WriteHeader(http.StatusGone)
		return
	}
	w.(http.Flusher).Flush()
	if gone {
		send(watch.Error, &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Code: http.StatusGone})
		return
	}
	for {
		c, ok := s.next(r.Context(), version)
		if !ok {
			return
		}
		version = c.version
		if s.script.deaf == nil || !s.script.deaf(stream) {
			s.deliver(r.Context(), stream, c, send)
		}
	}
}

// next waits for the first change after a version.
func (s *server) next(ctx context.Context, version int) (change, bool) {
	for {
		s.mu.Lock()
		changed := s.changed
		for _, c := range s.history {
			if c.version > version {
				s.mu.Unlock()
				return c, true
			}
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return change{}, false
		}
	}
}

func (s *server) deliver(ctx context.Context, stream int, c change, send func(watch.EventType, runtime.Object)) {
	asked := func(answer func(stream, revision int) bool) bool {
		return answer != nil && c.kind == watch.Modified && answer(stream, c.revision)
	}
	if s.script.delay != nil && c.kind == watch.Modified {
		select {
		case <-time.After(time.Until(c.at.Add(s.script.delay(stream, c.revision)))):
		case <-ctx.Done():
			return
		}
	}
	switch {
	case asked(s.script.cut):
		panic(http.ErrAbortHandler) // Resets the stream.
	case asked(s.script.lose):
		return
	}
	send(c.kind, c.object)
	if asked(s.script.twice) {
		send(c.kind, c.object)
	}
	if s.script.bookmark {
		send(watch.Bookmark, &corev1.ConfigMap{
			TypeMeta:   metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"},
			ObjectMeta: metav1.ObjectMeta{ResourceVersion: strconv.Itoa(c.version)},
		})
	}
}

const protobufType = "application/vnd.kubernetes.protobuf"

// frame is an event as an API server encodes it.
func frame(kind watch.EventType, object runtime.Object, isProtobuf bool) []byte {
	var objects, outer runtime.Encoder
	var stream bytes.Buffer
	var framer io.Writer
	if isProtobuf {
		objects = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
		outer = protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme)
		framer = protobuf.LengthDelimitedFramer.NewFrameWriter(&stream)
	} else {
		objects = json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{})
		outer, framer = objects, json.Framer.NewFrameWriter(&stream)
	}
	encoded, err := runtime.Encode(objects, object)
	if err != nil {
		panic(err)
	}
	whole, err := runtime.Encode(outer, &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: encoded}})
	if err != nil {
		panic(err)
	}
	if _, err := framer.Write(whole); err != nil {
		panic(err)
	}
	return stream.Bytes()
}

// A recording is a Sink that keeps what is written of watches.
type recording struct {
	mu       sync.Mutex
	last     map[string]float64          // Of counters, by metric and state.
	values   map[string]map[string]int64 // Of distributions: how often each, in rounded milliseconds.
	censored map[string]map[string]int64
}

func newRecording() *recording {
	return &recording{last: map[string]float64{}, values: map[string]map[string]int64{}, censored: map[string]map[string]int64{}}
}

func (*recording) Event(sample.Event)     {}
func (*recording) Buckets(sample.Buckets) {}
func (*recording) Pod(sample.Pod)         {}

func (r *recording) Point(p sample.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[p.Metric+" "+p.Labels["state"]] = p.Value
}

func (r *recording) Window(w sample.Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.values
	if w.Censored {
		all = r.censored
	}
	if all[w.Metric] == nil {
		all[w.Metric] = map[string]int64{}
	}
	w.Histogram.Buckets(func(seconds float64, n int64) {
		all[w.Metric][strconv.Itoa(int(seconds*1000+0.5))+" ms"] += n
	})
}
