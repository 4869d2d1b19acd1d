package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// runsDirectory is where run folders go by default, below the current directory.
const runsDirectory = "results/runs"

// stopLimit bounds the end of a cluster after a run.
const stopLimit = time.Minute

// runFlags are the flags of run.
type runFlags struct {
	scenario   scenarioFlags
	cluster    clusterFlags
	name       string
	kubeconfig string
	context    string
	out        string
	progress   string
	output     string
}

func newRunCommand(a *app) *cobra.Command {
	var flags runFlags
	command := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario and report whether its objectives were met",
		Long: `Runs a scenario on a control plane of its own that ends with the run, on a cluster that
'kubedyno up' keeps (--cluster), or on any cluster of a kubeconfig (--kubeconfig, --context).
The results are in a new folder below results/runs: report.html is for people, summary.json
for programs. Ctrl-C stops, cleans up and keeps the results; a second one leaves at once.`,
		Example: `  kubedyno run quickstart
  kubedyno run quickstart --set nodes=5000 --set deployments=100
  kubedyno run my-scenario.yaml --controller-manager-flag kube-api-qps=100
  kubedyno run my-scenario.yaml --cluster lab
  kubedyno run my-scenario.yaml --kubeconfig ~/.kube/config --context staging`,
		Args: arguments(1, 1, scenarioArgument),
		RunE: func(c *cobra.Command, given []string) error { return a.run(c.Context(), given[0], flags) },
	}
	flags.scenario.register(command)
	flags.cluster.register(command)
	f := command.Flags()
	f.StringVar(&flags.name, "cluster", "", "run on this cluster of 'kubedyno up'")
	f.StringVar(&flags.kubeconfig, "kubeconfig", "", "run on a cluster of this kubeconfig")
	f.StringVar(&flags.context, "context", "", "the kubeconfig's context; must be named if its server is not on this machine")
	f.StringVar(&flags.out, "out", "", "the run folder (default: a new one in "+runsDirectory+")")
	f.StringVar(&flags.progress, "progress", "auto", "what to show while running: auto, live, lines or none")
	outputFlag(command, &flags.output)
	return command
}

func (f *runFlags) check() error {
	switch {
	case f.name != "" && f.kubeconfig != "":
		return invalid(errors.New("--cluster and --kubeconfig both name a cluster: give one"))
	case f.context != "" && f.kubeconfig == "":
		return invalid(errors.New("--context needs --kubeconfig"))
	case f.progress != "auto" && f.progress != "live" && f.progress != "lines" && f.progress != "none":
		return invalid(fmt.Errorf("--progress %q: must be auto, live, lines or none", f.progress))
	}
	return checkOutput(f.output)
}

func (a *app) run(ctx context.Context, scenario string, flags runFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	p, err := a.plan(scenario, flags.scenario)
	if err != nil {
		return err
	}
	settings, err := flags.cluster.settings(&p.Cluster)
	if err != nil {
		return err
	}
	r := &run{app: a, flags: flags, plan: p, settings: settings, id: runID(time.Now())}
	if err := r.openCluster(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return ended(err)
	}
	err = r.measure(ctx)
	err = errors.Join(ended(err), environment(r.closeCluster()))
	return r.conclude(err)
}

// A run is one run on its way.
type run struct {
	*app
	flags     runFlags
	plan      *plan.Plan
	settings  map[cluster.Component]cluster.Settings
	id        string
	origin    string // embedded, named or attached
	directory string // The run folder.
	cluster   *cluster.Cluster
}

// measure executes the plan and writes its records.
func (r *run) measure(ctx context.Context) error {
	clock := sample.StartClock()
	manifest, err := r.manifest(ctx, clock)
	if err != nil {
		return environment(err)
	}
	writer, err := bundle.Create(r.runDirectory(clock), manifest, r.plan.Resolved)
	if err != nil {
		return environment(err)
	}
	r.directory = writer.Dir()
	view := r.view(clock, writer)
	err = engine.Run(ctx, engine.Options{
		Plan: r.plan, Cluster: r.cluster, Kwok: r.settings[cluster.Kwok], Run: r.id, Clock: clock,
		Sink: view, Dropped: writer.Dropped, SinkFailed: writer.Failed(), SinkErr: writer.Err,
		ThrowAway: r.origin == originEmbedded,
	})
	view.Close()
	status, failure := bundle.Complete, ""
	if err != nil {
		status, failure = bundle.Failed, err.Error()
	}
	if errors.Is(err, errInterrupted) {
		status = bundle.Interrupted
	}
	return errors.Join(err, environment(writer.Finish(status, failure, time.Duration(clock.Now()))))
}

// conclude summarises and reports the run. The run's own error comes first; without one the
// verdict decides on the exit code.
func (r *run) conclude(err error) error {
	if r.directory == "" {
		return err
	}
	verdict, reportErr := r.report(r.directory, r.flags.output)
	if reportErr != nil {
		return errors.Join(err, reportErr)
	}
	if err != nil && !(verdict == slo.Miss && exitcode.Of(err) == exitcode.Environment && errors.Is(err, engine.ErrTimeout)) {
		return err
	}
	return judged(verdict)
}

// judged returns the error that stands for a verdict; what it has to say is in the report.
func judged(verdict slo.Verdict) error {
	code := exitcode.ForVerdict(verdict)
	if code == exitcode.OK {
		return nil
	}
	return &exitcode.Error{Code: code, Err: errSilent}
}

// ended gives the interruption of a run its exit code.
func ended(err error) error {
	if errors.Is(err, errInterrupted) {
		return &exitcode.Error{Code: exitcode.Interrupted, Err: err}
	}
	return err
}

// runDirectory returns the run folder: the one asked for, or a new one named after the time
// and the scenario, so that a listing is in order.
func (r *run) runDirectory(clock sample.Clock) string {
	if r.flags.out != "" {
		return r.flags.out
	}
	return filepath.Join(runsDirectory, clock.Start().UTC().Format("20060102-150405")+"-"+r.plan.Name)
}

// runID returns an ID that is unique enough to tell the runs in one cluster apart.
func runID(now time.Time) string {
	return fmt.Sprintf("%s-%04x", now.UTC().Format("20060102-150405"), os.Getpid()&0xffff)
}
