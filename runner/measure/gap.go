package measure

import (
	"context"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A gap is an interruption of a watch that went on from where it was: no change is lost, but those of
// the gap come later than they could have, by no more than the time from its beginning until they are
// seen. Which these are, resource versions say.
type gap struct {
	// from is when the interrupted watch ended. If it went with its connection, which may have been
	// dead for long, it is when the watch last brought something.
	from sample.Offset
	// since is when the watch last brought something: what comes now, happened after that.
	since sample.Offset
	// upTo is the version of the answer to a request that was sent when the next watch had begun. What
	// is newer happened after that and was not late. nil until the answer is there.
	upTo atomic.Pointer[string]
}

// compare orders a version and the newest of the gap. What cannot be told yet counts as of the gap.
func (g *gap) compare(version string) int {
	upTo := g.upTo.Load()
	if upTo == nil {
		return -1
	}
	order, err := resourceversion.CompareResourceVersion(version, *upTo)
	if err != nil {
		return -1
	}
	return order
}

// resume begins a gap, or goes on with one of which changes are still to come. The server's word that a
// watch is over comes in order with its changes, so that the connection by which it came was alive
// then; that it was, the next watch shows, which comes by the same.
func (f *following) resume(ctx context.Context, s *stream) {
	f.run.Relists.resume()
	g := &gap{from: f.alive, since: f.alive}
	if s.connection != nil && s.connection == f.ended.connection {
		g.from = f.ended.at
	}
	if f.gap != nil {
		g.from, g.since = f.gap.from, f.gap.since
	}
	f.gap = g
	f.done.Go(func() { f.bound(ctx, g) })
}

// bound finds out how far a gap goes. It tries until ctx ends.
func (f *following) bound(ctx context.Context, g *gap) {
	for failures := 0; ctx.Err() == nil; failures++ {
		_ = pause(ctx, retryPause(failures+1))
		list, err := f.source.ListWithContext(ctx, metav1.ListOptions{Limit: 1})
		if err != nil {
			continue
		}
		if described, err := meta.ListAccessor(list); err == nil {
			version := described.GetResourceVersion()
			g.upTo.Store(&version)
			return
		}
	}
}

// late reports whether a change is seen so late, as its watch was interrupted, that this must be marked;
// and since when it may have happened. A delay that watch lag may have is recorded as watch lag.
func (f *following) late(version string, now sample.Offset) (late bool, since sample.Offset) {
	if f.gap == nil {
		return false, 0
	}
	if f.gap.compare(version) > 0 {
		f.gap = nil
		return false, 0
	}
	delay := duration(f.gap.from, now)
	if delay <= f.run.LagLimit {
		f.run.Relists.delayed(delay)
		return false, 0
	}
	return true, f.gap.since
}

// caughtUp takes the server's word that there was nothing else up to a version.
func (f *following) caughtUp(version string) {
	if f.gap != nil && f.gap.compare(version) >= 0 {
		f.gap = nil
	}
}
