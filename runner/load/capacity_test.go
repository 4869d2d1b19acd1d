//go:build unix

package load_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/runner/load/scripted"
)

// The search for the highest rate. A rate is sustained when the generator is on time: what a
// load of that rate reports is the server's latency and not the generator's.
const (
	firstRate    = 2000 // Requests per second.
	growth       = 1.5
	precision    = 1.1 // The first rate that failed is less than this times the result.
	stepDuration = 3 * time.Second
	stepTimeout  = 2 * time.Second
	// searchLimit is when no other step is begun; beyond the limit one lasts about three times
	// stepDuration, so that the benchmark ends within a minute.
	searchLimit   = 45 * time.Second
	lagLimit      = 0.005 // s, p99.
	achievedLimit = 0.999 // Of the offered rate.
	lateLimit     = 0.9   // Of the offered rate; a step that achieved less was beyond the limit.
)

// serverVariable makes a test binary the server of the capacity benchmark.
const serverVariable = "KUBEDYNO_CAPACITY_SERVER"

// An access is what the client of a server in another process needs.
type access struct {
	Host, Token string
	CA          []byte
}

// A step is one rate that was tried.
type step struct {
	rate, lag, achieved float64       // /s; s, p99; share of the offered rate.
	cpu                 time.Duration // Of this process, user and system.
	sent                int64
	failed              bool // A request was not answered.
}

func (s step) sustained() bool {
	return !s.failed && s.lag < lagLimit && s.achieved >= achievedLimit
}

// TestCapacityServer is the server of BenchmarkCapacity, in a process of its own so that its
// CPU time is not counted as the generator's. It ends when its standard input does.
func TestCapacityServer(t *testing.T) {
	if os.Getenv(serverVariable) == "" {
		t.Skip("only for BenchmarkCapacity")
	}
	server := scripted.NewServer(scripted.Script{}) // Without Begin it keeps no books.
	defer server.Close()
	err := json.NewEncoder(os.Stdout).Encode(access{
		Host: server.Config.Host, Token: server.Config.BearerToken, CA: server.Config.CAData,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// BenchmarkCapacity finds the highest rate of trivial requests that one class sends on time to
// a server on this machine, which has to share its processors with that server: the limit of
// the pair, and a lower bound for the generator alone.
//
//	go test ./runner/load -run '^$' -bench Capacity -benchtime 1x
func BenchmarkCapacity(b *testing.B) {
	config := startServer(b)
	for b.Loop() {
		best := search(b, config)
		if best.rate == 0 {
			b.Fatalf("not even %d requests/s are sent on time on this machine", firstRate)
		}
		b.ReportMetric(best.rate, "max_rate_per_s")
		b.ReportMetric(best.lag*1e3, "lag_p99_ms")
		b.ReportMetric(best.cpu.Seconds()*1e3/float64(best.sent)*1e3, "generator_cpu_ms_per_1000_requests")
	}
}

// startServer starts the server's process and ends it with the benchmark.
func startServer(b *testing.B) *rest.Config {
	b.Helper()
	binary, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(b.Context()), binary, "-test.run=^TestCapacityServer$")
	command.Env = append(os.Environ(), serverVariable+"=1")
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = input.Close()
		_, _ = io.Copy(io.Discard, output)
		if err := command.Wait(); err != nil {
			b.Errorf("the server's process: %v", err)
		}
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		b.Fatalf("read the address of the server's process: %v", err)
	}
	var a access
	if err := json.Unmarshal(line, &a); err != nil {
		b.Fatalf("read the address of the server's process from %q: %v", line, err)
	}
	return &rest.Config{Host: a.Host, BearerToken: a.Token, TLSClientConfig: rest.TLSClientConfig{CAData: a.CA}}
}

// search returns the highest sustained step: rates grow until one fails, then the gap between
// that one and the last sustained one is halved until it is small.
func search(b *testing.B, config *rest.Config) step {
	b.Helper()
	began := time.Now()
	var best step
	rate, failed := float64(firstRate), 0.0
	for time.Since(began) < searchLimit {
		s := try(b, config, rate)
		if !s.sustained() && s.achieved > lateLimit {
			s = try(b, config, rate) // Once more: a neighbour's burst looks the same.
		}
		b.Logf("%.0f/s: lag p99 %.2f ms, achieved %.2f%%, failed %t", rate, s.lag*1e3, s.achieved*100, s.failed)
		if s.sustained() {
			best = s
		} else {
			failed = rate
		}
		switch {
		case best.rate == 0:
			return best
		case failed == 0:
			rate *= growth
		case failed < best.rate*precision:
			return best
		default:
			rate = (best.rate + failed) / 2
		}
	}
	return best
}

// try sends one rate.
func try(b *testing.B, config *rest.Config, rate float64) step {
	b.Helper()
	sink := &windows{}
	attack, err := load.Prepare(b.Context(), load.Options{
		Config: config, Namespace: "bench", Name: "capacity", Classes: []load.Class{listPods(rate)},
		Duration: stepDuration, Timeout: stepTimeout, Phase: "steady", Seed: 1,
		Clock: sample.StartClock(), Sink: sink,
	})
	if err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	result, err := attack.Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	class := result.Classes[0]
	return step{
		rate: rate, lag: sink.of(sample.APISendLag, class.Name).Quantile(0.99),
		achieved: achievedShare(sink), cpu: processorTime(b) - before,
		sent: class.Sent, failed: len(class.Failed) > 0,
	}
}

// achievedShare returns the share of the offered rate that was achieved. What was sent after the
// schedule's end, when nothing is offered any more, is not achieved.
func achievedShare(sink *windows) float64 {
	var due, sent float64
	achieved := sink.values(sample.APIAchieved, nil)
	for i, offered := range sink.values(sample.APIOffered, nil) {
		if offered > 0 {
			due, sent = due+offered, sent+achieved[i]
		}
	}
	return sent / due
}

// processorTime returns the user and system time of this process so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
