package scripted

import (
	"io"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

func TestDistributions(t *testing.T) {
	t.Parallel()
	const n = 1000
	mean := 50 * time.Millisecond
	for name, test := range map[string]struct {
		distribution Distribution
		median, p90  time.Duration
	}{
		"constant":    {Constant(mean), mean, mean},
		"mixture":     {Mixture(mean, 4*mean, 5), mean, 4 * mean},
		"exponential": {Exponential(mean), time.Duration(math.Ln2 * float64(mean)), time.Duration(math.Ln10 * float64(mean))},
	} {
		var all []time.Duration
		for i := range n {
			all = append(all, test.distribution(i))
		}
		slices.Sort(all)
		for q, want := range map[float64]time.Duration{0.5: test.median, 0.9: test.p90} {
			got := all[int(q*n)]
			if math.Abs(got.Seconds()-want.Seconds()) > 0.02*want.Seconds() {
				t.Errorf("%s: quantile %v is %s, want %s within 2%%", name, q, got, want)
			}
		}
	}
}

func TestServerFollowsItsScript(t *testing.T) {
	t.Parallel()
	s := NewServer(Script{
		Latency: Constant(10 * time.Millisecond), Body: 20 * time.Millisecond,
		StallUntil: 100 * time.Millisecond, Concurrent: 1,
		Failures: []Failure{{Every: 4, Status: Cut}, {Every: 3, Status: http.StatusTooManyRequests}},
	})
	defer s.Close()
	client, err := rest.HTTPClientFor(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	get := func() (int, string) {
		response, err := client.Get(s.Config.Host + "/api/v1/pods")
		if err != nil {
			return Cut, ""
		}
		defer func() { _ = response.Body.Close() }()
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode, response.Header.Get("Retry-After")
	}
	if status, _ := get(); status != http.StatusOK || len(s.Answers()) != 0 {
		t.Errorf("before Begin: status %d and %d answers noted, want 200 and none", status, len(s.Answers()))
	}
	s.Begin()
	for n, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests, Cut} {
		sent := time.Now()
		status, retry := get()
		took := time.Since(sent)
		if status != want || (retry != "") != (want == http.StatusTooManyRequests) {
			t.Errorf("request %d: status %d with Retry-After %q, want %d", n, status, retry, want)
		}
		answers := s.Answers()
		if len(answers) != n+1 {
			t.Fatalf("%d answers noted after %d requests", len(answers), n+1)
		}
		a := answers[n]
		truth := a.Done.Sub(a.Arrived)
		if a.Number != n || a.Sequence != -1 || a.Status != want || took < truth {
			t.Errorf("request %d took %s and is noted as %+v", n, took, a)
		}
		shortest := 10 * time.Millisecond
		if n == 0 {
			shortest = 100*time.Millisecond - a.Arrived.Sub(s.began)
		} else if want == http.StatusOK {
			shortest = 30 * time.Millisecond
		}
		if truth < shortest {
			t.Errorf("request %d took %s, the script says %s", n, truth, shortest)
		}
	}
}

func TestServerRefusesOtherClients(t *testing.T) {
	t.Parallel()
	s := NewServer(Script{})
	defer s.Close()
	stranger := rest.CopyConfig(s.Config)
	stranger.BearerToken = "other"
	client, err := rest.HTTPClientFor(stranger)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	response, err := client.Get(s.Config.Host + "/api/v1/pods")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", response.StatusCode)
	}
}
