package spec

import (
	"reflect"
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// ruleTags returns every is tag of the language.
func ruleTags() []string {
	var tags []string
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("is"); tag != "" {
				tags = append(tags, tag)
			}
			visit(t.Field(i).Type)
		}
	}
	visit(reflect.TypeFor[Scenario]())
	return tags
}

func TestNearest(t *testing.T) {
	names := []string{"nodes", "create", "rollout", "scale"}
	for _, test := range []struct{ name, want string }{
		{"node", "nodes"}, {"ndoes", "nodes"}, {"Create", "create"}, {"rolout", "rollout"}, {"scael", "scale"},
		{"deploy", ""}, {"", ""}, {"x", ""},
	} {
		if got, _ := Nearest(test.name, names); got != test.want {
			t.Errorf("Nearest(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"abcd", "acbd", 1}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestParseLimit(t *testing.T) {
	for _, test := range []struct {
		text      string
		unit      sample.Unit
		statistic slo.Statistic
		want      float64
		wrong     bool
	}{
		{text: "500ms", unit: sample.Seconds, want: 0.5},
		{text: "2", unit: sample.Seconds, want: 2},
		{text: "1.5h", unit: sample.Seconds, want: 5400},
		{text: "500Mi", unit: sample.Seconds, wrong: true},
		{text: "500Mi", unit: sample.Bytes, want: 500 << 20},
		{text: "1e9", unit: sample.Bytes, want: 1e9},
		{text: "1e999999999", unit: sample.Bytes, wrong: true},
		{text: "250m", unit: sample.Cores, want: 0.25},
		{text: "50%", unit: sample.Ratio, want: 0.5},
		{text: "0.5", unit: sample.Ratio, want: 0.5},
		{text: "50%", unit: sample.Count, wrong: true},
		{text: "10", unit: sample.PerSecond, want: 10},
		{text: "NaN", unit: sample.Seconds, wrong: true},
		{text: "", unit: sample.Seconds, wrong: true},
		{text: "5s", unit: sample.Seconds, statistic: slo.Total, wrong: true},
		{text: "5", unit: sample.Seconds, statistic: slo.Total, want: 5},
	} {
		got, err := ParseLimit(test.text, test.unit, test.statistic)
		if (err != nil) != test.wrong || err == nil && got != test.want {
			t.Errorf("ParseLimit(%q, %s, %s) = %v, %v; want %v", test.text, test.unit, test.statistic, got, err, test.want)
		}
	}
}

func TestReplaceIndex(t *testing.T) {
	for text, want := range map[string]string{
		"web": "web", "web-${index}": "web-3", "${index}${index}": "33", "$${index}": "${index}",
		"$$${index}": "$${index}", "${other}": "${other}", "$": "$",
	} {
		if got := ReplaceIndex(text, 3); got != want {
			t.Errorf("ReplaceIndex(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPodsEach(t *testing.T) {
	for _, test := range []struct {
		kind string
		spec map[string]any
		want int
	}{
		{"Deployment", map[string]any{"replicas": int64(5)}, 5},
		{"Deployment", nil, 1},
		{"StatefulSet", map[string]any{"replicas": int64(0)}, 0},
		{"Job", map[string]any{"parallelism": int64(4), "replicas": int64(9)}, 4},
		{"Pod", map[string]any{"replicas": int64(9)}, 1},
		{"DaemonSet", nil, 7},
		{"ConfigMap", nil, 0},
	} {
		w := Workload{Manifest: map[string]any{"kind": test.kind, "spec": test.spec}}
		if got := w.PodsEach(7); got != test.want {
			t.Errorf("%s %v: %d pods, want %d", test.kind, test.spec, got, test.want)
		}
	}
}
