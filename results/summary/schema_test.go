package summary

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/kubedyno/kubedyno/results/sample"
)

// publishedSchema is the file that users of summary.json may rely on.
const publishedSchema = "summary.schema.json"

func TestSchemaIsCurrent(t *testing.T) {
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(publishedSchema, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(publishedSchema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; run the test with -update if that is meant, and see whether the format version must change (-want +got):\n%s",
			publishedSchema, diff)
	}
}

// TestSchemaTakesSummaries validates a real summary, and refuses what no kubedyno writes.
func TestSchemaTakesSummaries(t *testing.T) {
	text, err := Schema()
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
	golden, err := os.ReadFile("testdata/summary.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, from, to, want string }{
		{"as it is", "", "", ""},
		{"a later version", `"formatVersion": 1`, `"formatVersion": 2`, "formatVersion"},
		{"an unknown verdict", `"verdict": "MISS"`, `"verdict": "GREEN"`, "verdict"},
		{"an unknown field", `"run":`, `"colour": "green", "run":`, "colour"},
		{"a field is missing", `"sentence"`, `"sentences"`, "sentence"},
		{"a number as text", `"duration": 9.5`, `"duration": "9.5 s"`, "duration"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Replace(string(golden), test.from, test.to, 1)
			if test.from != "" && changed == string(golden) {
				t.Fatalf("the golden summary does not hold %s", test.from)
			}
			var value any
			if err := json.Unmarshal([]byte(changed), &value); err != nil {
				t.Fatal(err)
			}
			err := resolved.Validate(value)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestSchemaKnowsEveryUnit asks the registry.
func TestSchemaKnowsEveryUnit(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range sample.Metrics() {
		if !strings.Contains(string(text), `"`+string(m.Unit)+`"`) {
			t.Errorf("the unit of %s, %s, is not among those of the schema", m.Name, m.Unit)
		}
	}
}
