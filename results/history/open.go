package history

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/experiment"
)

// MaxRuns is how many runs a history has at most; of more the newest are taken.
const MaxRuns = 200

// Found is what Open has read.
type Found struct {
	Runs  []compare.Run
	Notes []string // What was not taken and why, each a sentence.
}

// A candidate is a run or an experiment that may be read.
type candidate struct {
	path     string // As compare.Open takes it.
	folder   string // The same without a variant.
	name     string // What takes the place of the folder in the names of its runs.
	scenario string
	started  time.Time
	named    bool // It was named itself, not found in a folder.
}

// Open reads the runs of a scenario. A path is that of a run, of an experiment (FOLDER@VARIANT if
// it has several variants), or of a folder with runs and experiments in it. The scenario may be ""
// if the runs are of one alone. The samples of a run are not kept in memory.
func Open(paths []string, scenario string) (*Found, error) {
	found := &Found{}
	var all []candidate
	for _, path := range paths {
		more, err := found.candidates(path)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	all, err := ofScenario(all, scenario, paths)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.started.Compare(a.started) })
	for i, c := range all {
		if len(found.Runs) >= MaxRuns {
			found.Notes = append(found.Notes, fmt.Sprintf("A history has at most %d runs; %d older folders are left out.", MaxRuns, len(all)-i))
			break
		}
		runs, err := compare.Open(c.path)
		if err != nil && c.named {
			return nil, err
		}
		if err != nil {
			found.Notes = append(found.Notes, fmt.Sprintf("%s cannot be read: %v.", c.name, err))
			continue
		}
		for _, run := range runs {
			if run.Manifest.ID == "" {
				continue // A trial that was not begun.
			}
			run.Name = c.name + filepath.ToSlash(strings.TrimPrefix(filepath.Clean(run.Name), filepath.Clean(c.folder)))
			run.Detail = nil
			found.Runs = append(found.Runs, run)
		}
	}
	return found, nil
}

// candidates lists what is at a path.
func (f *Found) candidates(path string) ([]candidate, error) {
	folder := path
	_, err := os.Stat(folder)
	at := strings.LastIndex(path, "@")
	if errors.Is(err, fs.ErrNotExist) && at > 0 {
		folder = path[:at]
		_, err = os.Stat(folder)
	}
	if err != nil {
		return nil, noRuns(fmt.Errorf("history: there is no folder %s", path))
	}
	if experiment.Is(folder) {
		e, err := experiment.Open(folder)
		if err != nil {
			return nil, err
		}
		return []candidate{{path, folder, folder, e.Scenario, e.Started, true}}, nil
	}
	if _, err := os.Stat(filepath.Join(folder, bundle.ManifestFile)); err == nil {
		opened, err := bundle.Open(folder)
		if err != nil {
			return nil, err
		}
		return []candidate{{path, path, path, opened.Manifest.Scenario, opened.Manifest.Started, true}}, nil
	}
	return f.inFolder(folder)
}

// inFolder lists the runs and experiments in a folder.
func (f *Found) inFolder(folder string) ([]candidate, error) {
	runs, err := bundle.List(folder)
	if err != nil {
		return nil, err
	}
	experiments, err := experiment.List(folder)
	if err != nil {
		return nil, err
	}
	var all []candidate
	for _, run := range runs {
		name := filepath.Base(run.Dir)
		if run.Err != nil {
			f.Notes = append(f.Notes, fmt.Sprintf("%s cannot be read: %v.", name, run.Err))
			continue
		}
		all = append(all, candidate{run.Dir, run.Dir, name, run.Manifest.Scenario, run.Manifest.Started, false})
	}
	for _, entry := range experiments {
		e, err := experiment.Open(entry.Dir)
		name := filepath.Base(entry.Dir)
		switch {
		case err != nil:
			f.Notes = append(f.Notes, fmt.Sprintf("%s cannot be read: %v.", name, err))
		case len(e.Variants) > 1:
			f.Notes = append(f.Notes, fmt.Sprintf("%s is an experiment with %d variants, which are no repetitions of one another; name one of them as %s@VARIANT.",
				name, len(e.Variants), entry.Dir))
		default:
			all = append(all, candidate{entry.Dir, entry.Dir, name, e.Scenario, e.Started, false})
		}
	}
	return all, nil
}

// noRuns adds to an error how there come to be runs.
func noRuns(err error) error {
	return &exitcode.Error{Code: exitcode.InvalidInput, Err: err, Hint: "name the folder that runs are in; a run is made with 'kubedyno run quickstart'"}
}

// ofScenario keeps the candidates of one scenario.
func ofScenario(all []candidate, scenario string, paths []string) ([]candidate, error) {
	counts := map[string]int{}
	for _, c := range all {
		counts[c.scenario]++
	}
	names := slices.Sorted(maps.Keys(counts))
	where := strings.Join(paths, ", ")
	switch {
	case len(all) == 0:
		return nil, noRuns(fmt.Errorf("history: there is no run in %s", where))
	case scenario == "" && len(names) > 1:
		return nil, &exitcode.Error{Code: exitcode.InvalidInput, Err: fmt.Errorf("history: in %s there are runs of %d scenarios: %s", where, len(names), strings.Join(names, ", ")),
			Hint: "choose one with --scenario"}
	case scenario != "" && counts[scenario] == 0:
		return nil, &exitcode.Error{Code: exitcode.InvalidInput, Err: fmt.Errorf("history: in %s there is no run of scenario %q", where, scenario),
			Hint: "there are runs of " + strings.Join(names, ", ")}
	case scenario == "":
		return all, nil
	}
	return slices.DeleteFunc(all, func(c candidate) bool { return c.scenario != scenario }), nil
}
