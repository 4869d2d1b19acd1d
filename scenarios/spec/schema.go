package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// The patterns of text that may stand for a value of another type.
const (
	parameterPattern = `^\$\{[A-Za-z][A-Za-z0-9_-]*\}$` // A value that is one parameter.
	anyParameter     = `\$\{`                           // Text with a parameter somewhere.
	durationPattern  = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`
)

// Schema returns the JSON Schema (draft 2020-12) of a scenario file, for editors. It describes
// files before parameters are replaced, so any number may be a "${parameter}" as well; what
// depends on other fields, such as references to workloads, only Decode checks.
func Schema() ([]byte, error) {
	b := schemaBuilder{definitions: map[string]*jsonschema.Schema{}}
	root := b.object(reflect.TypeFor[Scenario]())
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "kubedyno scenario"
	root.Description = "One declarative experiment on a Kubernetes control plane."
	root.Defs = b.definitions
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the JSON Schema of scenarios: %w", err)
	}
	return append(text, '\n'), nil
}

type schemaBuilder struct{ definitions map[string]*jsonschema.Schema }

// object returns the schema of a struct.
func (b schemaBuilder) object(t reflect.Type) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		property := b.value(f.Type, field{name: name, one: f.Tag.Get("one"), is: f.Tag.Get("is")})
		property.Description = f.Tag.Get("doc")
		s.Properties[name] = property
		s.PropertyOrder = append(s.PropertyOrder, name)
		if f.Tag.Get("need") == "yes" {
			s.Required = append(s.Required, name)
		}
	}
	b.choices(t, s)
	return s
}

// choices adds what tags cannot say: fields of which exactly one must be there.
func (b schemaBuilder) choices(t reflect.Type, s *jsonschema.Schema) {
	var names []string
	switch t {
	case reflect.TypeFor[Action]():
		names = Verbs()
	case reflect.TypeFor[Workload]():
		names = []string{"manifest", "file"}
	case reflect.TypeFor[Objective]():
		names = []string{"most", "least"}
	}
	for _, name := range names {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{name}})
	}
}

// value returns the schema of a field's values.
func (b schemaBuilder) value(t reflect.Type, f field) *jsonschema.Schema {
	r, ruled := rules[f.is]
	switch {
	case t == reflect.TypeFor[time.Duration]():
		zero := any(0)
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: durationPattern},
			{Const: &zero}, {Type: "string", Pattern: parameterPattern}}}
	case t == reflect.TypeFor[map[string]any]():
		return &jsonschema.Schema{Type: "object", MinProperties: jsonschema.Ptr(1)}
	case t == reflect.TypeFor[Matrix]():
		values := &jsonschema.Schema{Type: "array", MinItems: jsonschema.Ptr(1), Items: word()}
		return &jsonschema.Schema{Type: "object", MinProperties: jsonschema.Ptr(1), AdditionalProperties: values}
	case t == reflect.TypeFor[*Disk]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{word(), b.value(t.Elem(), f)}}
	case t == reflect.TypeFor[map[string]string]():
		return &jsonschema.Schema{Type: "object", AdditionalProperties: word()}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.value(t.Elem(), f)
	case reflect.Struct:
		if b.definitions[t.Name()] == nil {
			b.definitions[t.Name()] = &jsonschema.Schema{} // Not reached again by what is inside it.
			b.definitions[t.Name()] = b.object(t)
		}
		return &jsonschema.Schema{Ref: "#/$defs/" + t.Name()}
	case reflect.Slice:
		list := &jsonschema.Schema{Type: "array", Items: b.value(t.Elem(), f)}
		if ruled && t.Elem().Kind() == reflect.Struct {
			list.MinItems, list.MaxItems = jsonschema.Ptr(int(r.min)), jsonschema.Ptr(int(r.max))
		}
		return list
	case reflect.Bool:
		return orParameter(&jsonschema.Schema{Type: "boolean"})
	case reflect.Int:
		return orParameter(bounded("integer", r, ruled))
	case reflect.Float64:
		return orParameter(bounded("number", r, ruled))
	case reflect.Interface:
		return word()
	}
	return textSchema(f, r)
}

func textSchema(f field, r rule) *jsonschema.Schema {
	plain := &jsonschema.Schema{Type: "string"}
	switch {
	case f.one != "":
		for _, choice := range strings.Fields(f.one) {
			plain.Enum = append(plain.Enum, choice)
		}
	case r.pattern != nil:
		plain.Pattern = r.pattern.String()
	default:
		return word()
	}
	text := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{plain, {Type: "string", Pattern: anyParameter}}}
	if r.max > 0 { // It may be written as a number, too.
		text.AnyOf = append(text.AnyOf, bounded("integer", r, true))
	}
	return text
}

// word is text, which may look like a number or a truth value.
func word() *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
}

func bounded(kind string, r rule, ruled bool) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: kind}
	if ruled {
		s.Minimum, s.Maximum = jsonschema.Ptr(r.min), jsonschema.Ptr(r.max)
	}
	return s
}

func orParameter(s *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, {Type: "string", Pattern: parameterPattern}}}
}
