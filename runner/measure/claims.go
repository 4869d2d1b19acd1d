package measure

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/results/sample"
)

// nodeClaims are Karpenter's orders of nodes (https://karpenter.sh/docs/concepts/nodeclaims).
var nodeClaims = schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodeclaims"}

// providerPrefix is before the name of the node in the provider ID of a NodeClaim that has been launched
// (https://github.com/kubernetes-sigs/karpenter, kwok/cloudprovider/cloudprovider.go, v1.14).
const providerPrefix = "kwok://"

// claim is what is kept of a NodeClaim.
type claim struct {
	pool, phase string
	at          sample.Offset // When it was first seen.
	node        string        // Empty until it has been launched.
}

// watchClaims watches NodeClaims, if there are any to watch.
func (e *Elastic) watchClaims(ctx context.Context) error {
	if e.options.Claims == nil {
		return nil
	}
	const what = "node claims"
	lw := listWatch(e.options.Claims.Resource(nodeClaims), labelled(e.options.Selector))
	e.claims = follow(ctx, e.options.Run, what, lw, &unstructured.Unstructured{}, elasticClaims{e})
	return e.claims.waitSynced(ctx, what)
}

func (e *Elastic) stopClaims() {
	if e.claims != nil {
		e.claims.stop()
	}
}

// elasticClaims takes the NodeClaims for an Elastic.
type elasticClaims struct{ *Elastic }

// Add takes a claim that is new, or new to this watch.
func (e elasticClaims) Add(object any) error { return e.Update(object) }

// Update takes a claim that has changed.
func (e elasticClaims) Update(object any) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.claim(object.(*unstructured.Unstructured), now)
	return nil
}

// Delete takes a claim that is gone.
func (e elasticClaims) Delete(object any) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unclaimed(object.(*unstructured.Unstructured).GetUID(), now)
	return nil
}

// Replace takes the state of everything.
func (e elasticClaims) Replace(list []any, _ string) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	present := make(map[types.UID]bool, len(list))
	for _, object := range list {
		seen := object.(*unstructured.Unstructured)
		present[seen.GetUID()] = true
		e.claim(seen, now)
	}
	for uid := range e.claimed {
		if !present[uid] {
			e.unclaimed(uid, now)
		}
	}
	return nil
}

// claim brings a claim up to date. It is an order from when it is first seen; which node it is of, and what
// that costs, is known from when it has been launched.
func (e *Elastic) claim(seen *unstructured.Unstructured, now sample.Offset) {
	labels := seen.GetLabels()
	pool := intern(labels[fleet.PoolLabel])
	if e.counts[pool] == nil {
		return
	}
	known := e.claimed[seen.GetUID()]
	if known == nil {
		known = &claim{pool: pool, phase: intern(e.options.phase()), at: now}
		e.claimed[seen.GetUID()] = known
	}
	id, _, _ := unstructured.NestedString(seen.Object, "status", "providerID")
	if known.node != "" || id == "" {
		return
	}
	e.accrue(now)
	known.node = strings.TrimPrefix(id, providerPrefix)
	e.placed(known.node, order{pool: pool, phase: known.phase, at: known.at, price: e.priceOf(pool, labels)})
}

// unclaimed takes a claim that is gone. Unless its node was there it has failed.
func (e *Elastic) unclaimed(uid types.UID, now sample.Offset) {
	known := e.claimed[uid]
	if known == nil {
		return
	}
	delete(e.claimed, uid)
	e.accrue(now)
	if _, waits := e.ordered[known.node]; waits || known.node == "" {
		e.failed(known.pool, known.node)
	}
}
