package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/query"
)

// TestQueries runs two phases beside a Prometheus that always answers with 7, at the last moment
// that it is asked for.
func TestQueries(t *testing.T) {
	t.Parallel()
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, result := "scalar", fmt.Sprintf(`[0,"%.3f"]`, float64(time.Now().UnixMilli())/1000)
		if strings.HasSuffix(r.URL.Path, "/query_range") {
			kind, result = "matrix", fmt.Sprintf(`[{"metric":{},"values":[[%s,"7"]]}]`, r.FormValue("end"))
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":%s}}`, kind, result)
	}))
	t.Cleanup(prometheus.Close)
	server, err := query.Open(prometheus.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	c, _ := attach(t)
	p := planOf(t, `
  queries:
    - {name: seven, expr: seven, unit: bytes}
  phases:
    - {name: one, actions: [{hold: {duration: 20ms}}]}
    - {name: two, actions: [{hold: {duration: 10ms}}]}
`)
	sink := &recording{}
	o := options(t, c, p, sink)
	o.Queries = query.NewReader(query.Options{Server: server, Clock: o.Clock, Sink: sink, Settle: time.Millisecond,
		Queries: []query.Query{{Name: "seven", Expr: "seven", Metric: p.Queries[0].Metric(), Step: time.Second}}})
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	ends := map[string]sample.Offset{}
	for _, e := range sink.events {
		if e.Kind == sample.PhaseFinished {
			ends[e.Phase] = e.At
		}
	}
	var want, got []sample.Point
	for _, phase := range []string{"one", "two"} {
		labels := sample.Labels{"query": "seven", "phase": phase}
		want = append(want,
			sample.Point{At: ends[phase], Metric: "query_bytes", Value: 7, Labels: sample.Labels{"query": "seven", "series": "{}", "phase": phase}},
			sample.Point{At: ends[phase], Metric: sample.QueryMissing, Labels: labels},
			sample.Point{At: ends[phase], Metric: sample.QueryLost, Labels: labels})
	}
	for _, phase := range []string{"one", "two"} {
		for _, p := range sink.points {
			if p.Labels["query"] != "" && p.Labels["phase"] == phase {
				got = append(got, p)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
