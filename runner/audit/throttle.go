package audit

import (
	"context"
	"net/url"
	"sync/atomic"
	"time"
)

// heldBack is from which wait on a request counts as held back by its client's rate limit. A
// limit that lets a request pass takes microseconds.
const heldBack = time.Millisecond

// A Throttle adds up how long the rate limits of the process's own Kubernetes clients held
// requests back. kubedyno's clients have none, so what it shows is a fault of the harness: a
// client that was made without the run's configuration.
//
// It is client-go's RateLimiterLatency. client-go keeps one for the whole process, which can be
// set only once, so the composition root makes it, registers it and hands it to the run. The
// zero value is ready; it is safe for concurrent use.
type Throttle struct {
	requests atomic.Int64
	held     atomic.Int64 // Nanoseconds.
}

// Observe takes how long one request waited for its client's rate limit.
func (t *Throttle) Observe(_ context.Context, _ string, _ url.URL, waited time.Duration) {
	if waited < heldBack {
		return
	}
	t.requests.Add(1)
	t.held.Add(int64(waited))
}

// Total returns how many requests were held back so far and for how long, added up over them.
func (t *Throttle) Total() (requests int64, held time.Duration) {
	return t.requests.Load(), time.Duration(t.held.Load())
}
