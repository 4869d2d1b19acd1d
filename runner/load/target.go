package load

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// The media types of requests and responses.
const (
	protobufType       = wire.ProtobufType
	jsonType           = wire.JSONType
	acceptTypes        = wire.AcceptTypes
	mergePatchType     = "application/merge-patch+json"
	strategicPatchType = "application/strategic-merge-patch+json"
	jsonPatchType      = "application/json-patch+json"
	applyType          = "application/apply-patch+yaml"
)

// How often the names of objects that others make are looked up. On a fleet so large that a
// look takes long, the pause is refreshRest times as long, so that it costs 2% of a core at most.
const (
	refreshInterval = 100 * time.Millisecond
	refreshRest     = 50
)

// applyQuery takes over fields that others own, as the harness's own create does.
const applyQuery = "fieldManager=kubedyno&force=true"

// A targeter makes the requests of one class. It is safe for concurrent use.
type targeter struct {
	class     Class
	base      url.URL // Of the server and the group and version.
	namespace string
	labels    map[string]string
	prefix    string // Of the names of the class's own objects.
	payload   string // That of each of the class's own objects.
	names     atomic.Pointer[[]string]
	version   atomic.Pointer[string] // The newest resourceVersion that is known, for watches.
	tooOld    chan struct{}          // Holds a wish for a newer version.
	kind      kind                   // Of the class's own objects; no name if it makes none.
	flows     map[string]flow        // By the UID of the flow schema.
	sent      atomic.Uint64
	traffic   traffic
}

// newTargeter makes the targeter of the class with that index.
func newTargeter(o Options, index int) (*targeter, error) {
	class := o.Classes[index]
	base, err := wire.ServerURL(o.Config, class.Resource.GroupVersion())
	if err != nil {
		return nil, err
	}
	t := &targeter{
		class:     class,
		base:      base,
		namespace: o.Namespace,
		labels:    map[string]string{LoadLabel: o.Name},
		prefix:    ObjectPrefix(o.Name, index),
		payload:   payload(class.Size, index),
		tooOld:    make(chan struct{}, 1),
	}
	if class.Global {
		t.namespace = ""
	}
	for name, value := range o.Labels {
		t.labels[name] = value
	}
	t.names.Store(&[]string{})
	t.version.Store(new(string))
	t.kind, _ = class.ownKind()
	return t, t.checkKind()
}

// owns reports whether the class works on objects that it makes itself.
func (t *targeter) owns() bool { return t.kind.name != "" }

// name is that of the class's own object of an index.
func (t *targeter) name(index int) string { return fmt.Sprintf("%s-%d", t.prefix, index) }

// url is the address of a collection (name is empty) or of one object.
func (t *targeter) url(namespace, name, query string) string {
	address := t.base
	if namespace != "" {
		address.Path = path.Join(address.Path, "namespaces", namespace)
	}
	address.Path = path.Join(address.Path, t.class.Resource.Resource, name)
	address.RawQuery = query
	return address.String()
}

// next is vegeta's Targeter. It never returns an error, as that would end the attack.
func (t *targeter) next(target *vegeta.Target) error {
	*target = t.request(t.sent.Add(1) - 1)
	return nil
}

// request makes request seq.
func (t *targeter) request(seq uint64) vegeta.Target {
	target := t.operation(seq)
	t.class.Users.impersonate(target.Header, seq)
	return target
}

// operation makes request seq, without its user. Objects are taken in turn; a delete takes each
// one only once.
func (t *targeter) operation(seq uint64) vegeta.Target {
	name, index := "", 0
	if names := *t.names.Load(); len(names) > 0 {
		index = int(seq % uint64(len(names)))
		name = names[index]
	}
	if t.class.Subresource != "" {
		return t.part(seq, index, name)
	}
	address := t.url(t.namespace, name, "")
	revision := strconv.FormatUint(seq+1, 10)
	switch t.class.Verb {
	case Get:
		return t.plain(http.MethodGet, t.url(t.namespace, name, t.readQuery()))
	case List, Watch:
		return t.plain(http.MethodGet, t.url(t.collection(), "", t.readQuery()))
	case Create:
		return t.create(int(seq))
	case Update:
		target := t.write(http.MethodPut, address, t.bodyType(), t.object(index, revision))
		target.Header.Set(revisionHeader, revision)
		return target
	case Patch:
		contentType, body := t.patch(revision)
		return t.write(http.MethodPatch, address, contentType, body)
	case Apply:
		return t.write(http.MethodPatch, t.url(t.namespace, name, applyQuery), applyType, t.applied(index, revision))
	case Delete:
		return t.plain(http.MethodDelete, address)
	}
	panic("load: unchecked verb " + t.class.Verb)
}

// collection is the namespace that a list or watch is for; empty for all of them.
func (t *targeter) collection() string {
	if t.class.Scope == ScopeCluster {
		return ""
	}
	return t.namespace
}

// create is the request that makes one of the class's own objects.
func (t *targeter) create(index int) vegeta.Target {
	return t.write(http.MethodPost, t.url(t.namespace, "", ""), t.bodyType(), t.object(index, "0"))
}

// deleteAll is the request that removes every object that the load made of this resource.
func (t *targeter) deleteAll() vegeta.Target {
	query := url.Values{"labelSelector": {LoadLabel + "=" + t.labels[LoadLabel]}}
	return t.plain(http.MethodDelete, t.url(t.namespace, "", query.Encode()))
}

func (t *targeter) plain(method, address string) vegeta.Target {
	accept := acceptTypes
	if t.class.Encoding == JSON {
		accept = jsonType
	}
	return vegeta.Target{Method: method, URL: address, Header: http.Header{"Accept": {accept}}}
}

// bodyType is the media type of the class's own objects.
func (t *targeter) bodyType() string {
	if t.class.Encoding == JSON {
		return jsonType
	}
	return protobufType
}

func (t *targeter) write(method, address, contentType string, body []byte) vegeta.Target {
	target := t.plain(method, address)
	target.Body = body
	target.Header.Set("Content-Type", contentType)
	return target
}

// follow keeps the names of the objects that others make up to date until ctx ends.
func (t *targeter) follow(ctx context.Context, names func(schema.GroupVersionResource) []string) {
	if t.owns() || t.class.ofMany() || names == nil {
		return
	}
	timer := time.NewTimer(refreshInterval)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			began := time.Now()
			t.refresh(names(t.class.Resource))
			timer.Reset(max(refreshInterval, refreshRest*time.Since(began)))
		case <-ctx.Done():
			return
		}
	}
}

// refresh takes over the names of the objects that exist; none is no news, as a request
// needs a name.
func (t *targeter) refresh(existing []string) {
	if len(existing) > 0 {
		names := slices.Clone(existing)
		t.names.Store(&names)
	}
}
