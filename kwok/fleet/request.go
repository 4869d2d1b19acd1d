package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// The limits of one request: how often and how long it is tried.
const (
	maxAttempts    = 8
	attemptTimeout = 60 * time.Second
	firstBackoff   = 100 * time.Millisecond // Doubles with every attempt.
	longestBackoff = 5 * time.Second
	longestAsked   = 30 * time.Second // What a Retry-After can ask for at most.
)

// attempt runs a request until it succeeds, fails for good, or was tried maxAttempts times,
// and returns how often it ran. The request must not retry by itself.
func attempt(ctx context.Context, request func(context.Context) error) (tries int, err error) {
	for tries = 1; ; tries++ {
		err = within(ctx, request)
		if err == nil || ctx.Err() != nil || !temporary(err) {
			return tries, err
		}
		if tries == maxAttempts {
			return tries, fmt.Errorf("given up after %d attempts: %w", tries, err)
		}
		if waitErr := sleep(ctx, pause(tries, err)); waitErr != nil {
			return tries, err
		}
	}
}

func within(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return request(ctx)
}

// temporary reports whether the same request can succeed later: the server was too busy or
// broken, or no answer came at all.
func temporary(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return true
	}
	code := status.Status().Code
	return code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
}

// pause is how long to wait after a failed attempt: what the server asked for, or longer
// every time.
func pause(tries int, err error) time.Duration {
	if seconds, ok := apierrors.SuggestsClientDelay(err); ok && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, longestAsked)
	}
	return min(firstBackoff<<(tries-1), longestBackoff)
}

// sleep waits, or returns the context's error once it ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
