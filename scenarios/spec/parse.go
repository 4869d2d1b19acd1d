package spec

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// parse reads one YAML document and returns its content with aliases expanded, or nil after a
// fault that leaves nothing to decode. Further faults, such as a key given twice, leave the
// rest readable.
func (d *decoder) parse(src *source, text []byte) *yaml.Node {
	if !d.readable(src, text) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithUniqueKeys(false))
	if err != nil {
		d.faults.add(position{src, 1, 1}, "", "%v", err)
		return nil
	}
	var document yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		d.faults.add(position{src, 1, 1}, "a scenario begins with apiVersion: "+APIVersion, "the file is empty")
		return nil
	case err != nil:
		d.syntax(src, err)
		return nil
	}
	var second yaml.Node
	if err := loader.Load(&second); err == nil {
		d.faults.add(position{src, second.Line, second.Column}, "keep one document in a file",
			"a second YAML document begins here")
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(src, err)
		return nil
	}
	e := expander{decoder: d, src: src, open: map[*yaml.Node]bool{}}
	root := e.expand(document.Content[0], nil, 1)
	if e.stopped {
		return nil
	}
	return root
}

// readable reports whether text is plain UTF-8 of bounded size. Byte-order marks, control
// characters and line breaks other than CR and LF would make positions mean nothing.
func (d *decoder) readable(src *source, text []byte) bool {
	if len(text) > MaxFileBytes {
		d.faults.add(position{src, 1, 1}, "", "the file has %d bytes, more than the %d allowed",
			len(text), MaxFileBytes)
		return false
	}
	line, column := 1, 1
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			d.faults.add(position{src, line, column}, "save the file as UTF-8", "byte %#x is not UTF-8", rest[0])
			return false
		case r == '\n' || r == '\r' && !bytes.HasPrefix(rest, []byte("\r\n")):
			line, column = line+1, 0
		case r < ' ' && r != '\t' && r != '\r', r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff:
			d.faults.add(position{src, line, column}, "", "control character %U is not allowed", r)
			return false
		}
		column++
		rest = rest[size:]
	}
	return true
}

// syntax reports an error of the YAML parser at its position.
func (d *decoder) syntax(src *source, err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		d.faults.add(position{src, 1, 1}, "", "not YAML: %v", err)
		return
	}
	mark := load.Mark
	if mark.Line == 0 {
		mark = load.ContextMark
	}
	message := "not YAML: " + load.Message
	if load.ContextMsg != "" {
		message += " (" + load.ContextMsg + ")"
	}
	at := position{src, mark.Line, mark.Column}
	d.faults.add(at, syntaxHint(at.fault("", "").SourceLine), "%s", message)
}

func syntaxHint(line string) string {
	switch {
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "indent with spaces; YAML allows no tabs there"
	case strings.Contains(line, "${"):
		return `inside { } and [ ], put quotes around a parameter: "${name}"`
	}
	return ""
}

// An expander copies a tree of nodes with every alias replaced by what it stands for, so that
// each value can be changed by itself. It counts, since nine lines of aliases of aliases can
// stand for a billion values.
type expander struct {
	*decoder
	src     *source
	open    map[*yaml.Node]bool // The nodes that the current one is inside of.
	stopped bool
}

// expand returns the copy of node. Where an alias led here, at is the alias, so that faults
// that are about the size stand at the use rather than at the definition.
func (e *expander) expand(node, at *yaml.Node, depth int) *yaml.Node {
	if at == nil {
		at = node
	}
	e.values++
	e.bytes += len(node.Value)
	switch {
	case e.stopped:
		return node
	case e.values > MaxValues:
		return e.stop(at, "the scenario has more than %d values, aliases included", MaxValues)
	case e.bytes > MaxBytes:
		return e.stop(at, "the scenario has more than %d bytes, aliases and parameters included", MaxBytes)
	case depth > MaxDepth:
		return e.stop(at, "more than %d levels are nested here", MaxDepth)
	case e.open[node]:
		return e.stop(at, "the alias contains itself")
	}
	if node.Kind == yaml.AliasNode {
		return e.expand(node.Alias, at, depth)
	}
	e.open[node] = true
	defer delete(e.open, node)
	copied := &yaml.Node{Kind: node.Kind, Style: node.Style, Tag: node.ShortTag(), Value: node.Value,
		HeadComment: node.HeadComment, LineComment: node.LineComment, FootComment: node.FootComment,
		Line: node.Line, Column: node.Column}
	e.checkTag(copied)
	for _, child := range node.Content {
		copied.Content = append(copied.Content, e.expand(child, nil, depth+1))
	}
	if node.Kind == yaml.MappingNode && !e.stopped {
		e.checkKeys(copied)
	}
	return copied
}

func (e *expander) stop(at *yaml.Node, format string, args ...any) *yaml.Node {
	e.stopped = true
	e.faults.add(e.place(at), "", format, args...)
	return at
}

func (e *expander) place(node *yaml.Node) position { return position{e.src, node.Line, node.Column} }

// checkTag leaves only the tags that JSON has; what YAML takes for a date or for a lone << is
// text here.
func (e *expander) checkTag(node *yaml.Node) {
	switch node.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
	case "!!timestamp", "!!merge":
		node.Tag = "!!str"
		if node.Style == 0 {
			node.Style = yaml.DoubleQuotedStyle // Keeps it text when it is written again.
		}
	default:
		e.faults.add(e.place(node), "", "the YAML tag %s is not allowed", node.Tag)
		node.Tag = "!!str"
	}
}

// checkKeys reports keys that are not plain words or that stand twice, and drops them.
func (e *expander) checkKeys(mapping *yaml.Node) {
	first := map[string]*yaml.Node{}
	kept := mapping.Content[:0:0]
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		switch earlier := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			e.faults.add(e.place(key), "", "a key must be a word")
		case key.Value == "<<":
			e.faults.add(e.place(key), "write the fields out, or alias whole values",
				"YAML merge keys are not allowed")
		case earlier != nil:
			e.faults.add(e.place(key), "", "the key %q stands here twice; it was first on line %d",
				key.Value, earlier.Line)
		default:
			first[key.Value] = key
			kept = append(kept, key, mapping.Content[i+1])
		}
	}
	mapping.Content = kept
}
