package summary

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// volumeRun writes a run of two phases: 40 volumes of class fast are provisioned in 2 s, half of them in each
// phase, and 10 never within 30 s; 40 are attached in 4 s, 15 pods become Ready and 5 stay without a volume.
func volumeRun(t *testing.T) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "r-1", Scenario: "volumes", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "first"}, {Name: "second"}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	window := func(second int, metric string, labels sample.Labels, n int64, took time.Duration, censored bool) {
		var h sample.Histogram
		h.RecordMany(took, n)
		labels["phase"] = map[bool]string{true: "first", false: "second"}[second < 50]
		writer.Window(sample.Window{From: at(second), To: at(second + 1), Metric: metric, Labels: labels, Histogram: h, Censored: censored})
	}
	class := func() sample.Labels { return sample.Labels{"class": "fast"} }
	stage := func(name string) sample.Labels { return sample.Labels{"workload": "db", "stage": name} }
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "first"})
	window(10, sample.VolumeProvision, class(), 20, 2*time.Second, false)
	window(60, sample.VolumeProvision, class(), 20, 2*time.Second, false)
	window(90, sample.VolumeProvision, class(), 10, 30*time.Second, true)
	window(20, sample.VolumeAttach, class(), 40, 4*time.Second, false)
	for second, n := range map[int]int{20: 30, 60: 16} { // In two phases, whose calls add up.
		labels := func() sample.Labels {
			return sample.Labels{"class": "fast", "operation": "attach", "phase": map[bool]string{true: "first", false: "second"}[second < 50]}
		}
		window(second, sample.CSIGiven, labels(), int64(n), 3*time.Second, false)
		writer.Point(sample.Point{At: at(second), Metric: sample.CSIAttempts, Labels: labels(), Value: float64(n)})
		writer.Point(sample.Point{At: at(second), Metric: sample.CSIFailures, Labels: labels(), Value: float64(n / 10)})
	}
	for name, took := range map[string]time.Duration{"schedule": time.Second, "provision": 2 * time.Second, "attach": 4 * time.Second, "start": time.Second, "ready": 0} {
		window(30, sample.PodVolumeStage, stage(name), 15, took, false)
	}
	window(90, sample.PodVolumeStage, stage("provision"), 5, 30*time.Second, true)
	for second := 1; second <= 90; second++ {
		for state, n := range map[string]int{"asked": 50, "bound": 40, "attaching": 40 - min(second, 40), "attached": min(second, 40), "detaching": 0} {
			writer.Point(sample.Point{At: at(second), Metric: sample.VolumesByState, Labels: sample.Labels{"class": "fast", "state": state}, Value: float64(n)})
		}
		writer.Point(sample.Point{At: at(second), Metric: sample.VolumeErrors, Labels: sample.Labels{"class": "fast", "operation": "attach"}, Value: float64(second / 30)})
		writer.Point(sample.Point{At: at(second), Metric: sample.VolumePendingPods, Labels: sample.Labels{"reason": "pod has unbound immediate PersistentVolumeClaims"}, Value: float64(max(20-second, 5))})
		writer.Point(sample.Point{At: at(second), Metric: sample.VolumePendingPods, Labels: sample.Labels{"reason": "none of them"}, Value: 0})
		writer.Point(sample.Point{At: at(second), Metric: sample.NodeVolumes, Labels: sample.Labels{"driver": "csi"}, Value: float64(min(second, 40))})
		writer.Point(sample.Point{At: at(second), Metric: sample.NodeVolumesShare, Labels: sample.Labels{"driver": "csi"}, Value: float64(min(second, 40)) / 50})
		if second == 50 {
			writer.Event(sample.Event{At: at(50), Kind: sample.PhaseFinished, Phase: "first"})
			writer.Event(sample.Event{At: at(50), Kind: sample.PhaseStarted, Phase: "second"})
		}
	}
	writer.Event(sample.Event{At: at(91), Kind: sample.PhaseFinished, Phase: "second"})
	if err := writer.Finish(bundle.Complete, "", 92*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func TestVolumesByHand(t *testing.T) {
	s := volumeRun(t)
	pointer := func(v float64) *float64 { return &v }
	quantile := func(percentile, value float64, printable bool) Quantile {
		return Quantile{Percentile: percentile, Value: value, Printable: printable}
	}
	want := &Volumes{
		Classes: []VolumeClass{{Class: "fast", Asked: 50, Bound: 40, Attaching: 39, Attached: 40, AttachErrors: 3,
			// The 40 of both phases and the 10 censored ones: the median is a time, the 90th percentile a lower bound.
			Provision: &VolumeTimes{N: 50, Censored: 10, Mean: 7.6, Max: 30, CensoredFrom: pointer(30),
				Quantiles: []Quantile{quantile(50, 2, true), quantile(90, 30, false), quantile(99, 30, false)}},
			Attach: &VolumeTimes{N: 40, Mean: 4, Max: 4, Quantiles: []Quantile{quantile(50, 4, true), quantile(90, 4, false), quantile(99, 4, false)}},
		}},
		Workloads: []VolumeStart{{Workload: "db", Pods: 20, Unfinished: 5, Seconds: 13.5, AttachShare: pointer(0.8), Stages: []VolumeStage{
			{"schedule", 0.75, 15.0 / 270}, {"provision", 9, 180.0 / 270}, {"attach", 3, 60.0 / 270}, {"start", 0.75, 15.0 / 270}, {"ready", 0, 0}}}},
		Pending: []VolumePending{{Reason: "pod has unbound immediate PersistentVolumeClaims", Most: 19, Last: 5}},
		Drivers: []DriverCapacity{{Driver: "csi", Most: 40, Share: pointer(0.8)}},
		Calls: []VolumeCall{{Class: "fast", Operation: "attach", Calls: 46, Failed: 4, Given: &VolumeTimes{N: 46, Mean: 3, Max: 3,
			Quantiles: []Quantile{quantile(50, 3, true), quantile(90, 3, false), quantile(99, 3, false)}}}},
	}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 0.002*math.Max(math.Abs(a), math.Abs(b)) })
	if diff := cmp.Diff(want, s.Volumes, near, cmpopts.IgnoreFields(Quantile{}, "Low", "High")); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}
	if p := s.Volumes.Classes[0].Provision; p.AtLeast(2.1) || !p.AtLeast(p.Max) {
		t.Error("a median of times that are known is no lower bound, and the longest is one")
	}
	warnings := strings.Join(s.Warnings, "\n")
	for _, want := range []string{"Of class fast 10 of 50 volumes that were asked for were never bound", "The driver of class fast wrote 3 errors into attachments."} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning says %q:\n%s", want, warnings)
		}
	}
}

// TestStagesThatNoPodCameTo: they are not there, rather than 0.
func TestStagesThatNoPodCameTo(t *testing.T) {
	stuck := &Values{Metric: sample.PodVolumeStage, Labels: sample.Labels{"workload": "db", "stage": "provision"}}
	stuck.record(sample.Offset(30*time.Second), true)
	c := &collector{values: map[string]*Values{"one": stuck}}
	start := c.volumeStart("db")
	if start.Pods != 1 || start.Unfinished != 1 || len(start.Stages) != 1 || start.Stages[0].Stage != "provision" || start.AttachShare != nil {
		t.Errorf("the start is %+v, want one pod that waits for its volume", start)
	}
}

// TestNoVolumes: a run without volumes says nothing of them.
func TestNoVolumes(t *testing.T) {
	if s, _ := compute(t, "testdata/run"); s.Volumes != nil {
		t.Errorf("volumes are %+v", s.Volumes)
	}
}
