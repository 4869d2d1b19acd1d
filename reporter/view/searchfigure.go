package view

import (
	"fmt"
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The slots of a search's series.
const (
	boundSlot        = 0
	passSlot         = 2
	missSlot         = 1
	inconclusiveSlot = 6 // Grey.
)

// closing shows how the interval of a goal closed: the load of every trial and how it came out, and the
// bounds that were known then.
func closing(s *search.Search, id string, v search.Variant, g int) Figure {
	f := Figure{ID: fmt.Sprintf("%s-closing-%d", id, g+1), Axis: ValueAxis, Along: "trial", Title: "How the interval closed",
		Table: Table{ID: fmt.Sprintf("%s-closing-%d-table", id, g+1), Caption: "Trials in their order", Empty: "No trial has ended.",
			Columns: []Column{{"Trial", true}, {s.Parameter, true}, {Name: "Verdict"}, {Name: "Interval after it"}}}}
	if name := goalName(s, s.Goals[g].Name); name != "" {
		f.Title += ": " + name
	}
	dots := map[slo.Verdict]*Series{slo.Pass: {Name: "passed", Slot: passSlot, Dots: true}, slo.Miss: {Name: "missed", Slot: missSlot, Dots: true},
		slo.Inconclusive: {Name: "inconclusive", Slot: inconclusiveSlot, Dots: true}}
	lower, upper := Series{Name: "lower bound", Slot: boundSlot}, Series{Name: "upper bound", Slot: boundSlot}
	var loads []float64
	var low, high []Point
	for _, t := range v.Trials {
		if !t.Ended {
			continue
		}
		place := float64(len(loads) + 1)
		loads = append(loads, t.Load)
		f.Ticks = append(f.Ticks, Tick{place, fmt.Sprint(t.Number)})
		verdict := t.Verdicts[g]
		if dots[verdict] == nil {
			verdict = slo.Inconclusive
		}
		dots[verdict].Parts = append(dots[verdict].Parts, []Point{{place, t.Load}})
		low, high = step(low, place, t.After[g].Lower), step(high, place, t.After[g].Upper)
		f.Table.Rows = append(f.Table.Rows, []string{fmt.Sprint(t.Number), search.Number(t.Load), string(t.Verdicts[g]), spanWords(t.After[g])})
	}
	if len(loads) == 0 {
		f.Empty = "No trial has ended."
		return f
	}
	lower.Parts, upper.Parts = [][]Point{low}, [][]Point{high}
	least, most := slices.Min(loads), slices.Max(loads)
	p := Panel{Label: s.Parameter, Unit: sample.Count, Log: most/least >= logSpan}
	for _, series := range []Series{upper, lower, *dots[slo.Pass], *dots[slo.Miss], *dots[slo.Inconclusive]} {
		if len(series.Parts) > 0 && len(series.Parts[0]) > 0 {
			p.Series = append(p.Series, series)
		}
	}
	f.Panels = []Panel{p}
	f.Caption = "Every dot is a trial. The capacity is between the two lines; a line that goes the other way was put right by a repeat."
	f.Alt = f.Title + ". The loads are in the table behind the picture."
	return f
}

// step goes on with a step line to a value at a place; 0 is no value.
func step(line []Point, place, value float64) []Point {
	if value == 0 {
		return append(line, Point{place, math.NaN()})
	}
	if n := len(line); n > 0 && !math.IsNaN(line[n-1].Y) && line[n-1].Y != value {
		line = append(line, Point{place, line[n-1].Y})
	}
	return append(line, Point{place, value})
}

// curve shows the objective that decides against the load, with its limit and knee.
func curve(s *search.Search, id string, v search.Variant) Figure {
	f := Figure{ID: id + "-curve", Axis: ValueAxis, Along: s.Parameter, Title: "Load and objective",
		Table: Table{ID: id + "-curve-table", Caption: "The objective by load", Empty: "No trial has a figure of it."}}
	o, ok := v.Deciding(s.Goals)
	points := v.Curve(o)
	if !ok || len(points) == 0 {
		f.Empty = "No objective has a figure that can be drawn."
		return f
	}
	unit := o.Unit()
	f.Title = o.Subject() + " by " + s.Parameter
	f.Table.Columns = []Column{{s.Parameter, true}, {"median of the trials", true}, {"trials", true}}
	each, median := Series{Name: "each trial", Slot: missSlot, Dots: true}, Series{Name: "median", Slot: boundSlot}
	var line []Point
	for _, p := range points {
		f.Ticks = append(f.Ticks, Tick{p.Load, search.Number(p.Load)})
		line = append(line, Point{p.Load, p.Value})
		for _, value := range p.Values {
			each.Parts = append(each.Parts, []Point{{p.Load, value}})
		}
		f.Table.Rows = append(f.Table.Rows, []string{search.Number(p.Load), format(p.Value, unit), fmt.Sprint(len(p.Values))})
	}
	median.Parts = [][]Point{line}
	f.Log = points[len(points)-1].Load/points[0].Load >= logSpan
	panel := Panel{Label: o.Subject(), Unit: unit, Series: []Series{median, each}}
	if limit, ok := limitOf(o); ok {
		panel.Limits = []Limit{{Name: "limit " + o.LimitWords(), Value: limit}}
	}
	if k := v.Knee; k != nil {
		at := Point{k.Load, k.Value}
		panel.Marks = []Mark{{Name: "knee", At: at, Low: at, High: at, Slot: boundSlot}}
	}
	f.Panels = []Panel{panel}
	f.Caption = "The objective that broke first, or had the least room. The dashed line is its limit; where none is drawn, it is far above the figures. " + kneeWords(s, v)
	f.Alt = f.Title + ". The figures are in the table behind the picture."
	return f
}
