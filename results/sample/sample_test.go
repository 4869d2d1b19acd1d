package sample

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestOffsetJSON(t *testing.T) {
	tests := []struct {
		offset Offset
		text   string
	}{
		{0, "0"},
		{Offset(1500 * time.Millisecond), "1.5"},
		{Offset(time.Microsecond), "0.000001"},
		{Offset(1499 * time.Nanosecond), "0.000001"},
		{Offset(time.Hour), "3600"},
	}
	for _, test := range tests {
		data, err := json.Marshal(test.offset)
		if err != nil {
			t.Fatal(err)
		}
		var seconds float64
		if err := json.Unmarshal(data, &seconds); err != nil {
			t.Fatal(err)
		}
		var want float64
		if err := json.Unmarshal([]byte(test.text), &want); err != nil {
			t.Fatal(err)
		}
		if seconds != want {
			t.Errorf("%v became %s, want %s", time.Duration(test.offset), data, test.text)
		}
	}
	var offset Offset
	if err := json.Unmarshal([]byte(`"1s"`), &offset); err == nil {
		t.Error("a string was taken for an offset")
	}
}

func TestOffsetJSONKeepsMicroseconds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(0, int64(30*24*time.Hour/time.Microsecond)).Draw(t, "micros")
		offset := Offset(time.Duration(micros) * time.Microsecond)
		data, err := json.Marshal(offset)
		if err != nil {
			t.Fatal(err)
		}
		var back Offset
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if back != offset {
			t.Fatalf("%v came back as %v", time.Duration(offset), time.Duration(back))
		}
	})
}

func TestLabels(t *testing.T) {
	labels := Labels{"verb": "get", "class": "reads"}
	if got, want := labels.String(), "class=reads,verb=get"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got := Labels(nil).String(); got != "" {
		t.Errorf("String() of no labels = %q", got)
	}
	tests := []struct {
		selector Labels
		want     bool
	}{
		{nil, true},
		{Labels{"verb": "get"}, true},
		{Labels{"verb": "get", "class": "reads"}, true},
		{Labels{"verb": "list"}, false},
		{Labels{"phase": "ramp"}, false},
	}
	for _, test := range tests {
		if got := labels.Match(test.selector); got != test.want {
			t.Errorf("Match(%v) = %v, want %v", test.selector, got, test.want)
		}
	}
}

func TestRegistry(t *testing.T) {
	units := []Unit{Seconds, Bytes, Cores, Ratio, Count, PerSecond, Hours, Dollars, PodSeconds, PerPod}
	for _, metric := range Metrics() {
		if !slices.Contains(units, metric.Unit) {
			t.Errorf("%s has the unknown unit %q", metric.Name, metric.Unit)
		}
		if !strings.HasSuffix(metric.Name, "_"+string(metric.Unit)) {
			t.Errorf("%s does not end in its unit %q", metric.Name, metric.Unit)
		}
		if metric.Shape == Distribution && metric.Unit != Seconds {
			t.Errorf("%s is a distribution, which histograms hold in seconds only", metric.Name)
		}
		if !strings.HasSuffix(metric.Help, ".") {
			t.Errorf("the help of %s is not a sentence: %q", metric.Name, metric.Help)
		}
		if slices.Contains(metric.Labels, "phase") {
			t.Errorf("%s names the label phase, which every metric has", metric.Name)
		}
		checkHarnessDelay(t, metric)
	}
}

func checkHarnessDelay(t *testing.T, metric Metric) {
	t.Helper()
	for _, name := range metric.HarnessDelays {
		delay, ok := Lookup(name)
		if !ok || delay.Shape != Distribution || delay.Unit != metric.Unit {
			t.Errorf("%s: the harness delay %q is no distribution in %s", metric.Name, name, metric.Unit)
		}
	}
}

func TestLookup(t *testing.T) {
	metric, ok := Lookup(PodStartup)
	if !ok || metric.Name != PodStartup {
		t.Errorf("Lookup(%s) = %v, %v", PodStartup, metric.Name, ok)
	}
	if _, ok := Lookup("pod_startup"); ok {
		t.Error("an unknown metric was found")
	}
	names := Metrics()
	if !slices.IsSortedFunc(names, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("Metrics() is not sorted by name")
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		PodStartup: "pod startup", PodsReadyRate: "pods ready per second",
		ComponentMemory: "component memory", WatchRelists: "watch relists",
	} {
		metric, _ := Lookup(name)
		if got := metric.Words(); got != want {
			t.Errorf("%s in words is %q, want %q", name, got, want)
		}
	}
}

func FuzzOffsetJSON(f *testing.F) {
	f.Add([]byte("1.5"))
	f.Add([]byte("-3e300"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var offset Offset
		if json.Unmarshal(data, &offset) != nil {
			return
		}
		if _, err := json.Marshal(offset); err != nil {
			t.Errorf("%s was read and cannot be written: %v", data, err)
		}
	})
}
