// Package load sends open-loop request load to a Kubernetes API server: every request has an
// intended send time on a fixed schedule, whatever the answers to the others.
//
// Each class of requests is an attack of its own, with its own schedule, connections and
// limit of requests in flight, so that one slow class never delays another. A latency counts
// from the intended send time until the last byte of the response (api_request_seconds);
// beside it stand the time from the actual send (api_service_seconds) and the difference
// (api_send_lag_seconds). A failed request - timeout, 429, 5xx, 404, other 4xx, connection - counts
// as an error and also enters the distributions at its full time, as the wait was real and, but
// for the last, the answer was the server's. Refusals tend to be quick: where many requests fail,
// read the latencies together with the errors.
//
// A class that works on objects which others make, such as pods, takes the names of those that
// exist several times a second. An object that goes away between the choice of its name and the
// server's answer gives a 404, counted as not-found: it says that objects were short-lived, and
// nothing about the health of the server.
//
// Requests are what the control plane's own clients send: HTTP/2, Accept protobuf before
// JSON, no client-side rate limit, and protobuf bodies of create and update; Class.Encoding makes
// all of it JSON. Patches are small JSON documents. Response bodies are read to the end and
// thrown away.
//
// One request of a class may be several to the server: a paged list is all its pages, a watch list
// all its events up to the bookmark that ends the state. It has one latency, one code - the
// first that is a failure - and one first byte, that of the first answer (api_first_byte_seconds,
// of answers that came to their end). A watch ends with its header: it measures what the server
// needs to begin one, not the delivery of events, and an ERROR event after the header goes unseen.
//
// A watch begins at the newest resourceVersion, as that of an informer does that reconnects. It
// is looked up by a list of one object before the load, every 10 s during it, and when the
// server answers 410 (Gone), once a second at most. These few lists are not recorded.
//
//	attack, err := load.Prepare(ctx, options) // creates the objects that the classes work on
//	result, err := attack.Run(ctx)
//	err = attack.Cleanup(ctx)
package load

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load/pace"
)

// The limits of an attack.
const (
	// DefaultConnections is how many HTTP/2 connections a class has. An API server allows 100
	// to 250 concurrent requests on each; when all are taken, requests leave late, which the
	// send lag shows.
	DefaultConnections = 4
	// DefaultMaxInFlight is how many requests of a class may be unanswered. At the limit,
	// requests leave late, which the send lag and the achieved rate show.
	DefaultMaxInFlight = 10_000
	// MaxObjects is how many objects a class may create before the timed part; a delete
	// class needs one for each request.
	MaxObjects = 100_000
	// DefaultPageSize is the page size of client-go.
	DefaultPageSize = 500
	// maxNameLength leaves room in an object's name for the class and the object's number.
	maxNameLength = 40
)

// LoadLabel is on every object that a load creates, with Options.Name as its value.
const LoadLabel = "kubedyno.dev/load"

// The verbs and scopes of a Class.
const (
	Get    = "get"
	List   = "list"
	Create = "create"
	Update = "update"
	Patch  = "patch"
	Delete = "delete"

	// Apply is a server-side apply of an object of the class's own.
	Apply = "apply"
	// Watch is the start of a watch from the newest state, until the answer's header; the watch
	// is closed then.
	Watch = "watch"

	// Cached lets the server answer from its watch cache (resourceVersion=0).
	Cached = "cached"
	// Consistent asks for the newest state in one answer.
	Consistent = "consistent"
	// Paged asks for the newest state page by page; the latency is that of all pages.
	Paged = "paged"
	// WatchList asks for the state as the beginning of a watch; the latency is that until the
	// bookmark which says that all was sent.
	WatchList = "watch-list"

	MergePatch     = "merge"
	StrategicPatch = "strategic"
	JSONPatch      = "json"

	Protobuf = "protobuf"
	JSON     = "json"

	// Status, Scale and Token are the subresources that a class can be about.
	Status = "status"
	Scale  = "scale"
	Token  = "token"

	ScopeResource  = "resource"
	ScopeNamespace = "namespace"
	ScopeCluster   = "cluster"
)

// A Class is a stream of equal requests.
type Class struct {
	Name     string // The class label.
	Verb     string
	Resource schema.GroupVersionResource
	Global   bool    // The resource is in no namespace, as nodes are.
	Scope    string  // ScopeNamespace or ScopeCluster for list and watch, else ScopeResource.
	Rate     float64 // Requests per second.
	// Objects is how many objects of its own the class works on. It has no effect on
	// create and delete, nor on resources that need more than a name: of those it uses the
	// ones that exist.
	Objects int
	// Mode is how get and list read; see the constants. Empty means Cached. Get has no pages.
	Mode string
	// PageSize is how many objects a page of a paged list has; 0 means DefaultPageSize.
	PageSize int
	// LabelSelector and FieldSelector narrow list and watch.
	LabelSelector, FieldSelector string
	// PatchType is how patch changes objects; see the constants. Empty means MergePatch. JSONPatch
	// is for objects of the class's own, StrategicPatch for all but custom resources.
	PatchType string
	// Size is how many bytes of payload each of the class's own objects carries, and so each
	// body of create and update: at most MaxSize in configmaps and secrets, as data, and
	// MaxAnnotationSize in others, as an annotation. The payload is random text.
	Size int
	// Encoding is that of answers, and of the bodies of create and update; see the constants.
	// Empty means Protobuf. Patches are JSON or YAML in any case, and so are custom resources.
	Encoding string
	// Subresource is what the requests are about in place of whole objects; see the constants.
	Subresource string
	// Manifest returns the class's own object of that index, for resources whose objects need more
	// than a name: without a name and a namespace, new at each call, and safe for concurrent use.
	// It may be nil.
	Manifest func(index int) map[string]any
	// Users are whom the requests are sent as; nil means the user of Options.Config.
	Users *Users
}

// Options describe one load action.
type Options struct {
	Config    *rest.Config // The server and the credentials. Its rate limits have no effect.
	Namespace string
	Name      string // A DNS label of at most 40 characters, unique in the run.
	Classes   []Class
	Duration  time.Duration
	Pace      pace.Shape    // How the classes' rates change; nil means that they do not.
	Arrivals  pace.Arrivals // Evenly spaced or at random.
	Timeout   time.Duration // The longest a request may take.
	Phase     string
	Labels    map[string]string // Put on every object created.
	Seed      uint64            // Spreads the classes' first requests.
	// Names returns the names of the existing objects of a resource in the namespace, such
	// as pods. It is called up to ten times a second for the classes that create none.
	Names func(schema.GroupVersionResource) []string
	// Answered, if there is one, is told of every answer to an update, by one
	// goroutine for each class. It must not block, as the recording of the class waits for it.
	Answered func(Answer)
	Clock    sample.Clock
	Sink     sample.Sink

	Connections int // Per class; 0 means DefaultConnections.
	MaxInFlight int // Per class; 0 means DefaultMaxInFlight.
}

// A Result counts the requests of a load.
type Result struct{ Classes []ClassResult }

// A ClassResult counts the requests of one class:
// Scheduled = Sent + Unsent unless the load was interrupted, and
// Sent = succeeded + all of Failed + Interrupted.
type ClassResult struct {
	Name        string
	Scheduled   int64
	Sent        int64
	Unsent      int64            // Could not be sent within Timeout of the end.
	Interrupted int64            // Were in flight when the load was interrupted; not recorded.
	Failed      map[string]int64 // By kind; those unsent are among them.
}

// withDefaults fills in what was left at zero and refuses what cannot run.
func (o Options) withDefaults() (Options, error) {
	if o.Connections == 0 {
		o.Connections = DefaultConnections
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = DefaultMaxInFlight
	}
	switch {
	case o.Config == nil || o.Sink == nil:
		return o, errors.New("load: Config and Sink are required")
	case len(o.Classes) == 0:
		return o, errors.New("load: no classes of requests; name at least one")
	case o.Duration <= 0 || o.Timeout <= 0:
		return o, fmt.Errorf("load: duration %s and timeout %s must be positive", o.Duration, o.Timeout)
	case len(o.Name) > maxNameLength || len(validation.IsDNS1123Label(o.Name)) > 0:
		return o, fmt.Errorf("load: %q is not a DNS label of at most %d characters", o.Name, maxNameLength)
	}
	var faults []error
	classes := make([]Class, len(o.Classes)) // The caller's stay as they are.
	for i, class := range o.Classes {
		if err := class.check(); err != nil {
			faults = append(faults, fmt.Errorf("load class %q: %w", class.Name, err))
		}
		classes[i] = class.withDefaults()
	}
	o.Classes = classes
	return o, errors.Join(faults...)
}

// labels are the labels of a class's records; the map is new, as it belongs to the Sink.
func (c Class) labels(phase string) sample.Labels {
	return sample.Labels{
		"class":    c.Name,
		"verb":     c.Verb,
		"resource": c.label(),
		"scope":    c.Scope,
		"phase":    phase,
	}
}
