package pace

import (
	"fmt"
	"math"
	"time"
)

// Sawtooth is a factor that changes evenly from one value to another over each period and goes
// back at once.
func Sawtooth(from, to float64, period time.Duration) Shape {
	if period <= 0 {
		return invalid{fmt.Errorf("sawtooth of period %v: give one above 0", period)}
	}
	for _, factor := range []float64{from, to} {
		if !(factor >= 0 && factor <= MaxFactor) {
			return invalid{fmt.Errorf("sawtooth with factor %g: give factors from 0 to %d", factor, MaxFactor)}
		}
	}
	return sawtooth{segment{end: period.Seconds(), from: from, to: to}}
}

// A sawtooth repeats its tooth without end.
type sawtooth struct{ tooth segment }

func (s sawtooth) check() error  { return nil }
func (s sawtooth) peak() float64 { return max(s.tooth.from, s.tooth.to) }

// split returns how many whole teeth there are before t, and the time since the last one's end. A
// moment within half a nanosecond of the next tooth is in that tooth, because no float64 is exactly
// a multiple of most periods.
func (s sawtooth) split(t float64) (teeth, rest float64) {
	const half = 0.5e-9
	teeth = math.Floor((t + half) / s.tooth.end)
	return teeth, min(max(0, t-teeth*s.tooth.end), s.tooth.end)
}

func (s sawtooth) factor(t float64) float64 {
	_, rest := s.split(t)
	return max(0, s.tooth.from+s.tooth.slope()*rest)
}

func (s sawtooth) integral(t float64) float64 {
	teeth, rest := s.split(t)
	return teeth*s.tooth.area(s.tooth.end) + s.tooth.area(rest)
}

// reached finds the tooth first. No time in a tooth is after the next one's beginning, so that the
// result ascends with area across teeth, too.
func (s sawtooth) reached(area float64) float64 {
	whole := s.tooth.area(s.tooth.end)
	if whole == 0 {
		return math.Inf(1)
	}
	teeth := math.Floor(area * (1 + sumSlack) / whole)
	rest := min(max(0, area-teeth*whole), whole)
	return min(teeth*s.tooth.end+s.tooth.reached(rest), (teeth+1)*s.tooth.end)
}
