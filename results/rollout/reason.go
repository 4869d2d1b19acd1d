package rollout

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// LongStill is from how many seconds on a standstill is worth a sentence: longer than pods usually
// take to start or to stop.
const LongStill = 30

// A Cause is why a rollout stood still, as far as the records show it.
type Cause string

// The causes.
const (
	Deadlock      Cause = "deadlock"      // No room for one more pod, and none may lack.
	BackOff       Cause = "back-off"      // Room in the quota, pods missing after refusals, and none made.
	Stopping      Cause = "stopping"      // No room while pods that are stopping still count.
	NotReady      Cause = "not-ready"     // Pods of the new version never become available.
	Unschedulable Cause = "unschedulable" // Pods have no node.
	Refused       Cause = "refused"       // Admission refuses the pods for what they are, not for their number.
	Disruption    Cause = "disruption"    // A PodDisruptionBudget keeps a node from being drained.
	Unknown       Cause = "unknown"       // The records do not say.
)

// A Reason says what a rollout or a drain waited for, and what would have avoided it.
type Reason struct {
	Cause Cause         `json:"cause"`
	From  sample.Offset `json:"from"`
	To    sample.Offset `json:"to"`
	// Waited is a sentence: what was waited for, and how long.
	Waited string `json:"waited"`
	// Avoid is a sentence: which setting would avoid it; empty where the records do not say.
	Avoid string `json:"avoid,omitempty"`
}

// A Quota is a constraint with its name, for people.
type Quota struct {
	Constraint
	Name     string // The ResourceQuota's.
	Resource string
}

// Evidence is what is recorded of a rollout that may have stood still.
type Evidence struct {
	Kind       string // Of the workload's objects.
	Unfinished bool
	Limits     Limits
	Pods       Series
	Result     Result
	Stall      *Stall // nil without quotas.
	Quotas     []Quota
	// Refused is how many attempts to make pods quotas refused in the rollout's phase, at least; nil if
	// nothing is known. Otherwise are those that were refused for other reasons.
	Refused   *float64
	Otherwise map[string]float64
	// Waves is how many waves of pods may be stopping at a time: how often a pod can start while another
	// one stops, and 1; 0 if that is not known.
	Waves float64
	// NoNode are the pods of the run that are not on a node over time; nil if not known.
	NoNode series.Steps
	// Deadlines is how many progress deadlines were exceeded meanwhile.
	Deadlines float64
}

// Why says why a rollout stood still; nil if it is complete and never did for LongStill.
func Why(e Evidence) *Reason {
	still := e.Result.Still
	gap := e.gap()
	switch {
	case gap != nil && len(e.Otherwise) > 0:
		return e.refused(gap.From, gap.To)
	case gap != nil:
		return e.backOff(*gap)
	}
	if still == nil || !e.Unfinished && still.Seconds() < LongStill {
		return nil
	}
	r := &Reason{Cause: Unknown, From: still.From, To: still.To}
	if e.Unfinished && still.Seconds() < LongStill && still.To < e.Result.To {
		r.Waited = fmt.Sprintf("It was not complete after %s, and still going on: nothing moved for %s at most.",
			seconds((e.Result.To - e.Result.From).Seconds()), seconds(still.Seconds()))
		return r
	}
	room, known := e.room(*still)
	idle := still.Current - still.Available // Pods that exist and do not serve.
	noNode := e.NoNode.Known(still.From, still.To)
	switch {
	case len(e.Otherwise) > 0 && still.Current < still.Desired+e.Limits.SurgeOf(still.Desired):
		return e.refused(still.From, still.To)
	case known && room < 1 && still.Terminating > 0:
		e.stopping(r, *still)
	case known && room < 1 && e.Limits.UnavailableOf(still.Desired) == 0 && still.Current >= still.Desired && idle <= 0:
		e.deadlock(r, *still)
	case known && room < 1 && idle <= 0 && still.Current < still.Desired && still.Available <= still.Desired-e.Limits.UnavailableOf(still.Desired):
		e.tooMany(r, *still)
	case idle > 0 && noNode > 0:
		unschedulable(r, idle, noNode)
	case idle > 0 && still.Updated > 0 && still.Terminating == 0 && still.Current >= still.Desired-e.Limits.UnavailableOf(still.Desired):
		e.notReady(r, *still, idle)
	default:
		r.Waited = e.counts(*still)
		if known && room < 1 {
			r.Waited += " Of quotas, " + e.full(still.To) + "."
		}
	}
	return r
}

// counts says what there was while nothing moved, where nothing says why.
func (e Evidence) counts(still Still) string {
	words := fmt.Sprintf("For %s nothing moved: of %s pods wanted there were %s, %s of the new version, %s available and %s being deleted.",
		seconds(still.Seconds()), amount(still.Desired), amount(still.Current), amount(still.Updated), amount(still.Available), amount(still.Terminating))
	if e.Refused != nil && *e.Refused > 0 {
		words += fmt.Sprintf(" Quotas refused attempts to make pods (at least %s).", amount(*e.Refused))
	}
	return words
}

// refused is a workload whose pods admission does not take, however few there are.
func (e Evidence) refused(from, to sample.Offset) *Reason {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(e.Otherwise)) {
		parts = append(parts, fmt.Sprintf("%s: at least %s", reason, amount(e.Otherwise[reason])))
	}
	return &Reason{Cause: Refused, From: from, To: to,
		Waited: fmt.Sprintf("For %s it waited for pods that admission refused (%s).", seconds((to - from).Seconds()), strings.Join(parts, ", ")),
		Avoid:  "Mend what the pods request, or what the LimitRange or the other plugin allows; their FailedCreate events say what is wrong."}
}

// gap is the longest time without a pod being made for which there was room, if it is long.
func (e Evidence) gap() *Gap {
	if e.Stall == nil || e.Stall.Longest == nil || e.Stall.Longest.Seconds() < LongStill {
		return nil
	}
	return e.Stall.Longest
}

// backOff is kubernetes/kubernetes issue 98656, if attempts were refused; else nothing says why nobody
// made the pods.
func (e Evidence) backOff(gap Gap) *Reason {
	r := &Reason{Cause: Unknown, From: gap.From, To: gap.To, Waited: fmt.Sprintf(
		"For %s the quota had room for %s more pods, %s were missing, and none was made.", seconds(gap.Seconds()), amount(gap.Room), amount(gap.Missing))}
	if e.Refused == nil || *e.Refused <= 0 {
		return r
	}
	r.Cause = BackOff
	who := "a controller waits"
	if e.Kind == "Deployment" {
		who = "a replica set waits"
	}
	r.Waited += fmt.Sprintf(" Attempts had been refused before (at least %s): %s longer after each one, up to 1,000 s, and is not woken "+
		"when the quota is freed (kubernetes/kubernetes#98656).", amount(*e.Refused), who)
	r.Avoid = e.giveRoom(gap.To)
	return r
}

// deadlock is a rollout that may neither make a pod nor delete one.
func (e Evidence) deadlock(r *Reason, still Still) {
	r.Cause = Deadlock
	r.Waited = fmt.Sprintf("For %s it waited for room for one more pod, which nothing frees: %s, and none may lack (maxUnavailable: 0).",
		seconds(still.Seconds()), e.full(still.To))
	r.Avoid = fmt.Sprintf("Allow one pod to lack (maxUnavailable: 1), or give the quota room for one (%s).", e.roomFor(1, still.To))
}

// tooMany is a workload that wants more pods than its quota allows, as when an autoscaler asks for them:
// no pod can be made, and with so many wanted none may be deleted.
func (e Evidence) tooMany(r *Reason, still Still) {
	r.Cause = Deadlock
	least := still.Desired - e.Limits.UnavailableOf(still.Desired)
	r.Waited = fmt.Sprintf("For %s it could make no pod (%s) and delete none: %s were wanted, of which %s must stay available, and %s were.",
		seconds(still.Seconds()), e.full(still.To), amount(still.Desired), amount(least), amount(still.Available))
	r.Avoid = fmt.Sprintf("Give the quota room for the pods that are wanted (%s), or want fewer: maxReplicas, if an autoscaler asks for them.",
		e.roomFor(still.Desired-still.Current, still.To))
}

// stopping is a quota that is full of pods that are on their way out.
func (e Evidence) stopping(r *Reason, still Still) {
	r.Cause = Stopping
	r.Waited = fmt.Sprintf("For %s it waited for %s pods that were stopping: %s.", seconds(still.Seconds()), amount(still.Terminating), e.full(still.To))
	r.Avoid = e.giveRoom(still.To)
}

func (e Evidence) notReady(r *Reason, still Still, idle float64) {
	r.Cause = NotReady
	r.Waited = fmt.Sprintf("For %s it waited for %s of %s pods to become available, with %s of the new version.",
		seconds(still.Seconds()), amount(idle), amount(still.Current), amount(still.Updated))
	if idle >= still.Updated {
		r.Waited = fmt.Sprintf("For %s it waited for pods of the new version to become available: none of the %s did.",
			seconds(still.Seconds()), amount(still.Updated))
	}
	r.Avoid = "Roll back (kubectl rollout undo), or mend the new version's image or readiness."
	if e.Kind == "Deployment" {
		r.Avoid += " A shorter progressDeadlineSeconds reports it sooner, and does no more."
		if e.Deadlines > 0 {
			r.Waited += " Its progress deadline was exceeded."
		}
	}
}

func unschedulable(r *Reason, idle, noNode float64) {
	r.Cause = Unschedulable
	r.Waited = fmt.Sprintf("For %s it waited for %s pods to become available; %s pods of the run had no node.",
		seconds((r.To - r.From).Seconds()), amount(idle), amount(noNode))
	r.Avoid = "Give the nodes room for the pods: more or larger nodes, or smaller requests; or update with a smaller maxSurge."
}

// room is for how many more pods the quotas had room at most; not known if some series is not.
func (e Evidence) room(still Still) (most float64, known bool) {
	var all []series.Steps
	var constraints []Constraint
	for _, q := range e.Quotas {
		all = append(all, q.Used, q.Hard)
		constraints = append(constraints, q.Constraint)
	}
	most = math.Inf(-1)
	if len(all) > 0 {
		series.Over(still.From, still.To, func(_ sample.Offset, _ float64, v []float64) {
			most, known = max(most, room(constraints, v)), true
		}, all...)
	}
	return most, known
}

// held is what is used of a quota right before a moment, and what it allows.
func (q Quota) held(at sample.Offset) (used, hard float64) {
	return q.Used.Known(0, at-1), q.Hard.Known(0, at-1)
}

// full says which quotas had no room for one more pod.
func (e Evidence) full(at sample.Offset) string {
	var parts []string
	for _, q := range e.Quotas {
		if used, hard := q.held(at); room([]Constraint{q.Constraint}, []float64{used, hard}) < 1 {
			parts = append(parts, fmt.Sprintf("%s of %s %s of quota %s were used", quantity(used, q.Resource), quantity(hard, q.Resource), q.Resource, q.Name))
		}
	}
	return strings.Join(parts, ", ")
}

// roomFor says what the quotas would have to allow for so many more pods, of those that do not.
func (e Evidence) roomFor(more float64, at sample.Offset) string {
	var parts []string
	for _, q := range e.Quotas {
		if used, hard := q.held(at); used+more*q.Need > hard {
			parts = append(parts, q.Resource+": "+quantity(used+more*q.Need, q.Resource))
		}
	}
	return strings.Join(parts, ", ")
}

// giveRoom says which quotas would refuse no pod: those with room for the pods, the surge, and the pods
// that are stopping, beside what others use of them.
//
// Pods of a wave, as many as may lack and as may be too many, are deleted together; the next wave
// follows once their successors have started. So waves times a wave are stopping at most, and never
// more than all pods of the old version.
func (e Evidence) giveRoom(at sample.Offset) string {
	wanted, stopping := e.Pods.Desired.Known(0, at-1), e.Pods.Desired.Known(0, at-1)
	if e.Waves > 0 {
		stopping = min(stopping, e.Waves*(e.Limits.UnavailableOf(wanted)+e.Limits.SurgeOf(wanted)))
	}
	there := e.Pods.Current.Known(0, at-1)
	if leaving := e.Pods.Terminating.Known(0, at-1); leaving > 0 {
		there += leaving
	}
	var parts []string
	for _, q := range e.Quotas {
		used, hard := q.held(at)
		needed := max(used-there*q.Need, 0) + (wanted+e.Limits.SurgeOf(wanted)+stopping)*q.Need
		if needed > hard {
			parts = append(parts, q.Resource+": "+quantity(needed, q.Resource))
		}
	}
	if len(parts) == 0 {
		return "Let pods stop faster."
	}
	return fmt.Sprintf("Give the quota room for the surge and for pods that are stopping (%s), or let pods stop faster.", strings.Join(parts, ", "))
}

func amount(n float64) string { return sample.Format(n, sample.Count) }

func seconds(s float64) string { return sample.Format(s, sample.Seconds) }

// quantity writes an amount of a resource as a quota's manifest has it.
func quantity(value float64, resource string) string {
	const mebi = 1 << 20
	switch {
	case strings.HasSuffix(resource, "memory") || strings.HasSuffix(resource, "storage"):
		return fmt.Sprintf("%.0fMi", math.Ceil(value/mebi))
	case strings.HasSuffix(resource, "cpu"):
		return fmt.Sprintf("%.0fm", math.Ceil(value*1000-1e-6))
	}
	return fmt.Sprintf("%.0f", math.Ceil(value-1e-9))
}
