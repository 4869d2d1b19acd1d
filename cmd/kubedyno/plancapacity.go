package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/model"
)

// planCapacityFlags are the flags of plan-capacity.
type planCapacityFlags struct {
	question capacity.Question
	out      string
	output   string
}

func newPlanCapacityCommand(a *app) *cobra.Command {
	var flags planCapacityFlags
	command := &cobra.Command{
		Use:   "plan-capacity [FOLDER|RUN...]",
		Short: "Say whether a control plane holds so many nodes, pods and requests",
		Long: fmt.Sprintf(`Fits laws of growth to what runs of different sizes have measured, and answers for every limit
whether the sizes asked for are inside, at the edge (the limit lies within the interval of the
prediction), outside, or unknown. A path is that of a run, of an experiment, or of a folder of
such; without one it is %s. Limits are the machine's CPUs and memory, etcd's quota, the
latencies of SIG-Scalability, and the objectives of the runs. Each run is one point: the phase in
which it held the most. Runs in which kubedyno was the limit are left out and counted.

CPU, memory and storage follow a constant, a line or a power; latencies these or the law of a
queue; throughput the Universal Scalability Law. Intervals are of 95%%, by a bootstrap,
and widen beyond what was measured. Nothing is
predicted from fewer than %d runs of %d different sizes, beyond %g times the largest of them, or where
the runs contradict the form; the answer then says what to run to know.

Without a size it prints the fits with their parameters. Exit codes: 0 inside or nothing asked,
1 outside or at the edge, 5 unknown.`, runsDirectory, model.MinPoints, model.MinSizes, model.MaxReach),
		Example: `  kubedyno plan-capacity
  kubedyno plan-capacity nightly --nodes 5000 --pods 100000
  kubedyno plan-capacity ramp-1 ramp-2 ramp-3 ramp-4 ramp-5 ramp-6 --nodes 3000 --out capacity.html
  kubedyno plan-capacity results/runs --requests 1500 -o json`,
		Args: arguments(0, 1000, "the folders of runs, or of many runs"),
		RunE: func(_ *cobra.Command, given []string) error { return a.planCapacity(given, flags) },
	}
	f := command.Flags()
	f.Float64Var(&flags.question.Nodes, "nodes", 0, "nodes that it is to hold")
	f.Float64Var(&flags.question.Pods, "pods", 0, "pods that it is to hold")
	f.Float64Var(&flags.question.Requests, "requests", 0, "requests a second that it is to answer, in the mix that was measured")
	f.StringVar(&flags.out, "out", "", "write the answers and figures as a page to this file")
	outputFlag(command, &flags.output)
	return command
}

// planCapacity answers a question and prints the answer.
func (a *app) planCapacity(given []string, flags planCapacityFlags) error {
	if err := checkOutput(flags.output); err != nil {
		return err
	}
	for _, d := range capacity.Dimensions() {
		if size := flags.question.Of(d); !(size >= 0 && size <= mostAsked) {
			return invalid(fmt.Errorf("%v %s: ask for a number from 0 to %g", size, d, mostAsked))
		}
	}
	if len(given) == 0 {
		given = []string{runsDirectory}
	}
	found, err := capacity.Open(given)
	if err != nil {
		return coded(err)
	}
	plan := capacity.Of(found.Runs, flags.question, capacity.Options{})
	plan.Notes = append(plan.Notes, found.Notes...)
	shown := view.BuildPlanCapacity(plan)
	if flags.out != "" {
		var html bytes.Buffer
		if err := page.WritePlanCapacity(&html, shown); err != nil {
			return err
		}
		if err := bundle.WriteFile(filepath.Dir(flags.out), filepath.Base(flags.out), html.Bytes()); err != nil {
			return hinted(environment(err), "name a file in a folder that exists with --out")
		}
	}
	if err := a.printPlanCapacity(plan, shown, flags); err != nil {
		return err
	}
	return answered(plan.Verdict)
}

// mostAsked is the largest size that can be asked for.
const mostAsked = 1e9

func (a *app) printPlanCapacity(plan *capacity.Plan, shown *view.PlanCapacity, flags planCapacityFlags) error {
	if flags.output == "json" {
		return a.printJSON(plan)
	}
	if err := text.WritePlanCapacity(a.stdout, shown, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
		return err
	}
	if flags.out != "" {
		fmt.Fprintf(a.stdout, "\npage     %s\n", flags.out)
	}
	return nil
}

// answered gives an answer its exit code.
func answered(v capacity.Verdict) error {
	switch v {
	case capacity.Outside, capacity.Edge:
		return &exitcode.Error{Code: exitcode.Missed, Err: errSilent}
	case capacity.Unknown:
		return &exitcode.Error{Code: exitcode.Inconclusive, Err: errSilent}
	case capacity.Inside, "":
		return nil
	}
	return errors.New("an answer that is none: " + string(v))
}
