package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// metricsTimeout bounds the reading of one metrics page; the API server's can take seconds
// when it is busy.
const metricsTimeout = 5 * time.Second

// A MetricsEndpoint is where a component serves its own metrics in the Prometheus text format.
type MetricsEndpoint struct {
	Component Component
	URL       string
	Client    *http.Client // Knows how to log in; for this endpoint only.
}

// Metrics returns the metrics endpoints of the cluster's components: all four of a cluster that
// kubedyno runs, metrics-server and the metrics adapter if they were started, and the API server's
// alone of an attached one, whose other components are not reachable from here. kwok is left out: it serves the figures of its own Go runtime only.
func (c *Cluster) Metrics() ([]MetricsEndpoint, error) {
	server, err := c.serverMetrics()
	if err != nil {
		return nil, err
	}
	if c.attached {
		return []MetricsEndpoint{server}, nil
	}
	home := c.home()
	etcd, err := home.metricsClient("etcd-client", "etcd-ca")
	if err != nil {
		return nil, err
	}
	components, err := home.metricsClient("harness", "ca")
	if err != nil {
		return nil, err
	}
	endpoints := []MetricsEndpoint{
		server,
		{Component: Etcd, URL: home.url(home.ports.Etcd) + "/metrics", Client: etcd},
		{Component: Scheduler, URL: home.url(home.ports.Scheduler) + "/metrics", Client: components},
		{Component: ControllerManager, URL: home.url(home.ports.ControllerManager) + "/metrics", Client: components},
	}
	for _, a := range aggregatedComponents {
		if slices.ContainsFunc(c.Processes(), func(p Process) bool { return p.Component == a.component }) {
			endpoints = append(endpoints, MetricsEndpoint{
				Component: a.component, URL: c.url(*c.ports.of(a.component)) + "/metrics", Client: components,
			})
		}
	}
	return endpoints, nil
}

func (c *Cluster) serverMetrics() (MetricsEndpoint, error) {
	config, err := c.RESTConfig()
	if err != nil {
		return MetricsEndpoint{}, err
	}
	config.Timeout = metricsTimeout
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return MetricsEndpoint{}, fmt.Errorf("make a client for the metrics of %s: %w", config.Host, err)
	}
	server, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return MetricsEndpoint{}, fmt.Errorf("read the address of the API server: %w", err)
	}
	return MetricsEndpoint{
		Component: APIServer, URL: strings.TrimSuffix(server.String(), "/") + "/metrics", Client: client,
	}, nil
}

// metricsClient returns a client that logs in as a user and trusts one authority.
func (c *Cluster) metricsClient(user, authority string) (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.certificate(user), c.key(user))
	if err != nil {
		return nil, fmt.Errorf("load the certificate of %s: %w", user, err)
	}
	pem, err := os.ReadFile(c.certificate(authority))
	if err != nil {
		return nil, fmt.Errorf("load the authority %s: %w", authority, err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	return &http.Client{Timeout: metricsTimeout, Transport: transport}, nil
}
