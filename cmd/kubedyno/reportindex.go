package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/index"
)

// reportIndex writes index.html into a folder of runs and prints what is in it.
func (a *app) reportIndex(given []string, output string) error {
	directory := runsDirectory
	if len(given) > 0 {
		directory = given[0]
	}
	if holdsRun(directory) {
		return hinted(invalid(fmt.Errorf("%s is itself a run or an experiment", directory)),
			"name the folder that runs are in: kubedyno report --index "+filepath.Dir(filepath.Clean(directory)))
	}
	found, err := index.Read(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return hinted(invalid(fmt.Errorf("there is no folder %s", directory)), "a run is made with 'kubedyno run quickstart'")
	}
	if err != nil {
		return invalid(err)
	}
	report := view.BuildIndex(found)
	var html bytes.Buffer
	if err := page.WriteIndex(&html, report); err != nil {
		return err
	}
	if err := bundle.WriteFile(directory, index.File, html.Bytes()); err != nil {
		return environment(err)
	}
	if output == "json" {
		encoded, err := json.MarshalIndent(found, "", "  ")
		if err == nil {
			_, err = a.stdout.Write(append(encoded, '\n'))
		}
		return err
	}
	fmt.Fprintln(a.stdout, report.Sentence)
	for _, fact := range report.Head {
		fmt.Fprintf(a.stdout, "%-14s%s\n", fact.Name, fact.Value)
	}
	for _, damaged := range report.Damaged {
		fmt.Fprintf(a.stdout, "damaged: %s: %s\n", damaged.Folder, damaged.Reason)
	}
	fmt.Fprintf(a.stdout, "\nindex   %s\n", filepath.Join(directory, index.File))
	return nil
}

// holdsRun reports whether a folder is that of a run or an experiment.
func holdsRun(directory string) bool {
	_, err := os.Stat(filepath.Join(directory, bundle.ManifestFile))
	return err == nil || experiment.Is(directory)
}
