package scenarios

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"sigs.k8s.io/yaml"

	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// TestLibrary loads and plans every built-in scenario, also in the form that a run records.
func TestLibrary(t *testing.T) {
	schema := scenarioSchema(t)
	entries, err := Library()
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, entry := range entries {
		t.Run(entry.Name, func(t *testing.T) {
			found, text, err := Open(entry.Name)
			if err != nil || found != entry {
				t.Fatalf("Open(%q) = %v, %v", entry.Name, found, err)
			}
			p := build(t, entry.Path, text, nil)
			if p.Title != entry.Title || entry.Title == "" {
				t.Errorf("titles %q and %q", p.Title, entry.Title)
			}
			if want := strings.ReplaceAll(entry.Name, "/", "-"); p.Name != want {
				t.Errorf("the scenario is called %q, its file says %q", p.Name, want)
			}
			for _, warning := range p.Warnings {
				if shown := provoked[entry.Name]; shown == "" || !strings.Contains(warning, shown) {
					t.Errorf("with default parameters: %s", warning)
				}
			}
			again := build(t, entry.Path, p.Resolved, nil)
			if len(again.Phases) != len(p.Phases) || again.Estimate.Duration != p.Estimate.Duration {
				t.Errorf("the resolved scenario plans differently")
			}
			if !strings.HasPrefix(string(text), "# "+entry.Name+": ") {
				t.Errorf("the file does not begin with a comment that says what it is for")
			}
			var value any
			if err := yaml.Unmarshal(text, &value); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("against the schema: %v", err)
			}
		})
	}
}

// provoked is what the plans of scenarios warn of that are there to show it.
var provoked = map[string]string{"rollout/quota-stall": "attempts are refused", "rollout/under-quota": "quota pods (pods)", "rollout/with-hpa": "quota pods (pods)",
	"rollout/with-drain": "no pod of web can be evicted"}

// TestLibraryScales sets the parameters that the files say one can set.
func TestLibraryScales(t *testing.T) {
	for _, test := range []struct {
		name string
		set  map[string]string
		kind string
		want int
	}{
		{"nodes/ramp", map[string]string{"nodes": "5000"}, "Node", 5000},
		{"nodes/loss", map[string]string{"nodes": "50", "deployments": "4"}, "Deployment", 4},
		{"nodes/scale", map[string]string{"nodes": "2000", "deployments": "20"}, "Pod", 10000},
		{"pods/startup", map[string]string{"nodes": "50", "trickle": "40"}, "Node", 50},
		{"pods/steady", map[string]string{"nodes": "2", "pods": "100"}, "Pod", 100},
		{"pods/density", map[string]string{"nodes": "50"}, "Pod", 2900},
		{"pods/burst", map[string]string{"nodes": "2000", "deployments": "200"}, "Pod", 10_000},
		{"hpa/fleet", map[string]string{"hpas": "60"}, "HorizontalPodAutoscaler", 60},
		{"hpa/pipeline", map[string]string{"nodes": "100", "pods": "5"}, "Pod", 500},
		{"capacity/elastic", map[string]string{"spare": "12", "delay": "55s", "slowest": "2m", "nodes": "40"}, "Pod", 17},
		{"capacity/node-types", map[string]string{"web": "600", "api": "300", "worker": "120", "cache": "60", "most": "10",
			"webMore": "720", "apiMore": "360", "workerMore": "144", "cacheMore": "72"}, "Pod", 1306},
		{"capacity/mixed-pools", map[string]string{"mix": "general+memory", "spotPrice": "0.12", "most": "10"}, "Node", 20},
		{"capacity/virtual-node", map[string]string{"nodeType": "m6i.4xlarge", "copies": "100", "most": "10"}, "Pod", 610},
		{"capacity/node-loss", map[string]string{"lost": "2", "most": "10"}, "Node", 10},
		{"capacity/node-size", map[string]string{"agentCPU": "50m", "most": "10"}, "Pod", 118},
		{"quickstart", map[string]string{"nodes": "200", "deployments": "6"}, "Deployment", 6},
	} {
		entry, text, err := Open(test.name)
		if err != nil {
			t.Fatal(err)
		}
		p := build(t, entry.Path, text, test.set)
		if got := p.Estimate.Objects[test.kind]; got != test.want {
			t.Errorf("%s %v: %d %s, want %d", test.name, test.set, got, test.kind, test.want)
		}
	}
}

// TestLibraryTrials plans every variant of every built-in scenario, also as a trial records it.
func TestLibraryTrials(t *testing.T) {
	variants := map[string]int{}
	entries, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		_, text, err := Open(entry.Name)
		if err != nil {
			t.Fatal(err)
		}
		base, all, err := spec.DecodeVariants(entry.Path, text, spec.Options{Files: Files()})
		if err != nil {
			t.Fatal(err)
		}
		e, err := plan.BuildTrials(base, all, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, warning := range e.Warnings() {
			if shown := provoked[entry.Name]; shown == "" || !strings.Contains(warning, shown) {
				t.Errorf("%s: %s", entry.Name, warning)
			}
		}
		for _, v := range e.Variants {
			again := build(t, entry.Path, v.Plan.Resolved, nil)
			if len(again.Figures) != len(v.Plan.Figures) || again.Estimate.Duration != v.Plan.Estimate.Duration {
				t.Errorf("%s, %s: the resolved scenario plans differently", entry.Name, v.Label)
			}
		}
		variants[entry.Name] = len(all)
	}
	for name, want := range map[string]int{"api/list-modes": 4, "api/ramp": 8, "capacity/elastic": 3, "capacity/mixed-pools": 6, "capacity/node-loss": 4, "capacity/node-size": 4, "capacity/node-types": 7, "capacity/virtual-node": 12, "hpa/tuning": 9, "scheduler/throughput": 3, "storage/attach-storm": 5, "storage/classes": 6, "storage/etcd-disk": 13, "storage/quota": 2, "storage/statefulset-failover": 3, "storage/volume-limits": 3, "quickstart": 1} {
		if variants[name] != want {
			t.Errorf("%s has %d variants, want %d", name, variants[name], want)
		}
	}
}

func TestOpenUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"quikstart":  "did you mean quickstart?",
		"nodes/rmap": "did you mean nodes/ramp?",
		"something":  "there are " + strings.Join(names(t), ", "),
	} {
		if _, _, err := Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q): %v, want %s", name, err, want)
		}
	}
}

func build(t *testing.T, file string, text []byte, set map[string]string) *plan.Plan {
	t.Helper()
	s, err := spec.Decode(file, text, spec.Options{Set: set, Files: Files()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func scenarioSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := spec.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// names are those of the library, in their order.
func names(t *testing.T) []string {
	t.Helper()
	entries, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name)
	}
	return all
}

// TestLimitsCanBeSearched: scenarios of the family limits say what their load is, plan its first and
// highest value, and judge the same thing at both.
func TestLimitsCanBeSearched(t *testing.T) {
	entries, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name, "limits/") {
			continue
		}
		found++
		_, text, err := Open(entry.Name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := spec.Decode(entry.Path, text, spec.Options{Files: Files()})
		if err != nil || s.Spec.Search == nil {
			t.Errorf("%s: search %v, %v", entry.Name, s, err)
			continue
		}
		p, value, err := s.Axis(s.Spec.Search.Parameter)
		if err != nil {
			t.Fatal(err)
		}
		wanted := s.Spec.Search.Defaults(p, value)
		objectives := map[string]bool{}
		for i, load := range []float64{wanted.From, wanted.Until} {
			set := map[string]string{p.Name: strconv.FormatFloat(load, 'f', -1, 64)}
			for _, a := range wanted.Along {
				other, _, err := s.Axis(a.Parameter)
				if err != nil {
					t.Fatal(err)
				}
				set[a.Parameter] = strconv.FormatFloat(a.Value(other, load), 'f', -1, 64)
			}
			planned := build(t, entry.Path, text, set)
			for _, o := range planned.Objectives {
				key := o.Metric + " " + string(o.Statistic) + " " + o.Where.String()
				if i == 1 && !objectives[key] {
					t.Errorf("%s: at %v %s is judged, and not at %v", entry.Name, load, key, wanted.From)
				}
				objectives[key] = true
			}
			if len(planned.Warnings) > 0 {
				t.Errorf("%s at %v: %s", entry.Name, load, planned.Warnings)
			}
		}
	}
	if found < 9 {
		t.Errorf("%d scenarios of limits", found)
	}
}
