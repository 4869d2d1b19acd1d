package live

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// Limits of the block; a taller one would scroll.
const (
	mostLines = 12
	mostSteps = 3
	leastBar  = 40 // Columns of a terminal with room for bars; below that there are percentages.

	leastSpark = 10 // Seconds in a sparkline.
)

// render returns the block: the phase, its running steps, pods, the load, a doubt of the harness
// and, in what room is left, the objectives. No line is wider than columns. It is empty between
// phases.
func (s *state) render(now sample.Offset, columns, rows int) []line {
	room := min(mostLines, rows)
	if s.phase == "" || room < 1 || columns < 1 {
		return nil
	}
	lines := []line{{s.phaseLine(now, columns), strong}}
	lines = append(lines, s.stepLines(now, columns)...)
	for _, text := range []string{s.podsText(now, columns), s.loadText(), s.sentText(now, columns)} {
		if text != "" {
			lines = append(lines, line{text: "  " + text})
		}
	}
	doubts := s.harness.doubts()
	if len(doubts) > 0 {
		room--
	}
	lines = append(lines, s.objectiveLines(room-len(lines))...)
	lines = lines[:min(len(lines), max(room, 0))]
	if len(doubts) > 0 {
		text := "  look: " + doubts[0].text
		if more := len(doubts) - 1; more > 0 {
			text = fitting(columns, fmt.Sprintf("%s; and %d more", text, more), text)
		}
		lines = append(lines, line{text, caution})
	}
	for i := range lines {
		lines[i].text = cut(clean(lines[i].text), columns)
	}
	return lines
}

// phaseLine says where the run is, and when the plan expects it to end.
func (s *state) phaseLine(now sample.Offset, columns int) string {
	index, expected := s.planned(s.phase)
	passed := now - s.phaseStart
	name := "phase " + s.phase
	short := name + "  " + elapsed(passed)
	if index < 0 {
		return short
	}
	phase := fmt.Sprintf("%s (%d of %d)  %s", name, index+1, len(s.run.Phases), elapsed(passed))
	left, planned := s.remaining(index, passed)
	if !planned {
		return fitting(columns, phase+"; run "+elapsed(now), phase, short)
	}
	of := ""
	switch {
	case expected > 0 && passed > expected:
		of = ", longer than the " + elapsed(expected) + " planned"
	case expected > 0:
		of = " of about " + elapsed(expected)
	}
	return fitting(columns, fmt.Sprintf("%s%s; run %s, about %s left", phase, of, elapsed(now), elapsed(left)),
		fmt.Sprintf("%s; about %s left", phase, elapsed(left)), phase, short)
}

// remaining returns how long the plan expects the rest of the run to take; not ok if it does not
// say.
func (s *state) remaining(index int, passed sample.Offset) (left sample.Offset, ok bool) {
	for i, p := range s.run.Phases {
		expected := sample.Offset(p.Expected)
		ok = ok || expected > 0
		switch {
		case i == index:
			left += max(expected-passed, 0)
		case i > index:
			left += expected
		}
	}
	return left, ok
}

// stepLines show the steps that run, those that began last at the end.
func (s *state) stepLines(now sample.Offset, columns int) []line {
	var lines []line
	steps := s.steps
	if len(steps) > mostSteps {
		steps = steps[:mostSteps-1]
	}
	for _, running := range steps {
		lines = append(lines, line{text: "  " + running.text(now, columns-2)})
	}
	if more := len(s.steps) - len(steps); more > 0 {
		lines = append(lines, line{text: fmt.Sprintf("  and %d more steps", more)})
	}
	return lines
}

// text shows a step with a bar, or a percentage where there is no room for one.
func (s *step) text(now sample.Offset, columns int) string {
	passed := elapsed(now - s.start)
	if s.total <= 0 {
		return fmt.Sprintf("%s  %s", s.name, passed)
	}
	count := sample.FormatCount(int64(s.done)) + "/" + sample.FormatCount(int64(s.total))
	if columns < leastBar {
		return fmt.Sprintf("%d%% %s  %s", 100*min(s.done, s.total)/s.total, count, s.name)
	}
	cells := min(max(columns/5, 8), 30)
	return fmt.Sprintf("%s %s  %s  %s", bar(s.done, s.total, cells), count, s.name, passed)
}

// podsText counts the pods, with how many became Ready in each of the last seconds.
func (s *state) podsText(now sample.Offset, columns int) string {
	text := s.podsCount(columns - 2)
	const lead = "  " // Behind the text.
	if room := columns - 2 - width(text) - len(lead) - len(" 1,000/s"); text != "" && room >= leastSpark {
		values := s.ready.last(now, room)
		if spark := sparkline(values, 1); spark != "" && !idle(values) {
			text += lead + spark + " " + sample.Format(math.Round(newest(values)), sample.PerSecond)
		}
	}
	return text
}

// podsCount counts the pods by state, or less of it where there is no room; "" without pods.
func (s *state) podsCount(most int) string {
	if s.pods["created"] == 0 {
		return ""
	}
	count := func(state string) string { return sample.FormatCount(int64(s.pods[state])) }
	long := fmt.Sprintf("pods  %s created, %s scheduled, %s running, %s ready",
		count("created"), count("scheduled"), count("running"), count("ready"))
	return fitting(most, long, fmt.Sprintf("pods  %s created, %s ready", count("created"), count("ready")))
}

// loadText shows what is offered and sent, what failed, and the figure of the slowest class.
func (s *state) loadText() string {
	class, statistic, seconds := s.api.slowest()
	if class == "" && len(s.api.offered) == 0 {
		return ""
	}
	text := fmt.Sprintf("API   %s offered, %s sent, %s failed", sample.Format(sum(s.api.offered), sample.PerSecond),
		sample.Format(sum(s.api.achieved), sample.PerSecond), sample.FormatCount(int64(sum(s.api.failed))))
	if class != "" {
		text += fmt.Sprintf("; %s %s (%s)", statistic, sample.Format(seconds, sample.Seconds), class)
	}
	return text
}

// sentText is a sparkline of what was sent in the last minute.
func (s *state) sentText(now sample.Offset, columns int) string {
	if len(s.api.offered) == 0 {
		return ""
	}
	const lead = "sent  "
	spark := sparkline(s.api.sent.last(now, min(span, columns-2-len(lead)-12)), sum(s.api.offered))
	if spark == "" {
		return ""
	}
	return lead + spark + " last 60 s"
}

// idle reports whether every known value is 0.
func idle(values []float64) bool {
	return !slices.ContainsFunc(values, func(value float64) bool { return value > 0 })
}

// newest returns the last known value; 0 if there is none.
func newest(values []float64) float64 {
	for _, value := range slices.Backward(values) {
		if !math.IsNaN(value) {
			return value
		}
	}
	return 0
}

// objectiveLines show how the objectives with data stand so far, those over their limit first, and
// count the others.
func (s *state) objectiveLines(room int) []line {
	all := s.standings()
	if room < 1 || len(all)+s.left == 0 {
		return nil
	}
	shown := all
	if first := slices.IndexFunc(all, func(one standing) bool { return one.Verdict == slo.NoData }); first >= 0 {
		shown = all[:first]
	}
	if len(shown) > room || len(shown) == room && (len(all) > len(shown) || s.left > 0) {
		shown = shown[:room-1]
	}
	var lines []line
	for _, one := range shown {
		lines = append(lines, one.line())
	}
	if rest := all[len(shown):]; len(rest) > 0 || s.left > 0 {
		lines = append(lines, line{text: s.others(rest)})
	}
	for i := range lines {
		lead := "        "
		if i == 0 {
			lead = "  so far"
		}
		lines[i].text = lead + "  " + lines[i].text
	}
	return lines
}

// A standing is an objective with what is known of it so far.
type standing struct {
	*objective
	slo.Outcome
}

var rank = map[slo.Verdict]int{slo.Miss: 0, slo.Pass: 1, slo.Inconclusive: 2, slo.NoData: 3}

// standings returns the objectives, the most worrying first.
func (s *state) standings() []standing {
	all := make([]standing, len(s.objectives))
	for i, o := range s.objectives {
		all[i] = standing{o, o.soFar()}
	}
	slices.SortStableFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(rank[a.Verdict], rank[b.Verdict]), cmp.Compare(margin(a), margin(b)))
	})
	return all
}

func margin(s standing) float64 {
	if s.Margin == nil {
		return 0
	}
	return *s.Margin
}

// words are how a standing is called: a verdict is given at the end alone.
var words = map[slo.Verdict]string{slo.Miss: "over", slo.Pass: "ok", slo.Inconclusive: "unsure", slo.NoData: "no data"}

// line shows a standing: the word, the figure, or how many samples there are of those that it
// takes, and the objective.
func (s standing) line() line {
	word, figure, style := words[s.Verdict], "", plain
	if s.Observed != nil {
		figure = sample.Format(*s.Observed, s.Unit())
	}
	switch {
	case s.Verdict == slo.Miss && s.Least != nil:
		word, style = "under", alarm
	case s.Verdict == slo.Miss:
		style = alarm
	case s.Verdict == slo.Inconclusive:
		if q, ok := s.Statistic.Quantile(); ok && s.N < stat.Needed(q) {
			figure = "n=" + sample.FormatCount(s.N) + "/" + sample.FormatCount(stat.Needed(q))
		}
	}
	return line{fmt.Sprintf("%-6s  %-10s  %s", word, figure, s.limited()), style}
}

// limited is the objective in words with its limit, which its name may hold already.
func (s standing) limited() string {
	if name := s.Words(); strings.ContainsAny(name, "≤≥") {
		return name
	}
	return s.Subject() + " " + s.LimitWords()
}

// others counts the objectives that have no line of their own.
func (s *state) others(rest []standing) string {
	counts := map[slo.Verdict]int{}
	for _, one := range rest {
		counts[one.Verdict]++
	}
	var parts []string
	for _, verdict := range []slo.Verdict{slo.Miss, slo.Pass, slo.Inconclusive, slo.NoData} {
		if n := counts[verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words[verdict]))
		}
	}
	if s.left > 0 {
		parts = append(parts, fmt.Sprintf("%d judged at the end only", s.left))
	}
	return strings.Join(parts, ", ")
}

// summary is the state in one line, for a stream that cannot be redrawn; "" between phases.
func (s *state) summary(now sample.Offset) string {
	const unlimited = 1 << 16
	if s.phase == "" {
		return ""
	}
	parts := []string{strings.TrimPrefix(s.phaseLine(now, unlimited), "phase ")}
	for _, running := range s.steps[:min(len(s.steps), mostSteps)] {
		text := running.name + "  " + elapsed(now-running.start)
		if running.total > 0 {
			text += fmt.Sprintf("  %s of %s", sample.FormatCount(int64(running.done)), sample.FormatCount(int64(running.total)))
		}
		parts = append(parts, text)
	}
	for _, text := range []string{s.podsCount(unlimited), s.loadText()} {
		if text != "" {
			parts = append(parts, strings.Join(strings.Fields(text), " "))
		}
	}
	counts := map[slo.Verdict]int{}
	for _, one := range s.standings() {
		counts[one.Verdict]++
	}
	if over := counts[slo.Miss]; over > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d objectives beyond their limit so far", over, len(s.run.Objectives)))
	}
	return clean(strings.Join(parts, "; "))
}
