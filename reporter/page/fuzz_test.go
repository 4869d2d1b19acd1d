package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/bundle/bundletest"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// recorded is a run folder with records of every kind and metric, of a run that passes.
func recorded(t testing.TB) bundletest.Folder {
	t.Helper()
	most := 60.0
	manifest := bundle.Manifest{ID: "r1", Scenario: "pods", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Phases:     []bundle.Phase{{Name: "ramp"}, {Name: "load"}},
		Objectives: []slo.Objective{{Name: "pods", Metric: sample.PodStartup, Statistic: "p50", Most: &most}, {Name: "API", Metric: sample.APIRequest, Statistic: "p50", Most: &most}},
		Autoscalers: []bundle.Autoscaler{{HPA: "web", Service: "web", Workload: "web", Min: 1, Max: 9, ToleranceUp: 0.1, ToleranceDown: 0.1,
			SyncPeriod: sample.Offset(time.Second), Rule: &autoscaler.Rule{}}},
		Services: []bundle.Service{{Name: "web", Workload: "web", Unit: "requests", Cores: 1, Bytes: 1}},
		Updates:  []bundle.Update{{Workload: "web", Kind: "Deployment", Strategy: "RollingUpdate", Objects: 1, Surge: 1, Needs: []bundle.Need{{Quota: "q", Resource: "pods", Hard: 9, Each: 1}}}},
		Cluster:  bundle.Cluster{Kubernetes: "v1.37.2", Pools: []bundle.Pool{{Name: "a", Count: 3, AllocatableCores: 8, AllocatableBytes: 1 << 34, PricePerHour: 1}}},
	}
	w, err := bundle.Create(filepath.Join(t.TempDir(), "run"), manifest, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(seconds int) *sample.Offset { o := sample.Offset(seconds) * sample.Offset(time.Second); return &o }
	random := rand.New(rand.NewPCG(1, 2))
	for i, phase := range []string{"ramp", "load"} {
		w.Event(sample.Event{At: *at(10 * i), Kind: sample.PhaseStarted, Phase: phase})
		for n := range 15 {
			created := 10*i + n/3
			w.Pod(sample.Pod{Name: fmt.Sprint(phase, n), Workload: "web", Phase: phase, Node: "a-1", Created: *at(created), Scheduled: at(created), Running: at(created + 1),
				Ready: at(created + 2), Until: *at(created + 2), ConfiguredStartSeconds: &[]float64{0.5}[0]})
		}
		for _, metric := range sample.Metrics() {
			labels := sample.Labels{"phase": phase}
			for _, label := range metric.Labels {
				labels[label] = "web"
			}
			record(w, metric, labels, *at(10 * i), *at(10*i + 9), random)
		}
		w.Event(sample.Event{At: *at(10*i + 9), Kind: sample.PhaseFinished, Phase: phase})
	}
	if err := w.Finish(bundle.Complete, "", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	return bundletest.Read(t, w.Dir())
}

// record records something of a metric between two moments.
func record(w *bundle.Writer, metric sample.Metric, labels sample.Labels, from, to sample.Offset, random *rand.Rand) {
	switch metric.Shape {
	case sample.Distribution:
		var histogram sample.Histogram
		histogram.RecordMany(time.Millisecond, 40)
		w.Window(sample.Window{From: from, To: to, Metric: metric.Name, Labels: labels, Histogram: histogram})
	case sample.Bucketed:
		w.Buckets(sample.Buckets{From: from, To: to, Metric: metric.Name, Labels: labels, Bounds: []float64{1, 2}, Counts: []uint64{1, 2, 3}, Sum: 9})
	default:
		if metric.Name == sample.HarnessDropped {
			return // Nothing was.
		}
		for _, t := range []sample.Offset{from, to} {
			w.Point(sample.Point{At: t, Metric: metric.Name, Labels: labels, Value: float64(random.IntN(5))})
		}
	}
}

// reported makes the report of a folder.
func reported(dir string) (*summary.Summary, error) {
	run, err := bundle.Open(dir)
	if err != nil {
		return nil, err
	}
	s, detail, err := summary.Compute(run)
	if err != nil {
		return nil, err
	}
	if _, err := json.Marshal(s); err != nil {
		return nil, fmt.Errorf("a figure of the summary is no number: %w", err)
	}
	return s, Write(&bytes.Buffer{}, view.Build(run.Manifest, run.Scenario, s, detail))
}

// checkDamaged holds what is true of every damaged folder: it gives an error or a report, and a
// folder that lacks something gives no report that hides it.
func checkDamaged(t *testing.T, whole *summary.Summary, files, damaged bundletest.Folder, name string) {
	t.Helper()
	s, err := reported(damaged.Write(t))
	if err != nil || name == bundle.ManifestFile || bytes.Equal(files[name], damaged[name]) {
		return
	}
	if !s.Incomplete || s.Verdict == slo.Pass || len(s.Warnings) == 0 {
		t.Errorf("%s is damaged, and the report is %s, incomplete %v", name, s.Verdict, s.Incomplete)
	}
	got, most := s.Counts, whole.Counts
	if got.PodsCreated > most.PodsCreated || got.PodsReady > most.PodsReady || got.Requests > most.Requests {
		t.Errorf("%s is damaged, and there is more than there was: %+v of %+v", name, got, most)
	}
}

// TestCutFolder cuts every file of a run at many places.
func TestCutFolder(t *testing.T) {
	files := recorded(t)
	whole, err := reported(files.Write(t))
	if err != nil || whole.Verdict != slo.Pass || whole.Incomplete {
		t.Fatalf("the whole run gave %+v, %v", whole, err)
	}
	for which := range uint8(len(files)) {
		for _, share := range []int{0, 3} {
			damaged, name := files.Damaged(bundletest.Truncate, which, 0, nil)
			data := files[name]
			damaged[name] = data[:len(data)*share/4]
			checkDamaged(t, whole, files, damaged, name)
			lines := bytes.SplitAfter(data, []byte{'\n'})
			damaged[name] = bytes.Join(lines[:len(lines)*share/4], nil) // Between two lines.
			checkDamaged(t, whole, files, damaged, name)
		}
	}
}

// FuzzRun damages a run folder as a fault would; or, trusting, lets the manifest say nothing
// about what the files held, so that what is damaged reaches every figure.
func FuzzRun(f *testing.F) {
	files := recorded(f)
	whole, err := reported(files.Write(f))
	if err != nil {
		f.Fatal(err)
	}
	var manifest bundle.Manifest
	if err := json.Unmarshal(files[bundle.ManifestFile], &manifest); err != nil {
		f.Fatal(err)
	}
	manifest.Files = nil
	trusted, _ := files.Damaged(bundletest.Swap, 0, 0, nil)
	if trusted[bundle.ManifestFile], err = json.MarshalIndent(manifest, "", " "); err != nil {
		f.Fatal(err)
	}
	for way := range uint8(bundletest.Damages) {
		for which := range uint8(len(files)) {
			f.Add(way, which, uint32(40), []byte("1e23,"), true)
			f.Add(way, which, uint32(400), []byte("\"NaN\""), false)
		}
	}
	f.Fuzz(func(t *testing.T, way, which uint8, at uint32, data []byte, trusting bool) {
		if trusting {
			damaged, _ := trusted.Damaged(way, which, at, data)
			_, _ = reported(damaged.Write(t)) // It must not crash or hang.
			return
		}
		damaged, name := files.Damaged(way, which, at, data)
		checkDamaged(t, whole, files, damaged, name)
	})
}

// FuzzExperiment changes bytes of an experiment.json: it gives an error or a page.
func FuzzExperiment(f *testing.F) {
	var seeds [][]byte
	for _, e := range experiments() {
		data, err := e.Encode()
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, data)
		f.Add(uint8(len(seeds)-1), uint32(200), []byte("-1"))
	}
	f.Fuzz(func(t *testing.T, seed uint8, at uint32, data []byte) {
		text := bytes.Clone(seeds[int(seed)%len(seeds)])
		copy(text[int(at)%len(text):], data)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, experiment.File), text, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := experiment.Open(dir)
		if err != nil {
			return
		}
		e.Judge()
		if err := WriteExperiment(&bytes.Buffer{}, view.BuildExperiment(e)); err != nil {
			t.Fatal(err)
		}
	})
}
