package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/runner/search"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// run searches for the bounds of the variants: in turns, or one after another.
func (x *searching) run(ctx context.Context) error {
	for i, v := range x.record.Variants {
		p := x.first[i]
		if err := checkDisks(ctx, &plan.Experiment{Variants: []plan.Variant{{Plan: p}}}, target{}); err != nil {
			return err
		}
		flags := x.of(v, x.record.Rules.From)
		if _, err := x.controlPlane(ctx, (&run{app: x.app, flags: flags, plan: p}).kubernetes()); err != nil {
			return err
		}
	}
	for _, line := range view.SearchMethod(x.record) {
		x.say("%s\n", x.lines(line))
	}
	x.record.Status, x.record.Failure = bundle.Running, ""
	err := environment(x.record.Write(x.folder.path))
	if err == nil {
		err = errors.Join(x.variants(ctx), x.drop())
	}
	if err != nil && context.Cause(ctx) != nil {
		err = ended(context.Cause(ctx)) // What was cancelled says so in many ways.
	}
	x.record.Status = bundle.Complete
	if err != nil {
		x.record.Status, x.record.Failure = bundle.Failed, brief(err.Error())
	}
	if errors.Is(err, errInterrupted) {
		x.record.Status = bundle.Interrupted
	}
	return err
}

// variants makes the trials of all variants, until the search or the budget of each is at an end. If they
// take turns, the one with the fewest trials goes next, also after a search is resumed.
func (x *searching) variants(ctx context.Context) error {
	var going []*variant
	for i := range x.record.Variants {
		machine, err := x.machine(x.record.Variants[i])
		if err != nil {
			return err
		}
		going = append(going, &variant{&x.record.Variants[i], machine})
		x.record.Variants[i].Stopped = ""
	}
	for len(going) > 0 {
		at := x.turn(going)
		more, err := x.advance(ctx, going[at])
		if err != nil {
			return err
		}
		if !more {
			going = slices.Delete(going, at, at+1)
		}
	}
	return nil
}

// turn says whose trial is next.
func (x *searching) turn(going []*variant) (at int) {
	for i, v := range going {
		if x.record.Interleaved && len(v.Trials) < len(going[at].Trials) {
			at = i
		}
	}
	return at
}

// A variant is the search of one variant on its way.
type variant struct {
	*record.Variant
	machine *search.Machine
}

// advance makes the next trial of a variant; false if there is none.
func (x *searching) advance(ctx context.Context, v *variant) (more bool, err error) {
	load, more := v.machine.Next()
	if more {
		v.Stopped = x.exhausted(*v.Variant)
	}
	if more && v.Stopped == "" {
		return true, x.try(ctx, v.Variant, load, v.machine)
	}
	if more {
		x.say("%s\n", x.lines("The search"+after(" of ", v.Label)+" stops: "+v.Stopped+"."))
	}
	v.Intervals = v.machine.Intervals()
	return false, errors.Join(x.drop(), environment(x.record.Write(x.folder.path))) // The next variant's control plane is another.
}

// machine returns the search of a variant, told what its trials have shown so far.
func (x *searching) machine(v record.Variant) (*search.Machine, error) {
	var goals []string
	for _, g := range x.record.Goals {
		goals = append(goals, g.Name)
	}
	m, err := search.New(x.record.Rules, goals)
	if err != nil {
		return nil, invalid(err)
	}
	for _, t := range v.Trials {
		if t.Ended {
			m.Tell(t.Load, t.Verdicts)
		}
	}
	return m, nil
}

// exhausted says which budget leaves no room for another trial; "" if none does. A trial is expected to
// take as long as the longest so far.
func (x *searching) exhausted(v record.Variant) string {
	budget := x.record.Budget
	if len(v.Trials) >= budget.Trials {
		return fmt.Sprintf("its budget of %d trials is used up", budget.Trials)
	}
	if spent := v.Spent(); len(v.Trials) > 0 && spent+v.Longest() > budget.Time {
		return fmt.Sprintf("of its budget of %s too little is left for another trial", time.Duration(budget.Time))
	}
	return ""
}

// try runs one trial, tells the machine and puts what came of it into the record. An error ends the
// search: it was interrupted, or the environment failed. That a phase took too long is an outcome, and so
// is that a component of the trial's cluster gave up.
func (x *searching) try(ctx context.Context, v *record.Variant, load float64, machine *search.Machine) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	number, now := 1, time.Now()
	for _, other := range x.record.Variants {
		number += len(other.Trials)
	}
	x.say("\nTrial %d: %s=%s%s\n", number, x.record.Parameter, record.Number(load), after(", ", v.Label))
	p, err := x.plan(*v, load)
	if err != nil {
		return err
	}
	p.Seed = x.record.Seed + uint64(number-1)
	v.Trials = append(v.Trials, record.Trial{Number: number, Load: load, Seed: p.Seed, Status: bundle.Running, Started: now,
		Folder: experiment.FolderOf(number, x.record.Budget.Trials, strings.TrimSpace(v.Label+" "+x.record.Parameter+" "+record.Plain(load)))})
	t := &v.Trials[len(v.Trials)-1]
	if err := x.record.Write(x.folder.path); err != nil {
		return environment(err)
	}
	err = x.trial(ctx, t, p, x.of(*v, load), now)
	t.Took = sample.Offset(time.Since(now))
	if t.Ended {
		machine.Tell(load, t.Verdicts)
		t.After = record.Spans(machine.Intervals())
	}
	v.Intervals = machine.Intervals()
	x.say("%s\n", x.lines(view.TrialLine(x.record, *v, *t)))
	return errors.Join(err, environment(x.record.Write(x.folder.path)))
}

// trial carries out the run of a trial.
func (x *searching) trial(ctx context.Context, t *record.Trial, p *plan.Plan, flags runFlags, now time.Time) error {
	flags.out = filepath.Join(x.folder.path, filepath.FromSlash(t.Folder))
	r := &run{app: x.app, flags: flags, plan: p, id: fmt.Sprintf("%s-%d", runID(now), t.Number), command: x.alone(flags, p.Seed)}
	err := x.ready(ctx, r, t)
	if err == nil {
		err = r.carryOut(ctx, now)
	}
	t.Status = ""
	var dropErr error
	if err != nil { // What a run that failed has left behind is no ground for another.
		t.Failure, dropErr = brief(err.Error()), x.drop()
		if r.recorded && ctx.Err() == nil {
			brokeOff(t, err)
		}
	}
	if r.recorded {
		figures, _, reportErr := summarise(r.folder.path)
		if reportErr != nil {
			return errors.Join(err, dropErr, reportErr)
		}
		t.Take(figures, machine(), x.record.Goals)
	}
	t.Ended = r.recorded && (err == nil || t.TimedOut || t.Breakdown != nil)
	if t.Ended {
		return dropErr
	}
	return errors.Join(err, dropErr)
}

// alone returns the arguments that run one trial by itself.
func (x *searching) alone(flags runFlags, seed uint64) []string {
	arguments := []string{"run", x.scenario}
	for _, pair := range flags.scenario.set {
		arguments = append(arguments, "--set", pair)
	}
	if flags.cluster.kubernetes != "" {
		arguments = append(arguments, "--kubernetes", flags.cluster.kubernetes)
	}
	if flags.scenario.disk != "" {
		arguments = append(arguments, "--disk", flags.scenario.disk)
	}
	for _, flag := range flagNames {
		for _, pair := range *flags.cluster.flags[flag.component] {
			arguments = append(arguments, "--"+flag.name, pair)
		}
	}
	return append(arguments, "--seed", fmt.Sprint(seed))
}

// say tells the user how far the search is.
func (x *searching) say(format string, arguments ...any) {
	if x.flags.run.progress != "none" {
		fmt.Fprintf(x.stderr, format, arguments...)
	}
}

// conclude reports the search. Its own error comes first; without one the verdict decides on the exit
// code.
func (x *searching) conclude(err error) error {
	if len(x.record.Status) == 0 {
		if x.folder.made {
			_ = os.Remove(x.folder.path) // Nothing was begun.
		}
		return err
	}
	reportErr := x.showSearch(x.folder.path, x.record, x.flags.run.output)
	if err != nil {
		return hinted(errors.Join(err, reportErr), fmt.Sprintf("'kubedyno search --resume %s' goes on", x.folder.path))
	}
	if reportErr != nil {
		return reportErr
	}
	err = judged(x.record.Verdict)
	x.sayCode(x.flags.run.output, err, searchCode(x.record.Verdict, x.record.At > 0))
	return err
}

// searchCode is the exit code of a search in words, with or without a load that is asked for.
func searchCode(verdict slo.Verdict, asked bool) string {
	switch {
	case verdict == slo.Pass && asked:
		return "the load of --at holds"
	case verdict == slo.Pass:
		return "the search has an answer"
	case verdict == slo.Miss && asked:
		return "the load of --at does not hold"
	case verdict == slo.Miss:
		return "even the lowest load broke"
	default:
		return "the search has no answer yet, or the harness could not judge"
	}
}
