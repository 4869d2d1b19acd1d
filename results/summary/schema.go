package summary

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// Schema returns the JSON Schema (draft 2020-12) of summary.json, made from the types of this
// package. It is that of the kubedyno that asks for it: a later one of the same format version may
// add fields, and never takes one away or gives it another meaning.
func Schema() ([]byte, error) {
	root, err := jsonschema.For[Summary](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[sample.Offset](): {Type: "number", Description: "Seconds."},
		reflect.TypeFor[slo.Verdict]():   choice(slo.Pass, slo.Inconclusive, slo.NoData, slo.Miss),
		reflect.TypeFor[bundle.Status](): choice(bundle.Running, bundle.Complete, bundle.Interrupted, bundle.Failed),
		reflect.TypeFor[sample.Unit](): choice(sample.Seconds, sample.Bytes, sample.Cores, sample.Ratio, sample.Count, sample.PerSecond,
			sample.Hours, sample.Dollars, sample.PodSeconds, sample.PerPod, ""),
	}})
	if err != nil {
		return nil, fmt.Errorf("make the JSON Schema of %s: %w", bundle.SummaryFile, err)
	}
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.ID = fmt.Sprintf("https://kubedyno.dev/schema/summary-v%d.json", sample.FormatVersion)
	root.Title = "kubedyno summary"
	root.Description = "Every figure and verdict of one run. Values are in the base unit of their metric, times in seconds; " +
		"a figure that the data does not allow to be shown is absent, and never 0."
	version := any(sample.FormatVersion)
	root.Properties["formatVersion"].Const = &version
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the JSON Schema of %s: %w", bundle.SummaryFile, err)
	}
	return append(text, '\n'), nil
}

func choice[T ~string](words ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, word := range words {
		s.Enum = append(s.Enum, string(word))
	}
	return s
}
