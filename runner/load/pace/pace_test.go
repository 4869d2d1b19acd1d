package pace

import (
	"encoding/binary"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// shapes are one of each kind and each case of their inverse, over 10 s.
var shapes = map[string]Shape{
	"constant":       Constant(),
	"ramp up":        Ramp(0, 1, 10*time.Second),
	"ramp up slow":   Ramp(1, 1.0000001, 10*time.Second),
	"ramp up half":   Ramp(0.8, 1.5, 10*time.Second),
	"ramp down":      Ramp(2, 0, 10*time.Second),
	"ramp then hold": Ramp(0, 1, 4*time.Second),
	"steps":          Steps([]float64{1, 0, 3, 0.1}, 10*time.Second),
	"steps to zero":  Steps([]float64{0, 0.1, 0.2, 0.3, 0, 0}, 10*time.Second),
	"sine":           Sine(0.5, 3*time.Second),
	"sine to zero":   Sine(1, 4*time.Second),
	"sine flat":      Sine(0, time.Second),
	"sine fast":      Sine(1, 50*time.Millisecond),
	"teeth":          Sawtooth(0.2, 2, 3*time.Second),
	"teeth from 0":   Sawtooth(0, 1, 700*time.Millisecond),
	"teeth to 0":     Sawtooth(1.5, 0, 1300*time.Millisecond),
	"teeth flat":     Sawtooth(1, 1, time.Second),
	"tooth":          Sawtooth(1, 2, time.Minute),
	"trace": Trace([]Point{{time.Second, 0.5}, {3 * time.Second, 2}, {4 * time.Second, 0},
		{5 * time.Second, 0}, {5 * time.Second, 1}, {20 * time.Second, 0}}),
}

func mustNew(t testing.TB, options Options) *Schedule {
	t.Helper()
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKnownTimes(t *testing.T) {
	const span = 10 * time.Second
	seconds := func(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }
	for _, test := range []struct {
		name   string
		shape  Shape
		offset float64
		count  uint64
		at     func(i float64) float64 // Seconds; i holds the offset.
	}{
		{"constant", nil, 0, 1000, func(i float64) float64 { return i / 100 }},
		{"constant, later", nil, 0.25, 1000, func(i float64) float64 { return i / 100 }},
		{"ramp up", Ramp(0, 1, span), 0, 500, func(i float64) float64 { return math.Sqrt(2 * i * 10 / 100) }},
		{"ramp down", Ramp(1, 0, span), 0.5, 500, func(i float64) float64 { return 10 - math.Sqrt(2*(500-i)*10/100) }},
		{"ramp, hold", Ramp(0, 1, 5*time.Second), 0, 750, func(i float64) float64 {
			if i < 250 {
				return math.Sqrt(2 * i * 5 / 100)
			}
			return 5 + (i-250)/100
		}},
		{"steps with a pause", Steps([]float64{1, 0}, span), 0, 500, func(i float64) float64 { return i / 100 }},
		{"late start", Steps([]float64{0, 2}, span), 0, 1000, func(i float64) float64 { return 5 + i/200 }},
		{"jump in a trace", Trace([]Point{{2 * time.Second, 1}, {2 * time.Second, 3}}), 0, 2600, func(i float64) float64 {
			if i < 200 {
				return i / 100
			}
			return 2 + (i-200)/300
		}},
		{"teeth", Sawtooth(0, 1, 2*time.Second), 0.5, 500, func(i float64) float64 {
			teeth := math.Floor(i / 100)
			return 2*teeth + math.Sqrt(2*(i-100*teeth)*2/100)
		}},
		{"silence", Trace([]Point{{0, 0}}), 0, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := mustNew(t, Options{Rate: 100, Shape: test.shape, Duration: span, Offset: test.offset})
			if s.Count() != test.count {
				t.Errorf("count %d, want %d", s.Count(), test.count)
			}
			for i := range test.count {
				got, want := s.At(i), seconds(test.at(float64(i)+test.offset))
				if diff := got - want; diff.Abs() > 5 {
					t.Fatalf("At(%d) = %v, want %v", i, got, want)
				}
			}
			for _, beyond := range []uint64{test.count, test.count + 1, 1 << 40, math.MaxUint64} {
				if got := s.At(beyond); got != span {
					t.Errorf("At(%d) = %v, want the duration", beyond, got)
				}
			}
		})
	}
}

// TestSlowRise has a slope so small that the textbook root of the quadratic would cancel.
func TestSlowRise(t *testing.T) {
	const span = 10 * time.Hour
	s := mustNew(t, Options{Rate: 1, Shape: Ramp(1, 1+1e-12, span), Duration: span})
	for i := range s.Count() {
		if got, want := s.At(i), time.Duration(i)*time.Second; (got - want).Abs() > time.Microsecond {
			t.Fatalf("At(%d) = %v, want %v", i, got, want)
		}
	}
}

func TestSineKnownTimes(t *testing.T) {
	// After n whole waves the integral is n periods; after half a wave, period·(1/2 + amplitude/π).
	s := mustNew(t, Options{Rate: 1, Shape: Sine(1, 10*time.Second), Duration: time.Minute})
	if s.Count() != 60 || s.At(10) < 10*time.Second-time.Millisecond || s.At(10) > 10*time.Second+time.Millisecond {
		t.Errorf("count %d, At(10) %v, want 60 and 10s", s.Count(), s.At(10))
	}
	half := 10 * (0.5 + 1/math.Pi)
	late := mustNew(t, Options{Rate: 1, Shape: Sine(1, 10*time.Second), Duration: time.Minute, Offset: half - 8})
	if got := late.At(8); (got - 5*time.Second).Abs() > time.Microsecond {
		t.Errorf("half a wave ends at %v, want 5s", got)
	}
}

// TestRateReachesRequest integrates the rate up to each request by the midpoint rule, knowing
// nothing of the integral and the inverse that At is made of.
func TestRateReachesRequest(t *testing.T) {
	const widest = 10 * time.Microsecond // Jumps cost half of it, times 900/s.
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			s := mustNew(t, Options{Rate: 300, Shape: shape, Duration: 10 * time.Second, Offset: 0.3})
			sum, from := 0.0, time.Duration(0)
			for i := range s.Count() {
				until := s.At(i)
				cells := 50 + int((until-from)/widest)
				width := (until - from).Seconds() / float64(cells)
				for cell := range cells {
					sum += width * s.RateAt(from+time.Duration((float64(cell)+0.5)*width*1e9))
				}
				if want := float64(i) + 0.3; math.Abs(sum-want) > 0.02 {
					t.Fatalf("at request %d the rate's integral is %f, want %f", i, sum, want)
				}
				from = until
			}
		})
	}
}

// TestOrderAndCount holds every schedule against what Count and At promise.
func TestOrderAndCount(t *testing.T) {
	for name, shape := range shapes {
		for _, arrivals := range []Arrivals{Regular, Poisson} {
			s := mustNew(t, Options{Rate: 2000, Shape: shape, Arrivals: arrivals, Duration: 10 * time.Second, Seed: 7, Offset: 0.5})
			checkOrder(t, name, s, s.Count()+300)
			if want := math.Ceil(s.total - 0.5); arrivals == Regular && math.Abs(float64(s.Count())-want) > 0 {
				t.Errorf("%s: %d requests, want %g", name, s.Count(), want)
			}
		}
	}
}

func checkOrder(t *testing.T, name string, s *Schedule, until uint64) {
	t.Helper()
	last := time.Duration(0)
	for i := range until {
		at := s.At(i)
		if at < last {
			t.Fatalf("%s: request %d is due at %v, before %v of the one before it", name, i, at, last)
		}
		if (at < s.duration) != (i < s.Count()) {
			t.Fatalf("%s: request %d of %d is due at %v", name, i, s.Count(), at)
		}
		last = at
	}
}

// TestInverseAscends looks at areas that differ by one unit in the last place, where rounding
// would show first.
func TestInverseAscends(t *testing.T) {
	for name, shape := range shapes {
		total := shape.integral(10)
		for start := range 100 {
			area := total * float64(start) / 100
			last := shape.reached(area)
			for range 50 {
				area = math.Nextafter(area, math.Inf(1))
				at := shape.reached(area)
				if at < last {
					t.Fatalf("%s: the integral is %v at %v, and less before at %v", name, area, at, last)
				}
				last = at
			}
		}
	}
}

func TestSilenceIsKept(t *testing.T) {
	for _, arrivals := range []Arrivals{Regular, Poisson} {
		s := mustNew(t, Options{Rate: 1000, Shape: Steps([]float64{0, 1, 0, 2, 0}, 10*time.Second),
			Arrivals: arrivals, Duration: 10 * time.Second})
		if s.Count() < 5000 {
			t.Errorf("%d requests, want about 6000", s.Count())
		}
		for i := range s.Count() {
			if s.RateAt(s.At(i)) == 0 {
				t.Fatalf("arrivals %d: request %d is due at %v, where the rate is 0", arrivals, i, s.At(i))
			}
		}
	}
}

func TestRateAt(t *testing.T) {
	s := mustNew(t, Options{Rate: 10, Shape: Steps([]float64{1, 3}, 2*time.Second), Duration: 2 * time.Second})
	for at, want := range map[time.Duration]float64{-1: 0, 0: 10, time.Second - 1: 10, time.Second: 30, 2 * time.Second: 30, 2*time.Second + 1: 0} {
		if got := s.RateAt(at); got != want {
			t.Errorf("rate at %v is %g, want %g", at, got, want)
		}
	}
	wave := mustNew(t, Options{Rate: 10, Shape: Sine(0.5, 4*time.Second), Duration: 8 * time.Second})
	if got := wave.RateAt(5 * time.Second); math.Abs(got-15) > 1e-9 {
		t.Errorf("rate at a crest is %g, want 15", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := mustNew(t, Options{Rate: 500, Shape: Sine(1, time.Second), Arrivals: Poisson, Duration: 4 * time.Second, Seed: 3})
	want := make([]time.Duration, s.Count())
	for i := range want {
		want[i] = s.At(uint64(i))
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := len(want) - 1; i >= 0; i-- { // Backwards: access is random.
				if s.At(uint64(i)) != want[i] {
					t.Errorf("request %d moved", i)
				}
			}
		})
	}
	group.Wait()
}

func TestRefusals(t *testing.T) {
	valid := Options{Rate: 10, Duration: time.Second}
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no rate":         {func(o *Options) { o.Rate = 0 }, "rate above 0"},
		"rate NaN":        {func(o *Options) { o.Rate = math.NaN() }, "rate above 0"},
		"rate infinite":   {func(o *Options) { o.Rate = math.Inf(1) }, "rate above 0"},
		"peak":            {func(o *Options) { o.Rate = MaxRate; o.Shape = Sine(0.1, time.Second) }, "lower the rate"},
		"requests":        {func(o *Options) { o.Rate = MaxRate; o.Duration = 11 * time.Second }, "more than 100000000"},
		"no duration":     {func(o *Options) { o.Duration = 0 }, "duration above 0"},
		"long":            {func(o *Options) { o.Duration = MaxDuration + 1 }, "duration above 0"},
		"offset 1":        {func(o *Options) { o.Offset = 1 }, "offset"},
		"offset NaN":      {func(o *Options) { o.Offset = math.NaN() }, "offset"},
		"arrivals":        {func(o *Options) { o.Arrivals = 2 }, "Regular or Poisson"},
		"ramp duration":   {func(o *Options) { o.Shape = Ramp(0, 1, 0) }, "ramp over"},
		"ramp below 0":    {func(o *Options) { o.Shape = Ramp(-1, 1, 1) }, "factor -1"},
		"ramp NaN":        {func(o *Options) { o.Shape = Ramp(0, math.NaN(), 1) }, "factor NaN"},
		"factor":          {func(o *Options) { o.Shape = Steps([]float64{2 * MaxFactor}, 1) }, "from 0 to"},
		"no steps":        {func(o *Options) { o.Shape = Steps(nil, 1) }, "at least one factor"},
		"no points":       {func(o *Options) { o.Shape = Trace(nil) }, "at least one"},
		"points backward": {func(o *Options) { o.Shape = Trace([]Point{{2, 1}, {1, 1}}) }, "ascending"},
		"point before 0":  {func(o *Options) { o.Shape = Trace([]Point{{-2, 1}}) }, "ascending"},
		"amplitude":       {func(o *Options) { o.Shape = Sine(1.1, 1) }, "amplitude"},
		"amplitude NaN":   {func(o *Options) { o.Shape = Sine(math.NaN(), 1) }, "amplitude"},
		"period":          {func(o *Options) { o.Shape = Sine(1, 0) }, "period"},
		"tooth":           {func(o *Options) { o.Shape = Sawtooth(0, 1, 0) }, "period"},
		"tooth NaN":       {func(o *Options) { o.Shape = Sawtooth(math.NaN(), 1, 1) }, "factor NaN"},
		"tooth below 0":   {func(o *Options) { o.Shape = Sawtooth(1, -1, 1) }, "factor -1"},
	} {
		options := valid
		test.change(&options)
		if _, err := New(options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

// FuzzNew makes schedules of arbitrary values: New refuses them, or they keep their promises.
func FuzzNew(f *testing.F) {
	f.Add(100.0, uint8(1), uint8(0), int64(time.Second), uint64(1), 0.5, []byte("0123456789abcdef0123456789abcdef"))
	f.Add(1e6, uint8(2), uint8(1), int64(time.Millisecond), uint64(9), 0.0, []byte{})
	f.Add(3.0, uint8(4), uint8(1), int64(time.Hour), uint64(2), 0.9, make([]byte, 64))
	f.Fuzz(func(t *testing.T, rate float64, kind, arrivals uint8, duration int64, seed uint64, offset float64, data []byte) {
		options := Options{Rate: rate, Shape: arbitrary(kind, time.Duration(duration), data), Arrivals: Arrivals(arrivals % 3),
			Duration: time.Duration(duration), Seed: seed, Offset: offset}
		if check(options) == nil && rate*options.Shape.integral(options.Duration.Seconds()) > 1e6 {
			t.Skip("slow")
		}
		s, err := New(options)
		if err != nil {
			return
		}
		checkOrder(t, "start", s, min(s.Count()+2, 2000))
		last := time.Duration(0)
		for i := s.Count() - min(s.Count(), 1000); i <= s.Count(); i++ {
			at := s.At(i)
			if at < last || s.RateAt(at) < 0 {
				t.Fatalf("request %d is due at %v after %v, at a rate of %g", i, at, last, s.RateAt(at))
			}
			last = at
		}
		if last != s.duration {
			t.Fatalf("the request after the last is due at %v, want %v", last, s.duration)
		}
	})
}

// arbitrary returns a shape of the kind and the numbers in data.
func arbitrary(kind uint8, duration time.Duration, data []byte) Shape {
	var factors []float64
	var points []Point
	for ; len(data) >= 8; data = data[8:] {
		bits := binary.LittleEndian.Uint64(data)
		factor := math.Float64frombits(bits)
		if bits%2 == 0 {
			factor = float64(bits%4096) / 1024 // Most bit patterns are refused; let half pass.
		}
		factors = append(factors, factor)
		points = append(points, Point{time.Duration(len(points)) * time.Duration(bits%97) * time.Millisecond, factor})
	}
	first, second := 0.5, 2.0
	if len(factors) > 1 {
		first, second = factors[0], factors[1]
	}
	switch kind % 6 {
	case 0:
		return Constant()
	case 1:
		return Ramp(first, second, duration)
	case 2:
		return Sine(first, time.Duration(second*1e9))
	case 3:
		return Steps(factors, duration)
	case 4:
		return Sawtooth(first, second, duration/3)
	default:
		return Trace(points)
	}
}
