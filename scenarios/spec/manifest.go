package spec

import (
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// includeFiles replaces the file of each workload by the manifest that it holds.
func (d *decoder) includeFiles(root *yaml.Node, dir fs.FS, declared map[string]*parameter) {
	list := child(child(root, "spec"), "workloads")
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) > MaxWorkloads {
		return
	}
	for i, workload := range list.Content {
		path := fmt.Sprintf("spec.workloads[%d]", i)
		file := child(workload, "file")
		if file == nil || file.Kind != yaml.ScalarNode || d.spoilt[file] {
			continue
		}
		d.at[path+".file"] = d.place(file)
		if child(workload, "manifest") != nil {
			d.fault(path+".file", "", "a workload has a manifest or a file, not both")
			continue
		}
		if manifest := d.readManifest(unescape(file.Value), path, dir, declared); manifest != nil {
			replaceKey(workload, "file", "manifest", manifest)
		}
	}
}

// readManifest reads, parses and fills in a manifest file; nil after a fault.
func (d *decoder) readManifest(name, path string, dir fs.FS, declared map[string]*parameter) *yaml.Node {
	if !fs.ValidPath(name) || dir == nil {
		d.fault(path+".file", "name a file beside the scenario, such as web.yaml", "cannot read %q from here", name)
		return nil
	}
	text, err := readLimited(dir, name)
	if err != nil {
		d.fault(path+".file", "", "%v", err)
		return nil
	}
	src := newSource(name, text)
	manifest := d.parse(src, text)
	if manifest == nil {
		d.faulted[path+".manifest"] = true
		d.faulted[path+".file"] = true
		return nil
	}
	substitution{d, src, declared}.walk(manifest, path+".manifest", true)
	d.files[manifest] = src
	return manifest
}

// readLimited reads one byte more than a file may have, so that parse can say it is too large.
func readLimited(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}

func replaceKey(mapping *yaml.Node, from, to string, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == from {
			mapping.Content[i].Value, mapping.Content[i+1] = to, value
		}
	}
}

// decodeManifest decodes an object of Kubernetes, or a patch for one, of which the language
// knows nothing: mappings, lists, text, booleans, int64 and float64, as unstructured objects
// have them.
func (d *decoder) decodeManifest(node *yaml.Node, target reflect.Value, path string) {
	if !d.kind(node, yaml.MappingNode, path) {
		return
	}
	if len(node.Content) == 0 {
		d.fault(path, "", "there is nothing in it")
		return
	}
	target.Set(reflect.ValueOf(d.free(node, path, manifestPath.MatchString(path))))
}

// free decodes a value of any kind; text stays escaped if it belongs to a manifest, for
// ReplaceIndex.
func (d *decoder) free(node *yaml.Node, path string, escaped bool) any {
	d.at[path] = d.place(node)
	if d.spoilt[node] {
		d.faulted[path] = true
		return nil
	}
	switch node.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i].Value
			m[key] = d.free(node.Content[i+1], join(path, key), escaped)
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for i, item := range node.Content {
			list = append(list, d.free(item, fmt.Sprintf("%s[%d]", path, i), escaped))
		}
		return list
	}
	return d.freeScalar(node, path, escaped)
}

func (d *decoder) freeScalar(node *yaml.Node, path string, escaped bool) any {
	switch node.Tag {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if err := node.Decode(&b); err == nil {
			return b
		}
	case "!!int":
		if n, ok := wholeNumber(node.Value, node.Tag); ok {
			return n
		}
		d.fault(path, "", "%s does not fit into 64 bits", node.Value)
	case "!!float":
		if f, ok := number(node.Value, node.Tag); ok {
			return f
		}
		d.fault(path, "", "%s is not a finite number", node.Value)
	}
	if escaped {
		return node.Value
	}
	return unescape(node.Value)
}

// resolve writes the tree, with everything replaced, as YAML without declarations of
// parameters, since nothing is left that they could change, and without the other trials and the search.
func resolve(root *yaml.Node) ([]byte, error) {
	body := child(root, "spec")
	drop(body, "parameters")
	drop(body, "search")
	if trials := child(body, "trials"); trials != nil {
		for _, key := range []string{"matrix", "repeat", "stopAfter"} {
			drop(trials, key)
		}
		if len(trials.Content) == 0 {
			drop(body, "trials")
		}
	}
	return yaml.Dump(root, yaml.WithLineWidth(-1))
}

// drop removes a key and its value from a mapping.
func drop(mapping *yaml.Node, key string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return
		}
	}
}
