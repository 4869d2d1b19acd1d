package spec

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// headKeys are what a file of node types says once for all of them.
var headKeys = []string{"provider", "region", "date", "reservation", "source"}

// includeNodeTypes replaces the names of files of node types by what these hold.
func (d *decoder) includeNodeTypes(root *yaml.Node, dir fs.FS, declared map[string]*parameter) {
	fleet := child(child(root, "spec"), "fleet")
	files := child(fleet, "nodeTypeFiles")
	if files == nil || files.Kind != yaml.SequenceNode {
		return // What is no list is reported when it is decoded.
	}
	list := child(fleet, "nodeTypes")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: files.Line, Column: files.Column}
		fleet.Content = append(fleet.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "nodeTypes",
			Line: files.Line, Column: files.Column}, list)
	}
	if list.Kind != yaml.SequenceNode {
		return
	}
	for i, file := range files.Content {
		path := fmt.Sprintf("spec.fleet.nodeTypeFiles[%d]", i)
		d.at[path] = d.place(file)
		if file.Kind != yaml.ScalarNode || d.spoilt[file] {
			d.fault(path, "", "the name of a file must stand here")
			continue
		}
		rows, src := d.readNodeTypes(unescape(file.Value), path, dir, declared)
		d.unreadTypes = d.unreadTypes || rows == nil
		for _, row := range rows {
			d.files[row] = src
		}
		list.Content = append(list.Content, rows...)
	}
	drop(fleet, "nodeTypeFiles")
}

// readNodeTypes reads a file of node types; nil after a fault.
func (d *decoder) readNodeTypes(name, path string, dir fs.FS, declared map[string]*parameter) ([]*yaml.Node, *source) {
	if !fs.ValidPath(name) || dir == nil {
		d.fault(path, "name a file beside the scenario, such as types.yaml", "cannot read %q from here", name)
		return nil, nil
	}
	text, err := readLimited(dir, name)
	if err != nil {
		d.fault(path, "", "%v", err)
		return nil, nil
	}
	src := newSource(name, text)
	file := d.parse(src, text)
	if file == nil {
		return nil, nil
	}
	substitution{d, src, declared}.walk(file, "spec.fleet.nodeTypes", false)
	return d.typeRows(src, file), src
}

// typeRows returns the rows of a parsed file, each a mapping with the fields of a NodeType.
func (d *decoder) typeRows(src *source, file *yaml.Node) []*yaml.Node {
	at := position{src, file.Line, file.Column}
	if file.Kind == yaml.SequenceNode {
		return d.karpenterRows(src, file)
	}
	types := child(file, "types")
	if types == nil || types.Kind != yaml.SequenceNode {
		d.faults.add(at, "write types: and a list, or give karpenter's JSON, which is a list", "a file of node types has a list called types")
		return nil
	}
	var head []*yaml.Node
	for i := 0; i+1 < len(file.Content); i += 2 {
		key := file.Content[i]
		switch {
		case key.Value == "types":
		case slices.Contains(headKeys, key.Value):
			head = append(head, key, file.Content[i+1])
		default:
			d.faults.add(position{src, key.Line, key.Column}, meant(key.Value, append([]string{"types"}, headKeys...)), "unknown field %q", key.Value)
		}
	}
	for _, row := range types.Content {
		if row.Kind != yaml.MappingNode {
			continue // Reported when it is decoded.
		}
		for i := 0; i+1 < len(head); i += 2 {
			stated := child(row, "allocatableCPU") != nil || child(row, "allocatableMemory") != nil
			if child(row, head[i].Value) == nil && !(stated && head[i].Value == "reservation") {
				row.Content = append(row.Content, head[i], head[i+1])
			}
		}
	}
	return types.Content
}

// DecodeNodeTypes reads a file of node types by itself: a list called types with, above it, what holds
// for all of them; or karpenter's instance-type JSON. The error, if any, is Faults. Name is the file's
// for messages; check finds what the language cannot.
func DecodeNodeTypes(name string, text []byte, check func(NodeType) error) ([]NodeType, error) {
	src := newSource(name, text)
	d := newDecoder(src)
	var types []NodeType
	if file := d.parse(src, text); file != nil {
		d.at[""] = d.place(file)
		rows := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: file.Line, Column: file.Column, Content: d.typeRows(src, file)}
		d.decode(rows, reflect.ValueOf(&types).Elem(), "types", field{name: "types", is: "nodeTypes"})
	}
	seen := map[string]bool{}
	for i, t := range types {
		path := fmt.Sprintf("types[%d]", i)
		if d.sound(path+".name") && seen[t.Name] {
			d.fault(path+".name", "", "there is a node type %q already", t.Name)
		}
		seen[t.Name] = true
		d.nodeType(t, path, check)
	}
	return types, d.faults.err()
}
