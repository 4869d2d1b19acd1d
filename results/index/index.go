// Package index reads what a folder of runs holds: of every run, experiment and search in it as much
// as a list shows. What is damaged is listed with the reason, not left out.
package index

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// File is the name of the page that shows an index, in the folder that it is about.
const File = "index.html"

// maxSummary is the longest summary.json in bytes that is read; one with every series in use
// stays far below it.
const maxSummary = 64 << 20

// A Kind says what a folder holds.
type Kind string

// The kinds of folders.
const (
	Run        Kind = "run"
	Experiment Kind = "experiment"
	Search     Kind = "search"
)

// An Index is what a folder holds, the newest first and what is damaged last. It holds no path
// but names within the folder, so it may be published.
type Index struct {
	Entries []Entry `json:"entries"`
}

// An Entry is a run, an experiment or a search.
type Entry struct {
	Folder   string        `json:"folder"` // Its name within the folder that is listed.
	Kind     Kind          `json:"kind"`
	ID       string        `json:"id,omitempty"`
	Scenario string        `json:"scenario,omitempty"`
	Title    string        `json:"title,omitempty"`
	Status   bundle.Status `json:"status,omitempty"`
	Started  time.Time     `json:"started,omitzero"`
	Duration sample.Offset `json:"duration,omitempty"` // 0 if the run did not come to an end.

	Kubernetes []string `json:"kubernetes,omitempty"` // Versions; several only of an experiment.
	NodesLeast int      `json:"nodesLeast,omitempty"` // Fake nodes; of an experiment the fewest of a trial,
	NodesMost  int      `json:"nodesMost,omitempty"`  // and the most.

	Verdict  slo.Verdict `json:"verdict,omitempty"` // "" if it was not summarised.
	Sentence string      `json:"sentence,omitempty"`
	// Met and Judged are how many objectives of a run were met, of how many; of an experiment how
	// many of its variants passed; of a search of how many of its intervals the lower bound is confirmed.
	Met    int `json:"met"`
	Judged int `json:"judged"`
	// TrialsEnded and Trials are of an experiment or a search.
	TrialsEnded int `json:"trialsEnded,omitempty"`
	Trials      int `json:"trials,omitempty"`

	Report bool   `json:"report"`           // There is a report.html.
	Damage string `json:"damage,omitempty"` // Why it cannot be read, or not all of it.
}

// Read lists the runs, experiments and searches in a folder. It fails only if the folder itself cannot be
// read.
func Read(dir string) (*Index, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	runs, err := bundle.List(dir)
	if err != nil {
		return nil, err
	}
	index := &Index{Entries: []Entry{}}
	for _, run := range runs {
		index.Entries = append(index.Entries, readRun(run))
	}
	for _, item := range found {
		if path := filepath.Join(dir, item.Name()); experiment.Is(path) {
			index.Entries = append(index.Entries, readExperiment(path))
		} else if search.Is(path) {
			index.Entries = append(index.Entries, readSearch(path))
		}
	}
	slices.SortStableFunc(index.Entries, func(a, b Entry) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Folder, a.Folder)) // Damaged ones have no time.
	})
	return index, nil
}

func readRun(run bundle.Entry) Entry {
	m := run.Manifest
	e := Entry{Folder: filepath.Base(run.Dir), Kind: Run, Report: hasReport(run.Dir)}
	if run.Err != nil {
		e.Damage = within(run.Dir, run.Err)
		return e
	}
	e.ID, e.Scenario, e.Title, e.Status = m.ID, m.Scenario, m.Title, m.Status
	e.Started, e.Duration, e.Judged = m.Started, m.Duration, len(m.Objectives)
	e.shape(m.Cluster)
	s, err := readBrief(run.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		e.Damage = within(run.Dir, err)
	case s.Run != m.ID:
		e.Damage = fmt.Sprintf("%s is of another run, %s", bundle.SummaryFile, s.Run)
	default:
		e.Verdict, e.Sentence, e.Judged = s.Verdict, s.Sentence, len(s.Objectives)
		e.Duration = cmp.Or(e.Duration, s.Duration)
		for _, o := range s.Objectives {
			if o.Verdict == slo.Pass {
				e.Met++
			}
		}
	}
	return e
}

func readExperiment(dir string) Entry {
	e := Entry{Folder: filepath.Base(dir), Kind: Experiment, Report: hasReport(dir)}
	x, err := experiment.Open(dir)
	if err != nil {
		e.Damage = within(dir, err)
		return e
	}
	e.ID, e.Scenario, e.Title, e.Status = x.ID, x.Scenario, x.Title, x.Status
	e.Started, e.Duration, e.Sentence = x.Started, x.Duration, x.Sentence
	e.Trials, e.Judged = len(x.Trials), len(x.Variants)
	if e.Verdict = x.Verdict; e.Verdict != "" && !known(e.Verdict) {
		e.Verdict, e.Damage = "", fmt.Sprintf("%s has the verdict %q, which there is not", experiment.File, x.Verdict)
	}
	for _, v := range x.Variants {
		if v.Verdict == slo.Pass {
			e.Met++
		}
	}
	for _, t := range x.Trials {
		if t.Ended {
			e.TrialsEnded++
		}
		if run, err := bundle.Open(filepath.Join(dir, filepath.FromSlash(t.Folder))); err == nil {
			e.shape(run.Manifest.Cluster)
		}
	}
	return e
}

// shape takes the size and the version of a cluster.
func (e *Entry) shape(c bundle.Cluster) {
	nodes := 0
	for _, pool := range c.Pools {
		nodes += max(pool.Count, 0)
	}
	if nodes > 0 && (e.NodesLeast == 0 || nodes < e.NodesLeast) {
		e.NodesLeast = nodes
	}
	e.NodesMost = max(e.NodesMost, nodes)
	if c.Kubernetes != "" && !slices.Contains(e.Kubernetes, c.Kubernetes) {
		e.Kubernetes = append(e.Kubernetes, c.Kubernetes)
		slices.Sort(e.Kubernetes)
	}
}

// A brief is what a list shows of a summary.json.
type brief struct {
	FormatVersion int           `json:"formatVersion"`
	Run           string        `json:"run"`
	Duration      sample.Offset `json:"duration"`
	Verdict       slo.Verdict   `json:"verdict"`
	Sentence      string        `json:"sentence"`
	Objectives    []struct {
		Verdict slo.Verdict `json:"verdict"`
	} `json:"objectives"`
}

func readBrief(dir string) (brief, error) {
	var b brief
	path := filepath.Join(dir, bundle.SummaryFile)
	info, err := os.Stat(path)
	if err != nil {
		return b, err
	}
	if info.Size() > maxSummary {
		return b, fmt.Errorf("read %s: it is longer than %d bytes", path, maxSummary)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return b, fmt.Errorf("read %s: %w", path, err)
	}
	if b.FormatVersion != sample.FormatVersion {
		return b, fmt.Errorf("read %s: it has format version %d and this kubedyno reads version %d", path, b.FormatVersion, sample.FormatVersion)
	}
	if !known(b.Verdict) {
		return b, fmt.Errorf("read %s: it has the verdict %q, which there is not", path, b.Verdict)
	}
	return b, nil
}

func known(v slo.Verdict) bool {
	return slices.Contains([]slo.Verdict{slo.Pass, slo.Miss, slo.Inconclusive, slo.NoData}, v)
}

func hasReport(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, bundle.ReportFile))
	return err == nil && info.Mode().IsRegular()
}

// within is an error without the path of the folder, which is nobody's business where the index
// is published.
func within(dir string, err error) string {
	text := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	return strings.ReplaceAll(text, dir, filepath.Base(dir))
}
