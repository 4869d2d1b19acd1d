package spec

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// indexName is the one name in ${...} that is not a parameter: an object's number.
const indexName = "index"

// A parameter is a declared parameter with the value in force.
type parameter struct {
	text string
	tag  string // The YAML tag of a value that is this parameter and nothing else.
	used bool
	bad  bool // Its declaration or value has a fault, so values that use it are not judged.
}

// parameters decodes the declarations below spec.parameters, applies set to them and returns
// them by name.
func (d *decoder) parameters(root *yaml.Node, set map[string]string) map[string]*parameter {
	declared := map[string]*parameter{}
	list := child(child(root, "spec"), "parameters")
	if list != nil {
		var all []Parameter
		d.decode(list, reflect.ValueOf(&all).Elem(), "spec.parameters", field{})
		for i, declaration := range all {
			d.declare(declared, declaration, fmt.Sprintf("spec.parameters[%d]", i), set)
		}
	}
	for _, name := range sortedKeys(set) {
		if declared[name] == nil {
			d.fault("spec.parameters", meant(name, sortedKeys(declared)),
				"--set %s: the scenario has no such parameter", name)
			delete(d.faulted, "spec.parameters") // The next unknown name is a fault of its own.
		}
	}
	return declared
}

func (d *decoder) declare(declared map[string]*parameter, p Parameter, path string, set map[string]string) {
	if d.faulted[path+".name"] || p.Name == "" {
		return
	}
	if p.Name == indexName {
		d.fault(path+".name", "", "the name index is taken: ${index} is an object's number")
		return
	}
	if declared[p.Name] != nil {
		d.fault(path+".name", "", "there is a parameter %q already", p.Name)
		return
	}
	result := &parameter{tag: "!!str", bad: true}
	declared[p.Name] = result
	if d.faulted[path+".type"] || !d.boundsFit(p, path) {
		return
	}
	preset, given := p.Default.(string)
	value, err := p.value(preset)
	if given && err != nil {
		d.fault(path+".default", "", "the default %v", err)
	}
	good := given && err == nil
	if text, ok := set[p.Name]; ok {
		if value, err = p.value(text); err != nil {
			d.fault(path+".name", "", "--set %s=%s: the value %v", p.Name, text, err)
			good = false
		}
	}
	if good {
		*result = parameter{text: value, tag: p.tag(value)}
	}
}

// boundsFit reports whether min, max and enum are there only where they mean something.
func (d *decoder) boundsFit(p Parameter, path string) bool {
	numeric := p.Type == "integer" || p.Type == "number"
	before := len(d.faults.faults)
	if !numeric && p.Min != nil {
		d.fault(path+".min", "", "min is for integer and number, not for %s", p.Type)
	}
	if !numeric && p.Max != nil {
		d.fault(path+".max", "", "max is for integer and number, not for %s", p.Type)
	}
	if p.Min != nil && p.Max != nil && *p.Min > *p.Max {
		d.fault(path+".max", "", "max is below min")
	}
	if p.Enum != nil && p.Type != "string" {
		d.fault(path+".enum", "", "enum is for string, not for %s", p.Type)
	}
	return len(d.faults.faults) == before
}

// value checks text against the parameter's type and bounds and returns it in its plainest
// form, which reads the same in YAML as in Go. The error continues "the value ...".
func (p Parameter) value(text string) (string, error) {
	switch p.Type {
	case "integer":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", fmt.Errorf("%q is not a whole number", text)
		}
		return strconv.FormatInt(n, 10), p.inside(float64(n))
	case "number":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(f) > 1e15 || f != f {
			return "", fmt.Errorf("%q is not a number up to 1e15", text)
		}
		return strconv.FormatFloat(f, 'f', -1, 64), p.inside(f)
	case "boolean":
		if text != "true" && text != "false" {
			return "", fmt.Errorf("%q is neither true nor false", text)
		}
	case "duration":
		if d, err := time.ParseDuration(text); err != nil || d < 0 || d > MaxDuration {
			return "", fmt.Errorf("%q is not a duration from 0 to 24h, such as 1m30s", text)
		}
	case "quantity":
		if _, err := parseQuantity(text); err != nil {
			return "", err
		}
	case "string":
		if len(p.Enum) > 0 && !slices.Contains(p.Enum, text) {
			return "", fmt.Errorf("%q is none of %s", text, strings.Join(p.Enum, ", "))
		}
		if len(text) > MaxParameter {
			return "", fmt.Errorf("has more than %d bytes", MaxParameter)
		}
	}
	return text, nil
}

func (p Parameter) inside(value float64) error {
	if p.Min != nil && value < *p.Min {
		return fmt.Errorf("%s is below the smallest allowed, %s", plainNumber(value), plainNumber(*p.Min))
	}
	if p.Max != nil && value > *p.Max {
		return fmt.Errorf("%s is above the largest allowed, %s", plainNumber(value), plainNumber(*p.Max))
	}
	return nil
}

// plainNumber writes a number as people write it in a scenario: 0.000001 and not 1e-06.
func plainNumber(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

func (p Parameter) tag(text string) string {
	switch p.Type {
	case "integer":
		return "!!int"
	case "number":
		if strings.Contains(text, ".") {
			return "!!float"
		}
		return "!!int"
	case "boolean":
		return "!!bool"
	}
	return "!!str"
}

// manifestPath matches the paths of manifests, the one place for ${index}.
var manifestPath = regexp.MustCompile(`^spec\.(workloads\[\d+\]|phases\[\d+\]\.actions\[\d+\]\.load\.requests\[\d+\])\.manifest$`)

// A substitution replaces parameters in a tree of nodes. Text is left escaped: after it, ${
// stands in values only as ${index} in manifests, and as $${, which means a plain ${.
type substitution struct {
	*decoder
	src      *source
	declared map[string]*parameter
}

func (s substitution) walk(node *yaml.Node, path string, index bool) {
	switch node.Kind {
	case yaml.SequenceNode:
		for i, item := range node.Content {
			s.walk(item, fmt.Sprintf("%s[%d]", path, i), index)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if strings.Contains(key.Value, "${") {
				s.faults.add(position{s.src, key.Line, key.Column}, "", "parameters are replaced in values, not in keys")
			}
			below := join(path, key.Value)
			if below == "spec.parameters" || below == "spec.trials.matrix" {
				continue
			}
			s.walk(value, below, index || manifestPath.MatchString(below))
		}
	case yaml.ScalarNode:
		s.scalar(node, index)
	}
}

func (s substitution) scalar(node *yaml.Node, index bool) {
	if node.Tag != "!!str" || !strings.Contains(node.Value, "${") {
		return
	}
	text, whole, err := s.replace(node.Value, index)
	if err != nil {
		s.faults.add(position{s.src, node.Line, node.Column}, err.hint, "%s", err.message)
		s.spoilt[node] = true
		return
	}
	if s.usesBad(node.Value) {
		s.spoilt[node] = true
		return
	}
	s.bytes += len(text)
	node.Value = text
	switch {
	case whole == nil:
	case node.Style == 0:
		node.Tag = whole.tag
	default:
		s.quoted[node] = whole.tag
	}
}

// usesBad reports whether text uses a parameter that has a fault.
func (s substitution) usesBad(text string) bool {
	for name, p := range s.declared {
		if p.bad && strings.Contains(text, "${"+name+"}") {
			return true
		}
	}
	return false
}

type replaceError struct{ message, hint string }

// replace returns text with every parameter replaced, escaped as described at substitution,
// and the parameter that is the whole text, if one is.
func (s substitution) replace(text string, index bool) (string, *parameter, *replaceError) {
	var out, literal strings.Builder
	var whole *parameter
	for rest := text; rest != ""; {
		if strings.HasPrefix(rest, "$${") {
			literal.WriteString("${")
			rest = rest[len("$${"):]
			continue
		}
		if !strings.HasPrefix(rest, "${") {
			literal.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		name, after, closed := strings.Cut(rest[len("${"):], "}")
		p := s.declared[name]
		switch {
		case !closed:
			return "", nil, &replaceError{"${ without }", "write $${ for a plain ${"}
		case name == indexName && index:
			out.WriteString(escape(literal.String()) + "${index}")
			literal.Reset()
		case name == indexName:
			return "", nil, &replaceError{"${index} is known only inside a workload's manifest", ""}
		case p == nil:
			return "", nil, &replaceError{fmt.Sprintf("there is no parameter %q", name),
				meant(name, sortedKeys(s.declared))}
		default:
			p.used = true
			literal.WriteString(p.text)
			if name != "" && len(text) == len(name)+len("${}") {
				whole = p
			}
		}
		if s.bytes+out.Len()+literal.Len() > MaxBytes {
			return "", nil, &replaceError{fmt.Sprintf("all text together has more than %d bytes", MaxBytes), ""}
		}
		rest = after
	}
	return out.String() + escape(literal.String()), whole, nil
}

func escape(text string) string   { return strings.ReplaceAll(text, "${", "$${") }
func unescape(text string) string { return strings.ReplaceAll(text, "$${", "${") }

// ReplaceIndex returns text of a manifest with ${index} replaced by index and $${ by ${.
func ReplaceIndex(text string, index int) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return strings.NewReplacer("$${", "${", "${index}", strconv.Itoa(index)).Replace(text)
}
