package sample

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Resolution is the shortest time in seconds that a Histogram tells from none at all.
const Resolution = 1e-6

// The range and precision of every histogram: 1 µs to 1 h in microseconds, with three
// significant digits, hence a relative error of at most 0.1%.
const (
	histogramLowest  = 1
	histogramHighest = int64(time.Hour / time.Microsecond)
	histogramDigits  = 3
	// histogramBits is how many leading bits of a value are kept at three digits.
	histogramBits = 11
)

// A Histogram counts durations. Its zero value is empty and ready to use; it is not safe for
// concurrent use. Its JSON form is a V2 compressed HDR histogram of microseconds in base64,
// as every HdrHistogram implementation reads it.
//
// A histogram that holds anything takes 188 KB of memory, however many durations it counts:
// keep one per series, not one per thing. Reset keeps that memory for the next window. A copy
// by assignment shares the counts; Clone does not.
type Histogram struct{ counts *hdr.Histogram }

// Record counts one duration; what lies outside 1 µs .. 1 h counts as the nearest bound.
func (h *Histogram) Record(d time.Duration) { h.RecordMany(d, 1) }

// RecordMany counts a duration n times.
func (h *Histogram) RecordMany(d time.Duration, n int64) {
	h.init()
	value := min(max(d.Microseconds(), histogramLowest), histogramHighest)
	if err := h.counts.RecordValues(value, n); err != nil {
		panic(fmt.Sprintf("histogram: %d µs is within bounds and was refused: %v", value, err))
	}
}

// Merge adds the counts of other.
func (h *Histogram) Merge(other Histogram) {
	if other.counts == nil {
		return
	}
	h.init()
	if dropped := h.counts.Merge(other.counts); dropped > 0 {
		panic(fmt.Sprintf("histogram: merge of equal ranges dropped %d counts", dropped))
	}
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() int64 {
	if h.counts == nil {
		return 0
	}
	return h.counts.TotalCount()
}

// Quantile returns the smallest recorded duration in seconds that at least the share q (0..1)
// of the recorded durations does not exceed; 0 for an empty histogram. Like every value read
// from a histogram it is rounded up to the histogram's resolution: it is never too small, and
// too large by at most 0.1%.
func (h *Histogram) Quantile(q float64) float64 {
	return h.AtRank(Rank(q, h.Count()))
}

// Rank returns the 1-based rank of the quantile q among n ordered values: the smallest whole
// number that is not below q*n.
func Rank(q float64, n int64) int64 {
	// 0.999*1000 is a little more than 999 in floating point and must not become 1000.
	const tolerance = 1e-12
	rank := int64(math.Ceil(q * float64(n) * (1 - tolerance)))
	return min(max(rank, 1), max(n, 1))
}

// AtRank returns the duration in seconds at a 1-based rank in ascending order; ranks outside
// 1..Count give the shortest and the longest; 0 for an empty histogram.
func (h *Histogram) AtRank(rank int64) float64 {
	n := h.Count()
	if n == 0 {
		return 0
	}
	rank = min(max(rank, 1), n)
	return float64(h.counts.ValueAtPercentile(100*float64(rank)/float64(n))) / 1e6
}

// CountAbove returns how many recorded durations are above a limit in seconds and can be told
// apart from it.
func (h *Histogram) CountAbove(limit float64) int64 {
	var above int64
	ceiling := Resolve(limit)
	h.Buckets(func(seconds float64, count int64) {
		if seconds > ceiling {
			above += count
		}
	})
	return above
}

// Resolve returns the longest duration in seconds that a histogram cannot tell from the given
// one: what Quantile would return if only that one had been recorded. A value read from a
// histogram is compared with Resolve(limit), so that exactly the limit is not above it.
func Resolve(seconds float64) float64 {
	micros := min(max(seconds*1e6, histogramLowest), float64(histogramHighest))
	value := uint64(math.Round(micros))
	shift := max(bits.Len64(value)-histogramBits, 0)
	return float64((value>>shift+1)<<shift-1) / 1e6
}

// Min returns the shortest duration in seconds, rounded down to the histogram's resolution; 0
// for an empty histogram.
func (h *Histogram) Min() float64 {
	if h.counts == nil {
		return 0
	}
	return float64(h.counts.Min()) / 1e6
}

// Max returns the longest duration in seconds; 0 for an empty histogram.
func (h *Histogram) Max() float64 {
	if h.counts == nil {
		return 0
	}
	return float64(h.counts.Max()) / 1e6
}

// Mean returns the average duration in seconds; 0 for an empty histogram.
func (h *Histogram) Mean() float64 {
	if h.counts == nil {
		return 0
	}
	return h.counts.Mean() / 1e6
}

// Buckets calls visit with every non-empty bucket in ascending order: the bucket's highest
// equivalent value in seconds and its count.
func (h *Histogram) Buckets(visit func(seconds float64, count int64)) {
	if h.counts == nil {
		return
	}
	const half = 1 << (histogramBits - 1)
	for i, count := range h.counts.Export().Counts {
		if count == 0 {
			continue
		}
		// Of the counts, the first 2*half are of single microseconds; each half after that has steps
		// twice as wide as the one before.
		shift := max(i/half-1, 0)
		step := i - shift*half
		visit(float64((step+1)<<shift-1)/1e6, count)
	}
}

// Reset empties the histogram and keeps its memory.
func (h *Histogram) Reset() {
	if h.counts != nil {
		h.counts.Reset()
	}
}

// Clone returns an independent copy.
func (h *Histogram) Clone() Histogram {
	var c Histogram
	c.Merge(*h)
	return c
}

func (h *Histogram) init() {
	if h.counts == nil {
		h.counts = hdr.New(histogramLowest, histogramHighest, histogramDigits)
	}
}

// MarshalJSON writes the V2 compressed form. It reads the counts: nothing may be recorded at
// the same time.
func (h Histogram) MarshalJSON() ([]byte, error) {
	h.init()
	data, err := h.counts.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode HDR histogram: %w", err)
	}
	return json.Marshal(string(data))
}

// UnmarshalJSON reads the V2 compressed form.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	counts, err := hdr.Decode([]byte(text))
	if err != nil {
		return fmt.Errorf("decode HDR histogram: %w", err)
	}
	if counts.LowestTrackableValue() != histogramLowest ||
		counts.HighestTrackableValue() != histogramHighest ||
		counts.SignificantFigures() != histogramDigits {
		return fmt.Errorf("decode HDR histogram: its range is %d to %d µs with %d digits, not %d to %d with %d",
			counts.LowestTrackableValue(), counts.HighestTrackableValue(), counts.SignificantFigures(),
			histogramLowest, histogramHighest, histogramDigits)
	}
	if n := counts.TotalCount(); n > maxCount {
		return fmt.Errorf("decode HDR histogram: it has %d values, more than %d", n, int64(maxCount))
	}
	h.counts = counts
	return nil
}
