package disk

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// MaxDelay is the longest that one call is held back: what a lognormal draws beyond it, or an
// overloaded token bucket adds up to, is cut.
const MaxDelay = 10 * time.Second

// A Model is how long the fsyncs of a disk take: a constant or lognormal latency, behind a token
// bucket of operations per second. The zero Model holds no call back.
type Model struct {
	// Median and P99 are of the latency; equal ones are a constant.
	Median, P99 time.Duration
	// IOPS is how many calls the disk takes a second; 0 is no limit. A call counts as one
	// operation, though a file system may write several blocks for it.
	IOPS float64
	// Burst is how many calls after a pause may go at once; at least 1 with IOPS.
	Burst int
}

// Check returns an error unless the model makes sense.
func (m Model) Check() error {
	switch {
	case m.Median < 0 || m.P99 < m.Median || m.Median == 0 && m.P99 > 0:
		return fmt.Errorf("median %s and p99 %s of a disk: want 0 < median <= p99, or both 0", m.Median, m.P99)
	case m.IOPS < 0 || math.IsNaN(m.IOPS) || math.IsInf(m.IOPS, 0):
		return fmt.Errorf("%g operations a second: must be a number from 0", m.IOPS)
	case m.IOPS > 0 && m.Burst < 1:
		return fmt.Errorf("a burst of %d: a disk with a limit of operations takes at least one at once", m.Burst)
	case m.IOPS == 0 && m.Burst != 0:
		return errors.New("a burst needs a limit of operations a second")
	}
	return nil
}

// String describes the model in words.
func (m Model) String() string {
	words := "fsync " + m.Median.String()
	if m.P99 != m.Median {
		words = fmt.Sprintf("fsync lognormal with median %s and p99 %s", m.Median, m.P99)
	}
	if m.IOPS > 0 {
		words += fmt.Sprintf(", at most %g a second", m.IOPS)
		if m.Burst > 1 {
			words += fmt.Sprintf(" after a burst of %d", m.Burst)
		}
	}
	return words
}

// A queue draws the delays of one disk's calls, in the order in which they come.
type queue struct {
	model Model
	sigma float64 // Of the latency's logarithm.

	mutex  sync.Mutex
	random *rand.Rand
	full   time.Duration // When the bucket will be full again.
}

func newQueue(m Model, seed uint64) *queue {
	q := &queue{model: m, random: rand.New(rand.NewPCG(seed, 0))}
	if m.P99 > m.Median {
		// The 99th percentile of a lognormal is median * exp(sigma * z) with z = 2.326...
		q.sigma = math.Log(float64(m.P99)/float64(m.Median)) / (math.Sqrt2 * math.Erfinv(2*0.99-1))
	}
	return q
}

// next returns how long a call is held back that came at now, a time since any fixed moment that
// never goes back. Its latency begins when the bucket has a token for it.
func (q *queue) next(now time.Duration) time.Duration {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	delay := q.model.Median
	if q.sigma > 0 {
		delay = time.Duration(min(float64(delay)*math.Exp(q.sigma*q.random.NormFloat64()), float64(MaxDelay)))
	}
	return min(delay+q.token(now), MaxDelay)
}

// token takes a token and returns how long the call has to wait for it. The bucket is kept as the
// moment when it is full again (the generic cell rate algorithm, ITU-T I.371): each token moves that
// by what one takes to come back.
func (q *queue) token(now time.Duration) time.Duration {
	if q.model.IOPS == 0 {
		return 0
	}
	each := time.Duration(float64(time.Second) / q.model.IOPS)
	q.full = max(q.full, now) + each
	return max(0, q.full-now-time.Duration(q.model.Burst)*each)
}
