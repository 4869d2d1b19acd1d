package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// An offer is a variant that gives every pod a node, and what it costs a month in US dollars.
type offer struct {
	variant int
	month   float64
	pods    float64 // That are placed; 0 if no figure says so.
}

// recommendation says which variant's nodes cost least, and what that assumes; "" if no variant has a
// figure of what its nodes cost a month. Variants that have missed an objective, or were not judged,
// are not recommended, whatever they cost.
func (c *comparer) recommendation() (words, assumptions string) {
	offers, costed := c.offers()
	if costed == 0 {
		return "", ""
	}
	if len(offers) == 0 {
		return "No variant met all objectives, so none is recommended.", ""
	}
	words = c.byPods(offers)
	if words == "" {
		words = c.cheapest(offers)
	}
	return words + ".", c.assumptions()
}

// cheapest says which of the offers costs least, and which comes next. Where the costs are weighed against
// another figure, it is named beside them, and tells apart what costs the same.
func (c *comparer) cheapest(offers []offer) string {
	least := format(offers[0].month, sample.Dollars)
	tied := slices.IndexFunc(offers, func(o offer) bool { return format(o.month, sample.Dollars) != least })
	if tied < 0 {
		tied = len(offers)
	}
	var words string
	switch {
	case len(offers) == 1:
		words = fmt.Sprintf("Only %s met all objectives and has a price: %s a month for its nodes%s", c.offered(offers), least, c.aside(offers[0], " (", ")"))
	case tied == 1:
		words = fmt.Sprintf("%s costs least of the %d variants that met all objectives: %s a month for its nodes%s", c.offered(offers[:1]), len(offers), least, c.aside(offers[0], " (", ")"))
	default:
		words = fmt.Sprintf("%s cost the same, and least of the %d variants that met all objectives: %s a month for their nodes%s", c.offered(offers[:tied]), len(offers), least, c.bestOf(offers[:tied]))
	}
	if tied < len(offers) {
		next := offers[tied]
		words += fmt.Sprintf("; next comes %s with %s (%s%s)", variantName(c.Experiment, next.variant), format(next.month, sample.Dollars),
			signed(next.month/offers[0].month-1), c.aside(next, "; ", ""))
	}
	return words
}

// weighed is the figure that the monthly cost is weighed against; false if there is none.
func (c *comparer) weighed() (experiment.Result, bool) {
	if c.Tradeoff == nil {
		return experiment.Result{}, false
	}
	x, okX := c.figureNamed(c.Tradeoff.X)
	y, okY := c.figureNamed(c.Tradeoff.Y)
	switch {
	case !okX || !okY:
		return experiment.Result{}, false
	case x.Metric == sample.CapacityMonth:
		return y, true
	case y.Metric == sample.CapacityMonth:
		return x, true
	}
	return experiment.Result{}, false
}

// aside names the other figure that costs are weighed against, between open and shut; "" if there is none.
func (c *comparer) aside(o offer, open, shut string) string {
	figure, ok := c.weighed()
	if !ok {
		return ""
	}
	r, ok := c.Variants[o.variant].Figure(figure.Name)
	if !ok {
		return ""
	}
	return open + figure.Name + ": " + format(*r.Median, r.Unit) + shut
}

// bestOf says which of offers that cost the same is best in the other figure; "" if they all are, or
// that of one is not known.
func (c *comparer) bestOf(offers []offer) string {
	figure, ok := c.weighed()
	if !ok {
		return ""
	}
	metric, _ := sample.Lookup(figure.Metric)
	var best []offer
	var top float64
	for _, o := range offers {
		r, ok := c.Variants[o.variant].Figure(figure.Name)
		if !ok {
			return ""
		}
		value := *r.Median
		if metric.Better == sample.HigherIsBetter {
			value = -value
		}
		switch {
		case len(best) == 0 || value < top:
			best, top = []offer{o}, value
		case value == top:
			best = append(best, o)
		}
	}
	if len(best) == len(offers) {
		return c.aside(best[0], " (", ")")
	}
	verb := "is"
	if len(best) > 1 {
		verb = "are"
	}
	return "; of these " + c.offered(best) + " " + verb + " best" + c.aside(best[0], " (", ")")
}

// assumptions are what every recommendation rests on.
func (c *comparer) assumptions() string {
	prices := pricesOf(c.Experiment)
	words := "This assumes list prices" + onDemand(prices) + " of " + prices + ", 730 hours a month, pods that request what they need, " +
		"and as many of them as here all the time"
	if strings.Contains(prices, spotPrefix) {
		words += "; and that the spot nodes are not taken away"
	}
	return words + ". Disks, traffic and the control plane are not in it."
}

// onDemand is " on demand" where all prices are.
func onDemand(prices string) string {
	if strings.Contains(prices, spotPrefix) || strings.Contains(prices, byPodPrefix) {
		return ""
	}
	return " on demand"
}

// byPods says which variant costs least for each number of pods; "" if all that are offered have as many,
// or no figure says how many.
func (c *comparer) byPods(offers []offer) string {
	cheapest := map[float64]offer{}
	for _, o := range slices.Backward(offers) { // The cheapest one of each number comes last.
		cheapest[o.pods] = o
	}
	if _, unknown := cheapest[0]; unknown || len(cheapest) < 2 {
		return ""
	}
	var parts []string
	for _, pods := range slices.Sorted(maps.Keys(cheapest)) {
		o := cheapest[pods]
		parts = append(parts, fmt.Sprintf("for %s pods %s (%s a month)", digits(pods), variantName(c.Experiment, o.variant), format(o.month, sample.Dollars)))
	}
	return "Of the variants that met all objectives these cost least: " + strings.Join(parts, "; ")
}

// offered names the variants of offers.
func (c *comparer) offered(offers []offer) string {
	var variants []int
	for _, o := range offers {
		variants = append(variants, o.variant)
	}
	return c.names(variants)
}

// offers returns the variants that passed and have a monthly cost, the cheapest first, and how many
// variants have one at all.
func (c *comparer) offers() (offers []offer, costed int) {
	for i, v := range c.Variants {
		at := slices.IndexFunc(v.Results, func(r experiment.Result) bool {
			return r.Figure && r.Metric == sample.CapacityMonth && r.N > 0
		})
		if at < 0 {
			continue
		}
		costed++
		if v.Verdict == slo.Pass {
			offers = append(offers, offer{i, *v.Results[at].Median, podsOf(v)})
		}
	}
	slices.SortStableFunc(offers, func(a, b offer) int { return cmp.Compare(a.month, b.month) })
	return offers, costed
}

// podsOf is how many pods a variant places; 0 if no figure says so.
func podsOf(v experiment.Variant) float64 {
	for _, r := range v.Results {
		if r.Figure && r.Metric == sample.CapacityPods && r.N > 0 {
			return *r.Median
		}
	}
	return 0
}

// pricesOf names the prices that an experiment rests on, each once; "" without figures in dollars, or if
// no price is known.
func pricesOf(e *experiment.Experiment) string {
	var all []string
	for _, v := range e.Variants {
		if !slices.ContainsFunc(v.Results, func(r experiment.Result) bool { return r.Unit == sample.Dollars && r.N > 0 }) {
			continue
		}
		for _, pool := range v.Pools {
			if pool.Priced() {
				all = append(all, priceOf(pool))
			}
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "; ")
}

// priceWords says for what the prices of a run's nodes hold; nothing where that is not recorded.
func (b *builder) priceWords() string {
	var all []string
	for _, pool := range b.manifest.Cluster.Pools {
		if pool.Priced() && pool.PriceDate != "" {
			all = append(all, priceOf(pool))
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.Sort(all)
	prices := strings.Join(slices.Compact(all), "; ")
	return " The prices are list prices" + onDemand(prices) + " of " + prices + "."
}
