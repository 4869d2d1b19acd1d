package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// objectiveName says what an objective promises: "pod startup p99 ≤ 5s, phase create".
func objectiveName(o spec.Objective) string {
	text, most := o.Limit()
	sign := "≥"
	if most {
		sign = "≤"
	}
	return promise(o.Metric, string(o.Judged()), sign+" "+text, o.Where)
}

// promise puts an objective into words.
func promise(name, statistic, limit string, where map[string]string) string {
	metric, _ := sample.Lookup(name)
	words := strings.TrimSuffix(name, "_"+string(metric.Unit))
	words = strings.ReplaceAll(words, "_", " ")
	if rest, ok := strings.CutPrefix(words, "api "); ok {
		words = "API " + rest
	}
	if metric.Unit == sample.PerSecond {
		words += " per second"
	}
	if statistic != "value" {
		words += " " + statistic
	}
	if limit != "" {
		words += " " + limit
	}
	for _, label := range slices.Sorted(maps.Keys(where)) {
		words += fmt.Sprintf(", %s %s", label, where[label])
	}
	return words
}

// describe says what a step does, in words.
func (p *Plan) describe(step Step) string {
	a, w, n := step.Action, p.Workloads[workloadOf(step.Action)], step.Until-step.From
	things := fmt.Sprintf("%s %s of %s", grouped(n), plural(w.Kind, n), w.Name)
	switch {
	case a.Nodes != nil:
		return p.nodesWords(step) + pace(a.Nodes.Rate, "as fast as they are taken") + "; until all are Ready"
	case a.Fit != nil:
		return p.fitWords(step)
	case a.Fail != nil:
		return fmt.Sprintf("let %s of the %s nodes of pool %s fail; until they are seen not Ready",
			grouped(a.Fail.Nodes.Of(n)), grouped(n), a.Fail.Pool) + remedyWords(a.Fail.Remedy)
	case a.Recover != nil:
		return fmt.Sprintf("let the failed nodes of pool %s recover; until they are Ready", a.Recover.Pool)
	case a.Drain != nil:
		return fmt.Sprintf("drain %s of the %s nodes of pool %s, %s at once; until their pods are gone%s",
			grouped(a.Drain.Nodes.Of(n)), grouped(n), a.Drain.Pool, grouped(max(a.Drain.Parallel, 1)), atMost(a.Drain.GiveUp))
	case a.Uncordon != nil:
		return fmt.Sprintf("let the drained nodes of pool %s take pods again", a.Uncordon.Pool)
	case a.Create != nil:
		return "create " + things + partWords(step, w.Count) + pace(a.Create.Rate, "as fast as they are taken")
	case a.Wait != nil && a.Wait.For == "ready":
		if w.IsQuota() {
			return fmt.Sprintf("wait until %s is in force", w.Name)
		}
		if w.Kind == spec.ClaimKind {
			return fmt.Sprintf("wait until %s have volumes of their size", w.Name)
		}
		return fmt.Sprintf("wait until all pods of %s are Ready", w.Name)
	case a.Wait != nil:
		return fmt.Sprintf("wait until %s and its pods are gone", w.Name)
	case a.Patch != nil:
		return "change " + things + pace(a.Patch.Rate, "all at once")
	case a.Rollout != nil:
		return "roll out " + things + pace(a.Rollout.Rate, "all at once") + "; until all are complete" + atMost(a.Rollout.GiveUp)
	case a.Scale != nil:
		return fmt.Sprintf("scale %s to %s replicas each%s", things, grouped(a.Scale.Replicas),
			pace(a.Scale.Rate, "all at once"))
	case a.Delete != nil:
		return "delete " + things + pace(a.Delete.Rate, "as fast as they are taken") + "; until they are gone"
	case a.Hold != nil:
		return "hold still for " + short(a.Hold.Duration)
	case a.Watch != nil:
		return watchWords(*a.Watch)
	case a.Demand != nil:
		return p.demandWords(*a.Demand)
	case a.Outage != nil:
		return fmt.Sprintf("kill %s, start it again after %s; until it serves again", a.Outage.Component, short(a.Outage.Duration))
	}
	return fmt.Sprintf("send %s requests a second for %s%s", number(a.Load.TotalRate()), short(a.Load.Duration),
		paceWords(*a.Load))
}

// atMost says after how long a step goes on without what it waits for; nothing if it does not.
func atMost(giveUp time.Duration) string {
	if giveUp <= 0 {
		return ""
	}
	return fmt.Sprintf(", or for %s", short(giveUp))
}

func (p *Plan) nodesWords(step Step) string {
	name := step.Action.Nodes.Pool
	if total := p.poolSize(name); step.Until-step.From < total {
		return fmt.Sprintf("create %s nodes of pool %s", grouped(step.Until-step.From), name) + partWords(step, total)
	}
	return "create the nodes of pool " + name
}

// partWords says how many of a whole there are after a step that makes a part of it.
func partWords(step Step, total int) string {
	if step.Until-step.From == total {
		return ""
	}
	return fmt.Sprintf(", then %s of %s are there", grouped(step.Until), grouped(total))
}

// paceWords says how the rates of a load change.
func paceWords(l spec.Load) string {
	words := shapeWords(l.Pace)
	if l.Arrivals == "poisson" {
		words += ", at random moments"
	}
	for i, u := range l.Users {
		words += fmt.Sprintf("%s %s (%s)", []string{", as users", ","}[min(i, 1)], u.Name, grouped(max(u.Count, 1)))
	}
	return words
}

func shapeWords(p spec.Pace) string {
	words := ""
	switch p.Shape {
	case "ramp":
		words = fmt.Sprintf(", times %s rising evenly to %s", number(p.From), number(p.To))
		if p.To < p.From {
			words = fmt.Sprintf(", times %s falling evenly to %s", number(p.From), number(p.To))
		}
	case "sawtooth":
		words = fmt.Sprintf(", times %s rising evenly to %s every %s, and back at once", number(p.From), number(p.To), short(p.Period))
		if p.To < p.From {
			words = fmt.Sprintf(", times %s falling evenly to %s every %s, and back at once", number(p.From), number(p.To), short(p.Period))
		}
	case "sine":
		words = fmt.Sprintf(", in waves of %s up and down, %s long", percent(p.Amplitude), short(p.Period))
	case "steps":
		words = fmt.Sprintf(", in %d steps of %s to %s times that", len(p.Factors), number(slices.Min(p.Factors)),
			number(slices.Max(p.Factors)))
	case "trace":
		words = fmt.Sprintf(", along a trace of %s points, at most %s times that", grouped(len(p.Points)), number(p.Peak()))
	}
	return words
}

func percent(share float64) string { return number(100*share) + "%" }

func pace(rate float64, otherwise string) string {
	if rate == 0 {
		return ", " + otherwise
	}
	return fmt.Sprintf(", %s a second", number(rate))
}

func plural(noun string, n int) string {
	switch {
	case n == 1:
		return noun
	case strings.HasSuffix(noun, "y"):
		return strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "s") || strings.HasSuffix(noun, "ch"):
		return noun + "es"
	}
	return noun + "s"
}

// startupWords describes a distribution of pod startup times.
func startupWords(l spec.Latency) string {
	switch l.Distribution {
	case "fixed":
		return "always " + short(l.Value)
	case "uniform":
		return fmt.Sprintf("uniform from %s to %s", short(l.Min), short(l.Max))
	case "lognormal":
		return fmt.Sprintf("lognormal, median %s, p99 %s", short(l.Median), short(l.P99))
	}
	return fmt.Sprintf("%d quantiles from %s to %s", len(l.Quantiles), short(l.Quantiles[0]),
		short(l.Quantiles[len(l.Quantiles)-1]))
}

// short renders a duration without units that are zero: 10m instead of 10m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func number(value float64) string {
	if value == float64(int(value)) {
		return grouped(int(value))
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// grouped renders n with a comma between thousands.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
