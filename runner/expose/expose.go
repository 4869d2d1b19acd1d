// Package expose serves the figures of a run to Prometheus while it goes on. It is fed by the
// records of the run alone and passes each of them on unchanged.
//
// Every metric of the registry is exposed under its own name after "kubedyno_": gauges and scalars
// as gauges, counters as counters, and distributions as histograms with fixed buckets. The
// results of the run are in its folder; these figures are for a dashboard beside it.
package expose

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Path is where the figures are.
const Path = "/metrics"

// Limits of the server.
const (
	headerTimeout = 10 * time.Second
	closeTimeout  = time.Second
	maxHeader     = 16 << 10 // Bytes of a request's header.
	maxInFlight   = 4        // Requests at a time; more are refused.
)

// A Server is a sample.Sink that serves what passes through it. Close ends it.
type Server struct {
	next     sample.Sink
	listener net.Listener
	server   *http.Server
	series   *series
	ended    sync.WaitGroup
}

var _ sample.Sink = (*Server)(nil)

// Start serves on an address, host:port. Without a host only this machine can connect; the port 0
// is any free one.
func Start(address string, next sample.Sink) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics on %q: %w", address, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	s := &Server{next: next, listener: listener, series: newSeries()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.series)
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		Registry: registry, MaxRequestsInFlight: maxInFlight, Timeout: headerTimeout, EnableOpenMetrics: true,
	}))
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeader}
	s.ended.Go(func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			next.Event(sample.Event{Kind: sample.Warning, Message: fmt.Sprintf("serve metrics on %s: %v", listener.Addr(), err)})
		}
	})
	return s, nil
}

// URL is where the figures are.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + Path }

// Close ends the server; an answer on its way has a second.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // Only fails to close what is closed.
	}
	s.ended.Wait()
}

// Event passes an event on and notes the phase.
func (s *Server) Event(e sample.Event) {
	switch e.Kind {
	case sample.PhaseStarted:
		s.series.phase(e.Phase)
	case sample.PhaseFinished:
		s.series.phase("")
	}
	s.next.Event(e)
}

// Point passes a value on and exposes it.
func (s *Server) Point(p sample.Point) {
	s.series.point(p)
	s.next.Point(p)
}

// Window passes a distribution on and exposes it.
func (s *Server) Window(w sample.Window) {
	s.series.window(w)
	s.next.Window(w)
}

// Buckets passes a server's own histogram on, which that server exposes itself.
func (s *Server) Buckets(b sample.Buckets) { s.next.Buckets(b) }

// Pod passes a pod on.
func (s *Server) Pod(p sample.Pod) { s.next.Pod(p) }
