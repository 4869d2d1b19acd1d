package csi

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/flowcontrol"

	"github.com/kubedyno/kubedyno/kwok/stages"
)

func fixed(t *testing.T, d time.Duration) stages.Latency {
	t.Helper()
	l, err := stages.Fixed(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLane lets objects through a lane and looks when each is done, on a clock of its own.
func TestLane(t *testing.T) {
	for name, test := range map[string]struct {
		class  Class
		keys   int
		within []time.Duration // When the objects are done, in order.
	}{
		"one by one":   {Class{Parallelism: 1}, 3, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}},
		"two at once":  {Class{Parallelism: 2}, 4, []time.Duration{time.Second, time.Second, 2 * time.Second, 2 * time.Second}},
		"as they come": {Class{Parallelism: 10}, 3, []time.Duration{time.Second, time.Second, time.Second}},
		"two a second after a burst of two": {Class{Parallelism: 10, Rate: 2, Burst: 2}, 4,
			[]time.Duration{time.Second, time.Second, 1500 * time.Millisecond, 2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var done []time.Duration
				var attempts []Attempt
				l, run := laneOf(t, test.class, &attempts)
				began := time.Now()
				l.begin = func(_ context.Context, key string) (*task, error) {
					return &task{uid: key, finish: func(context.Context) error {
						l.mutex.Lock()
						defer l.mutex.Unlock()
						done = append(done, time.Since(began))
						return nil
					}}, nil
				}
				for i := range test.keys {
					l.queue.Add(string(rune('a' + i)))
				}
				run(10 * time.Second)
				for i := range done {
					done[i] = done[i].Round(time.Millisecond)
				}
				if !slices.Equal(done, test.within) {
					t.Errorf("done after %v, want %v", done, test.within)
				}
				if len(attempts) != test.keys || attempts[0].Given < time.Second || attempts[0].Failed {
					t.Errorf("%d attempts were told, the first %+v", len(attempts), attempts[0])
				}
			})
		})
	}
}

// laneOf returns a lane with a delay of a second, and what runs it for a while.
func laneOf(t *testing.T, class Class, attempts *[]Attempt) (*lane, func(time.Duration)) {
	class.Delays = map[Operation]stages.Latency{Attach: fixed(t, time.Second)}
	var throttle flowcontrol.RateLimiter
	if class.Rate > 0 {
		throttle = flowcontrol.NewTokenBucketRateLimiter(float32(class.Rate), class.Burst)
	}
	l := newLane(&class, Attach, throttle)
	l.observe = func(a Attempt) {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		*attempts = append(*attempts, a)
	}
	return l, func(d time.Duration) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		var serving sync.WaitGroup
		serving.Go(func() { serve(ctx, l.queue, class.Parallelism, l.attempt) })
		serving.Wait()
	}
}

// TestLaneRetries lets half of the calls fail; every object is done in the end, after pauses that
// grow, and the failures are told.
func TestLaneRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []Attempt
		l, run := laneOf(t, Class{Parallelism: 100, Failures: 0.5}, &attempts)
		done, told := map[string]int{}, 0
		l.begin = func(_ context.Context, key string) (*task, error) {
			return &task{uid: key,
				finish: func(context.Context) error {
					l.mutex.Lock()
					defer l.mutex.Unlock()
					done[key]++
					return nil
				},
				fail: func(_ context.Context, err error) error {
					l.mutex.Lock()
					defer l.mutex.Unlock()
					told++
					if !errors.Is(err, errInjected) {
						t.Errorf("failed with %v", err)
					}
					return nil
				}}, nil
		}
		const keys = 40
		for i := range keys {
			l.queue.Add("volume-" + string(rune('a'+i)))
		}
		run(time.Hour)
		failed := 0
		for _, a := range attempts {
			if a.Failed {
				failed++
			}
		}
		if len(done) != keys || failed == 0 || failed != told || len(attempts) != keys+failed {
			t.Errorf("%d of %d are done after %d attempts, of which %d failed and %d were told", len(done), keys, len(attempts), failed, told)
		}
		for key, times := range done {
			if times != 1 {
				t.Errorf("%s is done %d times", key, times)
			}
		}
	})
}

// TestLaneEnds gives up what is under way.
func TestLaneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []Attempt
		l, run := laneOf(t, Class{Parallelism: 1}, &attempts)
		l.begin = func(context.Context, string) (*task, error) {
			return &task{uid: "a", finish: func(context.Context) error { t.Error("finished"); return nil }}, nil
		}
		l.queue.Add("a")
		began := time.Now()
		run(500 * time.Millisecond)
		if took := time.Since(began); took != 500*time.Millisecond || len(attempts) > 0 {
			t.Errorf("it ended after %s and %d attempts", took, len(attempts))
		}
	})
}

func TestDraw(t *testing.T) {
	sum, n := 0.0, 10_000
	for i := range n {
		d := draw("uid", Attach, i, "delay")
		if d < 0 || d >= 1 {
			t.Fatalf("drew %g", d)
		}
		sum += d
	}
	if mean := sum / float64(n); math.Abs(mean-0.5) > 0.02 {
		t.Errorf("the mean is %g", mean)
	}
	if draw("a", Attach, 0, "delay") != draw("a", Attach, 0, "delay") || draw("a", Attach, 0, "delay") == draw("a", Detach, 0, "delay") {
		t.Error("what is drawn does not belong to the object and the operation")
	}
}

func TestClassCheck(t *testing.T) {
	good := Class{Name: "gp3", Parallelism: 1, Topology: Zone}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Class){
		"no name":            func(c *Class) { c.Name = "" },
		"0 calls at once":    func(c *Class) { c.Parallelism = 0 },
		"2000 calls at once": func(c *Class) { c.Parallelism = 2000 },
		"-1 calls a second":  func(c *Class) { c.Rate = -1 },
		"NaN calls a second": func(c *Class) { c.Rate = math.NaN() },
		"a burst of 0":       func(c *Class) { c.Rate = 1 },
		"without a limit":    func(c *Class) { c.Burst = 1 },
		"0.95 of the calls":  func(c *Class) { c.Failures = 0.95 },
		"NaN of the calls":   func(c *Class) { c.Failures = math.NaN() },
		"no topology":        func(c *Class) { c.Topology = "rack" },
		"topology is none":   func(c *Class) { c.Topology, c.Zones = Anywhere, []string{"a"} },
		"not at once":        func(c *Class) { c.Topology, c.Immediate = Node, true },
	} {
		bad := good
		change(&bad)
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", bad, err, want)
		}
	}
}

func TestPresets(t *testing.T) {
	all, err := Presets()
	if err != nil || len(all) < 6 {
		t.Fatalf("%d presets, %v", len(all), err)
	}
	if !slices.IsSortedFunc(all, func(a, b Preset) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the presets are not in the order of their names")
	}
	for _, p := range all {
		class, err := p.Class("c")
		if err != nil || class.Name != "c" {
			t.Errorf("%s: %+v, %v", p.Name, class, err)
		}
	}
	const rest = ", parallelism: 1, topology: none, date: d, source: s, assumed: a"
	for text, want := range map[string]string{
		"- {name: x, parallelism: 1, topology: none}":               "no source",
		"- {name: x, speed: 1" + rest + "}":                         "unknown field",
		"- {name: x, attach: {median: 2s, p99: 1s}" + rest + "}":    "storage x: attach",
		"- {name: x, burst: 3" + rest + "}":                         "without a limit",
		"- {name: x, attach: {median: quick, p99: 1s}" + rest + "}": "invalid duration",
		"- {name: x, attach: {median: -2s, p99: -1s}" + rest + "}":  "storage x: attach",
	} {
		if _, err := parsePresets([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
