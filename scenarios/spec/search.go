package spec

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// The limits of a search, and what holds where the scenario does not say.
const (
	MaxGoals      = 20
	MaxAlong      = 10
	MaxConfirm    = 20
	MaxLoad       = math.MaxInt32
	DefaultFactor = 2
	DefaultWidth  = 0.1
	DefaultRepeat = 3 // Trials of the lower bound.
	DefaultBudget = 10 * time.Minute
	leastShare    = 10 // The least load is this part of the first one.
)

// A Search says how kubedyno search looks for the highest load that the objectives allow. A run does
// without: it has the parameter's default, or the value that is set.
type Search struct {
	Parameter string        `yaml:"parameter" need:"yes" doc:"The parameter that is the load; its type is integer or number."`
	Along     []Along       `yaml:"along" doc:"Parameters that grow with the load, such as the nodes that its pods need."`
	From      float64       `yaml:"from" is:"searchLoad" doc:"The first load (default: the parameter's value)."`
	Until     float64       `yaml:"until" need:"yes" is:"searchLoad" doc:"The highest load to try."`
	Least     float64       `yaml:"least" is:"searchLoad" doc:"The lowest load to try, if the first one breaks (default: a tenth of it)."`
	Factor    float64       `yaml:"factor" is:"loadFactor" doc:"By what the load rises until one breaks (default 2)."`
	Width     float64       `yaml:"width" is:"searchWidth" doc:"How narrow the interval is to be: the difference of its ends over the upper one (default 0.1)."`
	Confirm   int           `yaml:"confirm" is:"confirm" doc:"How many trials the lower end has (default 3)."`
	Misses    float64       `yaml:"allowedMisses" is:"misses" doc:"The share of a load's trials that may miss (default 0)."`
	Budget    time.Duration `yaml:"budget" is:"span" doc:"No trial begins that would end after it (default 10m)."`
	Trials    int           `yaml:"trials" is:"repeat" doc:"The most trials (default 200)."`
	Goals     []Goal        `yaml:"goals" doc:"Objectives that get bounds of their own from the same trials (default: all objectives together)."`
}

// Along is a parameter that is a multiple of the load.
type Along struct {
	Parameter string  `yaml:"parameter" need:"yes" doc:"The parameter; its type is integer or number."`
	Times     float64 `yaml:"times" need:"yes" is:"times" doc:"What it is for each unit of the load; of an integer, the product is rounded up."`
}

// Value returns the parameter's value at a load.
func (a Along) Value(p Parameter, load float64) float64 {
	value := a.Times * load
	if p.Type == "integer" {
		const rounding = 1e-9 // 0.02 times 50 is one.
		value = math.Ceil(value - rounding)
	}
	if p.Min != nil {
		value = math.Max(value, *p.Min)
	}
	return value
}

// A Goal is some of the objectives.
type Goal struct {
	Name   string            `yaml:"name" need:"yes" doc:"What it is, in words."`
	Metric string            `yaml:"metric" need:"yes" doc:"The metric of its objectives."`
	Where  map[string]string `yaml:"where" doc:"Only objectives that have these labels."`
}

// Defaults returns the search with what it leaves open, for the parameter with its value in force.
func (s Search) Defaults(p Parameter, value float64) Search {
	s.From = or(s.From, value)
	if s.Least == 0 {
		s.Least = s.From / leastShare
		if p.Type == "integer" {
			s.Least = math.Max(math.Floor(s.Least), 1)
		}
		if p.Min != nil {
			s.Least = math.Max(s.Least, *p.Min)
		}
		s.Least = math.Min(s.Least, s.From)
	}
	s.Factor, s.Width = or(s.Factor, DefaultFactor), or(s.Width, DefaultWidth)
	s.Confirm, s.Trials, s.Budget = or(s.Confirm, DefaultRepeat), or(s.Trials, MaxTrials), or(s.Budget, DefaultBudget)
	return s
}

// or returns the value, or if it is 0 the other one.
func or[T int | float64 | time.Duration](value, other T) T {
	if value == 0 {
		return other
	}
	return value
}

// Axis returns a parameter that can be a load, and its value in force. The error says what it is instead.
func (s *Scenario) Axis(name string) (Parameter, float64, error) {
	at := slices.IndexFunc(s.Spec.Parameters, func(p Parameter) bool { return p.Name == name })
	if at < 0 {
		var names []string
		for _, p := range s.Spec.Parameters {
			if numeric(p) {
				names = append(names, p.Name)
			}
		}
		return Parameter{}, 0, fmt.Errorf("there is no parameter %q; those that can be a load are %v", name, names)
	}
	p := s.Spec.Parameters[at]
	if !numeric(p) {
		return p, 0, fmt.Errorf("the parameter %q is a %s; a load is an integer or a number", name, p.Type)
	}
	numbers := p.numbers([]string{s.Values[name]})
	if len(numbers) == 0 {
		return p, 0, fmt.Errorf("the parameter %q has no value", name)
	}
	return p, numbers[0], nil
}

func numeric(p Parameter) bool { return p.Type == "integer" || p.Type == "number" }

// search checks the search against the parameters and metrics.
func (c *checker) search() {
	const path = "spec.search"
	s := c.s.Spec.Search
	if s == nil || c.faulted[path] {
		return
	}
	if c.sound(path + ".parameter") {
		c.searchAxis(*s, path)
	}
	if c.has(path+".along") && (len(s.Along) == 0 || len(s.Along) > MaxAlong) {
		c.fault(path+".along", "", "along must be a list of 1 to %d", MaxAlong)
	}
	for i, along := range s.Along {
		at := fmt.Sprintf("%s.along[%d]", path, i)
		if c.sound(at+".parameter") && along.Parameter == s.Parameter {
			c.fault(at+".parameter", "", "the parameter %q is the load itself", along.Parameter)
		} else if c.sound(at + ".parameter") {
			c.searchNumber(along.Parameter, at)
		}
		if slices.ContainsFunc(s.Along[:i], func(a Along) bool { return a.Parameter == along.Parameter }) {
			c.fault(at+".parameter", "", "the parameter %q stands here twice", along.Parameter)
		}
	}
	for i, goal := range s.Goals {
		at := fmt.Sprintf("%s.goals[%d]", path, i)
		c.metric(goal.Metric, at)
		if goal.Name != "" && slices.ContainsFunc(s.Goals[:i], func(g Goal) bool { return g.Name == goal.Name }) {
			c.fault(at+".name", "", "there is a goal %q already", goal.Name)
		}
	}
	if c.has(path+".goals") && (len(s.Goals) == 0 || len(s.Goals) > MaxGoals) {
		c.fault(path+".goals", "", "goals must be a list of 1 to %d", MaxGoals)
	}
}

// searchNumber returns the parameter at path+".parameter", which must be a number and no axis.
func (c *checker) searchNumber(name, path string) (Parameter, bool) {
	if slices.ContainsFunc(c.s.Spec.Trials.Matrix, func(a Axis) bool { return a.Parameter == name }) {
		c.fault(path+".parameter", "drop one of the two", "the parameter %q is an axis of the matrix, too", name)
		return Parameter{}, false
	}
	at := slices.IndexFunc(c.s.Spec.Parameters, func(p Parameter) bool { return p.Name == name })
	if at < 0 {
		var names []string
		for _, p := range c.s.Spec.Parameters {
			names = append(names, p.Name)
		}
		c.fault(path+".parameter", meant(name, names), "there is no parameter %q", name)
		return Parameter{}, false
	}
	p := c.s.Spec.Parameters[at]
	if !numeric(p) {
		c.fault(path+".parameter", "", "the parameter %q is a %s; a load is an integer or a number", p.Name, p.Type)
	}
	return p, numeric(p)
}

func (c *checker) searchAxis(s Search, path string) {
	p, ok := c.searchNumber(s.Parameter, path)
	if !ok {
		return
	}
	for _, end := range []struct {
		name string
		load float64
	}{{"from", s.From}, {"until", s.Until}, {"least", s.Least}} {
		below := path + "." + end.name
		if !c.sound(below) {
			continue
		}
		if err := p.inside(end.load); err != nil {
			c.fault(below, "", "as a value of %s, %v", p.Name, err)
		} else if p.Type == "integer" && end.load != math.Trunc(end.load) {
			c.fault(below, "", "%v is not a whole number, as the values of %s are", end.load, p.Name)
		}
	}
	if c.sound(path+".from") && c.sound(path+".until") && s.From >= s.Until {
		c.fault(path+".until", "", "until %v is not above from %v", s.Until, s.From)
	}
	if c.sound(path+".from") && c.sound(path+".least") && s.Least > s.From {
		c.fault(path+".least", "", "least %v is above from %v", s.Least, s.From)
	}
}
