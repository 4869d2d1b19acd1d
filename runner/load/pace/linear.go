package pace

import (
	"fmt"
	"math"
	"sort"
)

// sumSlack is the share by which an area may fall short of the border of two segments and yet
// belong to the later one: the sum of the areas before it is no more exact than that.
const sumSlack = 1e-13

// A knot is the factor at a moment, in seconds.
type knot struct{ at, factor float64 }

// linear is a factor that is linear in each of its segments and may jump between them.
type linear struct {
	segments []segment // Without gaps, from 0; the last is flat and has no end.
	highest  float64
	fault    error
}

// A segment is a stretch over which the factor changes evenly.
type segment struct {
	start, end float64 // Seconds.
	from, to   float64 // Factors.
	before     float64 // The integral up to start.
}

// newLinear returns the shape through knots, of which the first is at 0 and none is before the
// one before it.
func newLinear(knots []knot) *linear {
	l := &linear{}
	before := 0.0
	for i, k := range knots {
		if !(k.factor >= 0 && k.factor <= MaxFactor) {
			l.fault = fmt.Errorf("shape with factor %g: give factors from 0 to %d", k.factor, MaxFactor)
			return l
		}
		l.highest = max(l.highest, k.factor)
		s := segment{start: k.at, end: math.Inf(1), from: k.factor, to: k.factor, before: before}
		if i+1 < len(knots) {
			s.end, s.to = knots[i+1].at, knots[i+1].factor
		}
		if s.end > s.start {
			l.segments = append(l.segments, s)
			before += s.area(s.length())
		}
	}
	return l
}

func (l *linear) check() error  { return l.fault }
func (l *linear) peak() float64 { return l.highest }

// last returns the last segment of which before(segment) holds; it holds for the first.
func (l *linear) last(before func(*segment) bool) *segment {
	after := sort.Search(len(l.segments), func(i int) bool { return !before(&l.segments[i]) })
	return &l.segments[max(after, 1)-1]
}

func (l *linear) factor(t float64) float64 {
	s := l.last(func(s *segment) bool { return s.start <= t })
	return max(0, s.from+s.slope()*(t-s.start))
}

func (l *linear) integral(t float64) float64 {
	s := l.last(func(s *segment) bool { return s.start <= t })
	return s.before + s.area(t-s.start)
}

func (l *linear) reached(area float64) float64 {
	s := l.last(func(s *segment) bool { return s.before <= area*(1+sumSlack) })
	return min(s.start+s.reached(max(0, area-s.before)), s.end)
}

func (s *segment) length() float64 { return s.end - s.start }

// slope returns the change of the factor per second. It is 0 in the endless segment.
func (s *segment) slope() float64 { return (s.to - s.from) / s.length() }

// area returns the integral over the first t seconds of the segment.
func (s *segment) area(t float64) float64 {
	if s.from == s.to {
		return s.from * t
	}
	return (s.from + s.slope()*t/2) * t
}

// reached returns after how many seconds the integral over the segment is area: the root of
// from·t + slope·t²/2 = area. The form of the root is chosen so that nothing cancels and that
// every operation is monotone in area.
func (s *segment) reached(area float64) float64 {
	slope := s.slope()
	switch {
	case s.from == s.to && s.from == 0:
		return s.length()
	case s.from == s.to:
		return area / s.from
	case slope < 0:
		return falling(s.from, slope, area)
	case s.from <= s.to/2:
		return (math.Sqrt(s.from*s.from+2*slope*area) - s.from) / slope
	default:
		// A slow rise is a slow fall seen from its end.
		return max(0, s.length()-falling(s.to, -slope, max(0, s.area(s.length())-area)))
	}
}

// falling returns the root for a factor that falls from a value above 0.
func falling(from, slope, area float64) float64 {
	return 2 * area / (from + math.Sqrt(max(0, from*from+2*slope*area)))
}
