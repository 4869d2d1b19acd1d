package view

import (
	"fmt"
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
)

// The slots of what every figure of a capacity plan has.
const (
	capacityRunSlot = iota
	capacityFitSlot
	capacityAskedSlot
	capacityOtherSlot // And those that follow, for forms that are as likely.
)

// The look of a capacity figure.
const (
	capacityCurvePoints = 48   // On which a fit is drawn.
	besideRoom          = 1.25 // Of the largest measured size, where nothing larger was asked for.
	askedRoom           = 1.15 // Of the size asked for.
	highestCurve        = 1.25 // Times what was measured, or the limit: higher a curve is not drawn.
	farLimit            = 3.0  // Times what is drawn a limit may be: one that is farther is left out, or makes the axis of a latency logarithmic.
)

// capacityAxis is the axis of a dimension.
func capacityAxis(d capacity.Dimension) Axis {
	switch d {
	case capacity.Nodes:
		return NodesAxis
	case capacity.Pods:
		return PodsAxis
	default:
		return RequestsAxis
	}
}

// draw makes the figures: of the sizes asked for those that have a limit, or else all that have one.
func (v *PlanCapacity) draw(p *capacity.Plan) {
	drawn, left := 0, 0
	for i, c := range p.Curves {
		answer := slices.IndexFunc(p.Answers, func(a capacity.Answer) bool { return a.Dimension == c.Dimension && a.Key == c.Measure.Key })
		if c.Model.Sizes() < 2 || c.Measure.Limit == nil || p.Question != nil && answer < 0 {
			continue
		}
		if drawn == maxCapacityCurves {
			left++
			continue
		}
		drawn++
		var asked *capacity.Answer
		if answer >= 0 {
			asked = &p.Answers[answer]
		}
		id := fmt.Sprintf("curve-%d", i+1)
		v.Figures = append(v.Figures, capacityFigure(c, asked, id))
		if scattered(c.Model) {
			v.Figures = append(v.Figures, capacityResiduals(c, id+"-residuals"))
		}
	}
	if left > 0 {
		v.Undrawn = plural(left, "more curve is", "more curves are") + " not drawn, to keep this page short; the table of fits and JSON have them."
	}
}

// capacityFigure draws the runs, the fit with its band, the limit, what was asked, and where nothing was
// measured.
func capacityFigure(c capacity.Curve, asked *capacity.Answer, id string) Figure {
	m := c.Model
	name := c.Measure.Name + " over " + string(c.Dimension)
	figure := Figure{ID: id, Axis: capacityAxis(c.Dimension), End: m.Largest() * besideRoom, Title: name, Table: capacityCurveTable(c, id)}
	panel := Panel{Label: panelName(c.Measure), Unit: c.Measure.Unit}
	runs := Series{Name: "runs", Slot: capacityRunSlot, Dots: true}
	low, high := m.Points[0].Y, 0.0
	for _, p := range m.Points {
		runs.Parts = append(runs.Parts, []Point{{p.X, p.Y}})
		low, high = min(low, p.Y), max(high, p.Y)
	}
	panel.Series = []Series{runs}
	ceiling, far := high, false
	if limit, ok := fixedLimit(c, asked); ok {
		panel.Limits = []Limit{{Name: "limit " + limitSign(c.Measure.Least) + format(limit, c.Measure.Unit), Value: limit}}
		reach := high
		if asked != nil && asked.Prediction != nil && !math.IsInf(asked.Prediction.High, 1) {
			reach = max(reach, asked.Prediction.High)
		}
		far = limit > farLimit*reach
		panel.Log = far && low > 0 && c.Measure.Unit == sample.Seconds
		ceiling = max(ceiling, limit)
	}
	if asked != nil {
		figure.End = max(figure.End, asked.Asked*askedRoom)
	}
	figure.Unmeasured = unmeasured(m, figure.End)
	panel.addFits(c, highestCurve*ceiling, figure.End)
	if asked != nil {
		figure.Title = name + ": " + askedFinding(*asked)
		panel.addAsked(*asked)
	}
	figure.Panels = []Panel{panel}
	figure.Caption = "Every dot is a run, from " + fromWords(c) + ". In the shaded region nothing was measured."
	if n := len(m.Fits); n == 1 {
		figure.Caption += " The band is where 95% of further runs are expected if the form that is drawn holds."
	} else if n > 1 {
		figure.Caption += fmt.Sprintf(" The band is where 95%% of further runs are expected if one of the %d forms that are drawn holds.", n)
	}
	if far && !panel.Log {
		figure.Caption += " The limit, " + panel.Limits[0].Name[len("limit "):] + ", lies far above."
	}
	figure.Alt = figure.Title + ". " + plural(len(m.Points), "run", "runs") + " from " + capacity.SizeWords(c.Dimension, m.Smallest()) + " to " +
		capacity.SizeWords(c.Dimension, m.Largest()) + ", " + format(m.Points[0].Y, c.Measure.Unit) + " to " + format(m.Points[len(m.Points)-1].Y, c.Measure.Unit) + "."
	return figure
}

// panelName is a measure's name with its unit where tick labels leave that out.
func panelName(m capacity.Measure) string {
	switch m.Unit {
	case sample.Cores:
		return m.Name + ", cores"
	case sample.PerSecond:
		return m.Name + " a second"
	}
	return m.Name
}

// fixedLimit is the limit as a level: that of a throughput depends on what is asked.
func fixedLimit(c capacity.Curve, asked *capacity.Answer) (float64, bool) {
	switch {
	case asked != nil && asked.Limit != nil:
		return *asked.Limit, true
	case c.Measure.Key == capacity.AnsweredKey || c.Measure.Limit == nil:
		return 0, false
	}
	return *c.Measure.Limit, true
}

// unmeasured are the stretches of the axis without a run.
func unmeasured(m *model.Curve, end float64) []Band {
	var all []Band
	if m.Smallest() > 0 {
		all = append(all, Band{Name: "not measured", From: 0, To: m.Smallest()})
	}
	return append(all, Band{Name: "not measured", From: m.Largest(), To: end})
}

// addFits draws every form that is as likely, and the band around all of them, as far as predictions
// go and no higher than the ceiling.
func (p *Panel) addFits(c capacity.Curve, ceiling, end float64) {
	m := c.Model
	if len(m.Fits) == 0 {
		return
	}
	from, to := m.Smallest(), m.Largest()
	if far := min(end, model.MaxReach*m.Largest()); len(refusedAt(m, far)) == 0 {
		to = far
	}
	var sizes []float64
	for i := range capacityCurvePoints {
		sizes = append(sizes, from+(to-from)*float64(i)/(capacityCurvePoints-1))
	}
	area := Area{}
	for _, x := range sizes {
		band, _ := m.Band(x)
		if band.Low > ceiling {
			break
		}
		area.Lower = append(area.Lower, Point{x, band.Low})
		area.Upper = append(area.Upper, Point{x, min(band.High, ceiling)})
	}
	p.Areas = []Area{area}
	for i := range m.Fits {
		fit, slot := &m.Fits[i], capacityFitSlot
		if i > 0 {
			slot = capacityOtherSlot + i - 1
		}
		var line []Point
		for _, x := range sizes {
			if y := fit.At(x); y <= ceiling {
				line = append(line, Point{x, y})
			}
		}
		p.Series = append(p.Series, Series{Name: string(fit.Form), Slot: slot, Parts: [][]Point{line}})
	}
}

// refusedAt are the refusals at a size.
func refusedAt(m *model.Curve, x float64) []model.Refusal {
	_, refused := m.Predict(x)
	return refused
}

// addAsked marks what was asked, if there is an answer with a finite value.
func (p *Panel) addAsked(a capacity.Answer) {
	if a.Prediction == nil || math.IsInf(a.Prediction.High, 1) {
		return
	}
	at := Point{a.Asked, a.Prediction.Value}
	p.Marks = []Mark{{Name: "asked: " + capacity.SizeWords(a.Dimension, a.Asked), At: at, Low: Point{a.Asked, a.Prediction.Low}, High: Point{a.Asked, a.Prediction.High}, Slot: capacityAskedSlot}}
	p.Series = append(p.Series, Series{Name: "asked", Slot: capacityAskedSlot, Dots: true, Parts: [][]Point{{at}}})
}

// askedFinding is the answer in a line.
func askedFinding(a capacity.Answer) string {
	size := capacity.SizeWords(a.Dimension, a.Asked)
	if a.Prediction == nil {
		return "unknown at " + size
	}
	return predictionWords(*a.Prediction, a.Unit) + " at " + size + ", " + string(a.Verdict)
}

// capacityCurveTable holds the runs behind a curve.
func capacityCurveTable(c capacity.Curve, id string) Table {
	t := Table{ID: id + "-data", Caption: "The runs", Columns: []Column{{Name: "Run"}, {string(c.Dimension), true}, {c.Measure.Name, true}}}
	for _, p := range c.Model.Points {
		t.Rows = append(t.Rows, []string{p.Name, format(p.X, sample.Count), format(p.Y, c.Measure.Unit)})
	}
	return t
}

// scattered reports whether there are residuals to be seen.
func scattered(m *model.Curve) bool {
	const nothing = 1e-6
	return len(m.Fits) > 0 && slices.ContainsFunc(m.Fits[0].Residuals, func(r float64) bool { return math.Abs(r) > nothing })
}

// capacityResiduals draws by how much each run lies above or below the best fit.
func capacityResiduals(c capacity.Curve, id string) Figure {
	best := c.Model.Fits[0]
	dots := Series{Name: "runs", Slot: capacityRunSlot, Dots: true}
	table := Table{ID: id + "-data", Caption: "The residuals", Columns: []Column{{Name: "Run"}, {string(c.Dimension), true}, {"Residual", true}}}
	for i, p := range c.Model.Points {
		dots.Parts = append(dots.Parts, []Point{{p.X, best.Residuals[i]}})
		table.Rows = append(table.Rows, []string{p.Name, format(p.X, sample.Count), signed(best.Residuals[i])})
	}
	trend := "no trend along the sizes"
	if best.TrendP < model.MaxTrendP {
		trend = "a trend along the sizes"
	}
	title := fmt.Sprintf("%s over %s: %s from %s, %s", c.Measure.Name, c.Dimension, residualWords(best.Residuals), best.Form, trend)
	return Figure{ID: id, Axis: capacityAxis(c.Dimension), End: c.Model.Largest() * besideRoom, Title: title, Table: table, Alt: title + ".",
		Caption: fmt.Sprintf("By how much each run lies above the fit, as a share of it. The runs test gives p = %.2g that the signs change as seldom by chance.", best.TrendP),
		Panels:  []Panel{{Label: "Residuals", Unit: sample.Ratio, Signed: true, Series: []Series{dots}}}}
}
