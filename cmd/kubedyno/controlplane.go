package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/builder"
)

// buildReport is the time between two lines of progress where no live line can be drawn.
const buildReport = 15 * time.Second

func newControlPlaneCommand(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "controlplane",
		Short: "Build the embedded control plane, or see what is built",
	}
	command.AddCommand(newControlPlaneBuildCommand(a), newControlPlaneListCommand(a))
	return command
}

func newControlPlaneBuildCommand(a *app) *cobra.Command {
	var version string
	var karpenter bool
	command := &cobra.Command{
		Use:   "build",
		Short: "Compile the control plane into the cache",
		Long: `Compiles one binary with etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
metrics-server, a metrics adapter and kwok from their Go modules. The first build takes
minutes; later ones find the binary in the cache. It needs a Go toolchain and, the first time, a
Go module proxy.`,
		Example: "  kubedyno controlplane build\n  kubedyno controlplane build --kubernetes v1.36.3\n  kubedyno controlplane build --karpenter",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := a.controlPlane(c.Context(), version)
			if err == nil && karpenter {
				path, err = a.buildKarpenter(c.Context())
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, path)
			return nil
		},
	}
	kubernetesFlag(command, &version)
	command.Flags().BoolVar(&karpenter, "karpenter", false, "also compile Karpenter, which a scenario with spec.cluster.karpenter needs, and print its path")
	return command
}

func newControlPlaneListCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "list",
		Short: "List the Kubernetes versions that can be built, and which are",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			return a.listControlPlanes(c.Context(), output)
		},
	}
	outputFlag(command, &output)
	return command
}

func (a *app) listControlPlanes(ctx context.Context, output string) error {
	cache, err := a.cacheDirectory()
	if err != nil {
		return err
	}
	type row struct {
		Kubernetes string `json:"kubernetes"`
		Built      bool   `json:"built"`
		Path       string `json:"path"`
	}
	var rows []row
	b := builder.Builder{Cache: cache}
	for _, version := range builder.Versions() {
		path, built, err := b.Find(ctx, version)
		if err != nil {
			return environment(err)
		}
		rows = append(rows, row{version, built, path})
	}
	if output == "json" {
		return a.printJSON(rows)
	}
	for _, r := range rows {
		state := "not built"
		if r.Built {
			state = r.Path
		}
		fmt.Fprintf(a.stdout, "%-10s %s\n", r.Kubernetes, state)
	}
	return nil
}

func kubernetesFlag(command *cobra.Command, version *string) {
	command.Flags().StringVar(version, "kubernetes", "",
		"Kubernetes version: "+strings.Join(builder.Versions(), " or ")+" (default "+builder.DefaultKubernetes+")")
}

// controlPlane returns the path of the control-plane binary, and builds it if need be.
func (a *app) controlPlane(ctx context.Context, version string) (string, error) {
	if version == "" {
		version = builder.DefaultKubernetes
	}
	if !slices.Contains(builder.Versions(), version) {
		return "", invalid(fmt.Errorf("--kubernetes %q: kubedyno can build %s", version, strings.Join(builder.Versions(), " or ")))
	}
	cache, err := a.cacheDirectory()
	if err != nil {
		return "", err
	}
	b := builder.Builder{Cache: cache}
	return a.built(ctx, &b, buildable{
		words: "the control plane", version: version, takes: "5 to 15 minutes",
		find:  func(ctx context.Context) (string, bool, error) { return b.Find(ctx, version) },
		build: func(ctx context.Context) (string, error) { return b.Build(ctx, version) },
	})
}

// A buildable is a binary that is made from Go modules when it is first needed.
type buildable struct {
	words, version string
	takes          string // How long a first build does on 2 cores.
	find           func(context.Context) (path string, built bool, err error)
	build          func(context.Context) (path string, err error)
}

// built returns the path of a binary, and builds it if need be.
func (a *app) built(ctx context.Context, b *builder.Builder, what buildable) (string, error) {
	path, built, err := what.find(ctx)
	if err != nil {
		return "", environment(err)
	}
	if built {
		return path, nil
	}
	fmt.Fprintf(a.stderr, "Building %s %s from Go modules into %s.\n"+
		"This happens once per version; a first build takes %s on 2 cores.\n", what.words, what.version, path, what.takes)
	began := time.Now()
	b.Progress = a.buildProgress(began)
	if path, err = what.build(ctx); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", environment(err)
	}
	fmt.Fprintf(a.stderr, "\rBuilt %s in %s.%s\n", what.words, time.Since(began).Round(time.Second), clearLine)
	return path, nil
}

// clearLine is long enough to cover a line of progress.
const clearLine = "                                        "

// buildProgress draws one line that is rewritten, or prints a line now and then.
func (a *app) buildProgress(began time.Time) func(builder.Progress) {
	live := a.terminal(a.stderr)
	var last time.Time
	var stage builder.Stage
	return func(p builder.Progress) {
		now := time.Now()
		pause := buildReport
		if live {
			pause = 100 * time.Millisecond
		}
		if p.Stage == stage && now.Sub(last) < pause {
			return
		}
		last, stage = now, p.Stage
		text := map[builder.Stage]string{
			builder.Waiting:     "waiting for another kubedyno that builds the same",
			builder.Downloading: "downloading modules",
			builder.Compiling:   fmt.Sprintf("compiling: %d of at most %d packages", p.Done, p.Total),
			builder.Linking:     "linking (up to a minute)",
		}[p.Stage]
		line := fmt.Sprintf("[%4.0fs] %s", now.Sub(began).Seconds(), text)
		if live {
			fmt.Fprintf(a.stderr, "\r%-70s", line)
		} else {
			fmt.Fprintln(a.stderr, line)
		}
	}
}
