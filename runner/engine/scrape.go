package engine

import (
	"context"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/scrape"
)

// startScraper begins to read the components' own metrics. A cluster that does not let itself be
// read is measured from outside alone, and a warning says so.
func (e *engine) startScraper(ctx context.Context) *scrape.Scraper {
	found, err := e.Cluster.Metrics()
	if err != nil {
		e.event(sample.Event{Kind: sample.Warning, Message: "the components' own metrics are not read: " + err.Error()})
	}
	options := scrape.Options{Clock: e.Clock, Sink: e.Sink}
	for _, endpoint := range found {
		options.Endpoints = append(options.Endpoints, scrape.Endpoint{
			Component: string(endpoint.Component), URL: endpoint.URL, Client: endpoint.Client,
		})
	}
	e.scraper = scrape.Start(ctx, options)
	return e.scraper
}
