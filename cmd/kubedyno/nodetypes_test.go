package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// TestCatalogFilesAreFilesOfUsers reads the catalog's data files as a user's own: both parsers agree.
func TestCatalogFilesAreFilesOfUsers(t *testing.T) {
	files, err := nodetype.Files()
	if err != nil {
		t.Fatal(err)
	}
	want, err := nodetype.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	var got nodetype.Types
	for _, file := range files {
		rows, err := spec.DecodeNodeTypes(file.Name, file.Text, checkNodeType)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			converted, err := engine.NodeType(row)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, converted)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the catalog, read as files of a user (-catalog +user):\n%s", diff)
	}
}
