package main

import (
	"context"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
)

var podResource = schema.GroupResource{Resource: "pods"}

// A metricsProvider answers with the values of a source. It invents none: of a pod or an object
// without a value it says nothing.
type metricsProvider struct {
	source *valueSource
	pods   corev1listers.PodLister
}

// GetMetricByName returns a metric of one pod or of one other object.
func (p *metricsProvider) GetMetricByName(ctx context.Context, name types.NamespacedName, info provider.CustomMetricInfo, _ labels.Selector) (*custom_metrics.MetricValue, error) {
	s, err := p.source.read(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	if info.GroupResource != podResource {
		for _, v := range s.objects(name.Namespace, info) {
			if v.DescribedObject.Name == name.Name {
				return &v, nil
			}
		}
	} else if pod, err := p.pods.Pods(name.Namespace).Get(name.Name); err == nil {
		if v, ok := s.pod(pod, info.Metric); ok {
			return &v, nil
		}
	}
	return nil, provider.NewMetricNotFoundForError(info.GroupResource, info.Metric, name.Name)
}

// GetMetricBySelector returns a metric of the pods that a selector matches now and that have it, or of
// all other objects of a namespace.
func (p *metricsProvider) GetMetricBySelector(ctx context.Context, namespace string, selector labels.Selector, info provider.CustomMetricInfo, _ labels.Selector) (*custom_metrics.MetricValueList, error) {
	s, err := p.source.read(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	if info.GroupResource != podResource {
		if !selector.Empty() { // Nobody here knows their labels.
			return nil, apierrors.NewBadRequest("only pods can be chosen by their labels; name the object, or ask for all")
		}
		return &custom_metrics.MetricValueList{Items: s.objects(namespace, info)}, nil
	}
	pods, err := p.pods.Pods(namespace).List(selector)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	list := &custom_metrics.MetricValueList{}
	for _, pod := range pods {
		if v, ok := s.pod(pod, info.Metric); ok {
			list.Items = append(list.Items, v)
		}
	}
	return list, nil
}

// pod returns a metric of a pod, if it has one.
func (s *snapshot) pod(pod *corev1.Pod, metric string) (custom_metrics.MetricValue, bool) {
	v, ok := s.byPod[podMetric{string(pod.UID), metric}]
	if !ok {
		return custom_metrics.MetricValue{}, false
	}
	return v.of(custom_metrics.ObjectReference{
		Kind: "Pod", APIVersion: "v1", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
	}), true
}

// objects returns a metric of the objects of a namespace that have it.
func (s *snapshot) objects(namespace string, info provider.CustomMetricInfo) []custom_metrics.MetricValue {
	var all []custom_metrics.MetricValue
	for _, v := range s.Objects {
		if v.Resource == info.GroupResource.String() && v.Namespace == namespace && v.Metric == info.Metric {
			all = append(all, v.of(custom_metrics.ObjectReference{
				Kind: v.Kind, APIVersion: v.Version, Namespace: v.Namespace, Name: v.Name,
			}))
		}
	}
	return all
}

// ListAllMetrics returns the metrics of pods and objects that have a value; none if the source does
// not answer.
func (p *metricsProvider) ListAllMetrics() []provider.CustomMetricInfo {
	s, err := p.source.read(context.Background()) // The source's own limit ends it.
	if err != nil {
		return nil
	}
	known := map[provider.CustomMetricInfo]bool{}
	for _, v := range s.Pods {
		known[provider.CustomMetricInfo{GroupResource: podResource, Namespaced: true, Metric: v.Metric}] = true
	}
	for _, v := range s.Objects {
		known[provider.CustomMetricInfo{GroupResource: schema.ParseGroupResource(v.Resource), Namespaced: true, Metric: v.Metric}] = true
	}
	return keys(known)
}

// GetExternalMetric returns the values of a metric whose labels a selector matches. They are those
// of no namespace, so every one may ask for them.
func (p *metricsProvider) GetExternalMetric(ctx context.Context, _ string, selector labels.Selector, info provider.ExternalMetricInfo) (*external_metrics.ExternalMetricValueList, error) {
	s, err := p.source.read(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	list := &external_metrics.ExternalMetricValueList{}
	for _, v := range s.External {
		if v.Metric != info.Metric || !selector.Matches(labels.Set(v.Labels)) {
			continue
		}
		list.Items = append(list.Items, external_metrics.ExternalMetricValue{
			MetricName: v.Metric, MetricLabels: maps.Clone(v.Labels),
			Timestamp: metav1.NewTime(v.At), WindowSeconds: v.window(), Value: v.quantity(),
		})
	}
	return list, nil
}

// ListAllExternalMetrics returns the external metrics that have a value; none if the source does
// not answer.
func (p *metricsProvider) ListAllExternalMetrics() []provider.ExternalMetricInfo {
	s, err := p.source.read(context.Background()) // The source's own limit ends it.
	if err != nil {
		return nil
	}
	known := map[provider.ExternalMetricInfo]bool{}
	for _, v := range s.External {
		known[provider.ExternalMetricInfo{Metric: v.Metric}] = true
	}
	return keys(known)
}

func keys[T comparable](set map[T]bool) []T {
	all := make([]T, 0, len(set))
	for key := range set {
		all = append(all, key)
	}
	return all
}

// of returns the value as one of an object.
func (v value) of(object custom_metrics.ObjectReference) custom_metrics.MetricValue {
	return custom_metrics.MetricValue{
		DescribedObject: object, Metric: custom_metrics.MetricIdentifier{Name: v.Metric},
		Timestamp: metav1.NewTime(v.At), WindowSeconds: v.window(), Value: v.quantity(),
	}
}

func (v value) quantity() resource.Quantity {
	return *resource.NewMilliQuantity(v.Milli, resource.DecimalSI)
}

// window returns the whole seconds that the API has; nil for a value of the moment.
func (v value) window() *int64 {
	if v.Window <= 0 {
		return nil
	}
	seconds := int64(v.Window + 0.5)
	return &seconds
}
