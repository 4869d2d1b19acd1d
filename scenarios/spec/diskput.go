package spec

import "go.yaml.in/yaml/v4"

// putDisk puts a disk in the place of spec.cluster.etcd.disk, as if the scenario said so itself. It stands
// where the scenario's own disk stands, or else where the mapping does that it belongs to. What is no
// mapping is left for the decoder to report.
func putDisk(root *yaml.Node, disk string) {
	at := root
	for _, key := range []string{"spec", "cluster", "etcd"} {
		next := child(at, key)
		if next == nil {
			next = put(at, key, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: at.Line, Column: at.Column})
		}
		if next.Kind != yaml.MappingNode {
			return
		}
		at = next
	}
	place := at
	if own := child(at, "disk"); own != nil {
		place = own
		drop(at, "disk")
	}
	put(at, "disk", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: disk, Line: place.Line, Column: place.Column})
}

// put adds a key to a mapping that does not have it, and returns its value.
func put(mapping *yaml.Node, key string, value *yaml.Node) *yaml.Node {
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key, Line: value.Line, Column: value.Column}
	mapping.Content = append(mapping.Content, name, value)
	return value
}
