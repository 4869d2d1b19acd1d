package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// fleets is the script command "fleets FOLDER NODES...": it writes a run folder for each number of
// nodes, in whose phase "hold" the API server used 0.1 cores and 1 core for each 1,000 nodes, by turns
// 2% more and less, of 4.
func fleets(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fleets FOLDER NODES...")
	}
	for i, word := range args[1:] {
		nodes, err := strconv.ParseFloat(word, 64)
		ts.Check(err)
		cores := (0.1 + nodes/1000) * (1 + 0.02*float64(i%2*2-1))
		ts.Check(writeFleet(filepath.Join(ts.MkAbs(args[0]), "run-"+word), word, nodes, cores))
	}
}

// writeFleet writes the folder of a run that held so many nodes.
func writeFleet(folder, id string, nodes, cores float64) error {
	manifest, err := json.Marshal(bundle.Manifest{FormatVersion: sample.FormatVersion, ID: id, Scenario: "nodes-ramp", Status: bundle.Complete, NoPods: true,
		Command: []string{"kubedyno", "run", "nodes/ramp"}, Parameters: map[string]string{"nodes": fmt.Sprint(nodes)},
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: 4, MemoryBytes: 8 << 30},
		Cluster: bundle.Cluster{Origin: "embedded", Kubernetes: "v1.37.2"}, Phases: []bundle.Phase{{Name: "hold"}}})
	if err != nil {
		return err
	}
	var samples, events []byte
	add := func(to *[]byte, record any) {
		line, marshalErr := json.Marshal(record)
		err = marshalErr
		*to = append(append(*to, line...), '\n')
	}
	add(&events, sample.Event{Kind: sample.PhaseStarted, Phase: "hold"})
	for second := range 3 {
		at := sample.Offset(time.Duration(second+1) * time.Second)
		add(&samples, sample.Point{At: at, Metric: sample.NodesByState, Labels: sample.Labels{"state": "ready"}, Value: nodes})
		add(&samples, sample.Point{At: at, Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "kube-apiserver"}, Value: cores})
	}
	add(&events, sample.Event{At: sample.Offset(4 * time.Second), Kind: sample.PhaseFinished, Phase: "hold"})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range map[string][]byte{bundle.ManifestFile: manifest, bundle.ScenarioFile: []byte("metadata: {name: nodes-ramp}\n"),
		bundle.EventsFile: events, bundle.SamplesFile: samples, bundle.HistogramsFile: nil, bundle.BucketsFile: nil, bundle.PodsFile: nil} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
