package capacity

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/search"
)

// Found is what Open has read.
type Found struct {
	Runs  []compare.Run
	Notes []string // What was not taken and why, each a sentence.
}

// Open reads runs. A path is that of a run, of an experiment or a search, of which it takes the trials
// of all variants (FOLDER@VARIANT names one of an experiment), or of a folder with such in it. At most
// model.MaxPoints runs are read. The samples of a run are not kept in memory.
func Open(paths []string) (*Found, error) {
	found := &Found{}
	for _, path := range paths {
		if err := found.open(path); err != nil {
			return nil, err
		}
	}
	if len(found.Runs) == 0 {
		return nil, noRuns(fmt.Errorf("plan capacity: there is no run in %v", paths))
	}
	return found, nil
}

func noRuns(err error) error {
	return &exitcode.Error{Code: exitcode.InvalidInput, Err: err, Hint: "name the folder that runs are in; a run is made with 'kubedyno run nodes/ramp'"}
}

func (f *Found) open(path string) error {
	if experiment.Is(path) {
		return f.experiment(path)
	}
	if search.Is(path) {
		return f.search(path)
	}
	if _, err := os.Stat(filepath.Join(path, bundle.ManifestFile)); err == nil {
		return f.add(path)
	}
	info, err := os.Stat(path)
	if err != nil { // Of a variant, or nothing.
		if addErr := f.add(path); addErr != nil {
			return noRuns(fmt.Errorf("plan capacity: %w", addErr))
		}
		return nil
	}
	if !info.IsDir() {
		return noRuns(fmt.Errorf("plan capacity: %s is a file", path))
	}
	runs, err := bundle.List(path)
	if err != nil {
		return err
	}
	for _, run := range runs {
		f.take(run.Dir, f.add)
	}
	experiments, err := experiment.List(path)
	if err != nil {
		return err
	}
	for _, e := range experiments {
		f.take(e.Dir, f.experiment)
	}
	searches, err := search.List(path)
	if err != nil {
		return err
	}
	for _, s := range searches {
		f.take(s.Dir, f.search)
	}
	return nil
}

// take reads what was found in a folder and not named itself: what cannot be read is noted.
func (f *Found) take(path string, read func(string) error) {
	if err := read(path); err != nil {
		f.Notes = append(f.Notes, fmt.Sprintf("%s cannot be read: %v.", filepath.Base(path), err))
	}
}

// experiment reads the trials of all variants.
func (f *Found) experiment(path string) error {
	e, err := experiment.Open(path)
	if err != nil {
		return err
	}
	if len(e.Variants) <= 1 {
		return f.add(path)
	}
	for _, v := range e.Variants {
		if err := f.add(path + "@" + v.Label); err != nil {
			return err
		}
	}
	return nil
}

// search reads the trials of all variants that came to an end. One that did not hold what the search
// asked for was measured as well as the others.
func (f *Found) search(path string) error {
	s, err := search.Open(path)
	if err != nil {
		return err
	}
	for _, v := range s.Variants {
		for _, t := range v.Trials {
			folder := filepath.Join(path, filepath.FromSlash(t.Folder))
			if _, err := os.Stat(filepath.Join(folder, bundle.ManifestFile)); err != nil || !t.Ended {
				continue
			}
			if err := f.add(folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// add reads what package compare takes as one side.
func (f *Found) add(path string) error {
	if len(f.Runs) >= model.MaxPoints {
		f.Notes = append(f.Notes, fmt.Sprintf("At most %d runs are read; %s is left out.", model.MaxPoints, path))
		return nil
	}
	runs, err := compare.Open(path)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.Manifest.ID == "" {
			continue // A trial that was not begun.
		}
		run.Detail = nil
		f.Runs = append(f.Runs, run)
	}
	return nil
}
