package view

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// maxWhy is how many missed objectives are looked into.
const maxWhy = 4

// why has a section for every objective that was missed: the figure with its limit, the slowest
// objects, and what else happened then.
func (b *builder) why() []Section {
	var sections []Section
	for _, o := range b.missed() {
		if len(sections) == maxWhy {
			break
		}
		w := why{builder: b, objective: o, id: whyID(len(sections))}
		section := Section{ID: w.id, Title: "Why: " + o.Subject(), Lead: w.lead()}
		if len(sections) == 0 {
			section.Nav = "Why"
		}
		if figure, ok := w.figure(); ok {
			section.Figures = []Figure{figure}
		}
		for _, table := range []Table{w.slowest(), w.meanwhile()} {
			if len(table.Rows) > 0 {
				section.Tables = append(section.Tables, table)
			}
		}
		sections = append(sections, section)
	}
	return sections
}

// whyID is the ID of the section on the objective that missed i-th most, from 0.
func whyID(i int) string { return fmt.Sprintf("why-%d", i+1) }

// missed are the objectives that were missed, the one that missed most first.
func (b *builder) missed() []summary.Objective {
	all := slices.DeleteFunc(slices.Clone(b.summary.Objectives), func(o summary.Objective) bool { return o.Verdict != slo.Miss })
	slices.SortStableFunc(all, func(x, y summary.Objective) int { return cmp.Compare(room(x), room(y)) })
	return all
}

// why looks into one missed objective.
type why struct {
	*builder
	objective summary.Objective
	id        string
	worst     *Band // When it was worst, in seconds of the run; nil if that is not known.
	worstName string
	worstBy   float64 // How far beyond the limit that was, of a gauge.
}

// lead says what was observed, and how many or for how long.
func (w *why) lead() string {
	o := w.objective
	observed := Dash
	if o.Observed != nil {
		observed = format(*o.Observed, o.Unit)
	}
	words := fmt.Sprintf("%s was observed, %s was promised.", upperFirst(observed), o.LimitWords())
	if o.Observed == nil && o.Reason != "" {
		words = upperFirst(o.Reason) + "."
	}
	if limit, ok := limitOf(o.Objective); ok && o.Most != nil {
		if values := w.values(); values.Histogram.Count() > 0 {
			over := values.Histogram.CountAbove(limit)
			words += fmt.Sprintf(" %s of %s (%s) took longer than that.", count(over), count(values.Histogram.Count()),
				percent(float64(over)/float64(values.Histogram.Count())))
		}
	}
	return words
}

// values merges what the objective is about; it is empty for a metric that is no distribution.
func (w *why) values() *summary.Values {
	_, byKey := w.merged(w.objective.Metric, func(l sample.Labels) string {
		if l.Match(w.objective.Where) {
			return "all"
		}
		return ""
	})
	if all := byKey["all"]; all != nil {
		return all
	}
	return &summary.Values{}
}

// figure draws the metric with its limit: a distribution as a curve of percentiles, a gauge over time.
func (w *why) figure() (Figure, bool) {
	metric, _ := sample.Lookup(w.objective.Metric)
	if metric.Shape == sample.Distribution {
		return w.tailFigure()
	}
	return w.timeFigure()
}

func (w *why) tailFigure() (Figure, bool) {
	o := w.objective
	panel := Panel{Label: o.Subject(), Unit: o.Unit, Log: true}
	panel.addTail(o.Subject(), 0, w.values())
	limit, ok := limitOf(o.Objective)
	if !ok || o.Most == nil || len(panel.Series) == 0 {
		return Figure{}, false
	}
	q, quantile := o.Statistic.Quantile()
	if !quantile {
		q = 1
	}
	panel.Limits = []Limit{{Name: "limit " + string(o.Statistic) + " " + format(limit, o.Unit), Value: limit, Until: q}}
	figure := Figure{ID: w.id + "-figure", Axis: TailAxis,
		Caption: "How to read it: at 99% the line shows the time within which 99 of 100 were done; the dashed line is the " +
			"limit, and the shaded part is beyond it."}
	points := panel.Series[0].all()
	last := points[len(points)-1]
	figure.Title = fmt.Sprintf("All of the line stays within %s, up to where too few are left to draw it", format(limit, o.Unit))
	if i := slices.IndexFunc(points, func(p Point) bool { return p.Y > limit }); i >= 0 {
		figure.Beyond = []Band{{Name: "beyond the limit", From: points[i].X, To: last.X}}
		figure.Title = fmt.Sprintf("Up to p%s it stays within %s; at p%s it is %s", shareWords(points[max(i-1, 0)].X),
			format(limit, o.Unit), shareWords(last.X), format(last.Y, o.Unit))
	}
	figure.Panels = []Panel{panel}
	figure.finishTail("Objective")
	return figure, true
}

// shareWords writes a share as a percentile: 0.9944 is "99.4".
func shareWords(share float64) string {
	return strconv.FormatFloat(share*100, 'f', max(0, int(math.Ceil(-math.Log10(max(1-share, 1e-12)))-1)), 64)
}

// timeFigure draws gauges over time, and shades where they are beyond the limit.
func (w *why) timeFigure() (Figure, bool) {
	o := w.objective
	limit, ok := limitOf(o.Objective)
	if !ok {
		return Figure{}, false
	}
	where := o.Where.Without("phase")
	panel := Panel{Label: o.Metric, Unit: o.Unit, Limits: []Limit{{Name: "limit " + format(limit, o.Unit), Value: limit}}}
	from, to := w.stretch()
	figure := Figure{ID: w.id + "-figure", Axis: TimeAxis, End: w.duration().Seconds(), Bands: w.bands(), Outages: w.awayBands(),
		Caption: "The dashed line is the limit; where a line is beyond it, in the phase that the objective is about, the figure is shaded."}
	names, lines := w.tracks(o.Metric, func(l sample.Labels) string {
		if !l.Match(where) {
			return ""
		}
		return cmp.Or(l.Without(slices.Sorted(maps.Keys(where))...).String(), o.Subject())
	})
	for _, name := range names {
		if name == "" || len(panel.Series) == maxLines {
			continue
		}
		panel.add(w.builder, name, len(panel.Series), lines[name])
		figure.Beyond = append(figure.Beyond, beyondBands(lines[name], from, to, w.by)...)
		for _, p := range lines[name] {
			if by := w.by(p.Y); by > w.worstBy && from <= p.X && p.X <= to {
				w.worst, w.worstBy, w.worstName = &Band{From: p.X, To: p.X}, by, name
			}
		}
	}
	if len(panel.Series) == 0 {
		return Figure{}, false
	}
	figure.Title = w.breachWords(figure.Beyond)
	figure.Panels = []Panel{panel}
	figure.finishTime()
	return figure, true
}

// stretch is the part of the run that the objective is about, in seconds.
func (w *why) stretch() (from, to float64) {
	for _, band := range w.bands() {
		if band.Name == w.objective.Where["phase"] {
			return band.From, band.To
		}
	}
	return 0, w.duration().Seconds()
}

// beyondBands are the stretches in which a line is beyond a limit; a value stands until the next one.
func beyondBands(points []Point, from, to float64, by func(float64) float64) []Band {
	var bands []Band
	for i, p := range points {
		end := p.X
		if i+1 < len(points) {
			end = points[i+1].X
		}
		if by(p.Y) <= 0 || p.X < from || p.X > to {
			continue
		}
		band := Band{Name: "beyond the limit", From: p.X, To: min(end, to)}
		if n := len(bands); n > 0 && bands[n-1].To >= band.From {
			bands[n-1].To = band.To
			continue
		}
		bands = append(bands, band)
	}
	return bands
}

// by is how far a value is beyond the objective's limit; not above 0 if it keeps it.
func (w *why) by(value float64) float64 {
	if w.objective.Most != nil {
		return value - *w.objective.Most
	}
	return *w.objective.Least - value
}

func (w *why) breachWords(bands []Band) string {
	if len(bands) == 0 {
		return "No single value is beyond the limit"
	}
	first, total := bands[0].From, 0.0
	for _, band := range bands {
		first = min(first, band.From)
		total += band.To - band.From
	}
	return fmt.Sprintf("Beyond the limit first %s after the start%s, for %s in all", elapsed(sample.Offset(first*1e9)),
		w.inPhaseAt(first), format(total, sample.Seconds))
}

// inPhaseAt names the phase at a moment of the run: ", in phase scale-up".
func (w *why) inPhaseAt(seconds float64) string {
	for _, band := range w.bands() {
		if band.From <= seconds && seconds <= band.To {
			return ", in phase " + band.Name
		}
	}
	return ""
}
