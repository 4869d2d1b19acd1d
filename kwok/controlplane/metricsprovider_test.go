package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
)

// served has three pods, of which the last is not there any more, one object and two services.
const served = `{
 "pods": [
  {"metric": "requests_per_second", "uid": "1", "milli": 50500, "at": "2026-01-02T03:04:05Z", "window": 15.2},
  {"metric": "requests_per_second", "uid": "2", "milli": 0, "at": "2026-01-02T03:04:05Z", "window": 15.2},
  {"metric": "requests_per_second", "uid": "9", "milli": 70000, "at": "2026-01-02T03:04:05Z", "window": 15.2}],
 "objects": [
  {"metric": "requests_per_second", "resource": "deployments.apps", "apiVersion": "apps/v1", "kind": "Deployment",
   "namespace": "run", "name": "web", "milli": 120000, "at": "2026-01-02T03:04:05Z", "window": 15.2}],
 "external": [
  {"metric": "requests_waiting", "labels": {"service": "web"}, "milli": 7000, "at": "2026-01-02T03:04:05Z"},
  {"metric": "requests_waiting", "labels": {"service": "api"}, "milli": 8000, "at": "2026-01-02T03:04:05Z"},
  {"metric": "requests_per_second", "labels": {"service": "web"}, "milli": 120000, "at": "2026-01-02T03:04:05Z", "window": 15.2}]}`

var ofPods = provider.CustomMetricInfo{GroupResource: podResource, Namespaced: true, Metric: "requests_per_second"}

var ofDeployments = provider.CustomMetricInfo{
	GroupResource: schema.GroupResource{Group: "apps", Resource: "deployments"}, Namespaced: true, Metric: "requests_per_second"}

// newProvider returns a provider for three pods, of which one has no value, and how often the values
// were transferred.
func newProvider(t *testing.T) (p *metricsProvider, server *httptest.Server, transfers *atomic.Int64) {
	t.Helper()
	transfers = &atomic.Int64{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		transfers.Add(1)
		fmt.Fprint(w, served)
	}))
	t.Cleanup(server.Close)
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	for name, pod := range map[string]*corev1.Pod{
		"web-1": {ObjectMeta: metav1.ObjectMeta{UID: "1", Namespace: "run", Labels: map[string]string{"app": "web"}}},
		"web-2": {ObjectMeta: metav1.ObjectMeta{UID: "2", Namespace: "run", Labels: map[string]string{"app": "web"}}},
		"web-3": {ObjectMeta: metav1.ObjectMeta{UID: "3", Namespace: "run", Labels: map[string]string{"app": "web"}}},
	} {
		pod.Name = name
		if err := indexer.Add(pod); err != nil {
			t.Fatal(err)
		}
	}
	return &metricsProvider{source: &valueSource{url: server.URL, client: server.Client()}, pods: corev1listers.NewPodLister(indexer)}, server, transfers
}

// A pod without a value is left out, one that serves nothing has 0, and one that is gone is not told.
func TestPodMetrics(t *testing.T) {
	p, _, transfers := newProvider(t)
	for selector, want := range map[string][]string{
		"app=web": {"web-1 50500m", "web-2 0"}, "app=api": nil, "app!=api": {"web-1 50500m", "web-2 0"},
	} {
		matching, err := labels.Parse(selector)
		if err != nil {
			t.Fatal(err)
		}
		list, err := p.GetMetricBySelector(t.Context(), "run", matching, ofPods, labels.Everything())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range list.Items {
			got = append(got, item.DescribedObject.Name+" "+item.Value.String())
			if !item.Timestamp.Equal(&metav1.Time{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}) || *item.WindowSeconds != 15 {
				t.Errorf("%s: as of %v over %v s", selector, item.Timestamp, item.WindowSeconds)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", selector, got, want)
		}
	}
	if list, err := p.GetMetricBySelector(t.Context(), "other", labels.Everything(), ofPods, labels.Everything()); err != nil || len(list.Items) > 0 {
		t.Errorf("another namespace has %v, %v", list, err)
	}
	if n := transfers.Load(); n != 1 {
		t.Errorf("the values were transferred %d times, want once", n)
	}
}

func TestMetricByName(t *testing.T) {
	p, _, _ := newProvider(t)
	unknown := ofPods
	unknown.Metric = "requests_waiting"
	for _, test := range []struct {
		name, namespace string
		info            provider.CustomMetricInfo
		want            string // Empty: there is none.
	}{
		{"web-1", "run", ofPods, "50500m"}, {"web-3", "run", ofPods, ""}, {"web-1", "other", ofPods, ""},
		{"web-1", "run", unknown, ""}, {"web", "run", ofDeployments, "120"}, {"api", "run", ofDeployments, ""},
		{"web", "other", ofDeployments, ""},
	} {
		got, err := p.GetMetricByName(t.Context(), types.NamespacedName{Namespace: test.namespace, Name: test.name}, test.info, labels.Everything())
		if test.want == "" {
			if !apierrors.IsNotFound(err) {
				t.Errorf("%+v: got %v, %v", test, got, err)
			}
		} else if err != nil || got.Value.String() != test.want || got.DescribedObject.Name != test.name {
			t.Errorf("%+v: got %v, %v", test, got, err)
		}
	}
	if _, err := p.GetMetricBySelector(t.Context(), "run", labels.Set{"app": "web"}.AsSelector(), ofDeployments, labels.Everything()); !apierrors.IsBadRequest(err) {
		t.Errorf("objects are chosen by labels that nobody knows: %v", err)
	}
}

func TestExternalMetrics(t *testing.T) {
	p, _, _ := newProvider(t)
	for _, test := range []struct {
		metric, selector string
		want             []string
	}{
		{"requests_waiting", "service=web", []string{"web 7"}},
		{"requests_waiting", "", []string{"api 8", "web 7"}},
		{"requests_per_second", "service=web", []string{"web 120"}},
		{"requests_per_second", "service=api", nil},
		{"calls_waiting", "", nil},
	} {
		selector, err := labels.Parse(test.selector)
		if err != nil {
			t.Fatal(err)
		}
		list, err := p.GetExternalMetric(t.Context(), "any", selector, provider.ExternalMetricInfo{Metric: test.metric})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range list.Items {
			got = append(got, item.MetricLabels["service"]+" "+item.Value.String())
			if rate := item.MetricName == "requests_per_second"; rate != (item.WindowSeconds != nil) {
				t.Errorf("%s has the window %v", item.MetricName, item.WindowSeconds)
			}
		}
		if slices.Sort(got); !slices.Equal(got, test.want) {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}

func TestListedMetrics(t *testing.T) {
	p, server, _ := newProvider(t)
	if got := p.ListAllMetrics(); len(got) != 2 || !slices.Contains(got, ofPods) || !slices.Contains(got, ofDeployments) {
		t.Errorf("listed are %v", got)
	}
	if got := p.ListAllExternalMetrics(); len(got) != 2 {
		t.Errorf("listed are %v", got)
	}
	server.Close()
	if got := p.ListAllMetrics(); len(got) > 0 {
		t.Errorf("without a source %v are listed", got)
	}
}

// What was read before is not told once the source is gone.
func TestNoValuesWithoutASource(t *testing.T) {
	p, server, _ := newProvider(t)
	if _, err := p.GetMetricBySelector(t.Context(), "run", labels.Everything(), ofPods, labels.Everything()); err != nil {
		t.Fatal(err)
	}
	server.Close()
	if list, err := p.GetMetricBySelector(t.Context(), "run", labels.Everything(), ofPods, labels.Everything()); !apierrors.IsServiceUnavailable(err) {
		t.Errorf("got %v, %v", list, err)
	}
	if list, err := p.GetExternalMetric(t.Context(), "run", labels.Everything(), provider.ExternalMetricInfo{Metric: "requests_waiting"}); !apierrors.IsServiceUnavailable(err) {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestBadAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"pods": [`) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			s := &valueSource{url: server.URL, client: server.Client()}
			if read, err := s.read(context.Background()); err == nil {
				t.Errorf("read %+v", read)
			}
		})
	}
}
