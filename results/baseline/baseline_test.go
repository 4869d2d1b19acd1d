package baseline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

var saved = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// runs makes n runs whose pods take factor times the usual time to start, each with as many series
// of a component's CPU.
func runs(side string, n, series int, factor float64) []compare.Run {
	limit := 5.0
	var all []compare.Run
	for i := range n {
		value := factor * (1 + float64(i)/50)
		run := compare.Run{Name: "/home/somebody/runs/" + side, Scenario: []byte("a: b\n"), Manifest: bundle.Manifest{
			ID: fmt.Sprintf("%s-%d", side, i), Scenario: "tiny", Title: "Tiny <runs>", Status: bundle.Complete, Seed: uint64(i), PID: 4711,
			Command: []string{"kubedyno", "--kubeconfig", "/home/somebody/.kube"}, Failure: "on node-7.example.internal",
			Started: saved.Add(time.Duration(i-100) * time.Hour), Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
			Parameters: map[string]string{"nodes": "100", "prometheus": "http://prom.example.internal:9090", "apiToken": "hunter2",
				"config": "/home/somebody/config"},
			Cluster: bundle.Cluster{Name: "prod-cluster", Origin: "embedded", Kubernetes: "v1.37.2", Components: []bundle.Component{{Name: "etcd",
				Arguments: []string{"--data-dir=/home/somebody/etcd", "--advertise=https://10.1.2.3:2379", "--quota=8"}}}}},
			Summary: &summary.Summary{Warnings: []string{"see /home/somebody"}, Objectives: []summary.Objective{{
				Objective: slo.Objective{Name: "pod startup p99 ≤ 5 s", Metric: sample.PodStartup, Statistic: "p99", Most: &limit},
				Unit:      sample.Seconds, Verdict: slo.Pass, Observed: &value, N: 100, Censored: int64(i)}}}}
		for s := range series {
			run.Summary.Gauges = append(run.Summary.Gauges, summary.Gauge{Metric: sample.ComponentCPU, N: 5, Mean: value, Max: 2 * value,
				Labels: sample.Labels{"component": fmt.Sprintf("c%d", s)}})
		}
		all = append(all, run)
	}
	return all
}

func kept(t *testing.T, all []compare.Run) *Baseline {
	t.Helper()
	b, err := New("main", all, saved)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSameAnswer holds a comparison with the file to one with the runs themselves.
func TestSameAnswer(t *testing.T) {
	base, other := runs("base", 5, 3, 1), runs("new", 5, 3, 1.4)
	base[2].Summary.Objectives[0].Observed = nil
	dir := t.TempDir()
	if err := kept(t, base).Write(filepath.Join(dir, "baselines")); err != nil {
		t.Fatal(err)
	}
	b, err := Open(File(filepath.Join(dir, "baselines"), "main"))
	if err != nil {
		t.Fatal(err)
	}
	options := compare.Options{Alpha: 0.05, MinEffect: 0.05, Metrics: []string{sample.ComponentCPU}}
	want, err := compare.Sides(base, other, options)
	if err != nil {
		t.Fatal(err)
	}
	got, err := compare.Sides(b.Side(), other, options)
	if err != nil {
		t.Fatal(err)
	}
	if want.Verdict != compare.Regressed {
		t.Fatalf("the example shows %s", want.Verdict)
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Reason" }, cmp.Ignore())
	if diff := cmp.Diff(want.Deciding, got.Deciding, ignore); diff != "" {
		t.Errorf("deciding figures (-runs +baseline):\n%s", diff)
	}
	if diff := cmp.Diff(want.Others, got.Others, ignore); diff != "" {
		t.Errorf("other figures (-runs +baseline):\n%s", diff)
	}
	if len(got.Setup) > 0 && got.Setup[0].Name != "seed" || len(got.Setup) > 1 {
		t.Errorf("set-up differs: %+v", got.Setup)
	}
	if words := strings.Join(got.Warnings, " "); !strings.Contains(words, "The base is the baseline main, whose runs were measured ") {
		t.Errorf("no warning of another session: %s", words)
	}
}

// TestNothingPrivate looks for what must not be in a file that is committed.
func TestNothingPrivate(t *testing.T) {
	dir := t.TempDir()
	if err := kept(t, runs("base", 2, 1, 1)).Write(dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(File(dir, "main"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(File(dir, "main"))
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"somebody", "example.internal", "hunter2", "10.1.2.3", "prod-cluster", "4711"} {
		if strings.Contains(string(data), private) {
			t.Errorf("the file holds %q:\n%s", private, data)
		}
	}
	for _, needed := range []string{"parameter nodes", "v1.37.2", "--quota", "Tiny \\u003cruns\\u003e", "digest "} {
		if !strings.Contains(string(data), needed) {
			t.Errorf("the file has no %q:\n%s", needed, data)
		}
	}
}

func TestSize(t *testing.T) {
	b := kept(t, runs("base", 10, 2000, 1.2345678901234567))
	data, err := b.encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > MaxBytes || len(data) < MaxBytes*9/10 {
		t.Errorf("%d bytes, want nearly %d", len(data), MaxBytes)
	}
	if b.Omitted+len(b.Figures) != 1+2*2000 || b.Omitted == 0 || !b.Figures[0].Judged {
		t.Errorf("%d figures kept, %d omitted", len(b.Figures), b.Omitted)
	}
	if _, err := Decode(data); err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	other, faster, twice, ended := runs("base", 2, 0, 1), runs("base", 2, 0, 1), runs("base", 2, 0, 1), runs("base", 1, 0, 1)
	other[1].Manifest.Scenario, faster[0].Manifest.Machine.CPUs, twice[1].Manifest.ID = "huge", 64, twice[0].Manifest.ID
	ended[0].LeftOut = "it was killed"
	for _, test := range []struct {
		runs []compare.Run
		want string
	}{{other, "must be of one scenario; scenario: huge, tiny"}, {faster, "must be of one machine; CPUs: 2, 64"},
		{twice, "named twice"}, {ended, "no run came to its end; /home/somebody/runs/base: it was killed"}, {runs("base", 51, 0, 1), "at most 50 runs, not 51"}} {
		if _, err := New("main", test.runs, saved); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "-x", "x.json", "x.", "ä", strings.Repeat("x", 65), ".hidden", "a b"} {
		if CheckName(name) == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
	for _, name := range []string{"main", "v1.2", "pod-startup_1", "x"} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	if err := kept(t, runs("base", 2, 1, 1)).Write(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"old.json": `{"formatVersion":99}`, "readme.md": "no baseline", "cut.json": `{"formatVersion":1,"na`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range found {
		got = append(got, fmt.Sprint(filepath.Base(entry.Path), " ", entry.Err == nil))
	}
	if diff := cmp.Diff([]string{"cut.json false", "main.json true", "old.json false"}, got); diff != "" {
		t.Error(diff)
	}
	if found, err := List(filepath.Join(dir, "none")); err != nil || found != nil {
		t.Errorf("a folder that is not there: %v, %v", found, err)
	}
}

// FuzzDecode holds that any file gives an error or a baseline that can be compared.
func FuzzDecode(f *testing.F) {
	b, err := New("main", runs("base", 2, 1, 1), saved)
	if err != nil {
		f.Fatal(err)
	}
	data, err := b.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"formatVersion":1,"name":"x","runs":[{}],"facts":[{"values":[]}],"figures":[{"metric":"m","values":[]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Decode(data)
		if err != nil {
			return
		}
		if _, err := b.encode(); err != nil {
			t.Error(err)
		}
		_, _ = compare.Sides(b.Side(), runs("new", 2, 1, 1), compare.Options{Alpha: 0.05})
	})
}

func TestDamaged(t *testing.T) {
	const head = `{"formatVersion":1,"name":"x","saved":"2026-01-02T03:04:05Z","scenario":"s","runs":[{"id":"a","started":"2026-01-02T03:04:05Z"}],`
	for text, want := range map[string]string{
		`nonsense`:                          "it is no baseline",
		`{"formatVersion":2}`:               "it has format version 2 and this kubedyno reads version 1",
		`{"formatVersion":1,"name":"../x"}`: "a name has 1 to 64",
		`{"formatVersion":1,"name":"x"}`:    "it has 0 runs",
		head + `"facts":[{"name":"CPUs","values":["1","2"]}],"figures":[]}`:                             `"CPUs" has 2 values for 1 runs`,
		head + `"facts":[{"name":"CPUs","values":[]}],"figures":[]}`:                                    `"CPUs" has 0 values for 1 runs`,
		head + `"facts":[],"figures":[{"name":"n","metric":"m","statistic":"p99","values":[]}]}`:        "has 0 values for 1 runs",
		head + `"facts":[],"figures":[{"name":"n","metric":"","statistic":"p99","values":[1]}]}`:        `the figure "n" of metric ""`,
		head + `"facts":[],"figures":[{"name":"n","metric":"m","statistic":"p99","value":1,"vals":1}]}`: "unknown field",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	if _, err := Decode([]byte(head + `"facts":[],"figures":[{"name":"n","metric":"m","statistic":"p99","values":[null]}]}`)); err != nil {
		t.Error(err)
	}
}
