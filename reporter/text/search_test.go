package text

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

func TestSearchTextMatchesGolden(t *testing.T) {
	for name, s := range example.Searches() {
		t.Run(name, func(t *testing.T) {
			var plain, colored bytes.Buffer
			v := view.BuildSearch(s)
			if err := WriteSearch(&plain, v, Options{}); err != nil {
				t.Fatal(err)
			}
			if err := WriteSearch(&colored, v, Options{Color: true}); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "search-"+name+".txt")
			if *update {
				if err := os.WriteFile(golden, plain.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), plain.String()); diff != "" {
				t.Errorf("text differs from %s (-want +got):\n%s", golden, diff)
			}
			for line := range strings.Lines(plain.String()) {
				if columns(strings.TrimSuffix(line, "\n")) > DefaultWidth {
					t.Errorf("too wide: %s", line)
				}
			}
			if plain.String() == colored.String() || strings.Count(plain.String(), "\n") != strings.Count(colored.String(), "\n") {
				t.Error("colour changes the lines, or nothing")
			}
		})
	}
}
