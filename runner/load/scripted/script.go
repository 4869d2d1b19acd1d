// Package scripted is an API server of known latency for tests: it answers the paths of the
// Kubernetes API by a script, over HTTP/2 and TLS, and keeps what it truly did. What a load
// generator reports is then compared with what happened and not only with what was planned,
// as no machine sleeps for exactly as long as it was told.
package scripted

import (
	"math"
	"net/http"
	"time"
)

// A Script says how a Server answers. The zero value answers every request at once.
type Script struct {
	// Latency is how long each request takes; nil means no time.
	Latency Distribution
	// StallFrom and StallUntil bound a stretch of time since Begin in which no answer ends:
	// those that would are held until StallUntil.
	StallFrom, StallUntil time.Duration
	// Failures are tried in turn; the first that matches a request's number is its answer.
	Failures []Failure
	// Body is how long after the header of an answer its body ends; it comes on top of Latency.
	Body time.Duration
	// Concurrent is how many requests are served at a time; the others wait in the order of
	// their arrival. 0 means that none has to wait.
	Concurrent int
	// Streams is how many requests a connection may have open at a time; 0 is Go's default.
	Streams int
}

// A Failure is the answer to every Every-th request. Status is 400 or more, or Cut.
type Failure struct{ Every, Status int }

// Cut is the status of a request whose stream is reset instead of answered.
const Cut = -1

// failure returns the status of request n: that of the first failure that matches, else 200.
func (s Script) failure(n int) int {
	for _, f := range s.Failures {
		if n%f.Every == f.Every-1 {
			return f.Status
		}
	}
	return http.StatusOK
}

// A Distribution returns the latency of request n (0, 1, ... in the order of arrival). It is
// pure: N requests have the same N latencies in every run, whichever of them comes first.
type Distribution func(n int) time.Duration

// Constant takes d for every request.
func Constant(d time.Duration) Distribution {
	return func(int) time.Duration { return d }
}

// Mixture takes rare for every Every-th request and common for the others.
func Mixture(common, rare time.Duration, every int) Distribution {
	return func(n int) time.Duration {
		if n%every == every-1 {
			return rare
		}
		return common
	}
}

// Exponential spreads requests evenly over the quantiles of the exponential distribution with
// that mean: any stretch of successive numbers has about the distribution's percentiles.
func Exponential(mean time.Duration) Distribution {
	return func(n int) time.Duration {
		// Multiples of the golden ratio leave no two of their fractions close together.
		_, share := math.Modf((float64(n) + 0.5) * math.Phi)
		return time.Duration(-math.Log1p(-share) * float64(mean))
	}
}
