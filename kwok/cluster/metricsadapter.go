package cluster

import "context"

// MetricsAdapterOptions say how the adapter of custom and external metrics runs.
type MetricsAdapterOptions struct {
	URL      string // Where this process serves the values, as package values does.
	Settings Settings
	// Labels are on the Service and the APIServices by which the API server finds it. They tell
	// those of one run from those of another, whose adapter is never replaced.
	Labels map[string]string
}

// StartMetricsAdapter runs the adapter against the cluster and returns when the API server serves
// custom.metrics.k8s.io and external.metrics.k8s.io from it. It belongs to this process and ends
// with it; its Service and APIServices stay. After it was lost it can be started again. On an error
// none is left running. A cluster that somebody else runs is refused: its API server would not
// reach this process.
func (c *Cluster) StartMetricsAdapter(ctx context.Context, o MetricsAdapterOptions) error {
	c.valuesURL, c.settings[MetricsAdapter] = o.URL, o.Settings
	return c.startAggregated(ctx, MetricsAdapter, o.Labels)
}

func (c *Cluster) metricsAdapterArguments() []string {
	return append(c.aggregatedArguments(MetricsAdapter),
		"--lister-kubeconfig="+c.home().kubeconfigOf(string(MetricsAdapter)),
		"--values-url="+c.valuesURL,
	)
}
