package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/runner/doctor"
)

// errUnfit says that this machine is not fit for measurements.
var errUnfit = errors.New("this machine is not fit for measurements as it is")

func newDoctorCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check whether this machine is fit for measurements",
		Long: `Looks at CPUs, clocks, memory, limits, the disk of the cache, the Go toolchain, the control
plane and what earlier runs left, and says of each whether it is OK, deserves a LOOK or is BAD,
what that means for measurements, and what to do. It takes a second or two, contacts no network and
leaves nothing but the cache folder, if there was none. What only Linux tells is "not known here"
elsewhere. The exit code is 0 if nothing is BAD, and 3 otherwise.`,
		Example: "  kubedyno doctor\n  kubedyno doctor -o json\n  kubedyno doctor --cache-dir /mnt/fast && kubedyno run quickstart --cache-dir /mnt/fast",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			return a.doctor(c.Context(), output)
		},
	}
	outputFlag(command, &output)
	return command
}

func (a *app) doctor(ctx context.Context, output string) error {
	cache, err := a.cacheDirectory()
	if err != nil {
		return err
	}
	facts := doctor.Read(ctx, cache)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	facts.OldestGo = builder.OldestGo()
	facts.ControlPlane = built(ctx, cache, facts)
	found, err := a.inspect(nil)
	if err != nil {
		return err
	}
	for _, status := range found {
		facts.Clusters = append(facts.Clusters, doctor.Cluster{Name: status.Name, Running: status.Running()})
	}
	checks := doctor.Examine(facts)
	fit := doctor.Fit(checks)
	if output == "json" {
		err = a.printJSON(struct {
			Fit    bool           `json:"fit"`
			Checks []doctor.Check `json:"checks"`
		}{fit, checks})
	} else {
		a.printChecks(checks)
	}
	if err == nil && !fit {
		err = environment(errUnfit)
	}
	return err
}

// built finds the control plane, unless the toolchain would have to fetch another one for that.
func built(ctx context.Context, cache string, facts doctor.Facts) doctor.Binary {
	binary := doctor.Binary{Kubernetes: builder.DefaultKubernetes}
	if !facts.CanBuild() || facts.CacheErr != nil {
		return binary
	}
	b := builder.Builder{Cache: cache}
	if path, built, err := b.Find(ctx, binary.Kubernetes); err == nil {
		binary.Path, binary.Built = path, built
	}
	return binary
}

// printChecks writes a line for each check, and what it means below those that are not OK.
func (a *app) printChecks(checks []doctor.Check) {
	const names, states = 14, 9
	indent := strings.Repeat(" ", names+2+states+2)
	room := max(a.width(), 60) - len(indent)
	counts := map[doctor.State]int{}
	for _, c := range checks {
		counts[c.State]++
		words := []string{c.Found}
		if c.State == doctor.Look || c.State == doctor.Bad {
			words = append(words, c.Meaning, "Cure: "+c.Cure)
		}
		lead := fmt.Sprintf("%-*s  %s  ", names, c.Name, a.painted(c.State, fmt.Sprintf("%-*s", states, c.State)))
		for _, part := range words {
			for _, line := range text.Wrap(part, room) {
				fmt.Fprintf(a.stdout, "%s%s\n", lead, line)
				lead = indent
			}
		}
	}
	fmt.Fprintf(a.stdout, "\n%d OK, %d LOOK, %d BAD, %d not known here\n",
		counts[doctor.OK], counts[doctor.Look], counts[doctor.Bad], counts[doctor.Unknown])
}

// painted gives a state its colour.
func (a *app) painted(state doctor.State, text string) string {
	style := map[doctor.State]string{doctor.OK: "32", doctor.Look: "33", doctor.Bad: "1;31"}[state]
	if style == "" || !a.color(a.stdout) {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}
