package view

import (
	"fmt"
	"math"

	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/sample"
)

// CapacityCosts are what a node and a pod take, and what is asked for by that.
type CapacityCosts struct {
	Lead    string
	Kept    Table
	Brought Table
	Sums    string // What Needs is, in a sentence; "" if nothing was asked.
	Needs   Table
}

// capacityCosts writes costs; nil if there are none.
func capacityCosts(p *capacity.Plan) *CapacityCosts {
	c := p.Costs
	if c == nil {
		return nil
	}
	v := &CapacityCosts{Kept: keptTable(c.Kept), Brought: broughtTable(c.Brought), Needs: needsTable(c.Needs)}
	v.Lead = fmt.Sprintf("From the ends of %s of %s, up to %s nodes and %s pods, as these were: an empty control plane, and a share for each node and each pod, by least squares. "+
		"Memory is what a process holds, of which a part is room of its garbage collector; the database has the past of each object until it is compacted.",
		plural(c.Phases, "phase", "phases"), plural(c.Runs, "run", "runs"), count(int64(c.Nodes)), count(int64(c.Pods)))
	if len(c.Needs) > 0 && p.Question != nil {
		v.Sums = fmt.Sprintf("What the shares add up to at %s. This is arithmetic, no prediction: nothing says that a node costs there what it cost here%s.",
			questionWords(&capacity.Question{Nodes: p.Question.Nodes, Pods: p.Question.Pods}), timesWords(*p.Question, *c))
	}
	return v
}

// timesWords says how far beyond the runs a question is; "" if it is not.
func timesWords(q capacity.Question, c capacity.Costs) string {
	times := 0.0
	for _, ratio := range []float64{q.Nodes / c.Nodes, q.Pods / c.Pods} {
		if !math.IsInf(ratio, 0) && !math.IsNaN(ratio) {
			times = max(times, ratio)
		}
	}
	if times <= 1 {
		return ""
	}
	return ", and it is " + short(times) + " times what was measured"
}

func keptTable(all []capacity.Kept) Table {
	t := Table{ID: "kept-table", Caption: "What is held while they are there", Empty: "Nothing was measured of it.",
		Columns: []Column{{Name: "Of"}, {"Empty", true}, {"A node", true}, {"A pod", true}, {"Off by at most", true}}}
	for _, k := range all {
		t.Rows = append(t.Rows, []string{k.Component + " " + k.Resource, format(k.Base, k.Unit), format(k.A, k.Unit), format(k.B, k.Unit), format(k.Off, sample.Ratio)})
	}
	return t
}

func broughtTable(all []capacity.Brought) Table {
	t := Table{ID: "brought-table", Caption: "CPU time that it takes to bring one: the mean, and that in the smallest and the largest cluster", Empty: "No phase brought nodes alone, or pods alone.",
		Columns: []Column{{Name: "Of"}, {"A node", true}, {"Small, large", true}, {"A pod", true}, {"Small, large", true}}}
	words := func(s capacity.Share) (mean, span string) {
		if s.Mean == 0 {
			return Dash, Dash
		}
		return format(s.Mean, sample.Seconds), format(s.Small, sample.Seconds) + ", " + format(s.Large, sample.Seconds)
	}
	for _, b := range all {
		node, nodes := words(b.Node)
		pod, pods := words(b.Pod)
		t.Rows = append(t.Rows, []string{b.Component, node, nodes, pod, pods})
	}
	return t
}

func needsTable(all []capacity.Need) Table {
	t := Table{ID: "needs-table", Caption: "The shares times what is asked", Empty: "Neither nodes nor pods were asked for.",
		Columns: []Column{{Name: "Of"}, {"Adds up to", true}, {"There is", true}, {Name: "Which is"}}}
	for _, n := range all {
		limit, of := Dash, Dash
		if n.Limit > 0 {
			limit = format(n.Limit, n.Unit)
		}
		if n.Of != "" {
			of = n.Of
		}
		t.Rows = append(t.Rows, []string{n.What, format(n.Value, n.Unit), limit, of})
	}
	return t
}
