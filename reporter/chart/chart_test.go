package chart

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func drawn(t testing.TB, figure view.Figure) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := Draw(figure).WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wellFormed(t testing.TB, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestFiguresMatchGoldens(t *testing.T) {
	for _, section := range example.Full().Report().Sections {
		for _, figure := range section.Figures {
			t.Run(figure.ID, func(t *testing.T) {
				got := drawn(t, figure)
				wellFormed(t, got)
				golden := filepath.Join("testdata", figure.ID+".svg")
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("figure differs from %s; run with -update if that is meant:\n%s", golden, diff)
				}
			})
		}
	}
}

func labels(ticks []plot.Tick) []string {
	var all []string
	for _, tick := range ticks {
		all = append(all, tick.Label)
	}
	return all
}

func TestTicks(t *testing.T) {
	tests := []struct {
		name string
		got  []plot.Tick
		want []string
	}{
		{"seconds", timeTicks(0, 45), []string{"0:00", "0:05", "0:10", "0:15", "0:20", "0:25", "0:30", "0:35", "0:40", "0:45"}},
		{"minutes", timeTicks(0, 312), []string{"0:00", "1:00", "2:00", "3:00", "4:00", "5:00"}},
		{"hours", timeTicks(0, 3*3600), []string{"0:00", "30:00", "1:00:00", "1:30:00", "2:00:00", "2:30:00", "3:00:00"}},
		{"tail of 1,000", tailTicks(0, 0.99), []string{"0%", "50%", "90%", "99%"}},
		{"tail of 100,000", tailTicks(0, 0.9999), []string{"0%", "50%", "90%", "99%", "99.9%", "99.99%"}},
		{"counts", linearTicks(4870, 100, sample.Count), []string{"0", "5,000"}},
		{"few", linearTicks(2, 270, sample.Count), []string{"0", "1", "2"}},
		{"nothing", linearTicks(0, 100, sample.Cores), []string{"0", "0.5", "1"}},
		{"bytes", linearTicks(1.3*(1<<30), 100, sample.Bytes), []string{"0 B", "1 GiB", "2 GiB"}},
		{"decades", logTicks(0.002, 4, sample.Seconds), []string{"1 ms", "10 ms", "100 ms", "1 s", "10 s"}},
		{"one decade", logTicks(0.2, 0.9, sample.Seconds), []string{"100 ms", "200 ms", "500 ms", "1 s"}},
		{"flat on a decade", logTicks(1, 1, sample.Seconds), []string{"1 s", "2 s", "5 s", "10 s"}},
		{"not above zero", logTicks(0, 0, sample.Seconds), []string{"1 µs", "2 µs", "5 µs", "10 µs"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, labels(test.got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryNineHasTheSameWidth(t *testing.T) {
	at := func(p float64) float64 { return tailScale{}.Normalize(0, 0.999, p) }
	for p, want := range map[float64]float64{0: 0, 0.9: 1. / 3, 0.99: 2. / 3, 0.999: 1} {
		if got := at(p); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g is at %g, want %g", p, got, want)
		}
	}
}

func TestLogScaleTakesAnyValue(t *testing.T) {
	for _, v := range []float64{0, -1, 1e-9, 0.01} {
		if got := (logScale{}).Normalize(0.001, 1, v); got < 0 || got > 1 || math.IsNaN(got) {
			t.Errorf("%g is at %g, want 0..1", v, got)
		}
	}
}

func TestNamesDoNotOverlap(t *testing.T) {
	tests := []struct{ at, want []vg.Length }{
		{[]vg.Length{100, 60}, []vg.Length{100, 60}},
		{[]vg.Length{100, 99, 98}, []vg.Length{100, 85, 70}},
		{[]vg.Length{2, 1, 0}, []vg.Length{30, 15, 0}},
		{[]vg.Length{300}, []vg.Length{200}},
	}
	for _, test := range tests {
		got := append([]vg.Length{}, test.at...)
		spread(got, 0, 200)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("spread(%v):\n%s", test.at, diff)
		}
	}
}

func TestSeriesDifferWithoutColour(t *testing.T) {
	for slot := range Colours - 1 {
		if diff := cmp.Diff(lineStyle(slot).Dashes, lineStyle(slot+1).Dashes); diff == "" {
			t.Errorf("lines %d and %d have the same dash", slot, slot+1)
		}
	}
	seen := map[string]int{}
	for slot := range 12 {
		style := lineStyle(slot)
		key := fmt.Sprint(style.Color) + "/" + dashKey(style.Dashes)
		if other, ok := seen[key]; ok {
			t.Errorf("lines %d and %d look the same", other, slot)
		}
		seen[key] = slot
	}
}

func dashKey(dashes []vg.Length) string {
	var key strings.Builder
	for _, dash := range dashes {
		key.WriteString(string(rune('a' + int(dash))))
	}
	return key.String()
}

// FuzzDraw holds that no values, however strange, make a figure panic or break its markup.
func FuzzDraw(f *testing.F) {
	encode := func(values ...float64) []byte {
		var data []byte
		for _, v := range values {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
		return data
	}
	f.Add(encode(), false, true)
	f.Add(encode(0, 0, 0), true, false)
	f.Add(encode(math.NaN(), 1, math.Inf(1), 2, -3), true, true)
	f.Add(encode(5, 5, 5, 5), false, false)
	f.Add(encode(1e300, 1e-300), true, false)
	f.Fuzz(func(t *testing.T, data []byte, log, overTime bool) {
		var points []view.Point
		for ; len(data) >= 8 && len(points) < 100; data = data[8:] {
			y := math.Float64frombits(binary.LittleEndian.Uint64(data))
			if math.Abs(y) > 1e15 { // Beyond any figure of a run.
				y = math.NaN()
			}
			points = append(points, view.Point{X: 1 - math.Pow(2, -float64(len(points))/8), Y: y})
		}
		figure := view.Figure{ID: "f", Title: "t", Alt: "a", Axis: view.TailAxis, Panels: []view.Panel{{
			Label: "l", Unit: sample.Seconds, Log: log,
			Series: []view.Series{{Name: "s", Parts: [][]view.Point{points, nil}}},
			Limits: []view.Limit{{Name: "limit", Value: 1, Until: 0.99}},
		}}}
		if overTime {
			figure.Axis, figure.End = view.TimeAxis, 1
			figure.Bands = []view.Band{{Name: "phase", From: 0, To: 2}}
		}
		text := drawn(t, figure)
		wellFormed(t, text)
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("a coordinate is no number:\n%s", text)
		}
	})
}
