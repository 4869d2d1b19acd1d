package spec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"sigs.k8s.io/yaml"
)

func resolvedSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
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
	return resolved
}

func TestSchema(t *testing.T) {
	schema := resolvedSchema(t)
	for _, test := range []struct {
		name, from, to string
		wrong          string // Part of the validation error; "" if it is valid.
	}{
		{"base", "", "", ""},
		{"quoted parameter", "count: ${nodes}", `count: "${nodes}"`, ""},
		{"unknown field", "        count: ${nodes}", "        cuont: ${nodes}", "cuont"},
		{"wrong type", "      count: 2\n", "      count: two\n", "count"},
		{"too many", "      count: 2\n", "      count: 2000000\n", "count"},
		{"wrong word", "verb: list", "verb: lst", "verb"},
		{"no unit", "duration: 1m", "duration: 60", "duration"},
		{"missing field", "            pool: general\n", "            rate: 3\n", "pool"},
		{"two verbs", "        - wait:\n", "          wait:\n", "oneOf"},
		{"two limits", "      most: 500Mi\n", "      most: 500Mi\n      least: 1\n", "oneOf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := readBase(t)
			if test.from != "" {
				text = replaceOnce(t, text, test.from, test.to)
			}
			var value any
			if err := yaml.Unmarshal([]byte(text), &value); err != nil {
				t.Fatal(err)
			}
			err := schema.Validate(value)
			if test.wrong == "" && err != nil {
				t.Error(err)
			}
			if test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
				t.Errorf("got %v, want a fault about %s", err, test.wrong)
			}
			_, decoded := Decode("base.yaml", []byte(text), Options{})
			if (decoded == nil) != (test.wrong == "") {
				t.Errorf("Decode disagrees: %v", decoded)
			}
		})
	}
}

// TestTagsNameRules makes sure that no misspelt tag switches a check off.
func TestTagsNameRules(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct{ Description string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Defs) < 20 {
		t.Errorf("only %d types are described", len(schema.Defs))
	}
	for name, definition := range schema.Defs {
		for field, property := range definition.Properties {
			if !strings.HasSuffix(property.Description, ".") {
				t.Errorf("%s.%s is described as %q", name, field, property.Description)
			}
		}
	}
	for _, tag := range ruleTags() {
		if _, ok := rules[tag]; !ok {
			t.Errorf("there is no rule %q", tag)
		}
	}
}
