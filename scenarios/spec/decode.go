package spec

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Decode reads a scenario: it replaces parameters by the values in o.Set or their defaults, puts
// manifest files in place, fills in defaults and checks everything that can be checked without a
// cluster. The error, if any, is Faults with all that is wrong. File is the scenario's name for
// messages.
func Decode(file string, text []byte, o Options) (*Scenario, error) {
	d := newDecoder(newSource(file, text))
	root := d.parse(d.src, text)
	if root == nil {
		return nil, d.faults.err()
	}
	d.at[""] = d.place(root)
	if root.Kind != yaml.MappingNode {
		d.fault("", "a scenario begins with apiVersion: "+APIVersion, "a scenario is a mapping, not %s", noun(root))
		return nil, d.faults.err()
	}
	declared := d.parameters(root, o.Set)
	substitution{d, d.src, declared}.walk(root, "", false)
	d.includeFiles(root, o.Files, declared)
	d.includeTraces(root, o.Files)
	d.includeNodeTypes(root, o.Files, declared)
	if o.Disk != "" {
		putDisk(root, o.Disk)
	}
	s := &Scenario{at: d.at}
	d.decode(root, reflect.ValueOf(s).Elem(), "", field{})
	s.Values = map[string]string{}
	for name, p := range declared {
		s.Values[name] = p.text
	}
	d.reportUnused(s, declared)
	s.applyDefaults(d.has)
	s.Spec.Storage.applyDefaults(o.VolumePresets, d.has)
	validate(s, d, o)
	if err := d.faults.err(); err != nil {
		return nil, err
	}
	resolved, err := resolve(root)
	if err != nil {
		return nil, fmt.Errorf("write the resolved scenario %s: %w", file, err)
	}
	s.Resolved = resolved
	s.NodeVolumes = s.Spec.nodeVolumes(o.CatalogVolumes)
	return s, nil
}

// reportUnused reports parameters that nothing uses: setting them would silently do nothing.
func (d *decoder) reportUnused(s *Scenario, declared map[string]*parameter) {
	for i, p := range s.Spec.Parameters {
		if known := declared[p.Name]; known != nil && !known.used && !known.bad {
			d.fault(fmt.Sprintf("spec.parameters[%d].name", i), "",
				"the parameter %q is used nowhere: setting it would do nothing", p.Name)
		}
	}
}

// A decoder turns nodes into the types of spec.go and remembers where each value stood. Paths
// such as spec.phases[0].name name the values.
type decoder struct {
	faults      *collector
	src         *source                // The file of the node that is decoded now.
	at          map[string]position    // Where the values stand that the scenario gives.
	faulted     map[string]bool        // The paths with a fault, so that none has two.
	spoilt      map[*yaml.Node]bool    // Values that already have a fault.
	quoted      map[*yaml.Node]string  // Quoted values that were one parameter, with its tag.
	files       map[*yaml.Node]*source // Manifests that come from files.
	values      int                    // Values of all files, for MaxValues.
	bytes       int                    // Bytes of text, for MaxBytes.
	unreadTypes bool                   // A file of node types could not be read, so that the names of all are not known.
}

func newDecoder(src *source) *decoder {
	return &decoder{faults: &collector{}, src: src, at: map[string]position{}, faulted: map[string]bool{},
		spoilt: map[*yaml.Node]bool{}, quoted: map[*yaml.Node]string{}, files: map[*yaml.Node]*source{}}
}

// has reports whether the scenario gives a value at path.
func (d *decoder) has(path string) bool {
	_, given := d.at[path]
	return given
}

// fault reports a fault of the value at path, unless it has one already. A value that is
// missing has the position of what it is missing from.
func (d *decoder) fault(path, hint, format string, args ...any) {
	if d.faulted[path] {
		return
	}
	d.faulted[path] = true
	at, ok := nearestPlace(d.at, path)
	if !ok {
		at = position{d.src, 1, 1}
	}
	d.faults.add(at, hint, format, args...)
}

// nearestPlace returns where the value at path stands, or that of which it is a part.
func nearestPlace(at map[string]position, path string) (p position, ok bool) {
	for {
		if p, ok = at[path]; ok || path == "" {
			return p, ok
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// Fault returns a fault of the value at path, such as spec.objectives[0], for what only shows
// beside another scenario. A value that is missing has the position of what it is missing from.
// The scenario must come from Decode.
func (s *Scenario) Fault(path, hint, message string) Fault {
	at, _ := nearestPlace(s.at, path)
	return at.fault(hint, message)
}

// sound reports whether the value at path is there and has no fault, so that checking it
// further makes sense.
func (d *decoder) sound(path string) bool { return d.has(path) && !d.faulted[path] }

func (d *decoder) place(node *yaml.Node) position { return position{d.src, node.Line, node.Column} }

// A field holds the tags of a struct field.
type field struct{ name, one, is string }

// decode stores node in target, which belongs at path and keeps the rules of f.
func (d *decoder) decode(node *yaml.Node, target reflect.Value, path string, f field) {
	if src := d.files[node]; src != nil {
		defer func(outer *source) { d.src = outer }(d.src)
		d.src = src
	}
	d.at[path] = d.place(node)
	if d.spoilt[node] {
		d.faulted[path] = true
		return
	}
	if node.Tag == "!!null" {
		d.fault(path, "leave the field out, or give it a value", "there is no value")
		return
	}
	switch target.Interface().(type) {
	case time.Duration:
		d.decodeDuration(node, target, path, f)
		return
	case map[string]any:
		d.decodeManifest(node, target, path)
		return
	case Matrix:
		target.Set(reflect.ValueOf(d.decodeMatrix(node, path)))
		return
	case Disk:
		if node.Kind == yaml.ScalarNode {
			target.Set(reflect.ValueOf(d.decodeDisk(node, path)))
			return
		}
	}
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		d.decode(node, target.Elem(), path, f)
	case reflect.Struct:
		d.decodeStruct(node, target, path)
	case reflect.Slice:
		d.decodeList(node, target, path, f)
	case reflect.Map:
		d.decodeWords(node, target, path)
	default:
		d.decodeScalar(node, target, path, f)
	}
}

func (d *decoder) decodeStruct(node *yaml.Node, target reflect.Value, path string) {
	if !d.kind(node, yaml.MappingNode, path) {
		return
	}
	known := map[string]int{}
	for i := range target.NumField() {
		if name := target.Type().Field(i).Tag.Get("yaml"); name != "-" {
			known[name] = i
		}
	}
	given := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		given[key.Value] = true
		index, ok := known[key.Value]
		if !ok {
			d.faults.add(d.place(key), meant(key.Value, sortedKeys(known)), "unknown field %q", key.Value)
			continue
		}
		tags := target.Type().Field(index).Tag
		d.decode(value, target.Field(index), join(path, key.Value),
			field{name: key.Value, one: tags.Get("one"), is: tags.Get("is")})
	}
	for i := range target.NumField() {
		tags := target.Type().Field(i).Tag
		if name := tags.Get("yaml"); tags.Get("need") == "yes" && !given[name] {
			d.fault(join(path, name), tags.Get("doc"), "the field %q is missing", name)
		}
	}
}

func (d *decoder) decodeList(node *yaml.Node, target reflect.Value, path string, f field) {
	if !d.kind(node, yaml.SequenceNode, path) {
		return
	}
	r, ruled := rules[f.is]
	scalars := target.Type().Elem().Kind() != reflect.Struct // The rule is for the items.
	if ruled && !scalars && !r.holds(float64(len(node.Content))) {
		d.fault(path, "", "%s must be %s", f.name, r.words)
		return
	}
	target.Set(reflect.MakeSlice(target.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		d.decode(item, target.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
	}
}

// decodeWords decodes a mapping of words to words.
func (d *decoder) decodeWords(node *yaml.Node, target reflect.Value, path string) {
	if !d.kind(node, yaml.MappingNode, path) {
		return
	}
	words := map[string]string{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i].Value
		value := reflect.New(reflect.TypeFor[string]()).Elem()
		d.decode(node.Content[i+1], value, join(path, key), field{name: key})
		words[key] = value.String()
	}
	target.Set(reflect.ValueOf(words))
}

func (d *decoder) decodeScalar(node *yaml.Node, target reflect.Value, path string, f field) {
	if !d.kind(node, yaml.ScalarNode, path) {
		return
	}
	tag := node.Tag
	if of := d.quoted[node]; of != "" {
		tag = of
		if kind := target.Kind(); kind != reflect.String && kind != reflect.Interface {
			node.Tag, node.Style = of, 0 // So that the resolved scenario says it without quotes.
		}
	}
	r, ruled := rules[f.is]
	switch target.Kind() {
	case reflect.Interface: // Only a parameter's default: its type says what the text must be.
		target.Set(reflect.ValueOf(node.Value))
	case reflect.String:
		d.decodeText(node, target, path, f)
	case reflect.Bool:
		if tag != "!!bool" {
			d.fault(path, "", "%s must be true or false, not %q", f.name, node.Value)
			return
		}
		target.SetBool(strings.EqualFold(node.Value, "true"))
	case reflect.Int:
		n, ok := wholeNumber(node.Value, tag)
		if !ok || ruled && !r.holds(float64(n)) {
			d.fault(path, "", "%s must be %s, not %s", f.name, cmp.Or(r.words, "a whole number"), node.Value)
			return
		}
		target.SetInt(n)
	case reflect.Float64:
		value, ok := number(node.Value, tag)
		if !ok || ruled && !r.holds(value) {
			d.fault(path, "", "%s must be %s, not %s", f.name, cmp.Or(r.words, "a number"), node.Value)
			return
		}
		target.SetFloat(value)
	}
}

// decodeText takes any scalar as it is written: labels and flags are often bare numbers.
func (d *decoder) decodeText(node *yaml.Node, target reflect.Value, path string, f field) {
	text := node.Value
	if !strings.HasPrefix(path, "spec.parameters") {
		text = unescape(text)
	}
	target.SetString(text)
	if f.one != "" {
		if words := strings.Fields(f.one); !slices.Contains(words, text) {
			d.fault(path, meant(text, words), "%s must be %s, not %q", f.name, either(words), text)
		}
		return
	}
	if r, ok := rules[f.is]; ok && r.pattern != nil && !r.pattern.MatchString(text) {
		d.fault(path, "", "%s must be %s, not %q", f.name, r.words, text)
	}
}

func (d *decoder) decodeDuration(node *yaml.Node, target reflect.Value, path string, f field) {
	if !d.kind(node, yaml.ScalarNode, path) {
		return
	}
	value, err := time.ParseDuration(node.Value)
	if err != nil {
		hint := "write a number and a unit, such as 1m30s"
		if _, number := strconv.ParseFloat(node.Value, 64); number == nil {
			hint = "did you mean " + node.Value + "s?"
		}
		d.fault(path, hint, "%s must be a duration, not %q", f.name, node.Value)
		return
	}
	if r, ok := rules[f.is]; ok && !r.holds(value.Seconds()) {
		d.fault(path, "", "%s must be %s, not %s", f.name, r.words, node.Value)
		return
	}
	target.SetInt(int64(value))
}

// kind reports whether node has that kind, or a fault.
func (d *decoder) kind(node *yaml.Node, kind yaml.Kind, path string) bool {
	if node.Kind == kind {
		return true
	}
	d.fault(path, "", "there must be %s here, not %s", noun(&yaml.Node{Kind: kind}), noun(node))
	return false
}

func noun(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping (key: value)"
	case yaml.SequenceNode:
		return "a list (- item)"
	}
	return "a single value"
}

// wholeNumber reads a YAML integer that fits.
func wholeNumber(text, tag string) (int64, bool) {
	if tag != "!!int" {
		return 0, false
	}
	var n int64
	err := (&yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}).Decode(&n)
	return n, err == nil
}

// number reads a YAML number that is finite.
func number(text, tag string) (float64, bool) {
	if tag != "!!int" && tag != "!!float" {
		return 0, false
	}
	var f float64
	err := (&yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}).Decode(&f)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func child(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
