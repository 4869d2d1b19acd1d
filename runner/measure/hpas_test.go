package measure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

// seenHPA is an HPA with a target of 50% whose controller says this.
func seenHPA(name string, current, desired, utilization int32) *autoscalingv2.HorizontalPodAutoscaler {
	target := int32(50)
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "bench", Name: name, UID: types.UID("uid-" + name)},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{Metrics: []autoscalingv2.MetricSpec{{
			Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{AverageUtilization: &target}},
		}}},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{
			CurrentReplicas: current, DesiredReplicas: desired,
			CurrentMetrics: []autoscalingv2.MetricStatus{{
				Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricStatus{
					Name: corev1.ResourceCPU, Current: autoscalingv2.MetricValueStatus{AverageUtilization: &utilization}},
			}},
			Conditions: []autoscalingv2.HorizontalPodAutoscalerCondition{
				{Type: autoscalingv2.ScalingActive, Status: corev1.ConditionTrue, Reason: "ValidMetricFound"}},
		},
	}
}

// blind is an HPA without metrics, as its controller leaves it: with an empty metric.
func blind(name string, current, desired int32, reason string) *autoscalingv2.HorizontalPodAutoscaler {
	seen := seenHPA(name, current, desired, 0)
	seen.Status.CurrentMetrics = []autoscalingv2.MetricStatus{{}}
	seen.Status.Conditions[0] = autoscalingv2.HorizontalPodAutoscalerCondition{
		Type: autoscalingv2.ScalingActive, Status: corev1.ConditionFalse, Reason: reason, Message: "no metrics returned"}
	return seen
}

// scaledAt gives an HPA the time of its last rescale, in whole seconds.
func scaledAt(seen *autoscalingv2.HorizontalPodAutoscaler, second int64) *autoscalingv2.HorizontalPodAutoscaler {
	at := metav1.Unix(second, 0)
	seen.Status.LastScaleTime = &at
	return seen
}

// hpaLines are the points of a sink as "second metric value", without the books.
func hpaLines(sink *recording) []string {
	sink.mu.Lock()
	defer sink.mu.Unlock()
	var lines []string
	for _, p := range sink.points {
		if p.Labels["hpa"] != "" && p.Metric != sample.HPARescales {
			lines = append(lines, fmt.Sprintf("%v %s %v", p.At.Seconds(), strings.TrimPrefix(p.Metric, "hpa_"), p.Value))
		}
	}
	return lines
}

func newTestHPAs() (*HPAs, *recording) {
	sink := &recording{}
	return newHPAs(HPAsOptions{Run: Run{Clock: sample.StartClock(), Sink: sink}, Namespace: "bench"}), sink
}

// count is how often a line is there.
func count(lines []string, want string) int {
	n := 0
	for _, line := range lines {
		if line == want {
			n++
		}
	}
	return n
}

func TestHPASeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sink := newTestHPAs()
		fresh := seenHPA("web", 0, 0, 0)
		fresh.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
		_ = h.Add(fresh) // The controller has not seen it: nothing is known.
		h.gauge()
		time.Sleep(time.Second)
		_ = h.Update(blind("web", 2, 0, "FailedGetResourceMetric")) // No decision yet, and no ratio.
		time.Sleep(time.Second)
		_ = h.Update(seenHPA("web", 2, 2, 40))
		time.Sleep(time.Second)
		_ = h.Update(scaledAt(seenHPA("web", 2, 4, 90), 3))
		_ = h.Update(scaledAt(seenHPA("web", 2, 4, 90), 3)) // Nothing new.
		time.Sleep(time.Second)
		_ = h.Update(scaledAt(blind("web", 4, 4, "FailedGetResourceMetric"), 3)) // The decision stays, the ratio does not.
		h.gauge()
		lines := hpaLines(sink)
		for line, want := range map[string]int{
			"1 current_replicas_total 2": 1, "2 current_replicas_total 2": 1, "2 desired_replicas_total 2": 1, "2 metric_ratio 0.8": 1,
			"3 current_replicas_total 2": 1, "3 desired_replicas_total 4": 1, "3 metric_ratio 1.8": 1,
			"4 current_replicas_total 4": 2, "4 desired_replicas_total 4": 2,
		} {
			if got := count(lines, line); got != want {
				t.Errorf("%q is there %d times, want %d: %q", line, got, want, lines)
			}
		}
		if len(lines) != 11 {
			t.Errorf("%d points, want 11: %q", len(lines), lines)
		}
		if got := sink.last(sample.HPARescales, sample.Labels{"hpa": "web"}); got != 1 {
			t.Errorf("%v rescales, want 1", got)
		}
	})
}

func TestHPARescales(t *testing.T) {
	h, sink := newTestHPAs()
	for _, seen := range []*autoscalingv2.HorizontalPodAutoscaler{
		seenHPA("web", 2, 2, 40), scaledAt(seenHPA("web", 2, 4, 90), 3), scaledAt(seenHPA("web", 4, 4, 50), 3),
		scaledAt(seenHPA("web", 4, 6, 90), 3), // Within the same second.
		scaledAt(seenHPA("web", 6, 6, 50), 9), // To and fro unseen.
	} {
		_ = h.Update(seen)
	}
	if got := sink.last(sample.HPARescales, nil); got != 3 {
		t.Errorf("%v rescales, want 3", got)
	}
}

func TestHPATroubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sink := newTestHPAs()
		_ = h.Add(blind("web", 2, 0, "FailedGetResourceMetric"))
		time.Sleep(3 * time.Second)
		_ = h.Update(blind("web", 2, 0, "FailedGetResourceMetric")) // Still.
		_ = h.Update(seenHPA("web", 2, 2, 40))
		time.Sleep(time.Second)
		_ = h.Update(blind("web", 2, 0, scalingDisabled)) // Nobody wants it to scale.
		unable := seenHPA("web", 2, 2, 40)
		unable.Status.Conditions = append(unable.Status.Conditions, autoscalingv2.HorizontalPodAutoscalerCondition{
			Type: autoscalingv2.AbleToScale, Status: corev1.ConditionFalse, Reason: "FailedGetScale", Message: "gone"})
		_ = h.Update(unable)
		time.Sleep(2 * time.Second)
		_ = h.Delete(unable)
		_ = h.Add(blind("late", 1, 0, "FailedGetResourceMetric"))
		time.Sleep(time.Second)
		h.finish()
		var got []string
		for _, e := range sink.events {
			got = append(got, e.Message)
		}
		want := []string{
			"HPA web cannot scale: FailedGetResourceMetric: no metrics returned",
			"HPA web could not scale for 3s (until now): FailedGetResourceMetric",
			"HPA web cannot scale: FailedGetScale: gone",
			"HPA web could not scale for 2s (until it was deleted): FailedGetScale",
			"HPA late cannot scale: FailedGetResourceMetric: no metrics returned",
			"HPA late could not scale for 1s (until the end): FailedGetResourceMetric",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
	})
}

func TestHPAWarningsAreBounded(t *testing.T) {
	h, sink := newTestHPAs()
	for i := range maxHPASeries + 50 {
		_ = h.Add(blind(fmt.Sprintf("web-%d", i), 1, 0, "FailedGetResourceMetric"))
	}
	h.gauge()
	h.finish()
	own := map[string]bool{}
	for _, p := range sink.points {
		if p.Metric == sample.HPACurrent {
			own[p.Labels["hpa"]] = true
		}
	}
	if len(own) != maxHPASeries {
		t.Errorf("%d HPAs have series, want %d", len(own), maxHPASeries)
	}
	if n := len(sink.events); n != maxHPAWarnings+2 { // That there are many HPAs, and how many warnings were left out.
		t.Errorf("%d warnings, want %d", n, maxHPAWarnings+2)
	}
	if last := sink.events[len(sink.events)-1].Message; last != fmt.Sprintf("there were %d more troubles of HPAs", 2*(maxHPASeries+50)-maxHPAWarnings) {
		t.Errorf("the last is %q", last)
	}
}

func TestHPABooks(t *testing.T) {
	h, sink := newTestHPAs()
	h.Created("uid-first")
	_ = h.Add(seenHPA("first", 1, 1, 50))
	_ = h.Update(seenHPA("first", 1, 1, 50))
	_ = h.Add(seenHPA("second", 1, 1, 50))
	h.Created("uid-second")
	_ = h.Delete(seenHPA("second", 1, 1, 50))
	_ = h.Add(seenHPA("somebody-elses", 1, 1, 50))
	h.Created("uid-lost")
	h.gauge()
	for state, want := range map[string]float64{"created": 3, "observed": 2} {
		if got := sink.last(sample.HPAs, sample.Labels{"state": state}); got != want {
			t.Errorf("%v %s, want %v", got, state, want)
		}
	}
	h.finish()
	h.finish() // Only the first has an effect.
	if len(sink.events) != 1 || !strings.Contains(sink.events[0].Message, "1 of 3 HPAs that were created were never seen") {
		t.Errorf("events %+v", sink.events)
	}
}

func TestMetricRatio(t *testing.T) {
	two, four := resource.MustParse("2"), resource.MustParse("4")
	percent := int32(80)
	lowest, highest := *resource.NewMilliQuantity(math.MinInt64, resource.DecimalSI), *resource.NewMilliQuantity(math.MaxInt64, resource.DecimalSI)
	for _, test := range []struct {
		name  string
		want  autoscalingv2.MetricTarget
		is    autoscalingv2.MetricValueStatus
		ratio float64
		ok    bool
	}{
		{"a mean value", autoscalingv2.MetricTarget{AverageValue: &two}, autoscalingv2.MetricValueStatus{AverageValue: &four}, 2, true},
		{"a value", autoscalingv2.MetricTarget{Value: &four}, autoscalingv2.MetricValueStatus{Value: &two}, 0.5, true},
		{"without pods", autoscalingv2.MetricTarget{AverageValue: &two}, autoscalingv2.MetricValueStatus{AverageValue: &lowest}, 0, false},
		{"without pods, on another processor", autoscalingv2.MetricTarget{AverageValue: &two}, autoscalingv2.MetricValueStatus{AverageValue: &highest}, 0, false},
		{"nothing", autoscalingv2.MetricTarget{AverageUtilization: &percent}, autoscalingv2.MetricValueStatus{}, 0, false},
		{"another kind", autoscalingv2.MetricTarget{Value: &four}, autoscalingv2.MetricValueStatus{AverageUtilization: &percent}, 0, false},
	} {
		ratio, ok := metricRatio(
			autoscalingv2.MetricSpec{External: &autoscalingv2.ExternalMetricSource{Target: test.want}},
			autoscalingv2.MetricStatus{External: &autoscalingv2.ExternalMetricStatus{Current: test.is}})
		if ratio != test.ratio || ok != test.ok {
			t.Errorf("%s: %v %t, want %v %t", test.name, ratio, ok, test.ratio, test.ok)
		}
	}
	many := seenHPA("web", 1, 1, 40)
	many.Spec.Metrics = append(many.Spec.Metrics, autoscalingv2.MetricSpec{Pods: &autoscalingv2.PodsMetricSource{
		Target: autoscalingv2.MetricTarget{AverageValue: &two}}})
	many.Status.CurrentMetrics = append(many.Status.CurrentMetrics, autoscalingv2.MetricStatus{Pods: &autoscalingv2.PodsMetricStatus{
		Current: autoscalingv2.MetricValueStatus{AverageValue: &four}}})
	if ratio := ratioOf(many); ratio == nil || *ratio != 2 {
		t.Errorf("the ratio of several metrics is %v, want the highest, 2", ratio)
	}
}

const hpaPath = "/apis/autoscaling/v2/horizontalpodautoscalers"

// scriptedHPA is the HPA as a server sends it.
func scriptedHPA(name string, current, desired, utilization int) object {
	return object{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
		"metadata": object{"namespace": "bench", "name": name, "uid": "uid-" + name},
		"spec": object{"maxReplicas": 10, "scaleTargetRef": object{"kind": "Deployment", "name": name}, "metrics": []any{
			object{"type": "Resource", "resource": object{"name": "cpu", "target": object{"type": "Utilization", "averageUtilization": 50}}}}},
		"status": object{"currentReplicas": current, "desiredReplicas": desired,
			"conditions":     []any{object{"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound"}},
			"currentMetrics": []any{object{"type": "Resource", "resource": object{"name": "cpu", "current": object{"averageUtilization": utilization}}}}}}
}

// TestHPAWatch follows HPAs over a real watch that is cut and cannot go on where it was: a point
// may come late, but never before the change was sent, and the series end with the HPA.
func TestHPAWatch(t *testing.T) {
	for _, options := range []scripted.Options{{}, {NoInitialEvents: true}} {
		clock, sink, relists := sample.StartClock(), &recording{}, &Relists{}
		s := scripted.NewServer(clock, options)
		s.Put(hpaPath, scriptedHPA("web", 2, 2, 50))
		h, err := StartHPAs(t.Context(), HPAsOptions{Run: Run{Clock: clock, Sink: sink, Relists: relists}, Config: s.Config, Namespace: "bench"})
		if err != nil {
			t.Fatal(err)
		}
		desired := func() float64 { return sink.last(sample.HPADesired, sample.Labels{"hpa": "web"}) }
		if desired() != 2 {
			t.Errorf("desired is %v at first, want 2", desired())
		}
		sent := clock.Now()
		s.Put(hpaPath, scriptedHPA("web", 2, 5, 120))
		eventually(t, "5 desired", func() bool { return desired() == 5 })
		if ratio := sink.last(sample.HPARatio, nil); ratio != 2.4 {
			t.Errorf("ratio %v, want 2.4", ratio)
		}
		s.Cut()
		s.Put(hpaPath, scriptedHPA("web", 5, 3, 30))
		s.Restore(true)
		eventually(t, "3 desired after the cut", func() bool { return desired() == 3 })
		eventually(t, "a relist", func() bool { return relists.Count() == 1 })
		s.Delete(hpaPath, "web")
		eventually(t, "the end of the series", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.hpas) == 0 })
		h.Close()
		s.Close()
		for _, p := range sink.points {
			if p.Metric == sample.HPADesired && p.Value == 5 && p.At < sent {
				t.Errorf("seen at %v, sent at %v", p.At, sent)
			}
		}
	}
}
