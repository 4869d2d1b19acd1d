package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/runner/audit"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// app is everything outside of the process that a command may touch.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	arguments      []string
	throttle       *audit.Throttle // What the process's Kubernetes clients report to.
	notices        *notices        // Where lines go that may come while a live view is drawn.
	events         io.Writer       // Where events go as JSON; nil unless they are asked for.

	cache string // --cache-dir
}

// errSilent ends a command whose output already says everything.
var errSilent = errors.New("already said")

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "kubedyno",
		Short: "A dynamometer for Kubernetes control planes",
		Long: `kubedyno runs declarative scenarios against a real Kubernetes control plane with
thousands of fake nodes, and reports whether every objective was met.

Exit codes: 0 all objectives met, 1 an objective missed, 2 invalid input, 3 the environment
failed, 4 interrupted, 5 inconclusive, 70 a bug in kubedyno.`,
		Example: `  kubedyno run quickstart                     # a built-in scenario, on a throw-away cluster
  kubedyno run quickstart --set nodes=100     # the same, smaller
  kubedyno search limits/api-rate             # how much load it holds before an objective breaks
  kubedyno list                               # the built-in scenarios
  kubedyno plan my-scenario.yaml              # what a run would do`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagFault)
	root.PersistentFlags().StringVar(&a.cache, "cache-dir", "",
		"where built control planes and running clusters are kept (default: $KUBEDYNO_CACHE, or kubedyno in the user's cache folder)")
	root.AddCommand(
		newRunCommand(a), newSearchCommand(a), newReportCommand(a), newExportCommand(a), newCompareCommand(a),
		newListCommand(a), newPlanCommand(a), newValidateCommand(a), newSchemaCommand(a), newMetricsCommand(a), newNodeTypesCommand(a), newDisksCommand(a), newVolumesCommand(a),
		newUpCommand(a), newDownCommand(a), newStatusCommand(a), newCleanupCommand(a),
		newControlPlaneCommand(a), newVersionCommand(a),
		newWatchCommand(a), newDoctorCommand(a),
		newBaselineCommand(a), newHistoryCommand(a), newPlanCapacityCommand(a),
		newSnapshotCommand(a),
	)
	strict(root)
	return root
}

// conclude prints an error, what to do about it on a line of its own, and returns the exit
// code that the error stands for.
func (a *app) conclude(err error) int {
	if err == nil {
		return exitcode.OK
	}
	code := exitcode.Of(err)
	if errors.Is(err, errSilent) {
		return code
	}
	prefix := "kubedyno: "
	if _, positioned := errors.AsType[spec.Faults](err); positioned {
		prefix = "" // Editors and terminals find file:line:col at the beginning of a line.
	}
	fmt.Fprintf(a.stderr, "%s%s\n", prefix, message(err))
	if hint := exitcode.Hint(err); hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", hint)
	}
	return code
}

// invalid marks an error as the user's input being at fault.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	return &exitcode.Error{Code: exitcode.InvalidInput, Err: err}
}

// hinted adds a sentence on what the user can do, which conclude prints.
func hinted(err error, hint string) error {
	return &exitcode.Error{Code: exitcode.Of(err), Err: err, Hint: hint}
}

// environment marks an error as the machine or the cluster being at fault.
func environment(err error) error {
	if err == nil {
		return nil
	}
	return &exitcode.Error{Code: exitcode.Environment, Err: err}
}

// cacheDirectory returns where built control planes and running clusters are kept.
func (a *app) cacheDirectory() (string, error) {
	directory := a.cache
	if directory == "" {
		directory = a.getenv("KUBEDYNO_CACHE")
	}
	if directory == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", hinted(invalid(fmt.Errorf("find the user's cache folder: %w", err)), "name one with --cache-dir")
		}
		directory = filepath.Join(user, "kubedyno")
	}
	if info, err := os.Stat(directory); err == nil && !info.IsDir() {
		return "", hinted(invalid(fmt.Errorf("the cache %s is not a folder", directory)), "name a folder with --cache-dir or $KUBEDYNO_CACHE")
	}
	return filepath.Abs(directory)
}

// printJSON writes a value for other programs.
func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// terminal reports whether a stream is a terminal that a live view may draw on.
func (a *app) terminal(stream io.Writer) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && a.getenv("TERM") != "dumb" && a.getenv("CI") == ""
}

// color reports whether a stream should get colours.
func (a *app) color(stream io.Writer) bool { return a.terminal(stream) && a.getenv("NO_COLOR") == "" }

// outputFlag adds -o to a command that can print for programs.
func outputFlag(command *cobra.Command, output *string) {
	command.Flags().StringVarP(output, "output", "o", "text", "output format: text or json")
}

func checkOutput(output string) error {
	if output == "text" || output == "json" {
		return nil
	}
	return invalid(fmt.Errorf("--output %q: must be text or json", output))
}
