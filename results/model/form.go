package model

import "math"

// A Form is a law by which a quantity may grow with a size.
type Form string

// The forms. All parameters are at least 0, but for the exponent of a power.
const (
	Constant Form = "constant" // y = a
	Linear   Form = "linear"   // y = a + b·x
	Power    Form = "power"    // y = a + b·x^c, c between -2 and 3
	// Queueing is the response time of a server of the given capacity, y = S/(1 - x/C), as that of
	// M/M/1 and, as an approximation, of the high percentiles of others. Source: Kleinrock, Queueing
	// Systems, volume 1 (Wiley, 1975), section 3.2.
	Queueing Form = "queueing"
	// USL is the Universal Scalability Law, y = λ·x/(1 + σ(x-1) + κx(x-1)): the share σ waits for
	// one another, κ keeps pairs in agreement. Source: Gunther, Guerrilla Capacity Planning (Springer,
	// 2007), chapters 4 and 5.
	USL Form = "USL"
	// USLLatency is the response time that goes with it by Little's law,
	// y = S·(1 + σ(x-1) + κx(x-1)).
	USLLatency Form = "USL latency"
)

// CostForms are the forms that CPU, memory and storage may take over a number of things.
func CostForms() []Form { return []Form{Constant, Linear, Power} }

// LatencyForms are those that a latency may take over a number of things.
func LatencyForms() []Form { return []Form{Constant, Linear, Power, USLLatency} }

// LoadLatencyForms are those that a latency may take over a rate of requests.
func LoadLatencyForms() []Form { return []Form{Constant, Linear, Power, Queueing} }

// ThroughputForms are those of what is answered over what is asked.
func ThroughputForms() []Form { return []Form{USL} }

// Formula writes the form with its parameters' names, which Fit.Parameters has.
func (f Form) Formula() string {
	switch f {
	case Constant:
		return "a"
	case Linear:
		return "a + b·x"
	case Power:
		return "a + b·x^c"
	case Queueing:
		return "S/(1 − x/C)"
	case USL:
		return "λ·x/(1 + σ(x−1) + κx(x−1))"
	default:
		return "S + b(x−1) + c·x(x−1)"
	}
}

// A form is how a Form is computed. Sizes and values are divided by the largest of each, so that no
// power overflows: x is at most 1 here, and one is what a size of 1 becomes.
type form struct {
	name         Form
	coefficients int     // Of the rows, in which the form is linear.
	shapes       []shape // What is not.
	// row writes what the coefficients are multiplied with at x.
	row func(x, one float64, shapes, row []float64)
	// parameters turns coefficients and shapes into what Fit.Parameters shows, for values up to
	// height over sizes up to width.
	names      []string
	parameters func(coefficients, shapes []float64, width, height float64) []float64
}

// A shape is a parameter that is searched for: by its logarithm if it may span orders of magnitude.
// What lies at the low end of a logarithmic one is 0.
type shape struct {
	low, high float64 // Of what is searched: the value or its logarithm.
	log       bool
	starts    []float64
}

// value is the parameter at a place of the search.
func (s shape) value(at float64) float64 {
	at = min(max(at, s.low), s.high)
	if !s.log {
		return at
	}
	if at <= s.low {
		return 0
	}
	return math.Exp(at)
}

// uslShape is that of each of USL's parameters, relative to the largest size.
func uslShape() shape {
	return shape{low: math.Log(1e-6), high: math.Log(1e4), log: true, starts: []float64{math.Log(1e-5), math.Log(0.1), math.Log(2)}}
}

// formOf returns how a form is computed.
func formOf(name Form) (form, bool) {
	switch name {
	case Constant:
		return form{name: name, coefficients: 1, names: []string{"a"},
			row:        func(_, _ float64, _, row []float64) { row[0] = 1 },
			parameters: func(c, _ []float64, _, height float64) []float64 { return []float64{c[0] * height} }}, true
	case Linear:
		return form{name: name, coefficients: 2, names: []string{"a", "b"},
			row: func(x, _ float64, _, row []float64) { row[0], row[1] = 1, x },
			parameters: func(c, _ []float64, width, height float64) []float64 {
				return []float64{c[0] * height, c[1] * height / width}
			}}, true
	case Power:
		return powerForm(), true
	case Queueing:
		return queueingForm(), true
	case USL:
		return uslForm(), true
	case USLLatency:
		return form{name: name, coefficients: 3, names: []string{"S", "b", "c"},
			row: func(x, one float64, _, row []float64) {
				beyond := max(0, x-one)
				row[0], row[1], row[2] = 1, beyond, x*beyond
			},
			parameters: func(c, _ []float64, width, height float64) []float64 {
				return []float64{c[0] * height, c[1] * height / width, c[2] * height / (width * width)}
			}}, true
	}
	return form{}, false
}

func powerForm() form {
	return form{name: Power, coefficients: 2, names: []string{"a", "b", "c"},
		shapes: []shape{{low: -2, high: 3, starts: []float64{-0.7, 0.4, 1, 1.7}}},
		row:    func(x, _ float64, shapes, row []float64) { row[0], row[1] = 1, math.Pow(x, shapes[0]) },
		parameters: func(c, shapes []float64, width, height float64) []float64 {
			return []float64{c[0] * height, c[1] * height / math.Pow(width, shapes[0]), shapes[0]}
		}}
}

// queueingForm searches for the capacity by how far it lies above the largest measured rate.
func queueingForm() form {
	room := shape{low: math.Log(1e-4), high: math.Log(1e3), log: true, starts: []float64{math.Log(0.05), math.Log(0.5), math.Log(5)}}
	return form{name: Queueing, coefficients: 1, names: []string{"S", "C"}, shapes: []shape{room},
		row: func(x, _ float64, shapes, row []float64) {
			row[0] = math.Inf(1)
			if capacity := 1 + shapes[0]; x < capacity {
				row[0] = 1 / (1 - x/capacity)
			}
		},
		parameters: func(c, shapes []float64, width, height float64) []float64 {
			return []float64{c[0] * height, width * (1 + shapes[0])}
		}}
}

func uslForm() form {
	return form{name: USL, coefficients: 1, names: []string{"λ", "σ", "κ"}, shapes: []shape{uslShape(), uslShape()},
		row: func(x, one float64, shapes, row []float64) {
			beyond := max(0, x-one)
			row[0] = x / (1 + shapes[0]*beyond + shapes[1]*x*beyond)
		},
		parameters: func(c, shapes []float64, width, height float64) []float64 {
			return []float64{c[0] * height / width, shapes[0] / width, shapes[1] / (width * width)}
		}}
}
