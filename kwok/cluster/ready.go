package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// Limits of waiting for a component's health endpoint.
const (
	readyLimit    = 60 * time.Second // A slow disk or a busy machine; 1 to 4 s are usual.
	readyInterval = 50 * time.Millisecond
	probeTimeout  = 2 * time.Second
)

// healthURL returns the endpoint that says that a component can do its work.
func (c *Cluster) healthURL(component Component) string {
	switch component {
	case Etcd:
		return c.url(c.ports.Etcd) + "/health"
	case APIServer:
		return c.url(c.ports.APIServer) + "/readyz"
	case ControllerManager:
		return c.url(c.ports.ControllerManager) + "/healthz"
	case Scheduler:
		return c.url(c.ports.Scheduler) + "/healthz"
	case MetricsServer:
		return c.url(c.ports.MetricsServer) + "/livez" // It is ready only when it has read a node twice.
	case MetricsAdapter:
		return c.url(c.ports.MetricsAdapter) + "/readyz" // It knows the pods.
	case Karpenter:
		return fmt.Sprintf("http://%s:%d/readyz", loopback, c.ports.Karpenter) // It knows the cluster.
	default:
		return fmt.Sprintf("http://%s:%d/healthz", loopback, c.ports.Kwok)
	}
}

// awaitReady returns when a component answers its health endpoint with 200, or with what is
// known of why it does not.
func (c *Cluster) awaitReady(ctx context.Context, p *process) error {
	limited, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	ticker := time.NewTicker(readyInterval)
	defer ticker.Stop()
	for {
		fault := c.probe(limited, p.Component)
		select {
		case <-p.ended: // Then it was not this process that answered.
			return p.loss()
		default:
		}
		if fault == nil {
			return nil
		}
		select {
		case <-p.ended:
		case <-ticker.C:
		case <-limited.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("wait for %s to be healthy: %w", p.Component, context.Cause(ctx))
			}
			return fmt.Errorf("%s was not healthy within %s: %w; the end of its log:\n%s",
				p.Component, readyLimit, fault, tail(p.Log))
		}
	}
}

func (c *Cluster) probe(ctx context.Context, component Component) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.healthURL(component), nil)
	if err != nil {
		return err
	}
	response, err := c.prober.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("%s answered %s: %s", request.URL, response.Status, body)
	}
	return nil
}

// newProber returns a client that the components know as an administrator, and etcd as the
// API server.
func (c *Cluster) newProber() (*http.Client, error) {
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	for _, user := range []string{"admin", "etcd-client"} {
		pair, err := tls.LoadX509KeyPair(c.certificate(user), c.key(user))
		if err != nil {
			return nil, fmt.Errorf("load the certificate of %s: %w", user, err)
		}
		config.Certificates = append(config.Certificates, pair) // The server's authorities select one.
	}
	for _, authority := range []string{"ca", "etcd-ca"} {
		pem, err := os.ReadFile(c.certificate(authority))
		if err != nil {
			return nil, fmt.Errorf("load the authority %s: %w", authority, err)
		}
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Timeout: probeTimeout, Transport: &http.Transport{TLSClientConfig: config}}, nil
}
