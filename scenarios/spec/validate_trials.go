package spec

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// trials checks the matrix against the parameters, and applies what is set from outside.
func (c *checker) trials(o Options) {
	t := &c.s.Spec.Trials
	const path = "spec.trials"
	for i := range t.Matrix {
		c.axis(&t.Matrix[i], join(path+".matrix", t.Matrix[i].Parameter))
	}
	if c.sound(path+".matrix") && len(t.Matrix) == 0 {
		c.fault(path+".matrix", "", "the matrix has no parameter")
	}
	if t.StopAfter != "" && len(t.Matrix) != 1 {
		c.fault(path+".stopAfter", "", "stopAfter needs a matrix of exactly one parameter, here are %d", len(t.Matrix))
	}
	for i, figure := range t.Figures {
		c.figure(figure, fmt.Sprintf("%s.figures[%d]", path, i))
	}
	if c.has(path + ".tradeoff") {
		c.tradeoff(*t, path+".tradeoff")
	}
	t.narrow(o)
	n := t.Repeat
	for _, axis := range t.Matrix {
		if n *= max(len(axis.Values), 1); n > MaxTrials {
			break
		}
	}
	if n > MaxTrials {
		c.fault(path, "fewer values, or a smaller repeat", "there would be more than the %d trials allowed", MaxTrials)
	}
}

func (c *checker) axis(axis *Axis, path string) {
	if c.faulted[path] {
		return
	}
	at := slices.IndexFunc(c.s.Spec.Parameters, func(p Parameter) bool { return p.Name == axis.Parameter })
	if at < 0 {
		var names []string
		for _, p := range c.s.Spec.Parameters {
			names = append(names, p.Name)
		}
		c.fault(path, meant(axis.Parameter, names), "there is no parameter %q", axis.Parameter)
		return
	}
	if len(axis.Values) == 0 {
		c.fault(path, "", "the parameter %q has no values here", axis.Parameter)
	}
	parameter := c.s.Spec.Parameters[at]
	for i, text := range axis.Values {
		below := fmt.Sprintf("%s[%d]", path, i)
		if !c.sound(below) {
			continue
		}
		value, err := parameter.value(text)
		if err != nil {
			c.fault(below, "", "the value %v", err)
		} else if slices.Contains(axis.Values[:i], value) {
			c.fault(below, "", "the value %s stands here twice", value)
		} else {
			axis.Values[i] = value
		}
	}
	axis.Numbers = parameter.numbers(axis.Values)
}

// figure checks a figure as an objective that has no limit.
func (c *checker) figure(f Figure, path string) {
	if metric, ok := c.metric(f.Metric, path); ok {
		c.judged(f.Objective(), metric, path)
	}
}

// tradeoff checks that the figures are there, differ, and have a better direction.
func (c *checker) tradeoff(t Trials, path string) {
	var names []string
	for _, f := range t.Figures {
		if f.Name != "" {
			names = append(names, f.Name)
		}
	}
	for _, axis := range []struct{ path, name string }{{path + ".horizontal", t.Tradeoff.X}, {path + ".vertical", t.Tradeoff.Y}} {
		if !c.sound(axis.path) {
			continue
		}
		at := slices.IndexFunc(t.Figures, func(f Figure) bool { return f.Name == axis.name })
		if at < 0 {
			c.fault(axis.path, meant(axis.name, names), "no entry of trials.figures has the name %q", axis.name)
			continue
		}
		if slices.ContainsFunc(t.Figures[at+1:], func(f Figure) bool { return f.Name == axis.name }) {
			c.fault(axis.path, "give them different names", "two entries of trials.figures have the name %q", axis.name)
		}
		if metric, ok := sample.Lookup(t.Figures[at].Metric); ok && metric.Better == sample.Neither {
			c.fault(axis.path, "", "of %s neither more nor less is better, so no variant can win on %q", metric.Name, axis.name)
		}
	}
	if c.sound(path+".horizontal") && c.sound(path+".vertical") && t.Tradeoff.X == t.Tradeoff.Y {
		c.fault(path+".vertical", "name two different figures", "both axes show the same figure")
	}
}
