// Package query asks a user's Prometheus for the PromQL that a scenario names, and keeps what it
// answers as Points of the run.
//
// There are two clocks: Prometheus stamps samples by its own, kubedyno counts from the start of
// the run. Before a phase is read Prometheus is asked for its time, so that its moments can be
// placed on the run's clock. The error of that is at most half of how long the answer took; what
// remains is how far apart the values are, which is the query's step at best and the scrape
// interval at worst.
package query

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Limits of what is asked and answered.
const (
	MaxSeries  = 20               // Of one query.
	askLimit   = 10 * time.Second // For one answer.
	checkLimit = time.Minute      // For the check before the run.
	maxReason  = 300              // Characters kept of what Prometheus says is wrong.
)

// ErrRefused is in the error of a query that Prometheus does not take, or whose answer cannot be
// kept: the scenario is at fault, not the environment.
var ErrRefused = errors.New("cannot be used")

// A Query is one expression and the metric that its values become.
type Query struct {
	Name   string
	Expr   string        // In PromQL.
	Metric string        // See sample.QueryMetric.
	Step   time.Duration // The time between two values, at least a second.
}

// A Server is a Prometheus, or what answers to the same HTTP API.
type Server struct {
	address   string
	api       promv1.API
	transport *http.Transport
}

// Open prepares to ask the Prometheus at an address, such as http://127.0.0.1:9090, without
// asking it yet. With a file it sends the bearer token in it, which is read anew for every
// request. An error quotes nothing that could be a secret.
func Open(address, tokenFile string) (*Server, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	if tokenFile != "" {
		if _, err := readToken(tokenFile); err != nil {
			return nil, err
		}
	}
	plain, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("make an HTTP client: the default transport is none of net/http")
	}
	s := &Server{address: address, transport: plain.Clone()}
	client := &http.Client{
		Transport: bounded{tokenFile: tokenFile, next: s.transport},
		// A token must not follow to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	connection, err := api.NewClient(api.Config{Address: address, Client: client})
	if err != nil {
		return nil, fmt.Errorf("make a client for the Prometheus at %s: %w", address, err)
	}
	s.api = promv1.NewAPI(connection)
	return s, nil
}

// Close gives the connections back, those of a nil Server being none.
func (s *Server) Close() {
	if s != nil {
		s.transport.CloseIdleConnections()
	}
}

// Check asks for the server's time and for every query once, so that a server which does not
// answer and a query which it refuses cost no run. It returns the names of the queries that have
// no data yet, and every query that is refused in one error with ErrRefused in it.
func (s *Server) Check(ctx context.Context, queries []Query) (empty []string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, checkLimit, fmt.Errorf("it took longer than %s", checkLimit))
	defer cancel()
	if _, err := s.now(ctx); err != nil {
		return nil, fmt.Errorf("ask the Prometheus at %s for its time: %w", s.address, err)
	}
	var refused []error
	for _, q := range queries {
		value, err := s.ask(ctx, func(ctx context.Context) (model.Value, promv1.Warnings, error) {
			value, warnings, _, err := s.api.Query(ctx, q.Expr, time.Time{}, promv1.WithTimeout(askLimit))
			return value, warnings, err
		})
		if err == nil {
			err = usable(value.value)
		}
		switch {
		case errors.Is(err, ErrRefused):
			refused = append(refused, fmt.Errorf("query %q %w", q.Name, err))
		case err != nil:
			return nil, fmt.Errorf("ask the Prometheus at %s for query %q: %w", s.address, q.Name, err)
		case isEmpty(value.value):
			empty = append(empty, q.Name)
		}
	}
	return empty, errors.Join(refused...)
}

// usable says why an answer to an instant query could not be kept.
func usable(value model.Value) error {
	vector, isVector := value.(model.Vector)
	if _, isScalar := value.(*model.Scalar); !isVector && !isScalar {
		return fmt.Errorf("%w: it gives a %s, not numbers at a moment; a range needs a function around it, such as rate",
			ErrRefused, value.Type())
	}
	if len(vector) > MaxSeries {
		return fmt.Errorf("%w: it gives %d series, more than %d; put them together with sum by (…), or take topk",
			ErrRefused, len(vector), MaxSeries)
	}
	for _, sample := range vector {
		if sample.Histogram != nil {
			return fmt.Errorf("%w: it gives native histograms; take one figure of them, such as histogram_quantile", ErrRefused)
		}
	}
	return nil
}

func isEmpty(value model.Value) bool {
	vector, ok := value.(model.Vector)
	return ok && len(vector) == 0
}

// now asks for the server's time.
func (s *Server) now(ctx context.Context) (time.Time, error) {
	got, err := s.ask(ctx, func(ctx context.Context) (model.Value, promv1.Warnings, error) {
		value, warnings, _, err := s.api.Query(ctx, "time()", time.Time{}, promv1.WithTimeout(askLimit))
		return value, warnings, err
	})
	if err != nil {
		return time.Time{}, err
	}
	scalar, ok := got.value.(*model.Scalar)
	if !ok {
		return time.Time{}, fmt.Errorf("it answers time() with a %s", got.value.Type())
	}
	return time.UnixMilli(int64(float64(scalar.Value)*1000 + 0.5)), nil
}

// rangeOf asks for the values of a query from one moment to another, both included.
func (s *Server) rangeOf(ctx context.Context, q Query, from, to time.Time) (answer, error) {
	return s.ask(ctx, func(ctx context.Context) (model.Value, promv1.Warnings, error) {
		value, warnings, _, err := s.api.QueryRange(ctx, q.Expr,
			promv1.Range{Start: from, End: to, Step: q.Step}, promv1.WithTimeout(askLimit))
		return value, warnings, err
	})
}

// An answer is a value, and what Prometheus warns of, such as that a part did not answer.
type answer struct {
	value    model.Value
	warnings []string
}

// ask bounds a request in time and words what went wrong.
func (s *Server) ask(ctx context.Context, request func(context.Context) (model.Value, promv1.Warnings, error)) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askLimit, fmt.Errorf("it does not answer within %s", askLimit))
	defer cancel()
	value, warnings, err := request(ctx)
	switch cause := context.Cause(ctx); {
	case err != nil && cause != nil:
		return answer{}, cause
	case err != nil:
		return answer{}, worded(err)
	case value == nil:
		return answer{}, errors.New("its answer has no result")
	}
	return answer{value, warnings}, nil
}

// worded says what an error of the API means.
func worded(err error) error {
	var said *promv1.Error
	if !errors.As(err, &said) {
		return err
	}
	var detail struct{ Error string } // Of an answer whose status the client does not look behind.
	if json.Unmarshal([]byte(said.Detail), &detail) == nil && detail.Error != "" {
		said.Msg += ": " + detail.Error
	}
	reason := short(strings.Join(strings.Fields(said.Msg), " "), maxReason)
	switch said.Type {
	case promv1.ErrBadData, promv1.ErrExec:
		return fmt.Errorf("%w: Prometheus says: %s", ErrRefused, reason)
	case promv1.ErrBadResponse:
		return fmt.Errorf("it does not answer as Prometheus does: %s", reason)
	}
	return errors.New(cmp.Or(reason, string(said.Type)))
}

// short cuts text to that many characters.
func short(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// readToken reads a bearer token from a file, without the blanks around it.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read Prometheus' token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("read Prometheus' token: %s does not hold one token and nothing else", file)
	}
	return token, nil
}
