package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// reportSearch summarises a search's folder anew: every trial, and what they say together.
func (a *app) reportSearch(directory, output string) (slo.Verdict, error) {
	s, err := record.Open(directory)
	if err != nil {
		return "", invalid(err)
	}
	x := &searching{app: a, record: s}
	for i := range s.Variants {
		v := &s.Variants[i]
		for j := range v.Trials {
			t := &v.Trials[j]
			path := filepath.Join(directory, filepath.FromSlash(t.Folder))
			if _, err := os.Stat(filepath.Join(path, bundle.ManifestFile)); err != nil || !t.Ended {
				continue // It does not count, or its records were removed: what is known of it stays.
			}
			run, err := bundle.Open(path)
			if err != nil {
				return "", invalid(err)
			}
			figures, _, err := summarise(path)
			if err != nil {
				return "", err
			}
			t.Take(figures, run.Manifest.Machine, s.Goals)
		}
		m, err := x.machine(*v)
		if err != nil {
			return "", err
		}
		v.Intervals = m.Intervals()
	}
	err = a.showSearch(directory, s, output)
	return s.Verdict, err
}

// showSearch judges a search, writes search.json and report.html into its folder, and prints what was
// found.
func (a *app) showSearch(directory string, s *record.Search, output string) error {
	if err := s.Write(directory); err != nil {
		return environment(err)
	}
	report := view.BuildSearch(s)
	var html bytes.Buffer
	if err := page.WriteSearch(&html, report); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := bundle.WriteFile(directory, bundle.ReportFile, html.Bytes()); err != nil {
		return environment(err)
	}
	if output == "json" {
		encoded, err := s.Encode()
		if err == nil {
			_, err = a.stdout.Write(encoded)
		}
		return err
	}
	if err := text.WriteSearch(a.stdout, report, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nreport   %s\nfigures  %s\n", filepath.Join(directory, bundle.ReportFile), filepath.Join(directory, record.File))
	return nil
}
