package spec

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestQueries(t *testing.T) {
	text := replaceOnce(t, readBase(t), "  objectives:\n", `  queries:
    - {name: up, expr: 'sum(up{job="${tier}"})'}
    - {name: slow, title: Slow lists, expr: vector(1), unit: seconds, step: 2s}
  objectives:
    - {metric: query_seconds, where: {query: slow, phase: work}, statistic: max, most: 500ms}
    - {metric: query_total, statistic: last, least: 3}
    - {metric: query_missing_points_total, where: {query: slow}, most: 0}
`)
	s, err := Decode("base.yaml", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Query{
		{Name: "up", Title: "up", Expr: `sum(up{job="gold"})`, Unit: "total", Step: DefaultQueryStep},
		{Name: "slow", Title: "Slow lists", Expr: "vector(1)", Unit: "seconds", Step: 2 * time.Second},
	}
	if diff := cmp.Diff(want, s.Spec.Queries); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestQueryUnits makes sure that each unit of the language has its metric.
func TestQueryUnits(t *testing.T) {
	field, _ := reflect.TypeFor[Query]().FieldByName("Unit")
	units := strings.Fields(field.Tag.Get("one"))
	for _, unit := range units {
		metric, ok := sample.Lookup(Query{Unit: unit}.Metric())
		if !ok || string(metric.Unit) != unit || metric.Source != sample.FromQuery {
			t.Errorf("the metric of queries in %s: %+v", unit, metric)
		}
	}
	if len(units) != 6 {
		t.Errorf("units: %v", units)
	}
}
