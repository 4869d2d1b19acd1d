package spec

import (
	"math"
	"testing"
	"testing/fstest"
	"time"
)

// TestLoad decodes a load with every kind of setting.
func TestLoad(t *testing.T) {
	text := replaceOnce(t, readBase(t), "            rate: 10\n", `            rate: 10
            arrivals: poisson
            pace: {shape: trace, file: load.csv}
`)
	text = replaceOnce(t, text, "                resource: configmaps\n", "                resource: configmaps\n                rate: 4\n                size: 1000\n")
	files := fstest.MapFS{"load.csv": {Data: []byte("seconds,factor\n0, 0\n30, 3\n")}}
	s, err := Decode("base.yaml", []byte(text), Options{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	var load *Load
	for _, a := range s.Spec.Phases[1].Actions {
		if a.Load != nil {
			load = a.Load
		}
	}
	if rates := load.Rates(); rates[0] != 10 || rates[1] != 4 || load.TotalRate() != 14 {
		t.Errorf("the rates are %v", rates)
	}
	if got := load.Pace.Peak(); got != 3 {
		t.Errorf("the peak is %v, want 3", got)
	}
	// Up to 3 in 30 s, then 3 for another 30 s.
	if got := load.Pace.Mean(load.Duration); math.Abs(got-2.25) > 1e-9 {
		t.Errorf("the mean is %v, want 2.25", got)
	}
	again, err := Decode("resolved", s.Resolved, Options{})
	if err != nil {
		t.Fatalf("the resolved scenario: %v", err)
	}
	if got := again.Spec.Phases[1].Actions[2].Load.Pace.Points; len(got) != 2 || got[1] != (TracePoint{30 * time.Second, 3}) {
		t.Errorf("the resolved trace is %v", got)
	}
}

func TestPaceMean(t *testing.T) {
	for _, test := range []struct {
		name       string
		pace       Pace
		mean, peak float64
	}{
		{"constant", Pace{Shape: "constant"}, 1, 1},
		{"ramp", Pace{Shape: "ramp", From: 1, To: 2}, 1.5, 2},
		{"whole sine", Pace{Shape: "sine", Amplitude: 0.5, Period: 10 * time.Second}, 1, 1.5},
		{"half a sine", Pace{Shape: "sine", Amplitude: 0.5, Period: 40 * time.Second}, 1 + 0.5*2/math.Pi, 1.5},
		{"whole teeth", Pace{Shape: "sawtooth", From: 1, To: 2, Period: 5 * time.Second}, 1.5, 2},
		{"two and a half teeth", Pace{Shape: "sawtooth", From: 3, To: 1, Period: 8 * time.Second}, (2*16 + 4*2.5) / 20, 3},
		{"the beginning of a tooth", Pace{Shape: "sawtooth", To: 1, Period: 40 * time.Second}, 0.25, 1},
		{"steps", Pace{Shape: "steps", Factors: []float64{1, 4, 1}}, 2, 4},
		{"late trace", Pace{Shape: "trace", Points: []TracePoint{{10 * time.Second, 2}, {30 * time.Second, 4}}}, 2.25, 4},
	} {
		if got := test.pace.Mean(20 * time.Second); math.Abs(got-test.mean) > 1e-9 {
			t.Errorf("%s: the mean is %v, want %v", test.name, got, test.mean)
		}
		if got := test.pace.Peak(); got != test.peak {
			t.Errorf("%s: the peak is %v, want %v", test.name, got, test.peak)
		}
	}
}

func FuzzParseTrace(f *testing.F) {
	for _, seed := range []string{"seconds,factor\n0,1\n", "seconds,factor\n#\n1e3,2.5\n", "a,b\n", "seconds,factor\n\"1\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		points, err := ParseTrace(text)
		if (err == nil) != (len(points) > 0) {
			t.Fatalf("%d points and the error %v", len(points), err)
		}
		for i, p := range points {
			if p.At < 0 || p.Factor < 0 || i > 0 && p.At <= points[i-1].At {
				t.Errorf("point %d is %v", i, p)
			}
		}
	})
}
