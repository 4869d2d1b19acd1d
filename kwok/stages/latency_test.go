package stages

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func must(t testing.TB, l Latency, err error) Latency {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func lognormal(t testing.TB, median, p99 time.Duration) Latency {
	t.Helper()
	l, err := Lognormal(median, p99)
	return must(t, l, err)
}

func TestLatencyRejects(t *testing.T) {
	const ms = time.Millisecond
	for name, make := range map[string]func() (Latency, error){
		"fixed negative":       func() (Latency, error) { return Fixed(-ms) },
		"uniform negative":     func() (Latency, error) { return Uniform(-ms, ms) },
		"uniform reversed":     func() (Latency, error) { return Uniform(2*ms, ms) },
		"lognormal no median":  func() (Latency, error) { return Lognormal(0, ms) },
		"lognormal reversed":   func() (Latency, error) { return Lognormal(2*ms, ms) },
		"one quantile":         func() (Latency, error) { return Quantiles([]time.Duration{ms}) },
		"too many quantiles":   func() (Latency, error) { return Quantiles(make257()) },
		"quantiles descending": func() (Latency, error) { return Quantiles([]time.Duration{2 * ms, ms}) },
		"quantile negative":    func() (Latency, error) { return Quantiles([]time.Duration{-ms, ms}) },
	} {
		if l, err := make(); err == nil {
			t.Errorf("%s: got %s, want an error", name, l)
		}
	}
}

func make257() []time.Duration { return make([]time.Duration, Steps+1) }

func TestLatencyString(t *testing.T) {
	for want, l := range map[string]Latency{
		"none":                                {},
		"fixed 1.5s":                          sure(Fixed(1500 * time.Millisecond)),
		"uniform from 1s to 3s":               sure(Uniform(time.Second, 3*time.Second)),
		"lognormal with median 1s and p99 3s": sure(Lognormal(time.Second, 3*time.Second)),
		"2 quantiles from 0s to 1s":           sure(Quantiles([]time.Duration{0, time.Second})),
	} {
		if got := l.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func sure(l Latency, err error) Latency {
	if err != nil {
		panic(err)
	}
	return l
}

// anyLatency draws a valid distribution of any kind.
func anyLatency(t *rapid.T) Latency {
	d := rapid.Int64Range(1, int64(time.Minute))
	low := time.Duration(d.Draw(t, "low"))
	high := low + time.Duration(d.Draw(t, "more"))
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return sure(Fixed(low))
	case 1:
		return sure(Uniform(low, high))
	case 2:
		return sure(Lognormal(low, high))
	case 3:
		return sure(Quantiles([]time.Duration{0, low, low, high}))
	}
	return Latency{}
}

func TestQuantileIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLatency(t)
		p := rapid.Float64Range(-0.5, 1.5)
		a, b := p.Draw(t, "a"), p.Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		if l.Quantile(a) > l.Quantile(b) {
			t.Fatalf("%s: quantile %v is %s, quantile %v is %s", l, a, l.Quantile(a), b, l.Quantile(b))
		}
	})
}

func TestLognormalKeepsItsMedianAndP99(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		median := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Minute)).Draw(t, "median"))
		p99 := time.Duration(float64(median) * rapid.Float64Range(1, 100).Draw(t, "ratio"))
		l := sure(Lognormal(median, p99))
		within(t, l.Quantile(0.5), median, 0.02)
		within(t, l.Quantile(0.99), p99, 0.02)
	})
}

func within(t *rapid.T, got, want time.Duration, share float64) {
	if math.Abs(float64(got-want)) > share*float64(want) {
		t.Fatalf("got %s, want %s within %v", got, want, share)
	}
}

func TestUniformAndQuantilesInterpolate(t *testing.T) {
	l := sure(Uniform(0, 256*time.Millisecond))
	if got, want := l.Quantile(0.5), 128500*time.Microsecond; got != want {
		t.Errorf("uniform median is %s, want %s, the middle of its step", got, want)
	}
	q := sure(Quantiles([]time.Duration{0, 100 * time.Millisecond, time.Second}))
	if got, want := q.Quantile(0.25), 50*time.Millisecond; got < want || got > want+time.Millisecond {
		t.Errorf("first quartile is %s, want about %s", got, want)
	}
	if got := q.Quantile(1); got >= time.Second || got < 990*time.Millisecond {
		t.Errorf("longest delay is %s, want just below 1s", got)
	}
}

func TestOfTakesEveryStepOnce(t *testing.T) {
	l := sure(Uniform(0, 256*time.Millisecond))
	for i := range Steps {
		uid := fmt.Sprintf("%02x0d6a1c-7f27-4b14-9f0c-2c8b6f6a4f11", i)
		if got, want := l.Of(uid), l.table[i]; got != want {
			t.Errorf("delay of %s is %s, want %s", uid, got, want)
		}
	}
}

// TestDelaysGolden pins the delays of one UID for each step. The same table is a golden of
// the control-plane module, whose test has kwok itself evaluate lease.golden.yaml.
func TestDelaysGolden(t *testing.T) {
	l := lognormal(t, time.Second, 3*time.Second)
	var out strings.Builder
	for i := range Steps {
		uid := fmt.Sprintf("%02x0d6a1c-7f27-4b14-9f0c-2c8b6f6a4f11", i)
		fmt.Fprintln(&out, uid, l.Of(uid))
	}
	golden(t, "delays.golden", []byte(out.String()))
}

// evaluate interprets the nested conditions that expression writes, independently of Of.
func evaluate(t testing.TB, tree, uid string) time.Duration {
	t.Helper()
	var micros int64
	for tree[0] == '(' {
		var limit string
		if _, err := fmt.Sscanf(tree, "(u<'%2s'?", &limit); err != nil {
			t.Fatalf("read %.20q: %v", tree, err)
		}
		low, high := arms(tree[len("(u<'00'?") : len(tree)-1])
		tree = high
		if uid < limit {
			tree = low
		}
	}
	if _, err := fmt.Sscan(tree, &micros); err != nil {
		t.Fatalf("read leaf %q: %v", tree, err)
	}
	return time.Duration(micros) * time.Microsecond
}

// arms splits a:b at the colon that is in no parentheses.
func arms(s string) (string, string) {
	depth := 0
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ':':
			if depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func FuzzOfAgreesWithTheExpression(f *testing.F) {
	for _, uid := range []string{"", "0", "00", "7fffffff", "80", "80000000-0000-4000-8000-000000000000", "ff", "FF", "zz", "é"} {
		f.Add(uid, int64(1e9), int64(2e9))
	}
	f.Fuzz(func(t *testing.T, uid string, low, more int64) {
		low, more = low&(1<<40-1)+1, more&(1<<40-1)
		l := sure(Lognormal(time.Duration(low), time.Duration(low+more)))
		tree := l.expression()
		if n, err := fmt.Sscanf(tree, "1000 * [self.metadata.uid].map(u, %s", &tree); n == 1 && err == nil {
			tree = tree[:len(tree)-len(")[0]")]
		} else {
			tree = tree[len("1000 * "):]
		}
		if got, want := l.Of(uid), evaluate(t, tree, uid); got != want {
			t.Errorf("%s of %q is %s, the expression gives %s", l, uid, got, want)
		}
	})
}
