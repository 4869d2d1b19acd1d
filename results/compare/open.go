package compare

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Open reads the runs of a run folder, which is one, or of an experiment's folder, which are its
// trials. Of an experiment with several variants one must be chosen: "FOLDER@VARIANT", as
// "results/runs/x@nodes=200". It summarises them anew and writes nothing.
func Open(path string) ([]Run, error) {
	folder, label, chosen := path, "", false
	if _, err := os.Stat(path); err != nil {
		if at := strings.LastIndex(path, "@"); at > 0 {
			folder, label, chosen = path[:at], path[at+1:], true
		}
	}
	if experiment.Is(folder) {
		return openExperiment(folder, label, chosen)
	}
	if chosen {
		return nil, fmt.Errorf("compare %s: %s is not the folder of an experiment, so it has no variants", path, folder)
	}
	run, err := openRun(folder)
	if err == nil && run.Manifest.Status != bundle.Complete {
		run.LeftOut = "its status is " + string(run.Manifest.Status) + ", so it did not see everything"
	}
	return []Run{run}, err
}

func openRun(folder string) (Run, error) {
	found, err := bundle.Open(folder)
	if err != nil {
		return Run{}, err
	}
	figures, detail, err := summary.Compute(found)
	if err != nil {
		return Run{}, err
	}
	return Run{Name: folder, Manifest: found.Manifest, Scenario: found.Scenario, Summary: figures, Detail: detail}, nil
}

// openExperiment reads the trials of one variant. Those that came to an end of their own count,
// be it that a phase took too long, as they do in the experiment's own report.
func openExperiment(folder, label string, chosen bool) ([]Run, error) {
	e, err := experiment.Open(folder)
	if err != nil {
		return nil, err
	}
	variant, err := variantOf(e, folder, label, chosen)
	if err != nil {
		return nil, err
	}
	return openVariant(folder, e, variant)
}

func openVariant(folder string, e *experiment.Experiment, variant int) ([]Run, error) {
	var runs []Run
	for _, t := range e.Trials {
		if t.Variant != variant {
			continue
		}
		path := filepath.Join(folder, filepath.FromSlash(t.Folder))
		if _, err := os.Stat(filepath.Join(path, bundle.ManifestFile)); err != nil {
			runs = append(runs, Run{Name: path, LeftOut: "it was not begun, or its records were removed"})
			continue
		}
		run, err := openRun(path)
		if err != nil {
			return nil, err
		}
		if !t.Ended {
			run.LeftOut = "the trial did not come to an end of its own"
		}
		runs = append(runs, run)
	}
	return runs, nil
}

func variantOf(e *experiment.Experiment, folder, label string, chosen bool) (int, error) {
	if !chosen && len(e.Variants) == 1 {
		return 0, nil
	}
	var labels []string
	for i, v := range e.Variants {
		if chosen && v.Label == label {
			return i, nil
		}
		labels = append(labels, "'"+folder+"@"+v.Label+"'")
	}
	if chosen {
		return 0, fmt.Errorf("compare: experiment %s has no variant %q; name one of %s", folder, label, strings.Join(labels, ", "))
	}
	return 0, fmt.Errorf("compare: experiment %s has %d variants, which are no repetitions of one another; name one of %s",
		folder, len(e.Variants), strings.Join(labels, ", "))
}
