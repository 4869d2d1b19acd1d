// Package scenarios is the library of built-in scenarios. The files are embedded; they are
// also the documentation of the language, so their comments are part of them.
package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

//go:embed *.yaml api/*.yaml capacity/*.yaml nodes/*.yaml pods/*.yaml scheduler/*.yaml hpa/*.yaml limits/*.yaml rollout/*.yaml quota/*.yaml storage/*.yaml
var files embed.FS

// An Entry is one built-in scenario.
type Entry struct {
	Path  string // Inside the library: "nodes/ramp.yaml".
	Name  string // What a user calls it: "nodes/ramp".
	Title string // One line on what it does.
}

// Files returns the library as a file system, where the manifest files of scenarios are.
func Files() fs.FS { return files }

// Library returns the built-in scenarios in the order of their names.
func Library() ([]Entry, error) {
	var entries []Entry
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		var head struct{ Metadata struct{ Title string } }
		if err := yaml.Load(text, &head); err != nil {
			return fmt.Errorf("read built-in scenario %s: %w", path, err)
		}
		entries = append(entries, Entry{Path: path, Name: strings.TrimSuffix(path, ".yaml"), Title: head.Metadata.Title})
		return nil
	})
	return entries, err
}

// Open returns the entry and the text of the built-in scenario of that name.
func Open(name string) (Entry, []byte, error) {
	entries, err := Library()
	if err != nil {
		return Entry{}, nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.Name == name {
			text, err := files.ReadFile(entry.Path)
			return entry, text, err
		}
		names = append(names, entry.Name)
	}
	if near, ok := spec.Nearest(name, names); ok {
		return Entry{}, nil, fmt.Errorf("there is no built-in scenario %q; did you mean %s?", name, near)
	}
	return Entry{}, nil, fmt.Errorf("there is no built-in scenario %q; there are %s", name, strings.Join(names, ", "))
}
