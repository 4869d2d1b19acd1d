package plan

import "github.com/kubedyno/kubedyno/scenarios/spec"

// Render returns the workload's object of that index, from 0 to Count-1. The caller may change
// what it gets.
func (w Workload) Render(index int) map[string]any {
	return RenderManifest(w.template, index)
}

// RenderManifest returns a manifest's object of that index. The caller may change what it gets.
func RenderManifest(manifest map[string]any, index int) map[string]any {
	object, _ := render(manifest, index).(map[string]any)
	return object
}

func render(value any, index int) any {
	switch value := value.(type) {
	case string:
		return spec.ReplaceIndex(value, index)
	case map[string]any:
		copied := make(map[string]any, len(value))
		for key, below := range value {
			copied[key] = render(below, index)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, below := range value {
			copied[i] = render(below, index)
		}
		return copied
	}
	return value
}
