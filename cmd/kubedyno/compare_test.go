package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// measured is the script command "measured FOLDER [NAME=VALUE...] SECONDS...": it writes an
// experiment whose trials are complete runs, one for each figure of seconds, with an objective on
// how long the cluster took to be ready. NAME is scenario, cpus, parameter, or status of the last; with
// variants=2 the trials are by turns of a base and of the variant that it is compared with.
func measured(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: measured FOLDER [NAME=VALUE...] SECONDS...")
	}
	folder, options := ts.MkAbs(args[0]), map[string]string{"scenario": "tiny", "cpus": "2", "parameter": "1", "status": "complete", "variants": "1"}
	var values []float64
	for _, word := range args[1:] {
		if name, value, ok := strings.Cut(word, "="); ok {
			options[name] = value
			continue
		}
		value, err := strconv.ParseFloat(word, 64)
		ts.Check(err)
		values = append(values, value)
	}
	e := &experiment.Experiment{FormatVersion: sample.FormatVersion, ID: args[0], Repeat: len(values), Scenario: options["scenario"], Status: bundle.Status(options["status"]), Variants: []experiment.Variant{{Values: []string{}}}}
	variants, err := strconv.Atoi(options["variants"])
	ts.Check(err)
	if variants == 2 {
		e.Repeat = (len(values) + 1) / 2
		e.Variants = []experiment.Variant{{Label: plan.BaseLabel, Values: []string{}}, {Label: plan.VariantLabel, Values: []string{}}}
		e.Versus = &experiment.Versus{Base: "tiny", Variant: "tiny, parameter=2", Alpha: 0.05, MinEffect: 0.05}
	}
	for i, value := range values {
		status := bundle.Complete
		if i == len(values)-1 {
			status = bundle.Status(options["status"])
		}
		t := experiment.Trial{Number: i + 1, Round: i/variants + 1, Variant: i % variants, Folder: experiment.FolderOf(i+1, len(values), ""), Ended: status == bundle.Complete}
		e.Trials = append(e.Trials, t)
		ts.Check(writeMeasured(filepath.Join(folder, filepath.FromSlash(t.Folder)), fmt.Sprint(args[0], "-", i), options, status, value))
	}
	ts.Check(e.Write(folder))
}

// writeMeasured writes a run folder with one figure.
func writeMeasured(folder, id string, options map[string]string, status bundle.Status, value float64) error {
	cpus, err := strconv.Atoi(options["cpus"])
	if err != nil {
		return err
	}
	limit := 60.0
	manifest, err := json.Marshal(bundle.Manifest{FormatVersion: sample.FormatVersion, ID: id, Scenario: options["scenario"], Status: status, NoPods: true,
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: cpus},
		Parameters: map[string]string{"parameter": options["parameter"]},
		Objectives: []slo.Objective{{Name: "the cluster is ready", Metric: sample.ClusterReady, Statistic: slo.Value, Most: &limit}}})
	if err != nil {
		return err
	}
	point, err := json.Marshal(sample.Point{Metric: sample.ClusterReady, Value: value})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range map[string]string{bundle.ManifestFile: string(manifest), bundle.ScenarioFile: "metadata: {name: tiny}\n",
		bundle.EventsFile: "", bundle.SamplesFile: string(point) + "\n", bundle.HistogramsFile: "", bundle.BucketsFile: "", bundle.PodsFile: ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
