package live

import (
	"math"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// span is how many seconds a history holds.
const span = 60

// bridged is for how many seconds a value stands where none followed: values come about once a
// second, and so now and then a second has none.
const bridged = 2

// A history holds a value for each of the last seconds.
type history struct {
	values [span]float64
	second [span]int // Of each value, plus 1; 0 is none.
}

// set keeps a value for its second; the last one counts.
func (h *history) set(at sample.Offset, value float64) {
	second := int(at.Seconds())
	if second < 0 {
		return
	}
	h.values[second%span], h.second[second%span] = value, second+1
}

// add keeps the larger of a second's values.
func (h *history) add(at sample.Offset, value float64) {
	if known, ok := h.at(int(at.Seconds())); ok {
		value = max(value, known)
	}
	h.set(at, value)
}

func (h *history) at(second int) (value float64, ok bool) {
	if second < 0 || h.second[second%span] != second+1 {
		return 0, false
	}
	return h.values[second%span], true
}

// last returns the seconds before now, the oldest first; NaN where nothing is known.
func (h *history) last(now sample.Offset, seconds int) []float64 {
	seconds = min(max(seconds, 0), span)
	values := make([]float64, seconds)
	end := int(now.Seconds())
	for i := range values {
		values[i] = math.NaN()
		for back := range bridged + 1 {
			if value, ok := h.at(end - seconds + 1 + i - back); ok {
				values[i] = value
				break
			}
		}
	}
	return values
}

// sparks are the glyphs of a sparkline, from nothing to the highest value.
var sparks = [...]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// sparkline draws values from 0 up to the largest of them, which is at least floor; a gap where
// one is not known. It is "" if none is.
func sparkline(values []float64, floor float64) string {
	top, known := floor, false
	for _, value := range values {
		if !math.IsNaN(value) {
			top, known = max(top, value), true
		}
	}
	if !known {
		return ""
	}
	var b strings.Builder
	for _, value := range values {
		if math.IsNaN(value) {
			b.WriteByte(' ')
			continue
		}
		level := 0
		if top > 0 {
			level = int(math.Round(value / top * float64(len(sparks)-1)))
		}
		b.WriteRune(sparks[min(max(level, 0), len(sparks)-1)])
	}
	return strings.TrimLeft(b.String(), " ")
}
