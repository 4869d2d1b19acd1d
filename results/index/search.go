package index

import (
	"fmt"
	"path/filepath"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/search"
)

func readSearch(dir string) Entry {
	e := Entry{Folder: filepath.Base(dir), Kind: Search, Report: hasReport(dir)}
	x, err := search.Open(dir)
	if err != nil {
		e.Damage = within(dir, err)
		return e
	}
	e.ID, e.Scenario, e.Title, e.Status = x.ID, x.Scenario, x.Title, x.Status
	e.Started, e.Sentence, e.Judged = x.Started, x.Sentence, len(x.Variants)*len(x.Goals)
	if e.Verdict = x.Verdict; e.Verdict != "" && !known(e.Verdict) {
		e.Verdict, e.Damage = "", fmt.Sprintf("%s has the verdict %q, which there is not", search.File, x.Verdict)
	}
	for _, v := range x.Variants {
		e.Duration += v.Spent()
		for _, i := range v.Intervals {
			if i.Lower != nil && i.Lower.Confirmed {
				e.Met++
			}
		}
		for _, t := range v.Trials {
			if e.Trials++; t.Ended {
				e.TrialsEnded++
			}
			if run, err := bundle.Open(filepath.Join(dir, filepath.FromSlash(t.Folder))); err == nil {
				e.shape(run.Manifest.Cluster)
			}
		}
	}
	return e
}
