package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// searchFlags are the flags of search.
type searchFlags struct {
	run    runFlags // Those that the run of a trial has.
	load   string
	given  spec.Search // What the flags say of the search; 0 leaves it to the scenario.
	vary   string
	at     float64
	resume string
	reset  string
	dryRun bool
	flags  *pflag.FlagSet
}

// searchResumed are the flags that a search may be resumed with; the others are those it began with.
var searchResumed = []string{"resume", "budget", "trials", "progress", "output", "cache-dir"}

func newSearchCommand(a *app) *cobra.Command {
	var flags searchFlags
	command := &cobra.Command{
		Use:   "search SCENARIO",
		Short: "Find the highest load at which the objectives hold",
		Long: `Runs a scenario again and again with other values of one of its parameters, the load, and finds
the highest load at which the objectives hold, between two bounds. Loads rise by a factor until
one breaks; then the gap is halved until it is narrow enough; then the lower bound is confirmed by
repeats. A load is broken once more of its trials have missed than may (none, without
--allowed-misses), and held once enough have passed; a repeat that misses lowers the bound. That
is after MLRsearch (RFC 9971). Every trial is a run with a new control plane and a seed of its own.

A trial that is INCONCLUSIVE, as when kubedyno itself could not keep up, does not count against
the system: it is repeated, and after three of them the load is an end of what the harness can
judge. A trial that does not end in time is a miss, and so is one in which etcd, the API server,
the scheduler or the controller manager ends by itself; the next trial has a new control plane.

What can be searched, and within which bounds, is in the scenario's spec.search; flags go before
it. Scenarios called limits/... are made for it. With goals there, groups of objectives get bounds
of their own from the same trials. --dry-run says how long the search takes at most.

--vary makes the same search for several values of something else, each with the budget: of another
parameter (nodes=100,1000), of the Kubernetes version (kubernetes=...), of the disk under etcd
(disk=real,5ms,gp3; see 'kubedyno disks'), or of a component's flag, by the name of the option that
sets it (api-server-flag:max-requests-inflight=200,400). Variants take turns, trial by trial, so that
a machine that drifts hits all alike.

With --reset compact the trials of a variant share one control plane, which saves its start and end:
a run's objects are removed after it, and etcd is compacted and defragmented. Events outside of the
run's namespaces and what the components keep in memory stay, so trials are less apart; and variants
come one after another. After a trial that did not end in time, and with --resume, it is a new one.

search.json in the results' folder is written after every trial. After Ctrl-C, a crash, or the end
of the budget --resume goes on; --budget and --trials are then new totals.

Exit codes: 0 if the search has an answer, whatever it is; 1 if even the lowest load broke; 5 if it
stopped before its end, or the harness could not judge. With --at, a gate for CI, 0 only if the
confirmed lower bound is that load or more for every goal and variant, and 1 if it is below.
'kubedyno export' writes the bounds for CI systems and Prometheus.`,
		Example: `  kubedyno search limits/api-rate
  kubedyno search limits/api-rate --until 4000 --width 0.05 --confirm 5 --budget 1h
  kubedyno search quickstart --load deployments --until 100 --budget 20m
  kubedyno search limits/api-rate --vary payload=1000,10000
  kubedyno search limits/api-rate --vary disk=real,5ms,gp3
  kubedyno search limits/api-rate --vary api-server-flag:max-requests-inflight=200,400
  kubedyno search limits/objects --reset compact --budget 20m
  kubedyno search limits/api-rate --at 500 && kubedyno export --format junit -o junit.xml
  kubedyno search --resume results/runs/20260102-030405-limits-api-rate --budget 30m`,
		Args: func(c *cobra.Command, given []string) error {
			if flags.resume != "" {
				return arguments(0, 0, "no scenario with --resume: it is that of the folder")(c, given)
			}
			return arguments(1, 1, "one scenario: a file, or a built-in one's name")(c, given)
		},
		RunE: func(c *cobra.Command, given []string) error {
			if flags.resume != "" {
				return a.resumeSearch(c.Context(), flags)
			}
			return a.search(c.Context(), given[0], flags)
		},
	}
	flags.register(command)
	return command
}

func (flags *searchFlags) register(command *cobra.Command) {
	f := command.Flags()
	flags.flags = f
	f.StringVar(&flags.load, "load", "", "the parameter that is the load (default: as the scenario's spec.search says)")
	f.Float64Var(&flags.given.From, "from", 0, "the first load")
	f.Float64Var(&flags.given.Until, "until", 0, "the highest load to try")
	f.Float64Var(&flags.given.Least, "least", 0, "the lowest load to try, if the first one breaks")
	f.Float64Var(&flags.given.Factor, "factor", 0, "by what the load rises until one breaks")
	f.Float64Var(&flags.given.Width, "width", 0, "how narrow the interval is to be: the difference of its ends over the upper one")
	f.IntVar(&flags.given.Confirm, "confirm", 0, "how many trials the lower bound has")
	f.Float64Var(&flags.given.Misses, "allowed-misses", 0, "the share of a load's trials that may miss")
	f.DurationVar(&flags.given.Budget, "budget", 0, "no trial begins that would end after it")
	f.IntVar(&flags.given.Trials, "trials", 0, "the most trials")
	f.StringVar(&flags.vary, "vary", "", "search for each value of another parameter, kubernetes, disk or a component's flag, as name=a,b")
	f.StringVar(&flags.reset, "reset", record.ResetCluster, "what keeps trials apart: cluster, a new one for each, or compact, one whose etcd is compacted")
	f.Float64Var(&flags.at, "at", 0, "the load that is needed: say how much headroom there is, and exit with 1 if less holds")
	f.StringVar(&flags.resume, "resume", "", "go on with the search of this folder")
	f.BoolVar(&flags.dryRun, "dry-run", false, "show what would be done, without doing it")
	f.StringArrayVar(&flags.run.scenario.set, "set", nil, "a parameter as name=value; may be repeated")
	f.Uint64Var(&flags.run.scenario.seed, "seed", 1, "seed of the first trial; each further one has the next")
	diskFlag(command, &flags.run.scenario.disk)
	flags.run.cluster.register(command)
	f.StringVar(&flags.run.out, "out", "", "the search's folder (default: a new one in "+runsDirectory+")")
	progressFlag(command, &flags.run.progress)
	outputFlag(command, &flags.run.output)
}

// parseSearch reads the flags and the scenario of a command that began a search.
func parseSearch(arguments []string) (flags searchFlags, scenario string, err error) {
	command := &cobra.Command{Use: "search"}
	flags.register(command)
	command.Flags().String("cache-dir", "", "") // That of the command that goes on counts.
	if err := command.ParseFlags(arguments); err != nil {
		return flags, "", err
	}
	given := command.Flags().Args() // The first is the command's own name.
	if len(given) != 2 {
		return flags, "", fmt.Errorf("there is no scenario in %q", arguments)
	}
	return flags, given[1], nil
}

// check finds what is wrong with the flags alone.
func (f *searchFlags) check() error {
	if err := checkProgress(f.run.progress); err != nil {
		return err
	}
	for _, name := range []string{"from", "until", "least", "factor", "width", "confirm", "budget", "trials", "at"} {
		if flag := f.flags.Lookup(name); flag.Changed && (flag.Value.String() == "0" || flag.Value.String() == "0s" || flag.Value.String()[0] == '-') {
			return invalid(fmt.Errorf("--%s %s: must be above 0", name, flag.Value))
		}
	}
	if f.given.Budget > spec.MaxDuration || f.given.Trials > spec.MaxTrials {
		return invalid(fmt.Errorf("a search may take %v and %d trials at most", spec.MaxDuration, spec.MaxTrials))
	}
	if f.reset != record.ResetCluster && f.reset != record.ResetCompact {
		return invalid(fmt.Errorf("--reset %s: must be %s or %s", f.reset, record.ResetCluster, record.ResetCompact))
	}
	return checkOutput(f.run.output)
}

// search makes a new search.
func (a *app) search(ctx context.Context, scenario string, flags searchFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	a.useProgress(flags.run.progress)
	now := time.Now()
	x, err := a.readSearch(scenario, flags)
	if err != nil {
		return err
	}
	if flags.dryRun {
		return x.dryRun()
	}
	x.record.ID, x.record.Started = runID(now), now
	if x.folder, err = resultsFolder(flags.run.out, x.record.Scenario, now); err != nil {
		return err
	}
	return x.conclude(x.run(ctx))
}
