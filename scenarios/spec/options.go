package spec

import "io/fs"

// Options say how a scenario is read. The zero value is usable.
type Options struct {
	Set   map[string]string // Values of parameters, by name.
	Files fs.FS             // Where manifest files are; nil means that there are none.
	// NodeTypes, Kubernetes and Disks are the names that exist outside of the language. An empty list allows any.
	NodeTypes, Kubernetes, Disks []string
	// CheckNodeType finds what is wrong with an own node type beyond the language; nil checks nothing.
	CheckNodeType func(NodeType) error
	Prices        Prices // Of the catalog; nil if there is none.
	Room          Room   // Of the catalog's types and the scenario's own; nil checks nothing.
	// VolumePresets are the kinds of storage by name; an empty map allows any name, and gives nothing.
	VolumePresets map[string]StorageClass
	// CatalogVolumes returns how many volumes a node type of the catalog takes, 0 if that is not known; nil
	// if there is no catalog.
	CatalogVolumes func(nodeType string) int
	Repeat         int    // How often each variant is run; 0 leaves it to the scenario.
	Disk           string // In place of spec.cluster.etcd.disk; "" leaves it to the scenario.
}
