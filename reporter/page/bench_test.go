package page

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// benchFolder, if set, makes this test binary the process that reports on that folder, so that
// its peak of memory is that of a report alone.
const benchFolder = "KUBEDYNO_BENCH_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(benchFolder); dir != "" {
		os.Exit(reportOnce(dir))
	}
	os.Exit(m.Run())
}

// reportOnce does what "kubedyno report" does, and prints the seconds it took.
func reportOnce(dir string) int {
	began := time.Now()
	run, err := bundle.Open(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, detail, err := summary.Compute(run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var page bytes.Buffer
	if err := Write(&page, view.Build(run.Manifest, run.Scenario, s, detail)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status, _ := os.ReadFile("/proc/self/status") // Not every system has it.
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes := "0"
	if fields := strings.Fields(peak); len(fields) > 0 {
		kilobytes = fields[0]
	}
	fmt.Println(time.Since(began).Seconds(), kilobytes, page.Len(), s.Counts.Requests, s.Counts.PodsCreated)
	return 0
}

// A load is what a benchmark's run consists of. It goes on for seconds, with one window a second
// and class for each of the five distributions that load writes (latency, service time, send
// lag, time to the first byte, latency by code), requests in all classes together, so that every
// request is in each of the five; and with one point a second of every series.
type load struct{ seconds, classes, requests, series, pods int }

// BenchmarkReport measures a report from the run folder to the page, in a process of its own.
//
// Requests: a run of 1 h with 10,000,000 requests in 5 classes, hence 90,000 windows with
// 50,000,000 values; 50,000 pods; 270,000 points of 75 series, as a run of the quickstart
// scenario writes them.
//
// Lines: many raw lines instead: 1,000,000 points of 278 series, 200,000 pods, and 100,000
// requests in 3,600 windows of each distribution.
func BenchmarkReport(b *testing.B) {
	if testing.Short() {
		b.Skip("it writes a run of hundreds of megabytes first")
	}
	for _, test := range []struct {
		name string
		load load
	}{
		{"Requests", load{seconds: 3600, classes: 5, requests: 10_000_000, series: 75, pods: 50_000}},
		{"Lines", load{seconds: 3600, classes: 1, requests: 100_000, series: 278, pods: 200_000}},
	} {
		b.Run(test.name, func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "run")
			test.load.write(b, dir)
			var seconds, peak, size float64
			for b.ResetTimer(); b.Loop(); {
				figures := inProcess(b, dir)
				seconds, peak, size = figures[0], max(peak, figures[1]), figures[2]
				if int(figures[3]) != test.load.requests || int(figures[4]) != test.load.pods {
					b.Fatalf("%v requests and %v pods were reported of %+v", figures[3], figures[4], test.load)
				}
			}
			b.ReportMetric(seconds, "s/report")
			b.ReportMetric(peak/1024, "peak-MiB")
			b.ReportMetric(size/1024, "page-KiB")
		})
	}
}

// inProcess runs reportOnce in a process of its own and returns what it printed.
func inProcess(b *testing.B, dir string) []float64 {
	b.Helper()
	executable, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	child := exec.Command(executable)
	child.Env, child.Stderr = append(os.Environ(), benchFolder+"="+dir), os.Stderr
	out, err := child.Output()
	if err != nil {
		b.Fatal(err)
	}
	var figures []float64
	for _, field := range strings.Fields(string(out)) {
		figure, err := strconv.ParseFloat(field, 64)
		if err != nil {
			b.Fatalf("the process printed %q", out)
		}
		figures = append(figures, figure)
	}
	return figures
}

// write writes the run into dir.
func (l load) write(b *testing.B, dir string) {
	b.Helper()
	most := 1.0
	w, err := bundle.Create(dir, bundle.Manifest{ID: "bench", Scenario: "bench", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Objectives: []slo.Objective{{Name: "API p99", Metric: sample.APIRequest, Statistic: "p99", Most: &most}}}, []byte("kind: Scenario\n"))
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	w.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "load"})
	for second := range l.seconds {
		at := sample.Offset(second) * sample.Offset(time.Second)
		l.windows(w, second, random)
		for i := range l.series {
			w.Point(sample.Point{At: at, Metric: sample.ComponentCPU, Labels: sample.Labels{"component": fmt.Sprint("component-", i)}, Value: random.Float64()})
		}
		for i := l.pods * second / l.seconds; i < l.pods*(second+1)/l.seconds; i++ {
			w.Pod(startedPod(i, at, random))
		}
		for w.Waiting() > bundle.QueueLimit/2 {
			time.Sleep(time.Millisecond)
		}
	}
	end := time.Duration(l.seconds) * time.Second
	w.Event(sample.Event{At: sample.Offset(end), Kind: sample.PhaseFinished, Phase: "load"})
	if err := w.Finish(bundle.Complete, "", end); err != nil || w.Dropped() > 0 {
		b.Fatalf("%v, %d records dropped", err, w.Dropped())
	}
}

// windows writes the windows of one second.
func (l load) windows(w *bundle.Writer, second int, random *rand.Rand) {
	at := sample.Offset(second) * sample.Offset(time.Second)
	from, to := l.requests*second/l.seconds, l.requests*(second+1)/l.seconds
	for class := range l.classes {
		n := (to-from)*(class+1)/l.classes - (to-from)*class/l.classes
		labels := sample.Labels{"class": fmt.Sprint("class-", class)}
		for i, metric := range []string{sample.APIRequest, sample.APIService, sample.APISendLag, sample.APIFirstByte, sample.APIByCode} {
			var histogram sample.Histogram
			for range n { // Lognormal, the medians 4 ms, 2 ms ..., with a sigma of 0.8.
				histogram.Record(time.Duration(float64(4*time.Millisecond>>i) * math.Exp(0.8*random.NormFloat64())))
			}
			own := sample.Labels{"class": labels["class"], "phase": "load"}
			if metric == sample.APIByCode {
				own["code"] = "200"
			}
			w.Window(sample.Window{From: at, To: at + sample.Offset(time.Second), Metric: metric, Labels: own, Histogram: histogram})
		}
	}
}

// startedPod is a pod that became Ready within seconds.
func startedPod(i int, at sample.Offset, random *rand.Rand) sample.Pod {
	after := func(from sample.Offset) *sample.Offset {
		next := from + sample.Offset(random.ExpFloat64()*float64(time.Second))
		return &next
	}
	scheduled := after(at)
	running := after(*scheduled)
	ready := after(*running)
	configured := 0.1
	return sample.Pod{Namespace: "kubedyno-bench", Name: fmt.Sprintf("web-7c74f8bc4d-%06d", i), UID: fmt.Sprintf("01aa1b1f-b5fe-4d87-9b0e-%012d", i),
		Workload: "web", Phase: "load", Node: fmt.Sprint("general-", i%1000), Created: at, Scheduled: scheduled, Running: running, Ready: ready,
		Until: *ready, ConfiguredStartSeconds: &configured, APICreated: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}
