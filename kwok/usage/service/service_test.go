package service

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/usage"
)

const second = time.Second

// ready returns pods that became Ready at a moment.
func ready(n int, since time.Duration) []Pod {
	pods := make([]Pod, n)
	for i := range pods {
		pods[i] = Pod{UID: fmt.Sprint("pod-", i), Since: since}
	}
	return pods
}

// span returns the units, shortest, mean and longest of responses, in seconds.
func span(responses []Response) (units, least, mean, most float64) {
	least = math.Inf(1)
	for _, r := range responses {
		units += r.Units.Float()
		mean += r.Units.Float() * r.Time.Seconds()
		least, most = min(least, r.Time.Seconds()), max(most, r.Time.Seconds())
	}
	return units, least, mean / units, most
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

// TestStep steps services by 1 s and compares with figures made by hand.
func TestStep(t *testing.T) {
	for _, test := range []struct {
		name                          string
		options                       Options
		pods                          []Pod
		offered                       []float64 // Step by step; the last one is compared.
		served, lost, queue, capacity float64
		cores                         float64 // Of the first pod.
	}{
		{"spare capacity", Options{Capacity: 50, Queue: 100, IdleCores: 0.02, CoresPerUnit: 0.01}, ready(2, 0),
			[]float64{60}, 60, 0, 0, 100, 0.02 + 0.3},
		{"just enough", Options{Capacity: 50, CoresPerUnit: 0.01}, ready(2, 0), []float64{100}, 100, 0, 0, 100, 0.5},
		{"the queue grows", Options{Capacity: 50, Queue: 1000}, ready(2, 0), []float64{160, 160}, 100, 0, 120, 100, 0},
		{"the queue is full", Options{Capacity: 50, Queue: 100}, ready(2, 0), []float64{160, 160}, 100, 20, 100, 100, 0},
		{"the queue drains", Options{Capacity: 50, Queue: 100}, ready(2, 0), []float64{160, 30}, 90, 0, 0, 100, 0},
		{"no queue", Options{Capacity: 50}, ready(2, 0), []float64{160, 160}, 100, 60, 0, 100, 0},
		{"no pods, a queue", Options{Capacity: 50, Queue: 100}, nil, []float64{70, 70}, 0, 40, 100, 0, 0},
		{"no pods, no queue", Options{Capacity: 50}, nil, []float64{70}, 0, 70, 0, 0, 0},
		{"no demand", Options{Capacity: 50, IdleCores: 0.02, CoresPerUnit: 0.01}, ready(2, 0), []float64{0}, 0, 0, 0, 100, 0.02},
		// 0.32 cores pay for (0.32 - 0.02) / 0.01 = 30 units a second.
		{"throttled", Options{Capacity: 50, IdleCores: 0.02, CoresPerUnit: 0.01, CPULimit: 0.32}, ready(1, 0),
			[]float64{100}, 30, 70, 0, 30, 0.32},
		{"limit above need", Options{Capacity: 50, IdleCores: 0.02, CoresPerUnit: 0.01, CPULimit: 1}, ready(1, 0),
			[]float64{100}, 50, 50, 0, 50, 0.52},
		{"limit below rest", Options{Capacity: 50, IdleCores: 0.2, CoresPerUnit: 0.01, CPULimit: 0.1}, ready(1, 0),
			[]float64{100}, 0, 100, 0, 0, 0.2},
		// Ready at 0 and warm at 4 s: from 1 s to 2 s the capacity is 3/8 on average.
		{"warming up", Options{Capacity: 80, Warmup: 4 * second}, ready(1, 0), []float64{0, 100}, 30, 70, 0, 30, 0},
		// From 1 s to 1.5 s of its age it gives (1.5 - 1/1.5)/2 = 5/12 s of full capacity, then 0.5 s.
		{"warm within the step", Options{Capacity: 120, Warmup: 1500 * time.Millisecond}, ready(1, 0), []float64{0, 200},
			110, 90, 0, 110, 0},
		{"Ready within the step", Options{Capacity: 80}, ready(1, 1750*time.Millisecond), []float64{0, 100}, 20, 80, 0, 20, 0},
		{"Ready after the step", Options{Capacity: 80}, ready(1, 3*second), []float64{0, 100}, 0, 100, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := New(test.options)
			var r Result
			for i, offered := range test.offered {
				r = m.Step(time.Duration(i)*second, time.Duration(i+1)*second, Amount(offered), test.pods)
			}
			const exact = 1e-5
			near(t, "served", r.Served.Float(), test.served, exact)
			near(t, "lost", r.Lost.Float(), test.lost, exact)
			near(t, "queue", r.Queue.Float(), test.queue, exact)
			near(t, "capacity", r.Capacity.Float(), test.capacity, exact)
			if len(r.Pods) > 0 {
				near(t, "cores", r.Pods[0].Usage.Cores, test.cores, exact)
			}
			if units, _, _, _ := span(r.Responses); r.Served > 0 {
				near(t, "units with a response time", units, test.served, exact)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	o := Options{Capacity: 50, IdleCores: 0.02, CoresPerUnit: 0.01, IdleBytes: 64 << 20, BytesPerUnit: 1 << 20}
	r := New(o).Step(0, 2*second, Amount(60), ready(2, 0))
	want := usage.Usage{Cores: 0.02 + 15*0.01, Bytes: (64 + 15) << 20}
	for _, p := range r.Pods {
		near(t, "cores", p.Usage.Cores, want.Cores, 1e-9)
		near(t, "bytes", p.Usage.Bytes, want.Bytes, 1)
	}
	if diff := cmp.Diff(usage.Usage{Cores: 0.02, Bytes: 64 << 20}, o.Idle()); diff != "" {
		t.Errorf("idle (-want +got):\n%s", diff)
	}
}

// TestResponseTimes compares with the distance between the curves of arrivals and departures.
func TestResponseTimes(t *testing.T) {
	m := New(Options{Capacity: 50, Queue: 1000})
	pods := ready(2, -second)
	// 200/s arrive and 100/s leave: a unit that comes after t waits t, and those that are served
	// within the first second came within the first half of it.
	r := m.Step(0, second, Amount(200), pods)
	_, least, mean, most := span(r.Responses)
	near(t, "first second: shortest", least, 0.02, 0.01)
	near(t, "first second: mean", mean, 0.25+0.02, 0.01)
	near(t, "first second: longest", most, 0.5+0.02, 0.01)
	// The 100 that wait came from 0.5 s to 1 s and leave from 1 s to 2 s.
	r = m.Step(second, 2*second, 0, pods)
	_, least, mean, most = span(r.Responses)
	near(t, "second second: shortest", least, 0.5+0.02, 0.01)
	near(t, "second second: mean", mean, 0.75+0.02, 0.01)
	near(t, "second second: longest", most, 1+0.02, 0.01)
	// Nothing waits now, so that only the service time is left: one pod takes 1/50 s.
	r = m.Step(2*second, 3*second, Amount(40), pods)
	_, least, _, most = span(r.Responses)
	near(t, "third second: shortest", least, 0.02, 1e-6)
	near(t, "third second: longest", most, 0.02, 1e-6)
}

// TestResponseTimesOfAFullQueue: with a queue of 50 that 200/s fill and 100/s leave, it is full
// after half a second, and from then on who gets in waits 50/100 s.
func TestResponseTimesOfAFullQueue(t *testing.T) {
	m := New(Options{Capacity: 100, Queue: 50})
	pods := ready(1, -second)
	m.Step(0, second, Amount(200), pods)
	for i := 1; i < 4; i++ {
		r := m.Step(time.Duration(i)*second, time.Duration(i+1)*second, Amount(200), pods)
		near(t, "lost", r.Lost.Float(), 100, 1e-5)
		_, least, mean, most := span(r.Responses)
		near(t, "shortest", least, 0.51, 0.01)
		near(t, "mean", mean, 0.51, 0.01)
		near(t, "longest", most, 0.51, 0.01)
	}
}

// TestWarmingPodsAreSlow: from 1 s to 2 s of a warm-up of 4 s a pod has 3/8 of its capacity and
// takes 8/3 as long for a unit.
func TestWarmingPodsAreSlow(t *testing.T) {
	m := New(Options{Capacity: 80, Warmup: 4 * second})
	r := m.Step(second, 2*second, Amount(3), ready(1, 0))
	_, _, mean, _ := span(r.Responses)
	near(t, "service time", mean, 8.0/3/80, 1e-6)
	// A warm pod that is there for half of a step is no slower for that.
	m = New(Options{Capacity: 80, Queue: 10})
	r = m.Step(0, second, Amount(3), ready(1, second/2))
	_, _, mean, _ = span(r.Responses)
	near(t, "service time of half a step", mean, 1.0/80, 1e-6)
}

func TestAbandon(t *testing.T) {
	m := New(Options{Capacity: 50, Queue: 1000})
	m.Step(0, 2*second, Amount(100), nil)
	units, least, mean, most := span(m.Abandon(3 * second))
	near(t, "units", units, 100, 1e-5)
	near(t, "shortest", least, 1, 0.02)
	near(t, "mean", mean, 2, 0.02)
	near(t, "longest", most, 3, 0.02)
	if r := m.Step(3*second, 4*second, 0, ready(1, 0)); r.Served != 0 || r.Queue != 0 {
		t.Errorf("after it, %v are served and %v wait", r.Served, r.Queue)
	}
}

// TestNoise checks that the shares scatter as they should, stay the same, and that what is above
// a pod's capacity goes to others.
func TestNoise(t *testing.T) {
	const n = 5000
	options := Options{Capacity: 100, Noise: 0.3, Seed: 7}
	m, weights := New(options), 0.0
	for range n {
		weights += m.draw()
	}
	near(t, "mean weight", weights/n, 1, 0.02)
	m = New(options)
	pods := ready(n, -second)
	first := m.Step(0, second, Amount(10*n), pods)
	var sum, squares float64
	for _, p := range first.Pods {
		sum += p.Served.Float()
		squares += p.Served.Float() * p.Served.Float()
	}
	mean := sum / n
	near(t, "mean", mean, 10, 1e-6)
	near(t, "relative standard deviation", math.Sqrt(squares/n-mean*mean)/mean, 0.3, 0.03)
	if diff := cmp.Diff(first, m.Step(second, 2*second, Amount(10*n), pods), cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".Responses"
	}, cmp.Ignore())); diff != "" {
		t.Errorf("the shares changed (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(first.Pods, New(options).Step(0, second, Amount(10*n), pods).Pods); diff != "" {
		t.Errorf("the same seed gave other shares:\n%s", diff)
	}
	options.Seed++
	if cmp.Equal(first.Pods, New(options).Step(0, second, Amount(10*n), pods).Pods) {
		t.Error("another seed gave the same shares")
	}
	full := m.Step(2*second, 3*second, Amount(100*n-1), pods)
	if full.Served != Amount(100*n-1) || full.Lost != 0 {
		t.Errorf("of %v within the capacity %v were served, %v lost", 100*n-1, full.Served.Float(), full.Lost.Float())
	}
}

func TestNeeded(t *testing.T) {
	for _, test := range []struct {
		options Options
		demand  float64
		want    int
	}{
		{Options{Capacity: 50}, 0, 0}, {Options{Capacity: 50}, 1, 1}, {Options{Capacity: 50}, 50, 1},
		{Options{Capacity: 50}, 50.1, 2}, {Options{Capacity: 50}, 400, 8}, {Options{Capacity: 0.1}, 0.3, 3},
		{Options{Capacity: 50, CoresPerUnit: 0.01, CPULimit: 0.25}, 100, 4},
		{Options{Capacity: 50, IdleCores: 1, CoresPerUnit: 0.01, CPULimit: 1}, 100, 0},
	} {
		if got := test.options.Needed(test.demand); got != test.want {
			t.Errorf("%+v: %v needs %d pods, want %d", test.options, test.demand, got, test.want)
		}
	}
}

// FuzzBooks steps services of any kind through any demand and any number of pods: to the last
// millionth, what is offered is served, lost or waits; nobody does more than he can; and every
// unit that is served has one response time that is not negative.
func FuzzBooks(f *testing.F) {
	f.Add(uint64(1), 50.0, 100.0, 0.05, int64(second), 0.0)
	f.Add(uint64(2), 0.1, 0.0, 1.0, int64(0), 0.3)
	f.Add(uint64(3), 99_999.9, 1e7, 0.5, int64(time.Hour), 0.0)
	f.Fuzz(func(t *testing.T, seed uint64, capacity, limit, noise float64, warmup int64, cpuLimit float64) {
		if !(capacity >= 0.001 && capacity <= 1e5 && limit >= 0 && limit <= 1e7 && noise >= 0 && noise <= 1 && cpuLimit >= 0 && cpuLimit < 1e6) {
			t.Skip()
		}
		m := New(Options{Capacity: capacity, Queue: limit, Noise: noise, Seed: seed, CPULimit: cpuLimit,
			CoresPerUnit: 0.01, Warmup: time.Duration(uint64(warmup) % uint64(24*time.Hour))})
		random := rand.New(rand.NewPCG(seed, 1))
		var now time.Duration
		var offered, served, lost, answered, queue Units
		for range 200 {
			next := now + time.Duration(random.Int64N(int64(3*second)))
			pods := make([]Pod, random.IntN(20))
			for i := range pods {
				pods[i] = Pod{UID: fmt.Sprint(random.IntN(3), " ", i), Since: next - time.Duration(random.Int64N(int64(10*second)))}
			}
			arrivals := Amount(capacity * 10 * random.Float64() * random.Float64() * (next - now).Seconds())
			r := m.Step(now, next, arrivals, pods)
			if r.Offered+queue != r.Served+r.Lost+r.Queue || r.Lost < 0 || r.Served < 0 || r.Queue < 0 ||
				r.Queue > Amount(limit) || r.Served > r.Capacity || r.Served > queue+r.Offered {
				t.Fatalf("the books of a step with %v waiting do not balance: %+v", queue, r)
			}
			var byPods, times Units
			for _, p := range r.Pods {
				byPods += p.Served
				if most := Amount(m.Options().PodCapacity() * (next - now).Seconds()); p.Served < 0 || p.Served > most {
					t.Fatalf("a pod of %+v", r)
				}
			}
			for _, a := range r.Responses {
				times += a.Units
				if a.Time < 0 || a.Units < 0 {
					t.Fatalf("a response of %+v", a)
				}
			}
			if byPods != r.Served || times != r.Served {
				t.Fatalf("%v are served, %v by the pods, %v with a response time", r.Served, byPods, times)
			}
			offered, served, lost, answered, queue, now = offered+arrivals, served+r.Served, lost+r.Lost, answered+times, r.Queue, next
		}
		var abandoned Units
		for _, a := range m.Abandon(now) {
			abandoned += a.Units
		}
		if offered != served+lost+abandoned || abandoned != queue || answered != served {
			t.Errorf("offered %v, served %v, lost %v, abandoned %v of %v", offered, served, lost, abandoned, queue)
		}
	})
}
