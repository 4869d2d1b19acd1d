package spec

import (
	"math"
	"slices"
	"time"
)

// OfOthers reports whether the class reads objects that other actions have made, because it
// cannot make its own: a pod or node made by load would be run by nothing.
func (r Request) OfOthers() bool { return r.Resource == "pods" || r.Resource == "nodes" }

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
	case "ramp":
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
