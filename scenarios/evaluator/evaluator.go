// Package evaluator says what objects take of a ResourceQuota, by the rules of the API server's own
// evaluators of quotas in Kubernetes 1.37 (k8s.io/kubernetes/pkg/quota/v1/evaluator/core and
// k8s.io/apiserver/pkg/quota/v1/generic). It is pure and shares no code with them, so that what it
// counts can be held against what they count.
package evaluator

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The resources whose objects take more than one of a count.
var (
	Pods     = schema.GroupResource{Resource: "pods"}
	Services = schema.GroupResource{Resource: "services"}
	Claims   = schema.GroupResource{Resource: "persistentvolumeclaims"}
	// DeviceClaims are those of dynamic resource allocation.
	DeviceClaims = schema.GroupResource{Group: "resource.k8s.io", Resource: "resourceclaims"}
)

// Unknown is why a resource is not counted whose rule is not implemented here: extended resources by
// their device class, and what the API server itself does not count.
const Unknown = "unknown"

const (
	countPrefix        = "count/"
	requestsPrefix     = corev1.DefaultResourceRequestsPrefix
	limitsPrefix       = "limits."
	storageClassSuffix = ".storageclass.storage.k8s.io/"
)

// A Tally counts what the objects of a namespace take of one quota. It is given every object of the
// resources that it asks for, and not concurrently.
type Tally struct {
	scopes    []corev1.ScopedResourceSelectorRequirement
	now       time.Time
	used      corev1.ResourceList
	about     map[corev1.ResourceName]schema.GroupResource
	uncounted map[corev1.ResourceName]string
}

// NewTally begins to count for a quota. At now, in the API server's time, it is decided which pods
// should have ended long ago.
func NewTally(quota corev1.ResourceQuotaSpec, now time.Time) *Tally {
	t := &Tally{scopes: scopesOf(quota), now: now, used: corev1.ResourceList{},
		about: map[corev1.ResourceName]schema.GroupResource{}, uncounted: map[corev1.ResourceName]string{}}
	for name := range quota.Hard {
		of, known := objectsOf(string(name))
		if !known {
			t.uncounted[name] = Unknown
			continue
		}
		t.about[name] = of
		t.used[name] = resource.Quantity{}
	}
	return t
}

// objectsOf returns the resource whose objects take of a quota's resource.
func objectsOf(name string) (of schema.GroupResource, known bool) {
	if counted, ok := strings.CutPrefix(name, countPrefix); ok {
		of = schema.ParseGroupResource(counted)
		return of, of.Resource != "events" // There are too many; the API server counts none (pkg/quota/v1/install).
	}
	if _, storage, ok := strings.Cut(name, storageClassSuffix); ok {
		return Claims, storage == "persistentvolumeclaims" || storage == "requests.storage"
	}
	if strings.HasSuffix(name, corev1.ResourceClaimsPerClass) {
		return DeviceClaims, true
	}
	switch name {
	case "services", "services.nodeports", "services.loadbalancers":
		return Services, true
	case "persistentvolumeclaims", "requests.storage":
		return Claims, true
	case "configmaps", "secrets", "resourcequotas", "replicationcontrollers":
		return schema.GroupResource{Resource: name}, true
	case "pods":
		return Pods, true
	}
	return Pods, ofPods(name)
}

// ofPods reports whether containers state amounts of a quota's resource.
func ofPods(name string) bool {
	if limited, ok := strings.CutPrefix(name, limitsPrefix); ok {
		return native(limited)
	}
	requested, prefixed := strings.CutPrefix(name, requestsPrefix)
	return native(requested) || strings.HasPrefix(requested, corev1.ResourceHugePagesPrefix) || prefixed && extended(requested)
}

func native(name string) bool {
	return name == "cpu" || name == "memory" || name == "ephemeral-storage"
}

// extended reports whether a resource is one of a device plugin. Those of device classes are in a
// domain of Kubernetes itself.
func extended(name string) bool {
	return strings.Contains(name, "/") && !strings.Contains(name, corev1.ResourceDefaultNamespacePrefix)
}

// Asks returns the resources whose objects are to be counted, in a fixed order.
func (t *Tally) Asks() []schema.GroupResource {
	var all []schema.GroupResource
	for _, of := range t.about {
		if !slices.Contains(all, of) {
			all = append(all, of)
		}
	}
	slices.SortFunc(all, func(a, b schema.GroupResource) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// Forget gives up to count objects of a resource, for a reason of one word.
func (t *Tally) Forget(of schema.GroupResource, reason string) {
	for name, about := range t.about {
		if about == of {
			delete(t.about, name)
			delete(t.used, name)
			t.uncounted[name] = reason
		}
	}
}

// Pod counts a pod.
func (t *Tally) Pod(pod *corev1.Pod) {
	if podInScopes(t.scopes, pod) {
		t.add(podUsage(pod, t.now))
	}
}

// Service counts a service. A quota with scopes counts none.
func (t *Tally) Service(service *corev1.Service) {
	if len(t.scopes) == 0 {
		t.add(serviceUsage(service))
	}
}

// Claim counts a PersistentVolumeClaim.
func (t *Tally) Claim(claim *corev1.PersistentVolumeClaim) {
	if claimInScopes(t.scopes, claim) {
		t.add(claimUsage(claim))
	}
}

// DeviceClaim counts a ResourceClaim. A quota with scopes counts none.
func (t *Tally) DeviceClaim(claim *resourcev1.ResourceClaim) {
	if len(t.scopes) == 0 {
		t.add(deviceUsage(claim))
	}
}

// Objects counts n objects of a resource that take nothing but a count. A quota with scopes counts
// none.
func (t *Tally) Objects(of schema.GroupResource, n int64) {
	if len(t.scopes) > 0 {
		return
	}
	for name, about := range t.about {
		if about == of {
			t.used[name] = *resource.NewQuantity(n, resource.DecimalSI)
		}
	}
}

// Used returns what the objects so far take of every resource that is counted, 0 included. It is the
// Tally's own.
func (t *Tally) Used() corev1.ResourceList { return t.used }

// Uncounted returns why resources of the quota are not counted. It is the Tally's own.
func (t *Tally) Uncounted() map[corev1.ResourceName]string { return t.uncounted }

// add adds what the quota is about.
func (t *Tally) add(usage corev1.ResourceList) {
	for name, amount := range usage {
		if sum, counted := t.used[name]; counted {
			sum.Add(amount)
			t.used[name] = sum
		}
	}
}

// one is what an object takes of a count.
func one() resource.Quantity { return *resource.NewQuantity(1, resource.DecimalSI) }
