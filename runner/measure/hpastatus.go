package measure

import (
	"cmp"
	"fmt"
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/results/sample"
)

// scalingDisabled is the reason of an HPA whose workload was set to no replicas: that is no
// trouble, but what somebody wanted.
const scalingDisabled = "ScalingDisabled"

// gauge writes what is known now, once a second.
func (h *HPAs) gauge() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.options.Clock.Now()
	for _, known := range h.hpas {
		h.write(known, now)
	}
	for state, n := range map[string]int{"created": len(h.created), "observed": h.observed, "existing": len(h.hpas)} {
		h.options.point(now, sample.HPAs, sample.Labels{"state": state}, float64(n))
	}
}

// write records the state of an HPA.
func (h *HPAs) write(known *hpa, now sample.Offset) {
	if !known.recorded {
		return
	}
	for metric, value := range map[string]*float64{
		sample.HPADesired: known.state.desired, sample.HPACurrent: known.state.current, sample.HPARatio: known.state.ratio,
	} {
		if value != nil {
			h.options.point(now, metric, sample.Labels{"hpa": known.name}, *value)
		}
	}
	if known.state.current != nil {
		h.options.point(now, sample.HPARescales, sample.Labels{"hpa": known.name}, float64(known.rescales))
	}
}

// judge tells when an HPA can no longer scale, and when it can again.
func (h *HPAs) judge(known *hpa, seen *autoscalingv2.HorizontalPodAutoscaler, now sample.Offset) {
	trouble, message := "", ""
	for _, kind := range []autoscalingv2.HorizontalPodAutoscalerConditionType{autoscalingv2.ScalingActive, autoscalingv2.AbleToScale} {
		c := condition(seen, kind)
		if c != nil && c.Status == corev1.ConditionFalse && c.Reason != scalingDisabled {
			trouble, message = c.Reason, c.Message
		}
	}
	if trouble == known.trouble {
		return
	}
	h.recovers(known, now, "")
	if trouble != "" {
		h.warnOf(known, fmt.Sprintf("cannot scale: %s: %s", trouble, message))
		known.trouble, known.since = trouble, now
	}
}

// recovers tells how long a trouble lasted, if there was one.
func (h *HPAs) recovers(known *hpa, now sample.Offset, until string) {
	if known.trouble == "" {
		return
	}
	lasted := time.Duration(now - known.since).Round(100 * time.Millisecond)
	h.warnOf(known, fmt.Sprintf("could not scale for %s (%s): %s", lasted, cmp.Or(until, "until now"), known.trouble))
	known.trouble = ""
}

// warnOf reports a trouble of an HPA, unless there were too many already.
func (h *HPAs) warnOf(known *hpa, what string) {
	if h.warnings++; h.warnings > maxHPAWarnings {
		h.unsaid++
		return
	}
	h.options.warn("HPA " + known.name + " " + what)
}

// maxHPAWarnings is how many troubles of HPAs are reported: each begins and ends.
const maxHPAWarnings = 2 * maxWarnings

// ratioOf returns current over target of the metric that asks for most; nil if the status has
// none. The controller lists the metrics of the status in the order of the spec.
func ratioOf(seen *autoscalingv2.HorizontalPodAutoscaler) *float64 {
	var highest *float64
	for i, wanted := range seen.Spec.Metrics {
		if i >= len(seen.Status.CurrentMetrics) {
			break
		}
		ratio, ok := metricRatio(wanted, seen.Status.CurrentMetrics[i])
		if ok && (highest == nil || ratio > *highest) {
			highest = &ratio
		}
	}
	return highest
}

// metricRatio is not ok where the status of a metric is empty, as it is when reading it failed.
func metricRatio(wanted autoscalingv2.MetricSpec, is autoscalingv2.MetricStatus) (ratio float64, ok bool) {
	switch {
	case wanted.Resource != nil && is.Resource != nil:
		return over(is.Resource.Current, wanted.Resource.Target)
	case wanted.ContainerResource != nil && is.ContainerResource != nil:
		return over(is.ContainerResource.Current, wanted.ContainerResource.Target)
	case wanted.Pods != nil && is.Pods != nil:
		return over(is.Pods.Current, wanted.Pods.Target)
	case wanted.Object != nil && is.Object != nil:
		return over(is.Object.Current, wanted.Object.Target)
	case wanted.External != nil && is.External != nil:
		return over(is.External.Current, wanted.External.Target)
	}
	return 0, false
}

// over divides what is by what is wanted, in the terms of the target.
func over(is autoscalingv2.MetricValueStatus, wanted autoscalingv2.MetricTarget) (ratio float64, ok bool) {
	switch {
	case wanted.AverageUtilization != nil && is.AverageUtilization != nil && *wanted.AverageUtilization > 0:
		return float64(*is.AverageUtilization) / float64(*wanted.AverageUtilization), true
	case wanted.AverageValue != nil && is.AverageValue != nil && wanted.AverageValue.Sign() > 0:
		// Without pods the controller divides by 0, and writes the limits of an int64.
		if is.AverageValue.Sign() < 0 || is.AverageValue.MilliValue() == math.MaxInt64 {
			return 0, false
		}
		return is.AverageValue.AsApproximateFloat64() / wanted.AverageValue.AsApproximateFloat64(), true
	case wanted.Value != nil && is.Value != nil && wanted.Value.Sign() > 0:
		return is.Value.AsApproximateFloat64() / wanted.Value.AsApproximateFloat64(), true
	}
	return 0, false
}
