package load

import (
	"context"
	"net/http"
	"time"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// How often a class of watches looks up the newest resourceVersion. An informer that lost its
// watch begins the next one where the last one ended, moments ago. A version that grows old is
// one the watch cache has let go of, and its watch an ERROR event that nobody reads.
const (
	versionInterval = 10 * time.Second
	versionPause    = time.Second // The least between two looks.
)

// tooOldVersion asks for a newer version, unless the one that a server found too old is no longer
// the one in use.
func (t *targeter) tooOldVersion(version string) {
	if version != *t.version.Load() {
		return
	}
	select {
	case t.tooOld <- struct{}{}:
	default:
	}
}

// followVersion keeps the resourceVersion of watches up to date until ctx ends. A look that
// fails leaves the last one in use; what is wrong then is wrong with the watches too.
func (t *targeter) followVersion(ctx context.Context, c *http.Client) {
	if t.class.Verb != Watch {
		return
	}
	for {
		rest := time.NewTimer(versionPause)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
		next := time.NewTimer(versionInterval - versionPause)
		select {
		case <-next.C:
		case <-t.tooOld:
			next.Stop()
		case <-ctx.Done():
			next.Stop()
			return
		}
		_, _ = t.lookUpVersion(ctx, c)
		select {
		case <-t.tooOld: // By an answer that came during the look.
		default:
		}
	}
}

// lookUpVersion looks up the newest resourceVersion. It reports whether, after an
// error, it is worth trying again.
func (t *targeter) lookUpVersion(ctx context.Context, c *http.Client) (again bool, err error) {
	version, again, err := wire.NewestVersion(ctx, c, t.url(t.collection(), "", ""))
	if err == nil {
		t.version.Store(&version)
	}
	return again, err
}
