package builder

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write controlplane.txtar anew from kwok/controlplane")

// TestArchiveIsCurrent keeps the embedded copy equal to the nested module.
func TestArchiveIsCurrent(t *testing.T) {
	want := txtar.Format(readModule(t, filepath.Join("..", "controlplane")))
	if *update {
		if err := os.WriteFile("controlplane.txtar", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(archive, want) {
		t.Error("controlplane.txtar differs from kwok/controlplane: run 'make update'")
	}
}

func readModule(t *testing.T, directory string) *txtar.Archive {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	module := &txtar.Archive{Comment: []byte("Generated from kwok/controlplane by 'make update'. Do not edit.\n")}
	for _, entry := range entries {
		extension := filepath.Ext(entry.Name())
		if !slices.Contains([]string{".go", ".mod", ".sum"}, extension) || bytes.HasSuffix([]byte(entry.Name()), []byte("_test.go")) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(directory, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		module.Files = append(module.Files, txtar.File{Name: entry.Name(), Data: data})
	}
	return module
}

// TestOldestGoIsWhatTheModulesAskFor keeps the message for an old toolchain true.
func TestOldestGoIsWhatTheModulesAskFor(t *testing.T) {
	for _, file := range txtar.Parse(archive).Files {
		if filepath.Ext(file.Name) == ".mod" && !bytes.Contains(file.Data, []byte("\ngo "+oldestGo+"\n")) {
			t.Errorf("%s does not ask for Go %s", file.Name, oldestGo)
		}
	}
}
