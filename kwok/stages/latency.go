package stages

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"
)

// Steps is the number of equally likely delays that a Latency is cut into: the values of the
// first byte of a pod's UID.
const Steps = 256

// A Latency is a distribution of delays. kwok does not draw from it at random: the first byte
// of a pod's UID, which is random by itself, picks one of Steps equally likely quantiles. The
// delay of every pod is therefore known afterwards (Of) and can be told apart from what the
// simulator added to it.
//
// The zero Latency is no delay at all.
type Latency struct {
	words string
	table []time.Duration // Ascending; empty for no delay, else Steps long.
}

// Fixed is the same delay for every pod.
func Fixed(d time.Duration) (Latency, error) {
	if d < 0 {
		return Latency{}, fmt.Errorf("latency %s is negative", d)
	}
	return tabulate("fixed "+d.String(), func(float64) float64 { return float64(d) }), nil
}

// Uniform spreads the delays evenly over the interval from shortest to longest.
func Uniform(shortest, longest time.Duration) (Latency, error) {
	if shortest < 0 || longest < shortest {
		return Latency{}, fmt.Errorf("uniform latency from %s to %s: want 0 <= shortest <= longest", shortest, longest)
	}
	words := fmt.Sprintf("uniform from %s to %s", shortest, longest)
	return tabulate(words, func(p float64) float64 {
		return float64(shortest) + p*float64(longest-shortest)
	}), nil
}

// Lognormal has the given median and 99th percentile: the logarithm of the delay is normal
// with mean ln(median) and standard deviation ln(p99/median) / 2.326.
func Lognormal(median, p99 time.Duration) (Latency, error) {
	if median <= 0 || p99 < median {
		return Latency{}, fmt.Errorf("lognormal latency with median %s and p99 %s: want 0 < median <= p99", median, p99)
	}
	sigma := math.Log(float64(p99)/float64(median)) / normalQuantile(0.99)
	words := fmt.Sprintf("lognormal with median %s and p99 %s", median, p99)
	return tabulate(words, func(p float64) float64 {
		return float64(median) * math.Exp(sigma*normalQuantile(p))
	}), nil
}

// Quantiles interpolates between ascending delays at evenly spaced quantiles, of which the
// first is the minimum and the last is the maximum.
func Quantiles(points []time.Duration) (Latency, error) {
	if len(points) < 2 || len(points) > Steps {
		return Latency{}, fmt.Errorf("latency with %d quantiles: want 2 to %d", len(points), Steps)
	}
	if points[0] < 0 {
		return Latency{}, fmt.Errorf("latency quantile %s is negative", points[0])
	}
	if !sort.SliceIsSorted(points, func(i, j int) bool { return points[i] < points[j] }) {
		return Latency{}, fmt.Errorf("latency quantiles are not ascending: sort them")
	}
	last := len(points) - 1
	words := fmt.Sprintf("%d quantiles from %s to %s", len(points), points[0], points[last])
	return tabulate(words, func(p float64) float64 {
		at := p * float64(last)
		i := min(int(at), last-1)
		return float64(points[i]) + (at-float64(i))*float64(points[i+1]-points[i])
	}), nil
}

// tabulate evaluates an inverse distribution function in the middle of each of the Steps
// equally likely bins, rounded to microseconds to keep the generated expression short.
func tabulate(words string, inverse func(p float64) float64) Latency {
	l := Latency{words: words, table: make([]time.Duration, Steps)}
	for i := range l.table {
		p := (float64(i) + 0.5) / Steps
		l.table[i] = time.Duration(inverse(p)).Round(time.Microsecond)
	}
	return l
}

// normalQuantile is the inverse of the standard normal distribution function.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// Quantile returns the delay that a share p of the pods does not exceed, to the resolution
// of one step. A p outside 0 to 1 is taken as the nearer end.
func (l Latency) Quantile(p float64) time.Duration {
	if len(l.table) == 0 {
		return 0
	}
	if math.IsNaN(p) {
		p = 0
	}
	i := int(min(max(p, 0), 1) * Steps)
	return l.table[min(i, Steps-1)]
}

// Of returns the delay that kwok applies to the pod with this UID.
func (l Latency) Of(uid string) time.Duration {
	if len(l.table) == 0 {
		return 0
	}
	// The number of thresholds 01, 02 ... ff that do not exceed the UID, as in expression.
	return l.table[sort.Search(Steps-1, func(i int) bool { return uid < threshold(i+1) })]
}

// String describes the distribution in words.
func (l Latency) String() string {
	if l.words == "" {
		return "none"
	}
	return l.words
}

// threshold is the smallest UID whose first byte is i.
func threshold(i int) string { return fmt.Sprintf("%02x", i) }

// expression renders the distribution as a CEL expression in nanoseconds. kwok's CEL has no
// substring, but it compares strings, so the UID's first byte is found by a binary search
// written out as nested conditions: eight comparisons, about 3 microseconds for each pod.
func (l Latency) expression() string {
	if len(l.table) == 0 {
		return "0"
	}
	var b strings.Builder
	l.branch(&b, 0, Steps)
	tree := b.String()
	if !strings.Contains(tree, "?") {
		return fmt.Sprintf("1000 * %s", tree)
	}
	// The one-element list binds the UID to a variable, for CEL has no let.
	return fmt.Sprintf("1000 * [self.metadata.uid].map(u, %s)[0]", tree)
}

// branch writes the choice between the steps from low to before high, in microseconds.
func (l Latency) branch(b *strings.Builder, low, high int) {
	if l.table[low] == l.table[high-1] { // Ascending, so all between are equal too.
		fmt.Fprintf(b, "%d", l.table[low].Microseconds())
		return
	}
	middle := (low + high) / 2
	fmt.Fprintf(b, "(u<'%s'?", threshold(middle))
	l.branch(b, low, middle)
	b.WriteByte(':')
	l.branch(b, middle, high)
	b.WriteByte(')')
}
