package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	default:
		return fmt.Sprintf("http://%s:%d/healthz", loopback, c.ports.Kwok)
	}
}

// awaitReady returns when a component answers its health endpoint with 200, or with what is
// known of why it does not.
func (c *Cluster) awaitReady(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	ticker := time.NewTicker(readyInterval)
	defer ticker.Stop()
	last := errors.New("it was not asked yet")
	for {
		if last = c.probe(ctx, p.Component); last == nil {
			return nil
		}
		select {
		case <-p.ended:
			return Loss{p.Component, p.err, p.Log, tail(p.Log)}
		case <-ctx.Done():
			return fmt.Errorf("%s was not healthy within %s: %w; the end of %s:\n%s",
				p.Component, readyLimit, last, p.Log, tail(p.Log))
		case <-ticker.C:
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

// newProber returns a client that the components know as an administrator.
func (c *Cluster) newProber() (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.certificate("admin"), c.key("admin"))
	if err != nil {
		return nil, fmt.Errorf("load the administrator's certificate: %w", err)
	}
	ca, err := os.ReadFile(c.certificate("ca"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{
		Timeout: probeTimeout,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}},
		},
	}, nil
}
