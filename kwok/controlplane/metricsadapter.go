package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-base/logs"
	"k8s.io/component-base/metrics/legacyregistry"
	freshness "sigs.k8s.io/custom-metrics-apiserver/pkg/apiserver/metrics"
	adapter "sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"
)

// valuesTimeout bounds one question to whoever holds the values. They are on this machine; the
// HPA controller itself gives up after 30 s.
const valuesTimeout = 5 * time.Second

// metricsAdapter serves custom.metrics.k8s.io and external.metrics.k8s.io. The values come from
// an address on this machine, the pods from the API server.
func metricsAdapter() int {
	resetGlobalFlags()
	base := &adapter.AdapterBase{Name: "metrics-adapter", FlagSet: pflag.NewFlagSet(os.Args[0], pflag.ContinueOnError)}
	url := base.Flags().String("values-url", "", "where the values are served")
	logs.AddFlags(base.Flags())
	if err := base.Flags().Parse(os.Args[1:]); err != nil {
		return report(err)
	}
	logs.InitLogs()
	defer logs.FlushLogs()
	if *url == "" {
		return report(fmt.Errorf("--values-url is missing"))
	}
	return report(serveMetrics(genericapiserver.SetupSignalContext(), base, *url))
}

func serveMetrics(ctx context.Context, base *adapter.AdapterBase, url string) error {
	if err := freshness.RegisterMetrics(legacyregistry.Register); err != nil {
		return fmt.Errorf("register the metric of freshness: %w", err)
	}
	informers, err := base.Informers() // The server starts them, and is ready when they have everything.
	if err != nil {
		return err
	}
	pods := informers.Core().V1().Pods()
	if err := pods.Informer().SetTransform(nameAndLabels); err != nil {
		return fmt.Errorf("watch the pods: %w", err)
	}
	p := &metricsProvider{
		source: &valueSource{url: url, client: &http.Client{Timeout: valuesTimeout}},
		pods:   pods.Lister(),
	}
	base.WithCustomMetrics(p)
	base.WithExternalMetrics(p)
	return base.Run(ctx)
}

// nameAndLabels keeps of a pod what its values are found by.
func nameAndLabels(object any) (any, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok { // A pod whose deletion was missed.
		return object, nil
	}
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, Labels: pod.Labels, ResourceVersion: pod.ResourceVersion,
	}}, nil
}

var _ cache.TransformFunc = nameAndLabels
