package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// takeFacts collects how the runs were made.
func (b *Baseline) takeFacts(runs []compare.Run) {
	places := map[string]int{}
	for i, run := range runs {
		for _, fact := range compare.Facts(run) {
			at, found := places[fact.Name]
			if !found {
				at = len(b.Facts)
				places[fact.Name] = at
				b.Facts = append(b.Facts, Fact{Name: fact.Name, Kind: fact.Kind, Values: make([]string, len(runs))})
			}
			b.Facts[at].Values[i] = fact.Value
		}
	}
	for i := range b.Facts {
		if values := b.Facts[i].Values; len(slices.Compact(slices.Clone(values))) == 1 {
			b.Facts[i].Values = values[:1]
		}
	}
}

// takeFigures collects the figures of the runs: the objectives, then those that the scenario names,
// then those of whole runs, then those of phases.
func (b *Baseline) takeFigures(runs []compare.Run) {
	places := map[string]int{}
	put := func(i int, f compare.Figure, judged bool) {
		at, found := places[f.Key()]
		if !found {
			at = len(b.Figures)
			places[f.Key()] = at
			b.Figures = append(b.Figures, Figure{Objective: f.Objective, Judged: judged, Values: make([]*float64, len(runs))})
		}
		figure := &b.Figures[at]
		if figure.Judged && !judged {
			return // The same figure as an objective.
		}
		if f.Name != "" {
			figure.Objective = f.Objective
		}
		figure.Values[i] = f.Value
		if f.Censored > figure.Censored {
			figure.N, figure.Censored = f.N, f.Censored
		}
	}
	for i, run := range runs {
		for _, f := range compare.Objectives(run.Summary) {
			put(i, f, true)
		}
	}
	for i, run := range runs {
		for _, f := range compare.Others(run.Summary) {
			put(i, f, false)
		}
	}
	slices.SortStableFunc(b.Figures, func(x, y Figure) int { return x.rank() - y.rank() })
}

// rank is in which order figures are kept, as far as there is room.
func (f Figure) rank() int {
	_, phase := f.Where["phase"]
	switch {
	case f.Judged:
		return 0
	case f.Name != "":
		return 1
	case !phase:
		return 2
	default:
		return 3
	}
}

// fit leaves out figures that decide nothing until the file is small enough.
func (b *Baseline) fit() error {
	all := b.Figures
	b.Figures = nil
	head, err := b.encode()
	if err != nil {
		return err
	}
	const room = 40 // For the count of what is left out, and brackets.
	size := len(head) + room
	for i, figure := range all {
		line, err := json.Marshal(figure)
		if err != nil {
			return fmt.Errorf("baseline %s: encode %s: %w", b.Name, figure.Metric, err)
		}
		if size += len(line) + len(separator); size > MaxBytes {
			if figure.Judged {
				return fmt.Errorf("baseline %s: the objectives of %d runs take more than %d bytes; keep fewer runs", b.Name, len(b.Runs), MaxBytes)
			}
			b.Omitted = len(all) - i
			return nil
		}
		b.Figures = append(b.Figures, figure)
	}
	return nil
}

// separator stands between the entries of a list: each has a line, so that a change of the file can
// be read line by line.
const separator = ",\n    "

// encode returns the file: JSON with a line for each run, fact and figure.
func (b *Baseline) encode() ([]byte, error) {
	head := *b
	head.Runs, head.Facts, head.Figures = nil, nil, nil
	encoded, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode baseline %s: %w", b.Name, err)
	}
	text := string(encoded)
	for _, list := range []struct {
		name  string
		lines func() ([]string, error)
	}{{"runs", lines(b.Runs)}, {"facts", lines(b.Facts)}, {"figures", lines(b.Figures)}} {
		entries, err := list.lines()
		if err != nil {
			return nil, fmt.Errorf("encode the %s of baseline %s: %w", list.name, b.Name, err)
		}
		if len(entries) > 0 {
			text = strings.Replace(text, `"`+list.name+`": null`, `"`+list.name+"\": [\n    "+strings.Join(entries, separator)+"\n  ]", 1)
		}
	}
	return append([]byte(text), '\n'), nil
}

// lines returns a function that encodes each of the entries.
func lines[T any](entries []T) func() ([]string, error) {
	return func() ([]string, error) {
		var all []string
		for _, entry := range entries {
			var line bytes.Buffer
			encoder := json.NewEncoder(&line)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(entry); err != nil {
				return nil, err
			}
			all = append(all, strings.TrimSpace(line.String()))
		}
		return all, nil
	}
}

// summaryOf returns the figures of a run as a comparison takes them.
func (b *Baseline) summaryOf(run int) *summary.Summary {
	s := &summary.Summary{Status: "complete"}
	for _, figure := range b.Figures {
		value := figure.Values[run]
		metric, _ := sample.Lookup(figure.Metric)
		if figure.Judged {
			s.Objectives = append(s.Objectives, summary.Objective{Objective: figure.Objective, Unit: metric.Unit, Observed: value,
				Verdict: verdictOf(value), N: figure.N, Censored: figure.Censored})
			continue
		}
		s.Figures = append(s.Figures, summary.Figure{Objective: figure.Objective, Observed: value})
	}
	if n := b.Runs[run].Warnings; n > 0 {
		s.Warnings = []string{fmt.Sprintf("Its own report has them, %d in number.", n)}
	}
	return s
}

// verdictOf is no data without a figure. Whether a figure met its limit is no part of a comparison.
func verdictOf(value *float64) slo.Verdict {
	if value == nil {
		return slo.NoData
	}
	return slo.Pass
}

// An Entry is a file in a folder of baselines.
type Entry struct {
	Path     string
	Bytes    int64
	Baseline *Baseline // nil if it cannot be read.
	Err      error     // Why.
}

// List returns the baselines in a folder by name. A folder that does not exist has none.
func List(dir string) ([]Entry, error) {
	found, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list baselines: %w", err)
	}
	var all []Entry
	for _, item := range found {
		if item.IsDir() || filepath.Ext(item.Name()) != Extension || strings.HasPrefix(item.Name(), ".") {
			continue
		}
		entry := Entry{Path: filepath.Join(dir, item.Name())}
		var info fs.FileInfo
		if info, err = item.Info(); err == nil {
			entry.Bytes = info.Size()
		}
		entry.Baseline, entry.Err = Open(entry.Path)
		all = append(all, entry)
	}
	return all, nil
}
