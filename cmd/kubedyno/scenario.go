package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// scenarioFlags are what every command that reads a scenario takes.
type scenarioFlags struct {
	set  []string
	seed uint64
	// repeat is how often every variant is run; 0 leaves it to the scenario.
	repeat int
	disk   string // In place of the scenario's.
}

func (f *scenarioFlags) register(command *cobra.Command) {
	command.Flags().StringArrayVar(&f.set, "set", nil, "a parameter as name=value; may be repeated")
	command.Flags().Uint64Var(&f.seed, "seed", 1, "seed of everything random")
	diskFlag(command, &f.disk)
	command.Flags().Var((*repeatCount)(&f.repeat), "repeat", "how often each variant is run (default: what the scenario says, or once)")
}

// repeatCount is a flag's value that is checked as it is given, so that 0 is no way to say nothing.
type repeatCount int

func (r *repeatCount) String() string { return "" }
func (r *repeatCount) Type() string   { return "int" }

func (r *repeatCount) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > spec.MaxTrials {
		return fmt.Errorf("must be a whole number from 1 to %d", spec.MaxTrials)
	}
	*r = repeatCount(n)
	return nil
}

// scenarioArgument is the argument of such a command.
const scenarioArgument = "one scenario: a file, - for standard input, or a built-in one's name"

// experiment reads a scenario with all its variants and plans the trials.
func (a *app) experiment(given string, flags scenarioFlags) (*plan.Experiment, error) {
	file, text, directory, err := a.readScenario(given)
	if err != nil {
		return nil, invalid(err)
	}
	options, err := specOptions(flags, directory)
	if err != nil {
		return nil, err
	}
	base, variants, err := spec.DecodeVariants(file, text, options)
	if err != nil {
		return nil, invalid(err)
	}
	for _, v := range variants {
		if faults := cluster.CheckSettings(scenarioSettings(&v.Scenario.Spec.Cluster)); len(faults) > 0 {
			return nil, invalid(fmt.Errorf("%s: %w", file, errors.Join(faults...)))
		}
	}
	planned, err := plan.BuildTrials(base, variants, flags.seed)
	return planned, invalid(err)
}

// specOptions are how a scenario is read whose files are in a directory.
func specOptions(flags scenarioFlags, directory fs.FS) (spec.Options, error) {
	options := spec.Options{Set: map[string]string{}, Files: directory, Kubernetes: builder.Versions(), Disks: disk.Names(), Repeat: flags.repeat, Disk: flags.disk}
	if flags.disk != "" {
		if err := checkDiskName("--disk "+flags.disk, flags.disk); err != nil {
			return options, err
		}
	}
	if err := addPairs(options.Set, "--set", flags.set); err != nil {
		return options, err
	}
	types, err := nodetype.Catalog()
	options.NodeTypes, options.CheckNodeType = types.Names(), checkNodeType
	if err == nil {
		options.VolumePresets, err = engine.VolumePresets()
	}
	options.Prices = func(name string) (onDemand, spot float64, perPod bool) {
		t, _ := types.Find(name)
		return t.PricePerHour, t.SpotPerHour, t.PerPod != nil
	}
	options.CatalogVolumes = func(name string) int {
		t, _ := types.Find(name)
		return t.Volumes
	}
	options.Room = func(name string, own *spec.NodeType) (milliCPU, bytes int64, known bool) {
		t, known := types.Find(name)
		if own != nil {
			converted, err := engine.NodeType(*own)
			t, known = converted, err == nil
		}
		return t.AllocatableMilliCPU, t.AllocatableMiB << 20, known
	}
	return options, err
}

// addPairs adds what a flag that may be repeated gives as name=value.
func addPairs(set map[string]string, flag string, pairs []string) error {
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return invalid(fmt.Errorf("%s %q: must be name=value", flag, pair))
		}
		set[name] = value
	}
	return nil
}

// readScenario finds a scenario: a file if there is one, or else a built-in one.
func (a *app) readScenario(given string) (file string, text []byte, directory fs.FS, err error) {
	if given == "-" {
		text, err = readLimited(a.stdin)
		return "standard input", text, os.DirFS("."), err
	}
	open, fault := os.Open(given)
	if fault == nil {
		defer open.Close()
		text, fault = readLimited(open)
	}
	if fault == nil {
		return given, text, os.DirFS(filepath.Dir(given)), nil
	}
	if entry, text, err := scenarios.Open(given); err == nil {
		return entry.Path, text, scenarios.Files(), nil
	} else if errors.Is(fault, fs.ErrNotExist) && !strings.HasSuffix(given, ".yaml") && !strings.HasSuffix(given, ".yml") {
		return "", nil, nil, fmt.Errorf("there is no file %q, and %w", given, err)
	}
	return "", nil, nil, hinted(invalid(fileFault("scenario", given, fault)), "'kubedyno list' shows the built-in scenarios, which need no file")
}

// readLimited reads a little more than a scenario may have, which spec.Decode then refuses.
func readLimited(input io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(input, spec.MaxFileBytes+1))
}

func newListCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "list",
		Short: "List the built-in scenarios",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			entries, err := scenarios.Library()
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(entries)
			}
			for _, entry := range entries {
				fmt.Fprintf(a.stdout, "%-21s %s\n", entry.Name, entry.Title)
			}
			return nil
		},
	}
	outputFlag(command, &output)
	return command
}

func newPlanCommand(a *app) *cobra.Command {
	var flags scenarioFlags
	var versus versusFlags
	var output string
	command := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "Show what a run would do, without doing it",
		Long: `Prints the resolved steps, the objects they create, the peak rates and the expected
duration. Of a scenario with several trials it prints these in their order, and the steps of
the first variant. With --compare-with or --compare-set it says how many runs a comparison takes.
Nothing is started.`,
		Example: `  kubedyno plan quickstart --set nodes=5000
  kubedyno plan my-scenario.yaml -o json
  kubedyno plan pods/steady --compare-set startup=1.2s`,
		Args: arguments(1, 1, scenarioArgument),
		RunE: func(_ *cobra.Command, given []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			if err := versus.check(target{}); err != nil {
				return err
			}
			e, err := a.planned(given[0], flags, versus)
			if err != nil {
				return err
			}
			var shown interface{ WriteText(io.Writer) error } = e
			if e.Single() {
				shown = e.Plan(e.Trials[0])
			}
			if output == "json" {
				return a.printJSON(shown)
			}
			return shown.WriteText(a.stdout)
		},
	}
	flags.register(command)
	versus.register(command)
	outputFlag(command, &output)
	return command
}

func newValidateCommand(a *app) *cobra.Command {
	var flags scenarioFlags
	command := &cobra.Command{
		Use:     "validate SCENARIO...",
		Short:   "Find everything that is wrong with scenarios",
		Example: "  kubedyno validate my-scenario.yaml\n  kubedyno validate scenarios/*.yaml",
		Args:    arguments(1, 10_000, "scenarios: files, or built-in ones' names"),
		RunE: func(_ *cobra.Command, given []string) error {
			var last error
			for _, name := range given {
				e, err := a.experiment(name, flags)
				if err != nil {
					last = &exitcode.Error{Code: a.conclude(err), Err: errSilent}
					continue
				}
				fmt.Fprintf(a.stdout, "%s: valid\n", name)
				for _, warning := range e.Warnings() {
					fmt.Fprintf(a.stdout, "%s: warning: %s\n", name, warning)
				}
			}
			return last
		},
	}
	flags.register(command)
	return command
}

func newSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [scenario|summary]",
		Short: "Print the JSON Schema of scenarios, for editors, or of summary.json",
		Example: `  kubedyno schema > kubedyno.schema.json
  # then, as a scenario's first line:
  # yaml-language-server: $schema=kubedyno.schema.json

  kubedyno schema summary > summary.schema.json`,
		ValidArgs: []string{"scenario", "summary"},
		Args:      arguments(0, 1, "at most one of scenario and summary"),
		RunE: func(_ *cobra.Command, given []string) error {
			of := "scenario"
			if len(given) > 0 {
				of = given[0]
			}
			schemaOf, known := map[string]func() ([]byte, error){"scenario": spec.Schema, "summary": summary.Schema}[of]
			if !known {
				return hinted(invalid(fmt.Errorf("there is no schema %q", of)), "there are those of scenario and of summary")
			}
			schema, err := schemaOf()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(schema)
			return err
		},
	}
}

func newMetricsCommand(a *app) *cobra.Command {
	var output string
	var limits bool
	command := &cobra.Command{
		Use:   "metrics",
		Short: "List the metrics that objectives can judge",
		Long: `Lists the metrics that objectives can judge. With --limits it lists the numbers beyond which a
verdict is INCONCLUSIVE, or a report says that a figure of the harness deserves a look.`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			if limits {
				return a.printLimits(output)
			}
			if output == "json" {
				return a.printJSON(sample.Metrics())
			}
			for _, m := range sample.Metrics() {
				labels := strings.Join(append(m.Labels, "phase"), ", ")
				fmt.Fprintf(a.stdout, "%s  (%s, from %s; labels: %s)\n    %s\n", m.Name, m.Shape, m.Source, labels, m.Help)
			}
			return nil
		},
	}
	outputFlag(command, &output)
	command.Flags().BoolVar(&limits, "limits", false, "list the limits of trust instead")
	return command
}

// printLimits prints what makes a verdict inconclusive and a figure doubtful.
func (a *app) printLimits(output string) error {
	if output == "json" {
		return a.printJSON(summary.Limits())
	}
	for _, l := range summary.Limits() {
		fmt.Fprintf(a.stdout, "%s: %s  (beyond it: %s)\n    %s\n", l.Name, l.Limit, l.Effect, l.Why)
	}
	return nil
}
