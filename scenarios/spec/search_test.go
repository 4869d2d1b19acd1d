package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withSearch returns the base scenario with a search.
func withSearch(t testing.TB, search string) []byte {
	t.Helper()
	return []byte(strings.Replace(readBase(t), "  cluster:\n", "  search:\n"+search+"  cluster:\n", 1))
}

func TestSearchDefaults(t *testing.T) {
	usual := Search{Parameter: "nodes", Until: 400, From: 10, Least: 1, Factor: DefaultFactor, Width: DefaultWidth, Confirm: DefaultRepeat,
		Budget: DefaultBudget, Trials: MaxTrials}
	for _, test := range []struct {
		name, search string
		options      Options
		change       func(*Search)
	}{
		{"the parameter's default", "    {parameter: nodes, until: 400}\n", Options{}, func(*Search) {}},
		{"a value that is set", "    {parameter: nodes, until: 400}\n", Options{Set: map[string]string{"nodes": "255"}},
			func(s *Search) { s.From, s.Least = 255, 25 }},
		{"a number", "    {parameter: rate, until: 400}\n", Options{}, func(s *Search) { s.Parameter, s.From, s.Least = "rate", 2.5, 0.25 }},
		{"all is given", "    {parameter: nodes, until: 400, from: 20, least: 5, factor: 3, width: 0.2, confirm: 5, budget: 1h, trials: 9, allowedMisses: 0.2}\n",
			Options{}, func(s *Search) {
				*s = Search{Parameter: "nodes", Until: 400, From: 20, Least: 5, Factor: 3, Width: 0.2, Confirm: 5, Budget: 6 * DefaultBudget, Trials: 9, Misses: 0.2}
			}},
	} {
		s, err := Decode("base.yaml", withSearch(t, test.search), test.options)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		p, value, err := s.Axis(s.Spec.Search.Parameter)
		if err != nil {
			t.Fatal(err)
		}
		want := usual
		test.change(&want)
		if diff := cmp.Diff(want, s.Spec.Search.Defaults(p, value)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if strings.Contains(string(s.Resolved), "search") {
			t.Errorf("%s: the resolved scenario, which has no parameters, still has a search", test.name)
		}
	}
}

func TestAlong(t *testing.T) {
	least := 5.0
	for _, test := range []struct {
		p           Parameter
		times, load float64
		want        float64
	}{
		{Parameter{Type: "integer"}, 0.02, 50, 1},
		{Parameter{Type: "integer"}, 0.02, 51, 2},
		{Parameter{Type: "integer", Min: &least}, 0.02, 51, 5},
		{Parameter{Type: "number"}, 30, 0.5, 15},
	} {
		if got := (Along{Times: test.times}).Value(test.p, test.load); got != test.want {
			t.Errorf("%v times %v: %v, want %v", test.times, test.load, got, test.want)
		}
	}
}

func TestAxis(t *testing.T) {
	s, err := Decode("base.yaml", []byte(readBase(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"tier": "a load is an integer or a number", "calm": "is a duration", "pods": "[nodes rate]"} {
		if _, _, err := s.Axis(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestSearchFaults compares the faults of searches with golden files.
func TestSearchFaults(t *testing.T) {
	for name, search := range map[string]string{
		"search":           "    parameter: nods\n    from: 0\n    until: 100\n    factor: 1\n    width: 2\n    confirm: 0\n    goals:\n      - {name: a, metric: pod_strtup_seconds}\n      - {name: a, metric: pod_startup_seconds}\n",
		"search-bounds":    "    parameter: nodes\n    from: 20.5\n    until: 501\n    least: 0.5\n",
		"search-order":     "    parameter: rate\n    from: 20\n    until: 10\n    least: 30\n    goals: []\n",
		"search-no-number": "    parameter: tier\n    until: 10\n",
		"search-along":     "    parameter: rate\n    until: 10\n    along:\n      - {parameter: nods, times: 1}\n      - {parameter: tier, times: 1}\n      - {parameter: nodes, times: 0}\n      - {parameter: nodes, times: 1}\n      - {parameter: rate, times: 1}\n",
		"search-missing":   "    factor: 2\n",
	} {
		_, err := Decode("base.yaml", withSearch(t, search), Options{})
		if err == nil {
			t.Errorf("%s: no fault", name)
			continue
		}
		golden(t, name, err.Error())
	}
	text := strings.Replace(string(withSearch(t, "    {parameter: nodes, until: 400}\n")), "  cluster:\n", "  trials:\n    matrix: {nodes: [1, 2]}\n  cluster:\n", 1)
	if _, err := Decode("base.yaml", []byte(text), Options{}); err == nil {
		t.Error("a load that is an axis of the matrix: no fault")
	}
}
