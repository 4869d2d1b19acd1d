package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/runner/expose"
	"github.com/kubedyno/kubedyno/runner/query"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// stopLimit bounds the end of a cluster after a run.
const stopLimit = time.Minute

// runFlags are the flags of run.
type runFlags struct {
	scenario scenarioFlags
	cluster  clusterFlags
	target   target
	out      string
	progress string
	metrics  string
	queried  prometheus
	output   string
	ci       string // A folder for every export.
	versus   versusFlags
}

func newRunCommand(a *app) *cobra.Command {
	var flags runFlags
	command := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario and report whether its objectives were met",
		Long: `Runs a scenario on a control plane of its own that ends with the run, on a cluster that
'kubedyno up' keeps (--cluster), or on any cluster of a kubeconfig (--kubeconfig, --context).
The results are in a new folder below results/runs: report.html is for people, summary.json
for programs. Ctrl-C stops, cleans up and keeps the results; a second one leaves at once.

` + progressHelp + `

A scenario with several trials (see 'kubedyno plan') runs them one after another and compares
them; --set of a matrix's parameter keeps to that value, and --repeat repeats any scenario.

--compare-with, --compare-set and --compare-kubernetes compare the scenario with a variant of it:
another file, other parameters, another Kubernetes version, or all of these. --set applies to both
sides. Base and variant take turns, and who goes first changes, so that a noisy or drifting
machine hits both alike. Without --repeat there are as many rounds as it takes to tell a change
in one objective from chance. The result is that of 'kubedyno compare', which also explains the
words; compare.html and compare.json are in the experiment's folder. Both sides need the same
objectives, with limits of their own if need be.

Exit codes: 1 if an objective was missed on either side, or a figure regressed and --fail-on
names that; else 5 if objectives are inconclusive, or --fail-on finds too few runs or no data.
Ctrl-C (4) and faults of the input (2) or the environment (3) go before; what there is by then is
compared all the same.`,
		Example: `  kubedyno run quickstart
  kubedyno run quickstart --set nodes=5000 --set deployments=100
  kubedyno run scheduler/throughput --repeat 3
  kubedyno run api/latency --compare-set payload=10000
  kubedyno run my-scenario.yaml --compare-with variant.yaml --repeat 8 --fail-on regressed,too-few
  kubedyno run my-scenario.yaml --controller-manager-flag kube-api-qps=100
  kubedyno run my-scenario.yaml --ci results/ci
  kubedyno run my-scenario.yaml --cluster lab
  kubedyno run my-scenario.yaml --kubeconfig ~/.kube/config --context staging
  kubedyno run my-queries.yaml --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090`,
		Args: arguments(1, 1, scenarioArgument),
		RunE: func(c *cobra.Command, given []string) error { return a.run(c.Context(), given[0], flags) },
	}
	flags.scenario.register(command)
	flags.cluster.register(command)
	flags.target.register(command)
	f := command.Flags()
	f.StringVar(&flags.out, "out", "", "the run folder (default: a new one in "+runsDirectory+")")
	progressFlag(command, &flags.progress)
	f.StringVar(&flags.metrics, "metrics-address", "",
		"serve the run's figures to Prometheus while it goes on, such as 127.0.0.1:9090; without a host only this machine can connect")
	flags.queried.register(command)
	flags.versus.registerRun(command)
	outputFlag(command, &flags.output)
	f.StringVar(&flags.ci, "ci", "", "a folder for JUnit, benchfmt, OpenMetrics, CSV, perfdash, Markdown, summary.json and report.html; "+
		"what an earlier run has put there is removed")
	return command
}

// check finds what is wrong with the flags before anything is built or started.
func (a *app) checkRun(f *runFlags) error {
	if err := checkProgress(f.progress); err != nil {
		return err
	}
	if f.metrics != "" {
		if _, _, err := net.SplitHostPort(f.metrics); err != nil {
			return hinted(invalid(fmt.Errorf("--metrics-address %q: %w", f.metrics, err)), "write host:port, such as 127.0.0.1:9090")
		}
	}
	if given := f.cluster.given(); len(given) > 0 && f.target.given() {
		return hinted(invalid(fmt.Errorf("%s cannot change a cluster that exists", strings.Join(given, " and "))),
			"give it to 'kubedyno up', or leave --cluster and --kubeconfig out for a control plane of the run's own")
	}
	return errors.Join(checkOutput(f.output), f.queried.check(), a.checkTarget(f.target), f.versus.check(f.target))
}

func (a *app) run(ctx context.Context, scenario string, flags runFlags) error {
	if flags.ci != "" {
		return a.runCI(ctx, scenario, flags)
	}
	_, err := a.runScenario(ctx, scenario, flags)
	return err
}

// runScenario runs a scenario, with all its trials if it has several, and returns the folder that
// holds what was recorded; "" if nothing was.
func (a *app) runScenario(ctx context.Context, scenario string, flags runFlags) (recorded string, err error) {
	if err := a.checkRun(&flags); err != nil {
		return "", err
	}
	a.useProgress(flags.progress)
	e, err := a.planned(scenario, flags.scenario, flags.versus)
	if err != nil {
		return "", err
	}
	if err := checkDisks(ctx, e, flags.target); err != nil {
		return "", err
	}
	if !e.Single() {
		return a.runTrials(ctx, e, flags)
	}
	now := time.Now()
	r := &run{app: a, flags: flags, plan: e.Plan(e.Trials[0]), id: runID(now), command: a.arguments[1:], alone: true}
	err = r.conclude(r.carryOut(ctx, now))
	if r.recorded {
		recorded = r.folder.path
	}
	return recorded, err
}

// carryOut makes the run folder and the cluster, executes the plan and ends the cluster.
func (r *run) carryOut(ctx context.Context, now time.Time) (err error) {
	if r.settings, err = r.flags.cluster.settings(&r.plan.Cluster); err != nil {
		return err
	}
	if err := r.checkReach(); err != nil {
		return err
	}
	if err := r.checkKarpenter(); err != nil {
		return err
	}
	if r.disk, err = etcdDisk(r.plan.Cluster.Etcd.Disk, r.plan.Seed); err != nil {
		return err
	}
	if r.prometheus, err = r.openPrometheus(ctx, r.flags.queried, r.plan.Queries); err != nil {
		return err
	}
	defer r.prometheus.Close()
	if err := r.makeFolder(now); err != nil {
		return err
	}
	defer r.dropFolder()
	r.introduce()
	if err := r.openCluster(ctx); err != nil {
		return err
	}
	err = r.measure(ctx)
	return errors.Join(ended(err), environment(r.closeCluster()))
}

// checkReach refuses components that the API server of an attached cluster could not reach.
func (r *run) checkReach() error {
	component := cluster.MetricsServer
	switch {
	case r.flags.target.kubeconfig == "":
		return nil
	case r.plan.Cluster.MetricsServer != nil:
	case r.plan.Cluster.MetricsAdapter != nil:
		component = cluster.MetricsAdapter
	default:
		return nil
	}
	return hinted(invalid(fmt.Errorf("spec.cluster: kubedyno can only start %s beside a control plane that it runs", component)),
		"leave out --kubeconfig, or use --cluster with one of 'kubedyno up'")
}

// A run is one run on its way.
type run struct {
	*app
	flags    runFlags
	plan     *plan.Plan
	settings map[cluster.Component]cluster.Settings
	disk     disk.Disk // Under etcd.
	id       string
	command  []string // The arguments that run it again.
	origin   string   // embedded, named or attached
	folder   folder   // The run folder.
	recorded bool     // Whether there are records in it.
	alone    bool     // Whether it is no trial of several.
	cluster  *cluster.Cluster
	lent     *cluster.Cluster // What it is to run on and to leave running; nil for one of its own.

	karpenter  string        // Its binary, if the plan has one.
	prometheus *query.Server // nil if the scenario has no queries.
}

// measure executes the plan and writes its records.
func (r *run) measure(ctx context.Context) error {
	clock := sample.StartClock()
	manifest, err := r.manifest(ctx, clock)
	if err != nil {
		return environment(err)
	}
	writer, err := bundle.Create(r.folder.path, manifest, r.plan.Resolved)
	if err != nil {
		return environment(err)
	}
	r.recorded = true
	sink, stop, err := r.exposed(writer)
	if err != nil {
		return errors.Join(environment(err), writer.Finish(bundle.Failed, err.Error(), time.Duration(clock.Now())))
	}
	defer stop()
	shown := r.view(clock, sink)
	restore := r.notices.redirect(shown)
	view := brevity{shown}
	err = engine.Run(ctx, engine.Options{
		Plan: r.plan, Cluster: r.cluster, Kwok: r.settings[cluster.Kwok], MetricsServer: r.settings[cluster.MetricsServer],
		MetricsAdapter: r.settings[cluster.MetricsAdapter],
		Karpenter:      cluster.KarpenterOptions{Binary: r.karpenter, Settings: r.settings[cluster.Karpenter]}, Run: r.id, Clock: clock, Sink: view,
		Dropped: writer.Dropped, SinkFailed: writer.Failed(), SinkErr: writer.Err,
		ThrowAway: r.origin == originEmbedded, Waiting: writer.Waiting, Throttle: r.throttle,
		Queries: r.queries(clock, view),
	})
	restore()
	view.Close()
	err = r.keepLogs(err)
	status, failure := bundle.Complete, ""
	if err != nil {
		status, failure = bundle.Failed, brief(err.Error())
	}
	if errors.Is(err, errInterrupted) {
		status = bundle.Interrupted
	}
	return errors.Join(err, environment(writer.Finish(status, failure, time.Duration(clock.Now()))))
}

// exposed puts the server of live metrics, if there is to be one, before the next sink.
func (r *run) exposed(next sample.Sink) (sink sample.Sink, stop func(), err error) {
	if r.flags.metrics == "" {
		return next, func() {}, nil
	}
	server, err := expose.Start(r.flags.metrics, next)
	if err != nil {
		return nil, nil, hinted(err, "--metrics-address names another; the port 0 is any free one")
	}
	fmt.Fprintf(r.stderr, "Live metrics are at %s\n", server.URL())
	return server, server.Close, nil
}

// conclude summarises and reports the run. The run's own error comes first; without one the
// verdict decides on the exit code.
func (r *run) conclude(err error) error {
	if !r.recorded {
		return err
	}
	verdict, reportErr := r.report(r.folder.path, r.flags.output)
	if reportErr != nil && err != nil { // Most often for the same reason, such as a full disk.
		return hinted(err, fmt.Sprintf("%s holds what was recorded until then; 'kubedyno report %[1]s' reads it", r.folder.path))
	} else if reportErr != nil {
		return reportErr
	}
	if err == nil || verdict == slo.Miss && outOfTime(err) {
		err = judged(verdict)
	}
	r.sayExit(r.flags.output, err)
	return err
}

// outOfTime reports whether a run has ended because a phase took too long.
func outOfTime(err error) bool {
	return exitcode.Of(err) == exitcode.Environment && errors.Is(err, engine.ErrTimeout)
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

// runID returns an ID that is unique enough to tell the runs in one cluster apart.
func runID(now time.Time) string {
	return fmt.Sprintf("%s-%04x", now.UTC().Format("20060102-150405"), os.Getpid()&0xffff)
}
