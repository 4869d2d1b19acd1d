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

var update = flag.Bool("update", false, "write controlplane.txtar and karpenter.txtar anew from their modules")

// TestArchiveIsCurrent keeps the embedded copies equal to the nested modules.
func TestArchiveIsCurrent(t *testing.T) {
	for module, embedded := range map[string][]byte{"controlplane": archive, "karpenter": karpenterArchive} {
		want := txtar.Format(readModule(t, module))
		if *update {
			if err := os.WriteFile(module+".txtar", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !bytes.Equal(embedded, want) {
			t.Errorf("%s.txtar differs from kwok/%[1]s: run 'make update'", module)
		}
	}
}

func readModule(t *testing.T, name string) *txtar.Archive {
	t.Helper()
	directory := filepath.Join("..", name)
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	module := &txtar.Archive{Comment: []byte("Generated from kwok/" + name + " by 'make update'. Do not edit.\n")}
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
