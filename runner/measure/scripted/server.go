package scripted

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

// kinds of the collections that a Server has.
var kinds = map[string]string{"pods": "Pod", "nodes": "Node", "configmaps": "ConfigMap", "deployments": "Deployment",
	"horizontalpodautoscalers": "HorizontalPodAutoscaler", "storageclasses": "StorageClass", "csinodes": "CSINode",
	"persistentvolumeclaims": "PersistentVolumeClaim", "volumeattachments": "VolumeAttachment"}

// A Server keeps collections of objects and lets clients list and watch them, also with the
// state as initial events, create them, and merge-patch the data of ConfigMaps.
type Server struct {
	// Config is the address of the server and the authority of its certificate.
	Config *rest.Config

	options  Options
	clock    sample.Clock
	listener *httptest.Server

	mu             sync.Mutex
	changed        *sync.Cond
	version        int
	objects        map[string]Object // By path.
	history        []event
	oldest         int // A watch from before this version is refused as expired.
	epoch          int // Watches of an earlier epoch end.
	down, stalled  bool
	watches, lists int
	sent           []Sent
}

type event struct {
	version    int
	collection string
	Type       string `json:"type"`
	Object     Object `json:"object"`
}

// NewServer starts a server on loopback that notes what it sends by the clock. Close it.
func NewServer(clock sample.Clock, options Options) *Server {
	s := &Server{clock: clock, options: options, objects: map[string]Object{}}
	s.changed = sync.NewCond(&s.mu)
	s.listener = httptest.NewUnstartedServer(s)
	s.listener.EnableHTTP2 = true
	s.listener.Config.ErrorLog = log.New(io.Discard, "", 0) // Clients that leave are no news.
	s.listener.StartTLS()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.listener.Certificate().Raw})
	s.Config = &rest.Config{Host: s.listener.URL, TLSClientConfig: rest.TLSClientConfig{CAData: ca},
		ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
	return s
}

// Close ends the server and with it every watch.
func (s *Server) Close() {
	s.Cut()
	s.listener.CloseClientConnections()
	s.listener.Close()
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch query := r.URL.Query(); {
	case s.down:
		fail(w, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests)
	case r.Method == http.MethodPost:
		reply(w, s.put(r.URL.Path, decode(r.Body)))
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
func (s *Server) patch(w http.ResponseWriter, r *http.Request) {
	var change Object
	_ = json.NewDecoder(r.Body).Decode(&change)
	o := s.objects[r.URL.Path]
	if o == nil {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	o = clone(o)
	for key, value := range change["data"].(Object) {
		o["data"].(Object)[key] = value
	}
	reply(w, s.put(path.Dir(r.URL.Path), o))
}

func (s *Server) list(collection string) Object {
	items := []any{}
	for key, o := range s.objects {
		if path.Dir(key) == collection {
			items = append(items, o)
		}
	}
	return Object{"kind": kinds[path.Base(collection)] + "List", "apiVersion": apiVersion(collection),
		"items": items, "metadata": Object{"resourceVersion": strconv.Itoa(s.version)}}
}

func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	query, collection := r.URL.Query(), r.URL.Path
	initial := query.Get("sendInitialEvents") == "true"
	from, _ := strconv.Atoi(query.Get("resourceVersion"))
	switch {
	case initial && s.options.NoInitialEvents:
		fail(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
		return
	case !initial && from < s.oldest:
		fail(w, http.StatusGone, metav1.StatusReasonExpired)
		return
	}
	s.watches++
	next := len(s.history)
	var first []event
	if initial {
		for key, o := range s.objects {
			if path.Dir(key) == collection {
				version, _ := strconv.Atoi(o["metadata"].(Object)["resourceVersion"].(string))
				first = append(first, event{version, collection, "ADDED", clone(o)})
			}
		}
		first = append(first, event{s.version, collection, "BOOKMARK", bookmark(collection, s.version, true)})
	} else {
		for next > 0 && s.history[next-1].version > from {
			next--
		}
	}
	s.stream(w, r, first, next)
}

// stream sends first and then what is in the history from there on, until the client goes or the
// watch is cut.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, first []event, next int) {
	defer context.AfterFunc(r.Context(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})()
	epoch := s.epoch
	over := func() bool { return s.epoch != epoch || r.Context().Err() != nil }
	_ = http.NewResponseController(w).Flush() // The header: the client knows that it is heard.
	for _, e := range first {
		s.send(w, e, true)
	}
	for !over() {
		if s.stalled || next == len(s.history) {
			s.changed.Wait()
			continue
		}
		e := s.history[next]
		next++
		if e.collection != r.URL.Path || e.version < s.oldest {
			continue
		}
		s.pause(s.options.Lag)
		s.send(w, e, false)
		if e.Type == "ERROR" {
			return
		}
	}
}

// send writes an event and notes when; s.mu is not held meanwhile.
func (s *Server) send(w http.ResponseWriter, e event, initial bool) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	s.sent = append(s.sent, Sent{Type: e.Type, Collection: e.collection, Name: nameOf(e.Object),
		Version: e.version, Initial: initial, Began: s.clock.Now()})
	n := len(s.sent) - 1
	s.mu.Unlock()
	_, _ = w.Write(append(line, '\n'))
	_ = http.NewResponseController(w).Flush()
	s.mu.Lock()
	s.sent[n].Flushed = s.clock.Now()
}

// pause waits without holding s.mu.
func (s *Server) pause(d time.Duration) {
	if d > 0 {
		s.mu.Unlock()
		time.Sleep(d)
		s.mu.Lock()
	}
}

func bookmark(collection string, version int, endsInitial bool) Object {
	metadata := Object{"resourceVersion": strconv.Itoa(version)}
	if endsInitial {
		metadata["annotations"] = Object{metav1.InitialEventsAnnotationKey: "true"}
	}
	return Object{"kind": kinds[path.Base(collection)], "apiVersion": apiVersion(collection), "metadata": metadata}
}

func expired() Object {
	return Object{"kind": "Status", "apiVersion": "v1", "status": metav1.StatusFailure,
		"code": http.StatusGone, "reason": string(metav1.StatusReasonExpired), "message": "too old resource version"}
}

// apiVersion reads the group and version out of /api/v1/... or /apis/group/version/...
func apiVersion(collection string) string {
	parts := strings.Split(strings.Trim(collection, "/"), "/")
	if parts[0] == "apis" && len(parts) > 2 {
		return parts[1] + "/" + parts[2]
	}
	return "v1"
}

// nameOf returns an object's name; empty for what has none, such as a bookmark.
func nameOf(o Object) string {
	metadata, _ := o["metadata"].(Object)
	name, _ := metadata["name"].(string)
	return name
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
func decode(body io.Reader) Object {
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

func clone(o Object) Object {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	var copied Object
	if err := json.Unmarshal(data, &copied); err != nil {
		panic(err)
	}
	return copied
}
