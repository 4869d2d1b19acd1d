package capacity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
)

// alikeShare is by how much the other sizes of runs may differ that are looked at together.
const alikeShare = 0.1

// A group is the runs that differ in one dimension.
type group struct {
	dimension Dimension
	runs      []Run
	held      string // What the other sizes were, in words.
}

// alike keeps the runs of the control plane that most runs are of, of equally many that of the
// newest; the others are left out.
func (p *Plan) alike(runs []Run) []Run {
	byPlane := map[string][]Run{}
	for _, r := range runs {
		words := planeOf(r.source)
		byPlane[words] = append(byPlane[words], r)
	}
	newest := func(words string) int64 {
		latest := int64(0)
		for _, r := range byPlane[words] {
			latest = max(latest, r.source.Manifest.Started.UnixNano())
		}
		return latest
	}
	planes := slices.SortedFunc(maps.Keys(byPlane), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(byPlane[b]), len(byPlane[a])), cmp.Compare(newest(b), newest(a)), cmp.Compare(a, b))
	})
	if len(planes) == 0 {
		return nil
	}
	p.ControlPlane = planeWords(byPlane[planes[0]][0].source)
	for _, other := range planes[1:] {
		for _, r := range byPlane[other] {
			p.LeftOut = append(p.LeftOut, LeftOut{r.Name, "it was made on another machine or with another control plane than most runs are"})
		}
	}
	return byPlane[planes[0]]
}

// planeOf tells control planes apart, by the machine and by what runs on it. The flags that a scenario
// sets are looked at where runs are compared; see settings.
func planeOf(run compare.Run) string {
	var words []string
	for _, fact := range compare.Facts(run) {
		if fact.Kind == compare.Machine || slices.Contains([]string{"Kubernetes", "cluster", "disk under etcd"}, fact.Name) {
			words = append(words, fact.Name+" "+fact.Value)
		}
	}
	return strings.Join(words, "\n")
}

// planeWords describes a control plane in a line.
func planeWords(run compare.Run) string {
	m := run.Manifest
	words := []string{"Kubernetes " + m.Cluster.Kubernetes, m.Cluster.Origin,
		fmt.Sprintf("%s, %s", plural(m.Machine.CPUs, "CPU"), sample.Format(float64(m.Machine.MemoryBytes), sample.Bytes))}
	if m.Machine.CPUModel != "" {
		words = append(words, m.Machine.CPUModel)
	}
	return strings.Join(words, ", ")
}

// groupOf finds the runs that tell most about a dimension: of one scenario whose settings other than
// numbers are the same, and alike in the other sizes, or with these in proportion to it. Of several
// such groups it takes that with the most different sizes, and of these that with the most runs.
func groupOf(runs []Run, d Dimension) group {
	best, sizes := group{dimension: d}, 0
	for _, anchor := range runs {
		if anchor.of(d) <= 0 {
			continue
		}
		for _, along := range []bool{false, true} {
			g := group{dimension: d, held: heldWords(anchor, d, along)}
			for _, r := range runs {
				if r.of(d) > 0 && r.settings == anchor.settings && near(r, anchor, d, along) {
					g.runs = append(g.runs, r)
				}
			}
			slices.SortStableFunc(g.runs, func(a, b Run) int { return cmp.Compare(a.of(d), b.of(d)) })
			if n := g.sizes(); n > sizes || n == sizes && len(g.runs) > len(best.runs) {
				best, sizes = g, n
			}
		}
	}
	return best
}

// sizes counts the different sizes of a group, whose runs are sorted by size.
func (g group) sizes() int {
	var c model.Curve
	for _, r := range g.runs {
		c.Points = append(c.Points, model.Point{X: r.of(g.dimension)})
	}
	return c.Sizes()
}

// settings are what must be the same in runs that are looked at together: all facts but the machine,
// who measured, and the parameters that are numbers, which would be sizes.
func settings(run compare.Run) string {
	var words []string
	for _, fact := range compare.Facts(run) {
		parameter, set := strings.CutPrefix(fact.Name, "parameter ")
		_, notNumber := strconv.ParseFloat(run.Manifest.Parameters[parameter], 64)
		switch {
		case fact.Kind == compare.Machine, fact.Varies(), set && notNumber == nil, strings.HasPrefix(fact.Name, "node pool "),
			slices.Contains([]string{"kubedyno", "Go", "kernel", "scenario text, digest"}, fact.Name):
			continue
		}
		words = append(words, fact.Name+" "+fact.Value)
	}
	return strings.Join(words, "\n")
}

// near reports whether the other sizes are those of the anchor, or along with d.
func near(r, anchor Run, d Dimension, along bool) bool {
	for _, other := range Dimensions() {
		if other == d {
			continue
		}
		want := anchor.of(other)
		if along {
			want *= r.of(d) / anchor.of(d)
		}
		if got := r.of(other); got > want*(1+alikeShare) || got < want*(1-alikeShare) {
			return false
		}
	}
	return true
}

// heldWords says what the other sizes were.
func heldWords(anchor Run, d Dimension, along bool) string {
	var words []string
	grows := false
	for _, other := range Dimensions() {
		if other == d {
			continue
		}
		size := anchor.of(other)
		switch {
		case size == 0:
			words = append(words, "no "+string(other))
		case along:
			grows = true
			words = append(words, sample.Format(size/anchor.of(d), sample.Count)+" "+string(other)+" for each")
		default:
			words = append(words, "about "+SizeWords(other, size))
		}
	}
	if grows {
		return "growing along: " + strings.Join(words, ", ")
	}
	return "with " + strings.Join(words, " and ")
}

// measures are those of any run of the group, in the order of the newest run, each once. Limits are
// those of the largest run.
func (g group) measures() []Measure {
	var all []Measure
	for _, r := range slices.Backward(g.runs) {
		for _, m := range r.measures {
			if m.Only != "" && m.Only != string(g.dimension) {
				continue
			}
			if !slices.ContainsFunc(all, func(other Measure) bool { return other.Key == m.Key }) {
				all = append(all, m)
			}
		}
	}
	return all
}

// curve fits a measure over the group's dimension.
func (g group) curve(m Measure, options Options) Curve {
	var points []model.Point
	for _, r := range g.runs {
		if v, ok := r.Values[m.Key]; ok {
			points = append(points, model.Point{X: r.of(g.dimension), Y: v, Name: r.Name})
		}
	}
	forms := model.CostForms()
	switch {
	case m.kind == throughput:
		forms = model.ThroughputForms()
	case m.kind == latency && g.dimension == Requests:
		forms = model.LoadLatencyForms()
	case m.kind == latency:
		forms = model.LatencyForms()
	}
	scenario := ""
	if len(g.runs) > 0 {
		scenario = g.runs[0].Scenario
	}
	return Curve{Dimension: g.dimension, Measure: m, Scenario: scenario, Held: g.held,
		Model: model.Of(points, forms, model.Options{Seed: seed, Replicates: options.Replicates})}
}
