package spec

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/slo"
)

// OfOthers reports whether the class reads objects that other actions have made, because it
// cannot make its own: a pod or node made by load would be run by nothing.
func (r Request) OfOthers() bool { return r.Resource == "pods" || r.Resource == "nodes" }

// plain are the resources of which a load makes objects of nothing but a name and a payload.
var plain = []string{"configmaps", "secrets", "serviceaccounts", "roles.rbac.authorization.k8s.io",
	"leases.coordination.k8s.io"}

// Own reports whether the class makes the objects that it works on. The others work on what the
// scenario's workloads have made.
func (r Request) Own() bool {
	return r.Manifest != nil || slices.ContainsFunc(plain, func(full string) bool {
		bare, _, _ := strings.Cut(full, ".")
		return r.Resource == full || r.Resource == bare
	})
}

// Custom reports whether the resource is one that the API server does not know by itself.
func (r Request) Custom() bool { return slo.CustomResource(r.Resource) }

// Creates reports whether each request makes an object.
func (r Request) Creates() bool { return r.Verb == "create" && r.Subresource == "" }

// Label is the resource as results name it: with its subresource, such as deployments.apps/scale.
func (r Request) Label() string {
	if r.Subresource == "" {
		return r.Resource
	}
	return r.Resource + "/" + r.Subresource
}

// Bytes returns about how many bytes each object of the class's own has: its manifest and its
// payload. What the API server adds, some hundred bytes, is left out.
func (r Request) Bytes() int {
	if r.Manifest == nil {
		return r.Size
	}
	text, err := json.Marshal(r.Manifest)
	if err != nil {
		return r.Size // Of a decoded scenario, every manifest can be written.
	}
	return r.Size + len(text)
}

// OfMany reports whether the class reads all objects of a scope.
func (r Request) OfMany() bool { return r.Verb == "list" || r.Verb == "watch" }

// Rates returns the rate of each class of requests, per second at the factor 1 of the pace: its
// own, or its share of the load's rate.
func (l Load) Rates() []float64 {
	weights := 0
	for _, r := range l.Requests {
		if r.Rate == 0 {
			weights += r.Weight
		}
	}
	rates := make([]float64, len(l.Requests))
	for i, r := range l.Requests {
		rates[i] = r.Rate
		if r.Rate == 0 {
			rates[i] = l.Rate * float64(r.Weight) / float64(max(weights, 1))
		}
	}
	return rates
}

// TotalRate is the rate of all classes together, per second at the factor 1 of the pace.
func (l Load) TotalRate() float64 {
	total := 0.0
	for _, rate := range l.Rates() {
		total += rate
	}
	return total
}

// Mean returns the mean of the pace's factor over a load of that duration, and Peak its highest.
func (p Pace) Mean(duration time.Duration) float64 {
	switch p.Shape {
	case "ramp":
		return (p.From + p.To) / 2
	case "sawtooth":
		return p.meanOfTeeth(duration)
	case "sine":
		turns := 2 * math.Pi * duration.Seconds() / p.Period.Seconds()
		return 1 + p.Amplitude*(1-math.Cos(turns))/turns
	case "steps":
		sum := 0.0
		for _, factor := range p.Factors {
			sum += factor
		}
		return sum / float64(len(p.Factors))
	case "trace":
		return meanOfTrace(p.Points, duration)
	}
	return 1
}

// Peak returns the highest factor of the pace.
func (p Pace) Peak() float64 {
	switch p.Shape {
	case "ramp", "sawtooth":
		return max(p.From, p.To)
	case "sine":
		return 1 + p.Amplitude
	case "steps":
		return slices.Max(p.Factors)
	case "trace":
		peak := 0.0
		for _, point := range p.Points {
			peak = max(peak, point.Factor)
		}
		return peak
	}
	return 1
}

// Lowest returns the lowest factor of the pace.
func (p Pace) Lowest() float64 {
	switch p.Shape {
	case "ramp", "sawtooth":
		return min(p.From, p.To)
	case "sine":
		return 1 - p.Amplitude
	case "steps":
		return slices.Min(p.Factors)
	case "trace":
		lowest := math.Inf(1)
		for _, point := range p.Points {
			lowest = min(lowest, point.Factor)
		}
		return lowest
	}
	return 1
}

// meanOfTeeth is the mean of a sawtooth over whole periods and the beginning of one more.
func (p Pace) meanOfTeeth(duration time.Duration) float64 {
	period, whole := p.Period.Seconds(), float64(duration/p.Period)
	rest := (duration % p.Period).Seconds()
	area := whole*period*(p.From+p.To)/2 + rest*(p.From+(p.To-p.From)*rest/period/2)
	return area / duration.Seconds()
}

// meanOfTrace integrates straight lines between points; before the first and after the last
// point the factor stays.
func meanOfTrace(points []TracePoint, duration time.Duration) float64 {
	end := duration.Seconds()
	last := TracePoint{Factor: points[0].Factor}
	area := 0.0
	for _, p := range append(slices.Clone(points), TracePoint{At: math.MaxInt64, Factor: points[len(points)-1].Factor}) {
		from, to := last.At.Seconds(), min(p.At.Seconds(), end)
		if to > from {
			at := last.Factor + (p.Factor-last.Factor)*(to-from)/(p.At.Seconds()-from)
			area += (to - from) * (last.Factor + at) / 2
		}
		last = p
	}
	return area / end
}

// Objects returns how many objects of its own a class has in etcd by the end of the load, at a
// rate per second. What is deleted must have been made.
func (l Load) Objects(r Request, rate float64) float64 {
	switch {
	case !r.Own():
		return 0
	case r.Creates() || r.Verb == "delete":
		return math.Ceil(rate * l.Pace.Mean(l.Duration) * l.Duration.Seconds())
	}
	return float64(r.Objects)
}
