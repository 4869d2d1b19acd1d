package load

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// second is a load of 20 requests in a second.
func second(s *server, sink sample.Sink, class Class) Options {
	class.Name, class.Rate = "c", 20
	o := options(s, sink, class)
	o.Duration = time.Second
	return o
}

// last is the last value of a counter.
func (r *recording) last(metric string) float64 {
	values := r.values(metric, sample.Labels{"class": "c"})
	if len(values) == 0 {
		return -1
	}
	return values[len(values)-1]
}

// The latency of a paged list is that of its pages together, each of which takes 20 ms here; the
// first byte is that of the first.
func TestPagedList(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{Protobuf, JSON} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			var received atomic.Int64
			s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				time.Sleep(20 * time.Millisecond)
				query := r.URL.Query()
				if query.Get("limit") != "7" || query.Get("labelSelector") != "a=b" || query.Has("resourceVersion") {
					w.WriteHeader(http.StatusBadRequest)
				}
				next := map[string]string{"": "one two", "one two": "3", "3": ""}[query.Get("continue")]
				body := page(t, next, 100, true)
				w.Header().Set("Content-Type", protobufType)
				if encoding == JSON {
					body = fmt.Appendf(nil, `{"metadata":{"continue":%q},"items":[{}]}`, next)
					w.Header().Set("Content-Type", jsonType)
				}
				received.Add(int64(len(body)))
				_, _ = w.Write(body)
			})
			sink := &recording{}
			class := readPods("c", 20)
			class.Mode, class.PageSize, class.LabelSelector, class.Encoding = Paged, 7, "a=b", encoding
			got := run(t, second(s, sink, class))["c"]
			s.check(t)
			if got.Sent != 20 || len(got.Failed) != 0 || s.load != 60 {
				t.Errorf("counts %+v and %d HTTP requests, want 20 lists of 3 pages", got, s.load)
			}
			if service := sink.distribution(sample.APIService, "c"); service.Count() != 20 || service.Min() < 0.06 {
				t.Errorf("%d lists, the shortest %v s, want 20 of at least 60 ms", service.Count(), service.Min())
			}
			if first := sink.distribution(sample.APIFirstByte, "c"); first.Count() != 20 || first.Min() < 0.02 {
				t.Errorf("%d first bytes, the first at %v s, want 20 at no less than 20 ms", first.Count(), first.Min())
			}
			if bytes := sink.last(sample.APIReceived); int64(bytes) != received.Load() {
				t.Errorf("%v bytes received, want %d", bytes, received.Load())
			}
		})
	}
}

// What goes wrong in the middle of an operation is the operation's failure.
func TestOperationsThatFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, mode string
		answer     func(w http.ResponseWriter, r *http.Request)
		kind       string
		code       string
	}{
		{"a token that expired", Paged, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("continue") {
				w.WriteHeader(http.StatusGone)
			}
			_, _ = io.WriteString(w, `{"metadata":{"continue":"x"}}`)
		}, ClientSide, "410"},
		{"a page that is none", Paged, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"metadata":`)
		}, Connection, "0"},
		{"an event of an error", WatchList, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"type":"ERROR","object":{"code":504}}`+"\n")
		}, Server, "504"},
		{"a refusal", WatchList, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}, ClientSide, "422"},
		{"a watch that ends", WatchList, func(http.ResponseWriter, *http.Request) {}, Connection, "0"},
		{"a watch without a bookmark", WatchList, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"type":"ADDED","object":{}}`+"\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, Timeout, "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) { test.answer(w, r) })
			sink := &recording{}
			class := readPods("c", 20)
			class.Mode = test.mode
			o := second(s, sink, class)
			o.Timeout = 2 * time.Second
			got := run(t, o)["c"]
			if diff := cmp.Diff(map[string]int64{test.kind: 20}, got.Failed); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
			if n := sink.distribution(sample.APIByCode, "c "+test.code).Count(); n != 20 {
				t.Errorf("%d requests of code %s, want 20", n, test.code)
			}
		})
	}
}

func TestTooManyPages(t *testing.T) {
	pages := 0
	o := operation{target: &targeter{class: Class{Verb: List, Mode: Paged}}, next: tripper(func(*http.Request) *http.Response {
		pages++
		body := io.NopCloser(strings.NewReader(`{"metadata":{"continue":"x"}}`))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}
	})}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://host/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := o.RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
		t.Fatal("a list without an end came to its end")
	}
	if !strings.Contains(err.Error(), errTooManyPages.Error()) || pages != maxPages+1 {
		t.Errorf("error %v after %d pages, want %v after %d", err, pages, errTooManyPages, maxPages+1)
	}
}

// A tripper answers requests by itself.
type tripper func(*http.Request) *http.Response

// RoundTrip answers.
func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r), nil }

// A watch list is read until the bookmark, 30 ms after its header here, and then closed.
func TestWatchList(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{Protobuf, JSON} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			var closed sync.WaitGroup
			s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				closed.Add(1)
				defer closed.Done()
				w.Header().Set("Content-Type", map[string]string{Protobuf: protobufType, JSON: jsonType}[encoding]+";stream=watch")
				_, _ = w.Write(frames(t, encoding == Protobuf, added, decoy, early))
				w.(http.Flusher).Flush()
				time.Sleep(30 * time.Millisecond)
				_, _ = w.Write(frames(t, encoding == Protobuf, end))
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			sink := &recording{}
			class := readPods("c", 20)
			class.Mode, class.Encoding = WatchList, encoding
			got := run(t, second(s, sink, class))["c"]
			closed.Wait() // Hangs if a watch is left open.
			if got.Sent != 20 || len(got.Failed) != 0 {
				t.Errorf("counts %+v, want 20 sent and none failed", got)
			}
			if service := sink.distribution(sample.APIService, "c"); service.Min() < 0.03 {
				t.Errorf("the shortest watch list took %v s, want 30 ms at least", service.Min())
			}
			want := 20 * len(frames(t, encoding == Protobuf, added, decoy, early, end))
			if got := sink.last(sample.APIReceived); int(got) != want {
				t.Errorf("%v bytes received, want %d", got, want)
			}
		})
	}
}

// A watch begins at the newest version, ends with its header, and after a 410 at a newer one.
func TestWatch(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	var mu sync.Mutex
	versions := map[string]int{}
	s := newServer(t, nil)
	s.script = func(_ int, w http.ResponseWriter, r *http.Request) {
		version := r.URL.Query().Get("resourceVersion")
		mu.Lock()
		versions[version]++
		mu.Unlock()
		if version == "101" {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	s.other = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("limit") == "1" {
			_, _ = fmt.Fprintf(w, `{"metadata":{"resourceVersion":"%d"},"items":[{}]}`, 100+looks.Add(1))
		}
	}
	sink := &recording{}
	class := readPods("c", 20)
	class.Verb, class.Name = Watch, "c"
	o := options(s, sink, class)
	o.Duration = 3 * time.Second
	got := run(t, o)["c"]
	s.check(t)
	if got.Sent != 60 || got.Failed[ClientSide] != int64(versions["101"]) || versions["101"] < 1 || versions["102"] < 1 {
		t.Errorf("counts %+v, versions %v, want 60 sent, those at 101 failed, and some at 102", got, versions)
	}
	if len(versions) != 2 || looks.Load() != 2 {
		t.Errorf("%d looks and versions %v, want one look in preparation and one after a 410", looks.Load(), versions)
	}
	if n := sink.distribution(sample.APIFirstByte, "c").Count(); n != 60 {
		t.Errorf("%d first bytes, want 60", n)
	}
}

func TestCodesAndRetryAfter(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n % 4 {
		case 0:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 1:
			w.Header().Set("Retry-After", "99999999")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.Header().Set("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")
			w.WriteHeader(http.StatusTooManyRequests)
		case 3:
			w.Header().Set("Retry-After", "7")
			w.Header().Set(firstByteHeader, "-1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	sink := &recording{}
	run(t, second(s, sink, readPods("c", 20)))
	pause := sink.distribution(sample.APIRetryAfter, "c")
	if pause.Count() != 10 || pause.Max() < 3600 || pause.Min() > 7 || pause.Min() < 6.9 {
		t.Errorf("%d pauses from %v to %v s, want 5 of 7 s and 5 of an hour", pause.Count(), pause.Min(), pause.Max())
	}
	for code, want := range map[string]int64{"429": 15, "503": 5} {
		if n := sink.distribution(sample.APIByCode, "c "+code).Count(); n != want {
			t.Errorf("%d requests of code %s, want %d", n, code, want)
		}
	}
	if n := sink.distribution(sample.APIFirstByte, "c").Count(); n != 20 {
		t.Errorf("%d first bytes, want 20", n)
	}
}

func TestCodesAreBounded(t *testing.T) {
	r := &recorder{byCode: map[string]*sample.Histogram{}}
	for code := range uint16(100) {
		r.code(code).Record(time.Millisecond)
	}
	if n := r.byCode[otherCodes].Count(); len(r.byCode) != maxCodes+1 || n != 100-maxCodes {
		t.Errorf("%d distributions with %d durations of other codes, want %d with %d", len(r.byCode), n, maxCodes+1, 100-maxCodes)
	}
}

// The objects of a class carry its payload, in its encoding, and patches do not.
func TestPayload(t *testing.T) {
	t.Parallel()
	const size = 10_000
	secrets := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	leases := schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}
	for _, test := range []struct {
		name  string
		class Class
		least int // Bytes of 20 request bodies.
	}{
		{"create", Class{Verb: Create, Resource: configMaps}, 20 * size},
		{"update", Class{Verb: Update, Resource: configMaps, Objects: 3, Encoding: JSON}, 20 * size},
		{"secrets", Class{Verb: Update, Resource: secrets, Objects: 3}, 20 * size},
		{"secrets in JSON", Class{Verb: Update, Resource: secrets, Objects: 3, Encoding: JSON},
			20 * base64.StdEncoding.EncodedLen(size)},
		{"annotations", Class{Verb: Update, Resource: serviceAccounts, Objects: 3}, 20 * size},
		{"patch", Class{Verb: Patch, Resource: leases, Objects: 3}, 20},
		{"apply", Class{Verb: Apply, Resource: leases, Objects: 3}, 20},
		{"get", Class{Verb: Get, Resource: leases, Objects: 3}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			var mu sync.Mutex
			var bodies [][]byte
			s.seen = func(r *http.Request, body []byte) {
				mu.Lock()
				defer mu.Unlock()
				if r.Method == http.MethodPost || r.Method == http.MethodPut {
					bodies = append(bodies, body)
				}
			}
			sink := &recording{}
			test.class.Scope, test.class.Size = ScopeResource, size
			run(t, second(s, sink, test.class))
			s.check(t)
			if len(bodies) < 3 {
				t.Errorf("%d objects were written, want 3 at least", len(bodies))
			}
			for _, body := range bodies {
				checkPayload(t, body, size, test.class.Encoding == JSON)
			}
			most := test.least + 20*500
			if sent := int(sink.last(sample.APISent)); sent < test.least || sent > most {
				t.Errorf("%d bytes sent, want %d to %d", sent, test.least, most)
			}
		})
	}
}

// checkPayload decodes an object as a server does and looks at its payload.
func checkPayload(t *testing.T, body []byte, size int, isJSON bool) {
	t.Helper()
	if isJSON == bytes.HasPrefix(body, []byte(wire.ProtobufMagic)) {
		t.Errorf("the object is not in the class's encoding: %.20q", body)
	}
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := payloadOf(t, object)
	if len(text) != size {
		t.Errorf("a payload of %d bytes, want %d", len(text), size)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = io.WriteString(writer, text)
	_ = writer.Close()
	if packed.Len() < size*7/10 {
		t.Errorf("%d bytes compress to %d: the payload is too regular", size, packed.Len())
	}
}

func payloadOf(t *testing.T, object runtime.Object) string {
	t.Helper()
	switch object := object.(type) {
	case *corev1.ConfigMap:
		return object.Data[payloadKey]
	case *corev1.Secret:
		return string(object.Data[payloadKey])
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		t.Fatal(err)
	}
	return metadata.GetAnnotations()[payloadAnnotation]
}
