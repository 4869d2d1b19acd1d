package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"
	"sigs.k8s.io/yaml"
)

// stagesData holds the goldens of the package that generates kwok's configuration.
const stagesData = "../stages/testdata"

// lifecycleOf has kwok load a generated configuration, and returns the stages of one kind.
func lifecycleOf(t testing.TB, file, kind string) lifecycle.Lifecycle {
	t.Helper()
	ctx := context.Background()
	objects, err := config.Load(ctx, filepath.Join(stagesData, file))
	if err != nil {
		t.Fatal(err)
	}
	var stages []*internalversion.Stage
	for _, object := range objects {
		if s, ok := object.(*internalversion.Stage); ok && s.Spec.ResourceRef.Kind == kind {
			stages = append(stages, s)
		}
	}
	l, err := lifecycle.NewLifecycle(stages)
	if err != nil || len(l) == 0 {
		t.Fatalf("%d stages for %s: %v", len(l), kind, err)
	}
	return l
}

func podEvent(p *corev1.Pod) *lifecycle.Event {
	return &lifecycle.Event{Labels: p.Labels, Annotations: p.Annotations, Data: p}
}

// TestKwokMatchesEveryGoldenInput has kwok choose the stage that each golden input is for,
// and only that one.
func TestKwokMatchesEveryGoldenInput(t *testing.T) {
	paths, err := filepath.Glob(stagesData + "/*.input.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	pods, nodes := lifecycleOf(t, "lease.golden.yaml", "Pod"), lifecycleOf(t, "lease.golden.yaml", "Node")
	for _, path := range paths {
		want, _, _ := strings.Cut(filepath.Base(path), ".")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var pod corev1.Pod
		var node corev1.Node
		event, l := podEvent(&pod), pods
		if strings.HasPrefix(want, "node") {
			event, l = &lifecycle.Event{Data: &node}, nodes
			err = yaml.Unmarshal(text, &node)
		} else {
			err = yaml.Unmarshal(text, &pod)
			event = podEvent(&pod)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.ListAllPossible(context.Background(), event)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(got) != 1 || got[0].Name() != want {
			t.Errorf("%s: kwok matches %d stages, want %s alone", path, len(got), want)
		}
	}
}

// TestKwokLeavesRunningPodsAlone guards against a stage that matches its own result, which
// would patch every pod forever.
func TestKwokLeavesRunningPodsAlone(t *testing.T) {
	l := lifecycleOf(t, "lease.golden.yaml", "Pod")
	for _, name := range []string{"pod-start.plain", "pod-start.init", "pod-complete", "pod-ready-again", "pod-image-missing"} {
		text, err := os.ReadFile(stagesData + "/" + name + ".output.yaml")
		if err != nil {
			t.Fatal(err)
		}
		var pod corev1.Pod
		if err := yaml.Unmarshal(text, &pod); err != nil {
			t.Fatal(err)
		}
		got, err := l.ListAllPossible(context.Background(), podEvent(&pod))
		if err != nil || len(got) != 0 {
			t.Errorf("%s: %d stages match its result (%v), want none", name, len(got), err)
		}
	}
}

// TestKwokDelaysPodsAsPredicted has kwok evaluate the generated expression.
func TestKwokDelaysPodsAsPredicted(t *testing.T) {
	file, err := os.Open(stagesData + "/delays.golden")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	l := lifecycleOf(t, "lease.golden.yaml", "Pod")
	rows := 0
	for lines := bufio.NewScanner(file); lines.Scan(); rows++ {
		uid, text, _ := strings.Cut(lines.Text(), " ")
		want, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending}}
		pod.UID = types.UID(uid)
		stage, err := l.Match(context.Background(), podEvent(pod))
		if err != nil || stage == nil {
			t.Fatalf("match %s: %v", uid, err)
		}
		got, ok, err := stage.Delay(context.Background(), podEvent(pod), time.Time{})
		if err != nil || !ok || got != want {
			t.Errorf("delay of %s is %s (%v, %v), want %s", uid, got, ok, err, want)
		}
	}
	if rows != 256 {
		t.Errorf("%d delays, want 256", rows)
	}
}

// TestKwokDeletesOnce checks that kwok answers the first DELETE and not its own echo.
func TestKwokDeletesOnce(t *testing.T) {
	l := lifecycleOf(t, "lease.golden.yaml", "Pod")
	for grace, want := range map[string]int{"30": 1, "0": 0} {
		var pod corev1.Pod
		text := `{"metadata":{"deletionTimestamp":"2026-01-02T03:04:05Z","deletionGracePeriodSeconds":` + grace + `},"status":{"phase":"Running"}}`
		if err := json.Unmarshal([]byte(text), &pod); err != nil {
			t.Fatal(err)
		}
		got, err := l.ListAllPossible(context.Background(), podEvent(&pod))
		if err != nil || len(got) != want {
			t.Errorf("grace %s s: %d stages (%v), want %d", grace, len(got), err, want)
		}
	}
}

// TestKwokStopsPodsWithinTheirGracePeriod has kwok evaluate the delay before a deletion: the slowest
// of a distribution with a median of 10 s and a p99 of 40 s is cut off.
func TestKwokStopsPodsWithinTheirGracePeriod(t *testing.T) {
	l := lifecycleOf(t, "stop.golden.yaml", "Pod")
	for uid, want := range map[string]struct{ least, most time.Duration }{
		"00": {0, 4 * time.Second}, "80": {10 * time.Second, 10100 * time.Millisecond}, "ff": {30 * time.Second, 30 * time.Second},
	} {
		grace, now := int64(30), metav1.Now()
		pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}
		pod.UID, pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = types.UID(uid), &now, &grace
		stage, err := l.Match(context.Background(), podEvent(pod))
		if err != nil || stage == nil {
			t.Fatalf("match %s: %v", uid, err)
		}
		got, ok, err := stage.Delay(context.Background(), podEvent(pod), time.Time{})
		if err != nil || !ok || got < want.least || got > want.most {
			t.Errorf("delay of %s is %s (%v, %v), want %s to %s", uid, got, ok, err, want.least, want.most)
		}
	}
}

// BenchmarkKwokPodEvent is what one event of a pod costs kwok's single matching goroutine.
func BenchmarkKwokPodEvent(b *testing.B) {
	l := lifecycleOf(b, "lease.golden.yaml", "Pod")
	for _, name := range []string{"pod-start.plain", "pod-complete"} {
		text, err := os.ReadFile(stagesData + "/" + name + ".output.yaml")
		if err != nil {
			b.Fatal(err)
		}
		var pod corev1.Pod
		if err := yaml.Unmarshal(text, &pod); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Match(context.Background(), podEvent(&pod)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
