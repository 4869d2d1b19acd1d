package load

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// revisionAnnotation is what update and patch change, so that no write is without effect:
// the server skips those.
const revisionAnnotation = "kubedyno.dev/revision"

// The media types of requests and responses.
const (
	acceptTypes = "application/vnd.kubernetes.protobuf,application/json"
	jsonType    = "application/json"
	patchType   = "application/merge-patch+json"
)

// How often the names of objects that others make are looked up. On a fleet so large that a
// look takes long, the pause is refreshRest times as long, so that it costs 2% of a core at most.
const (
	refreshInterval = 100 * time.Millisecond
	refreshRest     = 50
)

// A kind is a namespaced kind whose objects need nothing but a name.
type kind struct {
	name      string
	versioned bool // The server refuses to replace it without a resourceVersion.
}

// kinds are the resources of which a class makes objects of its own.
var kinds = map[schema.GroupResource]kind{
	{Resource: "configmaps"}:                                {name: "ConfigMap"},
	{Resource: "secrets"}:                                   {name: "Secret"},
	{Resource: "serviceaccounts"}:                           {name: "ServiceAccount"},
	{Group: "rbac.authorization.k8s.io", Resource: "roles"}: {name: "Role"},
	{Group: "coordination.k8s.io", Resource: "leases"}:      {name: "Lease", versioned: true},
}

// A targeter makes the requests of one class. It is safe for concurrent use.
type targeter struct {
	class     Class
	base      url.URL // Of the server and the group and version.
	namespace string
	labels    map[string]string
	prefix    string // Of the names of the class's own objects.
	names     atomic.Pointer[[]string]
	sent      atomic.Uint64
}

// newTargeter makes the targeter of the class with that index.
func newTargeter(o Options, index int) (*targeter, error) {
	class := o.Classes[index]
	tlsConfig, err := rest.TLSConfigFor(o.Config)
	if err != nil {
		return nil, fmt.Errorf("read the TLS settings of %s: %w", o.Config.Host, err)
	}
	apiPath := "/apis"
	if class.Resource.Group == "" {
		apiPath = "/api"
	}
	base, versioned, err := rest.DefaultServerURL(o.Config.Host, apiPath,
		class.Resource.GroupVersion(), tlsConfig != nil)
	if err != nil {
		return nil, fmt.Errorf("read the server's address: %w", err)
	}
	t := &targeter{
		class:     class,
		base:      *base,
		namespace: o.Namespace,
		labels:    map[string]string{LoadLabel: o.Name},
		prefix:    fmt.Sprintf("%s-%d", o.Name, index),
	}
	if class.Global {
		t.namespace = ""
	}
	t.base.Path = path.Join("/", base.Path, versioned)
	for name, value := range o.Labels {
		t.labels[name] = value
	}
	t.names.Store(&[]string{})
	return t, nil
}

// owns reports whether the class works on objects that it makes itself.
func (t *targeter) owns() bool {
	_, ok := kinds[t.class.Resource.GroupResource()]
	return ok
}

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

// request makes request seq. Objects are taken in turn; a delete takes each one only once.
func (t *targeter) request(seq uint64) vegeta.Target {
	name := ""
	if names := *t.names.Load(); len(names) > 0 {
		name = names[seq%uint64(len(names))]
	}
	switch t.class.Verb {
	case Get:
		return t.plain(http.MethodGet, t.url(t.namespace, name, t.freshness()))
	case List:
		namespace := t.namespace
		if t.class.Scope == ScopeCluster {
			namespace = ""
		}
		return t.plain(http.MethodGet, t.url(namespace, "", t.freshness()))
	case Create:
		return t.create(fmt.Sprintf("%s-%d", t.prefix, seq))
	case Update:
		body := t.object(name, map[string]string{revisionAnnotation: fmt.Sprint(seq)})
		return t.write(http.MethodPut, t.url(t.namespace, name, ""), jsonType, body)
	case Patch:
		body := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"%d"}}}`, revisionAnnotation, seq)
		return t.write(http.MethodPatch, t.url(t.namespace, name, ""), patchType, body)
	case Delete:
		return t.plain(http.MethodDelete, t.url(t.namespace, name, ""))
	}
	panic("load: unchecked verb " + t.class.Verb)
}

// freshness is the query of a read.
func (t *targeter) freshness() string {
	if t.class.Mode == Consistent {
		return ""
	}
	return "resourceVersion=0"
}

// create is the request that makes one of the class's own objects.
func (t *targeter) create(name string) vegeta.Target {
	return t.write(http.MethodPost, t.url(t.namespace, "", ""), jsonType, t.object(name, nil))
}

// deleteAll is the request that removes every object that the load made of this resource.
func (t *targeter) deleteAll() vegeta.Target {
	query := url.Values{"labelSelector": {LoadLabel + "=" + t.labels[LoadLabel]}}
	return t.plain(http.MethodDelete, t.url(t.namespace, "", query.Encode()))
}

func (t *targeter) plain(method, address string) vegeta.Target {
	return vegeta.Target{Method: method, URL: address, Header: http.Header{"Accept": {acceptTypes}}}
}

func (t *targeter) write(method, address, contentType string, body []byte) vegeta.Target {
	target := t.plain(method, address)
	target.Body = body
	target.Header.Set("Content-Type", contentType)
	return target
}

// object renders one of the class's own objects.
func (t *targeter) object(name string, annotations map[string]string) []byte {
	metadata := map[string]any{"name": name, "namespace": t.namespace, "labels": t.labels}
	if annotations != nil {
		metadata["annotations"] = annotations
	}
	body, err := json.Marshal(map[string]any{
		"apiVersion": t.class.Resource.GroupVersion().String(),
		"kind":       kinds[t.class.Resource.GroupResource()].name,
		"metadata":   metadata,
	})
	if err != nil {
		panic(fmt.Sprintf("load: strings and maps cannot be written as JSON: %v", err))
	}
	return body
}

// follow keeps the names of the objects that others make up to date until ctx ends.
func (t *targeter) follow(ctx context.Context, names func(schema.GroupVersionResource) []string) {
	if t.owns() || t.class.Verb == List || names == nil {
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
