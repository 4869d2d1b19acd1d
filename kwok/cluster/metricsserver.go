package cluster

import (
	"context"
	"time"
)

// metrics-server refuses a request timeout of more than 0.9 times its resolution; its default is 10 s.
const (
	requestShare   = 0.9
	requestTimeout = 10 * time.Second
)

// MetricsServerOptions say how metrics-server runs.
type MetricsServerOptions struct {
	Resolution time.Duration // How often it reads the nodes; 10 s at least.
	Settings   Settings
	// Labels are on the Service and the APIService by which the API server finds it. They tell
	// those of one run from those of another, whose metrics-server is never replaced.
	Labels map[string]string
}

// StartMetricsServer runs metrics-server against the cluster and returns when the API server serves
// metrics.k8s.io from it. It reads nodes by plain HTTP at their Hostname and the port in their
// status. It belongs to this process and ends with it; its Service and APIService stay. After it was
// lost it can be started again. On an error none is left running. A cluster that somebody else runs
// is refused: its API server would not reach this process.
func (c *Cluster) StartMetricsServer(ctx context.Context, o MetricsServerOptions) error {
	c.resolution, c.settings[MetricsServer] = o.Resolution, o.Settings
	return c.startAggregated(ctx, MetricsServer, o.Labels)
}

func (c *Cluster) metricsServerArguments() []string {
	return append(c.aggregatedArguments(MetricsServer),
		"--kubeconfig="+c.home().kubeconfigOf(string(MetricsServer)),
		"--kubelet-preferred-address-types=Hostname",
		"--kubelet-use-node-status-port",
		"--deprecated-kubelet-completely-insecure", // Plain HTTP, which never leaves loopback.
		"--metric-resolution="+c.resolution.String(),
		"--kubelet-request-timeout="+min(requestTimeout, time.Duration(requestShare*float64(c.resolution))).String(),
	)
}
