package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// trials are an experiment on its way.
type trials struct {
	*app
	flags  runFlags
	plan   *plan.Experiment
	folder folder // The experiment's folder.
	record *experiment.Experiment
}

// runTrials runs the trials of an experiment one after another, each as a run of its own, and
// compares them. What was finished is kept and reported, however it ends; the folder is returned.
func (a *app) runTrials(ctx context.Context, p *plan.Experiment, flags runFlags) (recorded string, err error) {
	now := time.Now()
	record, err := a.newExperiment(p, now)
	if err != nil {
		return "", err
	}
	x := &trials{app: a, flags: flags, plan: p, record: record}
	if err := x.prepare(ctx); err != nil {
		return "", err
	}
	if x.record.Versus, err = flags.versus.record(p.Versus); err != nil {
		return "", invalid(err)
	}
	made, err := resultsFolder(flags.out, p.Name, now)
	if err != nil {
		return "", err
	}
	x.folder = made
	x.say("%s\n", x.introduction(fmt.Sprintf("%d trials; the first", len(p.Trials)), p.Plan(p.Trials[0])))
	if p.Versus != nil {
		x.say("%s\n", x.lines(p.Versus.Words(p.Repeat)))
	}
	if err := x.record.Write(made.path); err != nil {
		return "", environment(err)
	}
	for i := range p.Trials {
		if bad := x.record.FirstBad; bad != nil && p.Trials[i].Variant > *bad {
			break
		}
		if err = x.try(ctx, i); err != nil {
			break
		}
	}
	if err != nil && context.Cause(ctx) != nil {
		err = ended(context.Cause(ctx)) // What was cancelled says so in many ways.
	}
	x.record.Duration = sample.Offset(time.Since(now))
	x.record.Status = bundle.Complete
	if err != nil {
		x.record.Status, x.record.Failure = bundle.Failed, brief(err.Error())
	}
	if errors.Is(err, errInterrupted) {
		x.record.Status = bundle.Interrupted
	}
	return made.path, x.conclude(err)
}

// newExperiment is the record of an experiment of which nothing has happened yet.
func (a *app) newExperiment(p *plan.Experiment, now time.Time) (*experiment.Experiment, error) {
	first := p.Variants[0].Plan
	e := &experiment.Experiment{FormatVersion: sample.FormatVersion, ID: runID(now), Scenario: p.Name, Title: p.Title,
		Description: first.Description, Command: append([]string{"kubedyno"}, a.arguments[1:]...), Seed: p.Seed,
		Repeat: p.Repeat, StopAfter: p.StopAfter, Tool: tool(), Status: bundle.Running, Started: now}
	if p.Tradeoff.X != "" {
		e.Tradeoff = &experiment.Tradeoff{X: p.Tradeoff.X, Y: p.Tradeoff.Y}
	}
	for _, axis := range p.Axes {
		e.Axes = append(e.Axes, experiment.Axis{Parameter: axis.Parameter, Values: axis.Values, Numbers: axis.Numbers})
	}
	for _, v := range p.Variants {
		variant := experiment.Variant{Label: v.Label, Values: []string{}}
		nodes, err := pools(v.Plan)
		if err != nil {
			return nil, err
		}
		variant.Pools = nodes
		for _, value := range v.Values {
			variant.Values = append(variant.Values, value.Value)
		}
		e.Variants = append(e.Variants, variant)
	}
	for _, t := range p.Trials {
		e.Trials = append(e.Trials, experiment.Trial{Number: t.Number, Round: t.Round, Variant: t.Variant, Seed: t.Seed,
			Folder: experiment.FolderOf(t.Number, len(p.Trials), p.Variants[t.Variant].Label)})
	}
	return e, nil
}

// try runs one trial and puts what came of it into the record. An error ends the experiment: it
// was interrupted, or the environment failed. That a phase took too long is an outcome.
func (x *trials) try(ctx context.Context, index int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	planned, t, now := x.plan.Trials[index], &x.record.Trials[index], time.Now()
	x.say("\nTrial %d of %d%s (round %d)\n", t.Number, len(x.plan.Trials), after(": ", x.plan.Variants[t.Variant].Label), t.Round)
	t.Status, t.Started = bundle.Running, now
	if err := x.record.Write(x.folder.path); err != nil {
		return environment(err)
	}
	flags := x.flags.side(x.plan.Variants[t.Variant].Label)
	flags.out = filepath.Join(x.folder.path, filepath.FromSlash(t.Folder))
	r := &run{app: x.app, flags: flags, plan: x.plan.Plan(planned),
		id: fmt.Sprintf("%s-%d", runID(now), t.Number), command: x.command(planned)}
	err := r.carryOut(ctx, now)
	own := err == nil || outOfTime(err) && ctx.Err() == nil
	t.Status = ""
	if err != nil {
		t.Failure = brief(err.Error())
	}
	if r.recorded {
		figures, _, reportErr := summarise(r.folder.path)
		if reportErr != nil {
			return errors.Join(err, reportErr)
		}
		t.Take(figures)
	}
	t.Ended = own
	code := exitcode.Of(err)
	if err == nil || t.Verdict == slo.Miss && own {
		code = exitcode.ForVerdict(t.Verdict)
	}
	t.ExitCode = &code
	x.say("Trial %d of %d: %s\n", t.Number, len(x.plan.Trials), outcome(*t))
	if own {
		err = nil
	}
	return errors.Join(err, environment(x.record.Write(x.folder.path)))
}

// outcome is what came of a trial, in a sentence.
func outcome(t experiment.Trial) string {
	if t.Sentence == "" {
		return "nothing was recorded."
	}
	return t.Sentence
}

// after returns text behind a lead, or nothing if there is no text.
func after(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

// say tells the user how far the experiment is.
func (x *trials) say(format string, arguments ...any) {
	if x.flags.progress != "none" {
		fmt.Fprintf(x.stderr, format, arguments...)
	}
}

// command returns the arguments that run one trial alone.
func (x *trials) command(t plan.Trial) []string {
	arguments := append([]string{}, x.arguments[1:]...)
	if x.plan.Versus != nil {
		arguments = x.flags.versus.alone(arguments, x.plan.Variants[t.Variant].Label)
	}
	for _, value := range x.plan.Variants[t.Variant].Values {
		arguments = append(arguments, "--set", value.Parameter+"="+value.Value)
	}
	return append(arguments, "--repeat", "1", "--seed", fmt.Sprint(t.Seed))
}

// conclude reports the experiment. Its own error comes first; without one the verdict decides
// on the exit code.
func (x *trials) conclude(err error) error {
	found, reportErr := x.showExperiment(x.folder.path, x.record, x.flags.output)
	if err != nil && reportErr != nil {
		return hinted(err, fmt.Sprintf("%s holds what was recorded until then; 'kubedyno report %[1]s' reads it", x.folder.path))
	}
	if err = errors.Join(err, reportErr); err != nil || x.record.Versus == nil {
		err = cmp.Or(err, judged(x.record.Verdict))
		x.sayExit(x.flags.output, err)
		return err
	}
	words, err := gated(x.record.Verdict, found, x.flags.versus.judging.failOn)
	x.sayCode(x.flags.output, err, words)
	return err
}

// reportExperiment summarises an experiment's folder anew: every trial, and their comparison.
func (a *app) reportExperiment(directory, output string) (slo.Verdict, error) {
	e, err := experiment.Open(directory)
	if err != nil {
		return "", invalid(err)
	}
	for i := range e.Trials {
		path := filepath.Join(directory, filepath.FromSlash(e.Trials[i].Folder))
		if _, err := os.Stat(filepath.Join(path, bundle.ManifestFile)); err != nil {
			continue // It was not begun, or its records were removed: what is known of it stays.
		}
		figures, _, err := summarise(path)
		if err != nil {
			return "", err
		}
		e.Trials[i].Take(figures)
	}
	_, err = a.showExperiment(directory, e, output)
	return e.Verdict, err
}

// showExperiment judges an experiment, writes experiment.json and report.html into its folder,
// and prints the comparison of its variants. If two of them are to be compared as base and variant,
// it does that, too, and returns what was found; nil if nothing was.
func (a *app) showExperiment(directory string, e *experiment.Experiment, output string) (*compare.Comparison, error) {
	if err := e.Write(directory); err != nil {
		return nil, environment(err)
	}
	report := view.BuildExperiment(e)
	var html bytes.Buffer
	if err := page.WriteExperiment(&html, report); err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	if err := bundle.WriteFile(directory, bundle.ReportFile, html.Bytes()); err != nil {
		return nil, environment(err)
	}
	if err := a.printExperiment(directory, e, report, output); err != nil || e.Versus == nil {
		return nil, err
	}
	return a.compareTrials(directory, e, output)
}

func (a *app) printExperiment(directory string, e *experiment.Experiment, report *view.Experiment, output string) error {
	if output == "json" {
		encoded, err := e.Encode()
		if err == nil {
			_, err = a.stdout.Write(encoded)
		}
		return err
	}
	if err := text.WriteExperiment(a.stdout, report, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nreport   %s\nfigures  %s\n",
		filepath.Join(directory, bundle.ReportFile), filepath.Join(directory, experiment.File))
	return nil
}
