package spec

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// The limits of an experiment.
const (
	MaxTrials  = 200
	MaxFigures = 20
)

// Trials turn a scenario into an experiment: every combination of the matrix's values is a
// variant, and every variant is run repeat times, each time as a complete run of its own.
type Trials struct {
	Matrix    Matrix   `yaml:"matrix" doc:"Parameters and the values each takes; every combination is a variant."`
	Repeat    int      `yaml:"repeat" is:"repeat" doc:"How often each variant is run (default 1)."`
	StopAfter string   `yaml:"stopAfter" one:"miss" doc:"miss: run the values of the one axis in order and end after the first that does not pass."`
	Figures   []Figure `yaml:"figures" is:"figures" doc:"Figures compared beside the objectives."`
	Tradeoff  Tradeoff `yaml:"tradeoff" doc:"Two figures that are weighed against each other, such as cost and response time: the report names the variants that no other beats on both."`
}

// A Tradeoff is two figures of which a variant can often have one only at the cost of the other. The
// axes are not called x and y, as YAML 1.1, which many tools read, takes y for true.
type Tradeoff struct {
	X string `yaml:"horizontal" need:"yes" doc:"The name of the figure on the horizontal axis."`
	Y string `yaml:"vertical" need:"yes" doc:"The name of the figure on the vertical axis."`
}

// A Matrix is the axes of an experiment in the order written, which is the order of the
// variants: the last axis changes fastest.
type Matrix []Axis

// An Axis is a parameter and the values that it takes.
type Axis struct {
	Parameter string    `json:"parameter"`
	Values    []string  `json:"values"`
	Numbers   []float64 `json:"numbers"` // The values as numbers, durations in seconds; nil if they are words.
}

// A Figure is a statistic of a metric that is shown and not judged.
type Figure struct {
	Name       string            `yaml:"name" doc:"What it is, in words (default: made from the rest)."`
	Metric     string            `yaml:"metric" need:"yes" doc:"A metric's name; kubedyno metrics lists them."`
	Percentile float64           `yaml:"percentile" is:"percentile" doc:"A percentile of a distribution, such as 99; instead of statistic."`
	Statistic  string            `yaml:"statistic" one:"mean max min last value count" doc:"mean, max, min, last, value or count; instead of percentile (default value, for a metric with one value)."`
	Where      map[string]string `yaml:"where" doc:"Only series with these labels; phase is one."`
}

// Objective returns the figure as an objective without a limit.
func (f Figure) Objective() Objective {
	return Objective{Name: f.Name, Metric: f.Metric, Percentile: f.Percentile, Statistic: f.Statistic, Where: f.Where}
}

// A Value is a parameter with one of its values.
type Value struct {
	Parameter string `json:"parameter"`
	Value     string `json:"value"`
}

// A Variant is one combination of the matrix's values and the scenario with them in force.
type Variant struct {
	Values   []Value // In the order of the axes.
	Scenario *Scenario
}

// Label names the variant by its values: "constraint=plain, nodes=200"; "" without axes.
func (v Variant) Label() string {
	var words []string
	for _, value := range v.Values {
		words = append(words, value.Parameter+"="+value.Value)
	}
	return strings.Join(words, ", ")
}

// DecodeVariants reads a scenario as Decode does, and then every variant of its matrix; a
// scenario without one has a single variant. Only base says which trials there are: to a
// variant its axes are set from outside. The error is Faults if the scenario or a variant is
// wrong; faults of a variant name it.
func DecodeVariants(file string, text []byte, o Options) (base *Scenario, variants []Variant, err error) {
	base, err = Decode(file, text, o)
	if err != nil {
		return nil, nil, err
	}
	var all variantFaults
	for _, values := range base.Spec.Trials.Matrix.combinations() {
		v := Variant{Values: values, Scenario: base}
		if !base.has(values) {
			options := o
			options.Set = maps.Clone(o.Set)
			if options.Set == nil {
				options.Set = map[string]string{}
			}
			for _, value := range values {
				options.Set[value.Parameter] = value.Value
			}
			v.Scenario, err = Decode(file, text, options)
			var faults Faults
			if errors.As(err, &faults) {
				all.add(v.Label(), faults)
			} else if err != nil {
				return nil, nil, err
			}
		}
		variants = append(variants, v)
	}
	if err := all.err(); err != nil {
		return nil, nil, err
	}
	return base, variants, nil
}

// has reports whether the values are those in force.
func (s *Scenario) has(values []Value) bool {
	return !slices.ContainsFunc(values, func(v Value) bool { return s.Values[v.Parameter] != v.Value })
}

// combinations returns every combination of the axes' values, the last axis changing fastest;
// without axes there is one, which is empty.
func (m Matrix) combinations() [][]Value {
	all := [][]Value{nil}
	for _, axis := range m {
		var longer [][]Value
		for _, head := range all {
			for _, value := range axis.Values {
				longer = append(longer, append(slices.Clone(head), Value{axis.Parameter, value}))
			}
		}
		all = longer
	}
	return all
}

// variantFaults gathers the faults of variants, each once with the first variant that has it.
type variantFaults struct {
	faults Faults
	labels []string
	more   []int // In how many other variants.
}

func (a *variantFaults) add(label string, faults Faults) {
	for _, fault := range faults {
		i := slices.Index(a.faults, fault)
		if i >= 0 {
			a.more[i]++
			continue
		}
		if len(a.faults) < maxFaults {
			a.faults, a.labels, a.more = append(a.faults, fault), append(a.labels, label), append(a.more, 0)
		}
	}
}

func (a *variantFaults) err() error {
	if len(a.faults) == 0 {
		return nil
	}
	for i := range a.faults {
		others := ""
		if a.more[i] > 0 {
			others = fmt.Sprintf(" (and in %d more of the variants)", a.more[i])
		}
		a.faults[i].Message = fmt.Sprintf("with %s%s: %s", a.labels[i], others, a.faults[i].Message)
	}
	return a.faults
}

// decodeMatrix reads the axes in the order written. Their values are literal: what a parameter
// stands for would depend on the variant itself.
func (d *decoder) decodeMatrix(node *yaml.Node, path string) Matrix {
	if !d.kind(node, yaml.MappingNode, path) {
		return nil
	}
	var matrix Matrix
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, list := node.Content[i], node.Content[i+1]
		at := join(path, key.Value)
		d.at[at] = d.place(key)
		axis := Axis{Parameter: key.Value}
		if d.kind(list, yaml.SequenceNode, at) {
			for j, item := range list.Content {
				below := fmt.Sprintf("%s[%d]", at, j)
				d.at[below] = d.place(item)
				if d.kind(item, yaml.ScalarNode, below) && strings.Contains(item.Value, "${") {
					d.fault(below, "", "the values of a matrix are literal: no parameter is replaced in them")
				}
				axis.Values = append(axis.Values, item.Value)
			}
		}
		matrix = append(matrix, axis)
	}
	return matrix
}

// numbers returns the values of a parameter as numbers, or nil if it holds words.
func (p Parameter) numbers(values []string) []float64 {
	var numbers []float64
	for _, text := range values {
		var number float64
		var err error
		switch p.Type {
		case "integer", "number":
			number, err = strconv.ParseFloat(text, 64)
		case "duration":
			var d time.Duration
			d, err = time.ParseDuration(text)
			number = d.Seconds()
		case "quantity":
			quantity, wrong := parseQuantity(text)
			number, err = quantity.AsApproximateFloat64(), wrong
		default:
			return nil
		}
		if err != nil {
			return nil
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// narrow drops the axes whose parameter is set from outside: they are no axes any more.
func (t *Trials) narrow(o Options) {
	t.Matrix = slices.DeleteFunc(t.Matrix, func(a Axis) bool { _, set := o.Set[a.Parameter]; return set })
	t.Repeat = cmp.Or(o.Repeat, t.Repeat)
	if len(t.Matrix) == 0 {
		t.Matrix, t.StopAfter = nil, ""
	}
}
