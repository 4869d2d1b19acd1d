package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/query"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// prometheus names the user's own Prometheus.
type prometheus struct {
	address   string
	tokenFile string
}

func (p *prometheus) register(command *cobra.Command) {
	f := command.Flags()
	f.StringVar(&p.address, "prometheus", "", "the Prometheus that the scenario's queries are for, such as http://127.0.0.1:9090")
	f.StringVar(&p.tokenFile, "prometheus-token-file", "", "a file with a bearer token for it")
}

// check finds what is wrong with the flags without asking anybody.
func (p *prometheus) check() error {
	switch {
	case p.address != "":
		if err := query.CheckAddress(p.address); err != nil {
			return hinted(invalid(fmt.Errorf("--prometheus: %w", err)),
				"write its address alone, such as http://127.0.0.1:9090; --prometheus-token-file is for a token")
		}
	case p.tokenFile != "":
		return invalid(errors.New("--prometheus-token-file needs --prometheus"))
	}
	return nil
}

// openPrometheus opens the Prometheus that a scenario's queries need and asks each of them once,
// so that a mistake costs no run. It is nil for a scenario without queries.
func (a *app) openPrometheus(ctx context.Context, p prometheus, queries []spec.Query) (*query.Server, error) {
	switch {
	case len(queries) == 0 && p.address != "":
		fmt.Fprintln(a.stderr, "The scenario has no queries, so nothing is asked of the Prometheus of --prometheus.")
		return nil, nil
	case len(queries) == 0:
		return nil, nil
	case p.address == "":
		return nil, hinted(invalid(fmt.Errorf("the scenario has queries, such as %q, and no Prometheus was named to ask", queries[0].Name)),
			"--prometheus names one, such as http://127.0.0.1:9090")
	}
	server, err := query.Open(p.address, p.tokenFile)
	if err != nil {
		return nil, invalid(err)
	}
	empty, err := server.Check(ctx, asked(queries))
	for _, name := range empty {
		fmt.Fprintf(a.stderr, "The query %q has no data in Prometheus yet.\n", name)
	}
	switch {
	case err == nil:
		return server, nil
	case errors.Is(err, errInterrupted):
		err = ended(err)
	case errors.Is(err, query.ErrRefused):
		err = hinted(invalid(err), "nothing was started; these stand in spec.queries of the scenario")
	default:
		err = hinted(environment(err), "nothing was started; --prometheus and --prometheus-token-file say whom to ask")
	}
	server.Close()
	return nil, err
}

// asked are a scenario's queries as they are asked.
func asked(queries []spec.Query) []query.Query {
	var all []query.Query
	for _, q := range queries {
		all = append(all, query.Query{Name: q.Name, Expr: q.Expr, Metric: q.Metric(), Step: q.Step})
	}
	return all
}

// queries returns what reads the plan's queries beside the run; nil if there are none.
func (r *run) queries(clock sample.Clock, sink sample.Sink) *query.Reader {
	if r.prometheus == nil {
		return nil
	}
	return query.NewReader(query.Options{Server: r.prometheus, Queries: asked(r.plan.Queries), Clock: clock, Sink: sink})
}
