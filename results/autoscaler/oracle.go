package autoscaler

import (
	"math"
	"time"
)

// A Select says which of several policies counts.
type Select string

// The selections, as autoscaling/v2 names them.
const (
	MaxChange Select = "Max"
	MinChange Select = "Min"
	Disabled  Select = "Disabled"
)

// A Policy allows a change of at most Value pods, or percent of the pods, in a Period.
type Policy struct {
	Percent bool          `json:"percent,omitempty"`
	Value   int           `json:"value"`
	Period  time.Duration `json:"period"`
}

// Rules are the scaling rules of one direction.
type Rules struct {
	Policies []Policy      `json:"policies,omitempty"`
	Select   Select        `json:"select,omitempty"`
	Window   time.Duration `json:"window"` // Of stabilisation.
}

// DefaultUp and DefaultDown are the rules of an HPA whose behavior does not say otherwise, as
// the API server fills them in.
func DefaultUp() Rules {
	return Rules{Select: MaxChange, Policies: []Policy{
		{Value: 4, Period: 15 * time.Second}, {Percent: true, Value: 100, Period: 15 * time.Second}}}
}

// DefaultDown is for the other direction.
func DefaultDown() Rules {
	return Rules{Select: MaxChange, Window: DefaultDownWindow, Policies: []Policy{
		{Percent: true, Value: 100, Period: 15 * time.Second}}}
}

// A Spec is what an HPA says about the number of replicas. Without Behavior, Down.Window is all
// that counts of Up and Down: it is the controller's flag.
type Spec struct {
	Min      int   `json:"min"`
	Max      int   `json:"max"`
	Behavior bool  `json:"behavior"`
	Up       Rules `json:"up"`
	Down     Rules `json:"down"`
}

// An Oracle decides as the controller does, and remembers what the controller does. The zero
// value is not usable.
type Oracle struct {
	spec            Spec
	recommendations []past // Those before stabilisation.
	ups, downs      []past // Changes of replicas that were made.
}

type past struct {
	at       time.Duration
	replicas int
}

// New returns an oracle without a past, like a controller that has just started.
func New(spec Spec) *Oracle { return &Oracle{spec: spec} }

// Sync returns what is to be asked for at a moment, as Decide does. The change is taken to be made.
func (o *Oracle) Sync(at time.Duration, current, recommended int) (desired int) {
	desired = o.Decide(at, current, recommended)
	o.Changed(at, current, desired)
	return desired
}

// Decide returns what is to be asked for at a moment, with current replicas asked for so far and
// the largest number that a metric recommends. The moments must not go backwards. Changes that
// were really made are to be told with Changed. That an HPA has scaled to zero itself, and so may
// scale up from there with a minimum above zero, is not known to it.
func (o *Oracle) Decide(at time.Duration, current, recommended int) (desired int) {
	if len(o.recommendations) == 0 {
		o.recommendations = append(o.recommendations, past{at, current})
	}
	switch {
	case current == 0 && o.spec.Min != 0:
		return 0 // Scaling is disabled.
	case current > o.spec.Max:
		desired = o.spec.Max
	case current > 0 && current < o.spec.Min:
		desired = o.spec.Min
	case o.spec.Behavior:
		desired = o.limited(at, current, o.stabilised(at, current, recommended))
	default:
		highest := max(recommended, o.highest(at))
		most := min(max(defaultUpFactor*current, defaultUpLeast), o.spec.Max)
		desired = max(min(highest, most), o.spec.Min)
		o.remember(at, recommended)
	}
	return desired
}

// highest is the highest recommendation of the window; of the same age as it counts.
func (o *Oracle) highest(at time.Duration) int {
	highest := 0
	for _, r := range o.recommendations {
		if at-r.at <= o.spec.Down.Window {
			highest = max(highest, r.replicas)
		}
	}
	return highest
}

// stabilised keeps current between the lowest recommendation of the window upwards and the
// highest of the window downwards.
func (o *Oracle) stabilised(at time.Duration, current, recommended int) int {
	lowest, highest := recommended, recommended
	for _, r := range o.recommendations {
		if at-r.at < o.spec.Up.Window {
			lowest = min(lowest, r.replicas)
		}
		if at-r.at < o.spec.Down.Window {
			highest = max(highest, r.replicas)
		}
	}
	o.remember(at, recommended)
	return min(max(current, lowest), highest)
}

// remember keeps a recommendation and forgets those that no window can reach any more.
func (o *Oracle) remember(at time.Duration, recommended int) {
	o.recommendations = append(since(o.recommendations, at-max(longestWindow, o.spec.Down.Window)), past{at, recommended})
}

// Changed takes that the replicas asked for were changed, which the policies count.
func (o *Oracle) Changed(at time.Duration, current, desired int) {
	switch {
	case desired > current:
		o.ups = append(since(o.ups, at-longestPeriod), past{at, desired - current})
	case desired < current:
		o.downs = append(since(o.downs, at-longestPeriod), past{at, current - desired})
	}
}

// since drops what is older than a moment.
func since(all []past, moment time.Duration) []past {
	for len(all) > 0 && all[0].at < moment {
		all = all[1:]
	}
	return all
}

// limited applies the policies, and the bounds of the spec.
func (o *Oracle) limited(at time.Duration, current, desired int) int {
	switch {
	case desired > current:
		limit := max(o.reach(at, current, o.spec.Up, 1), current)
		return min(desired, limit, o.spec.Max)
	case desired < current:
		limit := min(o.reach(at, current, o.spec.Down, -1), current)
		return max(desired, limit, o.spec.Min)
	}
	return desired
}

// reach is how far the policies of a direction, 1 or -1, allow to go from current now.
func (o *Oracle) reach(at time.Duration, current int, rules Rules, direction int) int {
	if rules.Select == Disabled || len(rules.Policies) == 0 {
		return current
	}
	reach := 0
	for i, policy := range rules.Policies {
		begin := current - sum(o.ups, at-policy.Period) + sum(o.downs, at-policy.Period)
		proposed := begin + direction*policy.Value
		if policy.Percent {
			share := float64(begin) * (1 + float64(direction*policy.Value)/100)
			proposed = int(share) // Downwards it is cut off,
			if direction > 0 {
				proposed = int(math.Ceil(share)) // upwards rounded up, so that it goes up at all.
			}
		}
		further := (proposed-reach)*direction > 0
		if i == 0 || further == (rules.Select != MinChange) {
			reach = proposed
		}
	}
	return reach
}

// sum adds up the changes after a moment.
func sum(changes []past, after time.Duration) int {
	total := 0
	for _, c := range changes {
		if c.at > after {
			total += c.replicas
		}
	}
	return total
}
