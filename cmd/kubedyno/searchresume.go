package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kubedyno/kubedyno/results/sample"
	record "github.com/kubedyno/kubedyno/results/search"
)

// resumeSearch goes on with the search of a folder, with the flags that it began with.
func (a *app) resumeSearch(ctx context.Context, flags searchFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	var wrong error
	flags.flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(searchResumed, f.Name) {
			wrong = hinted(invalid(fmt.Errorf("--%s cannot be changed: the search goes on with what it began with", f.Name)),
				"--budget and --trials can, as new totals")
		}
	})
	if wrong != nil {
		return wrong
	}
	found, err := record.Open(flags.resume)
	if err != nil {
		return invalid(err)
	}
	a.useProgress(flags.run.progress)
	x, err := a.readAgain(found)
	if err != nil {
		return err
	}
	if flags.given.Budget > 0 {
		found.Budget.Time = sample.Offset(flags.given.Budget)
	}
	if flags.given.Trials > 0 {
		found.Budget.Trials = flags.given.Trials
	}
	x.record, x.folder = found, folder{path: flags.resume}
	x.flags.run.progress, x.flags.run.output = flags.run.progress, flags.run.output
	return x.conclude(x.run(ctx))
}

// readAgain reads the scenario of a recorded search by the command that began it.
func (a *app) readAgain(found *record.Search) (*searching, error) {
	if len(found.Command) == 0 {
		return nil, invalid(errors.New("the search does not say how it began"))
	}
	flags, scenario, err := parseSearch(found.Command[1:])
	if err != nil {
		return nil, invalid(fmt.Errorf("read how the search began: %w", err))
	}
	x, err := a.readSearch(scenario, flags)
	if err != nil {
		return nil, err
	}
	if x.record.Digest != found.Digest || x.record.Rules != found.Rules {
		return nil, hinted(invalid(fmt.Errorf("%s is not what it was when the search began", scenario)), "begin a new search")
	}
	return x, nil
}
