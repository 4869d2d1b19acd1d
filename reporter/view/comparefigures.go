package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	sides "github.com/kubedyno/kubedyno/results/compare"
)

// The slots of the two sides, in every figure of a comparison.
const (
	baseSlot = 0
	newSlot  = 1
	zeroSlot = 6
	// intervalSlot has the colour of zeroSlot and another dash.
	intervalSlot = 13
)

// wideShare is by how much a run must lie above the base's median for the axis of all runs to be
// one of multiples, on a log scale.
const wideShare = 3

// stripFigure draws every run of the deciding figures, relative to the median of the base. A
// panel's marks are the medians with their intervals: that of the base, then that of the new side.
func stripFigure(changes []sides.Change) Figure {
	f := Figure{ID: "strip", Axis: ShareAxis, Along: "difference from the median of the base",
		Title: "Every run of every figure that decides",
		Caption: "Every dot is a run, every stroke a median; a bar through it is its 95% interval, for which it takes 6 runs. " +
			"The base is above, the new side below. All are drawn as their distance from the base's median, so the rows share an axis."}
	left, furthest := 0, 0.0
	var words []string
	for _, ch := range changes {
		if ch.Base.Median <= 0 || ch.New.N == 0 {
			left++
			continue
		}
		if len(f.Panels) == maxStrips {
			left++
			continue
		}
		row := changeRow(ch)
		p := Panel{Label: row.Name + ": " + row.Word, Unit: ch.Unit}
		for _, side := range []struct {
			name   string
			slot   int
			values []*float64
			median float64
			low    *float64
			high   *float64
		}{{"base " + row.Base, baseSlot, ch.BaseValues, ch.Base.Median, ch.Base.Low, ch.Base.High},
			{"new " + row.New, newSlot, ch.NewValues, ch.New.Median, ch.New.Low, ch.New.High}} {
			s := Series{Name: side.name, Slot: side.slot, Dots: true}
			share := func(v float64) Point { return Point{X: v/ch.Base.Median - 1} }
			for _, value := range side.values {
				if value != nil {
					s.Parts = append(s.Parts, []Point{share(*value)})
					furthest = max(furthest, share(*value).X)
				}
			}
			mark := Mark{Name: side.name, At: share(side.median), Slot: side.slot}
			mark.Low, mark.High = mark.At, mark.At
			if side.low != nil {
				mark.Low, mark.High = share(*side.low), share(*side.high)
			}
			p.Series, p.Marks = append(p.Series, s), append(p.Marks, mark)
		}
		f.Panels = append(f.Panels, p)
		words = append(words, row.Name+": "+row.Base+" to "+row.New+", "+row.Word)
	}
	if len(f.Panels) == 0 {
		f.Empty = "No deciding figure is above 0 on both sides, so none can be drawn as a share of the base; the table has what there is."
		return f
	}
	if left > 0 {
		f.Caption += fmt.Sprintf(" %s in the table alone.", plural(left, "more is", "more are"))
	}
	if furthest > wideShare {
		f.Log, f.Along = true, "as a multiple of the median of the base"
	}
	f.Alt = "Dots of runs. " + strings.Join(words, ". ") + "."
	f.Table = stripTable(changes)
	return f
}

// stripTable holds every value behind the picture.
func stripTable(changes []sides.Change) Table {
	t := Table{ID: "strip-data", Caption: "Every run, in the order of the sides", Columns: []Column{{Name: "Figure"}, {Name: "Side"}, {Name: "Each run"}}}
	for _, ch := range changes {
		for _, side := range []struct {
			name   string
			values []*float64
		}{{"base", ch.BaseValues}, {"new", ch.NewValues}} {
			var words []string
			for _, value := range side.values {
				if value == nil {
					words = append(words, Dash)
					continue
				}
				words = append(words, format(*value, ch.Unit))
			}
			t.Rows = append(t.Rows, []string{changeName(ch), side.name, strings.Join(words, "; ")})
		}
	}
	return t
}

// curveFigures draws the distributions behind the deciding figures, those that need attention
// first.
func curveFigures(c *sides.Comparison) []Figure {
	var figures []Figure
	drawn := map[string]bool{}
	for _, ch := range byAttention(c.Deciding) {
		for _, curve := range c.Curves {
			k := curve.Metric + "|" + curve.Where.String()
			if curve.Metric != ch.Metric || curve.Where.String() != ch.Where.String() || drawn[k] || len(figures) == maxCurves {
				continue
			}
			drawn[k] = true
			figures = append(figures, curveFigure(curve, len(figures)))
		}
	}
	return figures
}

func curveFigure(curve sides.Curve, number int) Figure {
	f := Figure{ID: fmt.Sprintf("curve-%d", number), Axis: TailAxis, Title: curveFinding(curve),
		Caption: "Above, the percentiles of both sides: at each the median over the runs. Below, by how much the new side lies above the base " +
			"at that percentile, with a 95% interval for each percentile by itself; where it covers 0 there is no evidence of a shift. " +
			"The lines end where a run has fewer than 10 samples beyond."}
	base, other := Series{Name: "base", Slot: baseSlot}, Series{Name: "new", Slot: newSlot}
	shift, zero := Series{Name: "shift", Slot: newSlot}, Series{Name: "no shift", Slot: zeroSlot}
	var lines [4][]Point
	var low, high []Point
	t := Table{ID: f.ID + "-data", Caption: "The curves of the figure in numbers",
		Columns: []Column{{Name: "Percentile"}, {"Base", true}, {"New", true}, {"New less base", true}, {"95% interval", true}}}
	for _, point := range curve.Points {
		for i, y := range []float64{point.Base, point.New, point.Shift.Value, 0} {
			lines[i] = append(lines[i], Point{point.P, y})
		}
		interval := Dash
		if point.Shift.Low != nil {
			low, high = append(low, Point{point.P, *point.Shift.Low}), append(high, Point{point.P, *point.Shift.High})
			interval = "[" + signedValue(*point.Shift.Low, curve.Unit) + ", " + signedValue(*point.Shift.High, curve.Unit) + "]"
		}
		t.Rows = append(t.Rows, []string{shareName(point.P), format(point.Base, curve.Unit), format(point.New, curve.Unit),
			signedValue(point.Shift.Value, curve.Unit), interval})
	}
	base.Parts, other.Parts, shift.Parts, zero.Parts = lines[:1], lines[1:2], lines[2:3], lines[3:]
	below := []Series{zero, shift}
	if len(low) > 0 {
		below = append(below, Series{Name: "95% interval", Slot: intervalSlot, Parts: [][]Point{low, high}})
	}
	f.Panels = []Panel{{Label: "Percentiles", Unit: curve.Unit, Log: spread(curve) >= logSpan, Series: []Series{base, other}},
		{Label: "Shift: new less base", Unit: curve.Unit, Signed: true, Series: below}}
	f.Table, f.Alt = t, f.Title+". The figures are in the table behind the picture."
	return f
}

// spread is how many times the lowest value of both sides the highest is; 0 if the lowest is 0.
func spread(curve sides.Curve) float64 {
	low, high := math.Inf(1), 0.0
	for _, point := range curve.Points {
		low, high = min(low, point.Base, point.New), max(high, point.Base, point.New)
	}
	if low <= 0 {
		return 0
	}
	return high / low
}

func curveWords(curve sides.Curve) string {
	words := metricWords(curve.Metric)
	if labels := where(curve.Where); labels != "" {
		words += ", " + labels
	}
	return words
}

// curveFinding says what the curve shows at the highest of the usual percentiles that it reaches.
func curveFinding(curve sides.Curve) string {
	point := curve.Points[len(curve.Points)-1]
	for _, share := range []float64{0.99, 0.95, 0.9, 0.5} {
		at := slices.IndexFunc(curve.Points, func(p sides.CurvePoint) bool { return math.Abs(p.P-share) < 1e-9 })
		if at >= 0 {
			point = curve.Points[at]
			break
		}
	}
	words := fmt.Sprintf("%s: %s %s → %s", curveWords(curve), shareName(point.P), format(point.Base, curve.Unit), format(point.New, curve.Unit))
	if point.Shift.Low != nil && *point.Shift.Low <= 0 && *point.Shift.High >= 0 {
		words += ", no evidence of a shift there"
	}
	return words
}
