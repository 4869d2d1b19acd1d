package compare

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Fact is one fact of how a run was made.
type Fact struct {
	Name  string
	Kind  Kind
	Value string // "" if the run does not have it.
}

// Varies reports whether a fact differs between runs that are repetitions of one another.
func (f Fact) Varies() bool { return f.Name == seedName }

var (
	// located matches a value that may say where something is: a URL, a path, an address.
	located = regexp.MustCompile(`://|^[/~\\]|^[A-Za-z]:\\|\d+\.\d+\.\d+\.\d+|[[:alnum:]]:\d+$|localhost`)
	// secret matches a value or the name of one that may hold a password.
	secret = regexp.MustCompile(`(?i)@|token|secret|passw|credential`)
)

// Facts returns how a run was made, without what is nobody's business where the facts are
// published: of a path, a URL or an address only a digest is left, by which it can still be told
// from another, and nothing of what may be a password. No fact holds the name of the machine.
func Facts(run Run) []Fact {
	if run.Facts != nil {
		return run.Facts
	}
	all := aspects(run)
	for i, fact := range all {
		switch {
		case fact.Value == "":
		case secret.MatchString(fact.Name + " " + fact.Value):
			all[i].Value = "not kept"
		case located.MatchString(fact.Value):
			all[i].Value = fmt.Sprintf("digest %x", sha256.Sum256([]byte(fact.Value)))[:len("digest ")+12]
		}
	}
	return all
}

// A Figure is one number of one run.
type Figure struct {
	slo.Objective
	Value    *float64 // nil if there is none.
	Reason   string   // Why there is none, or what is to be known of it.
	N        int64    // Of an objective: how many there were,
	Censored int64    // and how many of them never got there.
}

// Objectives are the figures of a run that were judged, in the order of its scenario.
func Objectives(s *summary.Summary) []Figure {
	var all []Figure
	for i, f := range judged(s) {
		all = append(all, Figure{f.Objective, f.value, f.reason, s.Objectives[i].N, s.Objectives[i].Censored})
	}
	return all
}

// Others are the other figures of a run; see Sides.
func Others(s *summary.Summary) []Figure {
	var all []Figure
	for _, f := range unjudged(s) {
		all = append(all, Figure{Objective: f.Objective, Value: f.value, Reason: f.reason})
	}
	return all
}

// Key tells figures apart: those with the same key are compared. Limits are no part of it.
func (f Figure) Key() string { return keyOf(f.Objective) }

// agedWarning says what a comparison with a baseline cannot rule out.
func agedWarning(name string, base, other []Run) string {
	return fmt.Sprintf("The base is the baseline %s, whose runs were measured %s, in another session: a drift of the machine in "+
		"between would look like a change. Runs that take turns rule that out; 'kubedyno run --compare-with' makes them.",
		name, apartWords(first(other).Sub(last(base))))
}

// apartWords says how long before the others runs were measured.
func apartWords(d time.Duration) string {
	const day = 24 * time.Hour
	where := "before"
	if d < 0 {
		d, where = -d, "after the first of"
	}
	words := sample.Format(d.Seconds(), sample.Seconds)
	switch {
	case d >= 2*day:
		words = fmt.Sprintf("%d days", d/day)
	case d >= 2*time.Hour:
		words = fmt.Sprintf("%d hours", d/time.Hour)
	case d >= 2*time.Minute:
		words = fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return words + " " + where + " the new ones"
}
