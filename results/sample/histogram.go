package sample

import (
	"encoding/json"
	"fmt"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The range and precision of every histogram: 1 µs to 1 h in microseconds, with three
// significant digits, hence a relative error of at most 0.1%.
const (
	histogramLowest  = 1
	histogramHighest = int64(time.Hour / time.Microsecond)
	histogramDigits  = 3
)

// A Histogram counts durations. Its zero value is empty and ready to use; it is not safe for
// concurrent use. Its JSON form is a V2 compressed HDR histogram of microseconds in base64,
// as every HdrHistogram implementation reads it.
type Histogram struct{ counts *hdr.Histogram }

// Record counts one duration; what lies outside 1 µs .. 1 h counts as the nearest bound.
func (h *Histogram) Record(d time.Duration) {
	h.init()
	value := min(max(d.Microseconds(), histogramLowest), histogramHighest)
	if err := h.counts.RecordValue(value); err != nil {
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

// Quantile returns the duration in seconds below or at which the share q (0..1) of the
// recorded durations lies; 0 for an empty histogram.
func (h *Histogram) Quantile(q float64) float64 {
	if h.counts == nil {
		return 0
	}
	return float64(h.counts.ValueAtQuantile(q*100)) / 1e6
}

// Min, Max and Mean are in seconds; 0 for an empty histogram.
func (h *Histogram) Min() float64 {
	if h.counts == nil {
		return 0
	}
	return float64(h.counts.Min()) / 1e6
}

// Max returns the longest duration in seconds.
func (h *Histogram) Max() float64 {
	if h.counts == nil {
		return 0
	}
	return float64(h.counts.Max()) / 1e6
}

// Mean returns the average duration in seconds.
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
	for _, bar := range h.counts.Distribution() {
		if bar.Count > 0 {
			visit(float64(bar.To)/1e6, bar.Count)
		}
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

// MarshalJSON writes the V2 compressed form.
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
	h.counts = counts
	return nil
}
