package sample

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// resolution is the share by which a value read from a histogram may be too large.
const resolution = 0.001

func TestQuantileOfKnownValues(t *testing.T) {
	var h Histogram
	for ms := range 1000 {
		h.Record(time.Duration(ms+1) * time.Millisecond)
	}
	tests := []struct{ q, want float64 }{
		{0, 0.001}, {0.001, 0.001}, {0.5, 0.500}, {0.9, 0.900}, {0.95, 0.950},
		{0.99, 0.990}, {0.999, 0.999}, {1, 1},
	}
	for _, test := range tests {
		if got := h.Quantile(test.q); !near(got, test.want) {
			t.Errorf("Quantile(%v) = %v, want %v", test.q, got, test.want)
		}
	}
	if got := h.Mean(); !near(got, 0.5005) {
		t.Errorf("Mean() = %v, want 0.5005", got)
	}
	if got := h.CountAbove(0.9); got != 100 {
		t.Errorf("CountAbove(0.9) = %d, want 100", got)
	}
	if got := h.Min(); got != 0.001 {
		t.Errorf("Min() = %v, want 0.001", got)
	}
}

func near(got, want float64) bool { return math.Abs(got-want) <= resolution*want+1e-9 }

func TestEmptyHistogram(t *testing.T) {
	var h Histogram
	h.Buckets(func(float64, int64) { t.Error("an empty histogram has a bucket") })
	h.Reset()
	got := []float64{h.Quantile(0.5), h.Min(), h.Max(), h.Mean(), h.AtRank(1), float64(h.CountAbove(0))}
	if !slices.Equal(got, make([]float64, len(got))) {
		t.Errorf("figures of an empty histogram are %v, want zeros", got)
	}
}

func TestRecordClampsToItsRange(t *testing.T) {
	var h Histogram
	h.Record(-time.Second)
	h.Record(0)
	h.Record(24 * time.Hour)
	if got, want := h.Min(), 1e-6; got != want {
		t.Errorf("Min() = %v, want %v", got, want)
	}
	if got := h.Max(); !near(got, 3600) {
		t.Errorf("Max() = %v, want 3600", got)
	}
	if h.Count() != 3 {
		t.Errorf("Count() = %d, want 3", h.Count())
	}
}

// durations draws what a histogram can hold, on all its scales.
func durations(minimum int) *rapid.Generator[[]time.Duration] {
	one := rapid.Custom(func(t *rapid.T) time.Duration {
		exponent := rapid.Float64Range(0, math.Log10(3.6e9)).Draw(t, "exponent")
		return time.Duration(math.Pow(10, exponent)) * time.Microsecond
	})
	return rapid.SliceOfN(one, minimum, 200)
}

func TestQuantileIsNeverTooSmallAndAtMostATenthOfAPercentTooLarge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := durations(1).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		var h Histogram
		for _, value := range values {
			h.Record(value)
		}
		slices.Sort(values)
		rank := max(int(math.Ceil(q*float64(len(values))-1e-9)), 1)
		exact := values[rank-1].Seconds()
		if got := h.Quantile(q); got < exact-1e-9 || got > exact*(1+resolution)+1e-9 {
			t.Fatalf("Quantile(%v) of %v = %v, want %v", q, values, got, exact)
		}
	})
}

func TestMergeIsRecordingTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := durations(0).Draw(t, "first"), durations(0).Draw(t, "second")
		var a, b, both Histogram
		for _, value := range first {
			a.Record(value)
			both.Record(value)
		}
		for _, value := range second {
			b.Record(value)
			both.Record(value)
		}
		a.Merge(b)
		if !slices.Equal(buckets(a), buckets(both)) || a.Count() != both.Count() {
			t.Fatalf("merged %v, recorded together %v", buckets(a), buckets(both))
		}
	})
}

type bucket struct {
	seconds float64
	count   int64
}

func buckets(h Histogram) (all []bucket) {
	h.Buckets(func(seconds float64, count int64) { all = append(all, bucket{seconds, count}) })
	return all
}

// TestBucketsAreTheLibrarys compares with the slower way in which the library lists its counts.
func TestBucketsAreTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Histogram
		for _, value := range durations(1).Draw(t, "values") {
			h.Record(value)
		}
		var want []bucket
		for _, bar := range h.counts.Distribution() {
			if bar.Count > 0 {
				want = append(want, bucket{float64(bar.To) / 1e6, bar.Count})
			}
		}
		if got := buckets(h); !slices.Equal(got, want) {
			t.Fatalf("buckets %v, want %v", got, want)
		}
	})
}

func TestHistogramJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h, back Histogram
		for _, value := range durations(0).Draw(t, "values") {
			h.Record(value)
		}
		data, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(buckets(h), buckets(back)) || h.Count() != back.Count() {
			t.Fatalf("read back %v, want %v", buckets(back), buckets(h))
		}
	})
}

func TestHistogramRefusesAnotherRange(t *testing.T) {
	other := hdr.New(1, 1000, 2)
	data, err := other.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(string(data))
	var h Histogram
	if err := json.Unmarshal(text, &h); err == nil {
		t.Fatal("a histogram of another range was taken")
	}
	if h.Count() != 0 {
		t.Fatal("a refused histogram left counts behind")
	}
}

func TestResolveIsWhatAHistogramReturns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := durations(1).Draw(t, "value")[0]
		var h Histogram
		h.Record(value)
		if got, want := Resolve(value.Seconds()), h.Max(); got != want {
			t.Fatalf("Resolve(%v) = %v, want %v", value.Seconds(), got, want)
		}
		if above := h.CountAbove(value.Seconds()); above != 0 {
			t.Fatalf("%v lies above itself", value)
		}
	})
}

func TestResetKeepsItsMemory(t *testing.T) {
	var h Histogram
	h.Record(time.Second)
	if allocs := testing.AllocsPerRun(10, func() {
		h.Reset()
		h.Record(time.Millisecond)
	}); allocs != 0 {
		t.Errorf("Reset and Record allocate %v times, want 0", allocs)
	}
	if h.Count() != 1 {
		t.Errorf("Count() after Reset = %d, want 1", h.Count())
	}
}

func TestCloneIsIndependent(t *testing.T) {
	var h Histogram
	h.Record(time.Second)
	clone := h.Clone()
	h.Record(time.Second)
	if clone.Count() != 1 || h.Count() != 2 {
		t.Errorf("counts are %d and %d, want 1 and 2", clone.Count(), h.Count())
	}
}

func TestMemoryIsAsDocumented(t *testing.T) {
	var h Histogram
	h.Record(time.Second)
	if size := h.counts.ByteSize(); size < 180_000 || size > 192_000 {
		t.Errorf("a histogram takes %d bytes, the documentation says 188 KB", size)
	}
}

func FuzzHistogramJSON(f *testing.F) {
	var h Histogram
	h.Record(time.Second)
	data, _ := json.Marshal(h)
	f.Add(data)
	f.Add([]byte(`""`))
	f.Add([]byte(`"HISTFAAAABl42pNpmSzMwMDAxAABzFCaEUoz"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Histogram
		if json.Unmarshal(data, &h) != nil {
			return
		}
		var total int64
		h.Buckets(func(_ float64, count int64) { total += count })
		if total != h.Count() {
			t.Errorf("buckets hold %d, the count says %d", total, h.Count())
		}
	})
}

func TestRecordManyIsRecordingOneByOne(t *testing.T) {
	var many, one Histogram
	many.RecordMany(20*time.Millisecond, 1000)
	many.RecordMany(2*time.Hour, 3)
	for range 1000 {
		one.Record(20 * time.Millisecond)
	}
	for range 3 {
		one.Record(2 * time.Hour)
	}
	if many.Count() != 1003 || many.Quantile(0.5) != one.Quantile(0.5) || many.Max() != one.Max() || many.Mean() != one.Mean() {
		t.Errorf("%d values, median %v, mean %v; want 1003, %v, %v", many.Count(), many.Quantile(0.5), many.Mean(), one.Quantile(0.5), one.Mean())
	}
}
