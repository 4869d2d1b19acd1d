package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
)

func TestWriteAndOpen(t *testing.T) {
	dir := t.TempDir()
	if Is(dir) {
		t.Error("an empty folder is taken for an experiment")
	}
	e := tried(bundle.Running, AfterMiss, "PP", "M-")
	e.Started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	code := 1
	e.Trials[2].ExitCode = &code
	if err := e.Write(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, again); diff != "" || !Is(dir) {
		t.Errorf("read again (-written +read):\n%s", diff)
	}
}

func TestOpenDamaged(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"cut", `{"formatVersion": 1, "id`, "unexpected end"},
		{"later", `{"formatVersion": 999}`, "has format version 999 and this kubedyno reads version 1"},
		{"empty", `{"formatVersion": 1}`, "it has no trials"},
		{"outside", `{"formatVersion": 1, "variants": [{"values": []}], "trials": [{"number": 1, "folder": "../../etc"}]}`, "trial 1 is damaged"},
		{"no variant", `{"formatVersion": 1, "variants": [{"values": []}], "trials": [{"number": 1, "variant": 1, "folder": "a"}]}`, "trial 1 is damaged"},
		{"values", `{"formatVersion": 1, "variants": [{"label": "a=1", "values": ["1"]}], "trials": [{"number": 1, "folder": "a"}]}`, `variant "a=1" is damaged`},
		{"other type", `{"formatVersion": 1, "trials": 5}`, "cannot unmarshal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, File), []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// TestListTellsRunsAndExperimentsApart has one of each, and what is neither.
func TestListTellsRunsAndExperimentsApart(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"old", "new", "run", "other"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		switch name {
		case "old", "new":
			e := tried(bundle.Complete, "", "P")
			e.Started = time.Date(2026, 1, 2+i, 3, 4, 5, 0, time.UTC)
			err = e.Write(path)
		case "run":
			err = os.WriteFile(filepath.Join(path, bundle.ManifestFile), []byte(`{"formatVersion": 1, "id": "r"}`), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	experiments, err := List(dir)
	if err != nil || len(experiments) != 2 || filepath.Base(experiments[0].Dir) != "new" {
		t.Errorf("experiments %+v, %v", experiments, err)
	}
	runs, err := bundle.List(dir)
	if err != nil || len(runs) != 1 || runs[0].Manifest.ID != "r" {
		t.Errorf("runs %+v, %v", runs, err)
	}
	if none, err := List(filepath.Join(dir, "none")); err != nil || none != nil {
		t.Errorf("of a folder that is not there: %v, %v", none, err)
	}
}

func TestFolderOf(t *testing.T) {
	for _, test := range []struct {
		number, of int
		label      string
		want       string
	}{
		{3, 6, "constraint=plain", "trials/03-constraint-plain"},
		{3, 120, "rate=0.5, mode=Watch/../List", "trials/003-rate-0.5-mode-watch-..-list"},
		{1, 2, "", "trials/01"},
		{1, 2, "text=ü", "trials/01-text"},
		{1, 2, "text=" + strings.Repeat("a", 200), "trials/01-text-" + strings.Repeat("a", 55)},
	} {
		if got := FolderOf(test.number, test.of, test.label); got != test.want || !filepath.IsLocal(got) {
			t.Errorf("FolderOf(%d, %d, %q) = %q, want %q", test.number, test.of, test.label, got, test.want)
		}
	}
}

// TestImpossibleExperiment opens files that would make the comparison look at what is not there.
func TestImpossibleExperiment(t *testing.T) {
	const rest = `"variants": [{}], "trials": [{"folder": "a"}]}`
	for text, want := range map[string]string{
		`{"formatVersion": 1, "repeat": 1, ` + rest:                ``,
		`{"formatVersion": 1, "repeat": 0, ` + rest:                `1 trials cannot be 0 of each variant`,
		`{"formatVersion": 1, "repeat": 9, ` + rest:                `1 trials cannot be 9 of each variant`,
		`{"formatVersion": 1, "repeat": 1, "lastGood": 1, ` + rest: `there is no variant 1`,
		`{"formatVersion": 1, "repeat": 1, "versus": {}, ` + rest:  `it compares two variants and has 1`,
		`{"formatVersion": 1, "repeat": 1, "axes": [{"parameter": "a", "numbers": [1]}], "variants": [{"values": ["1"]}], "trials": [{"folder": "a"}]}`: `the axis "a" has 0 values and 1 numbers`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s gave %v, want %q", text, err, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"formatVersion": 1, "repeat": 1, "axes": [{"parameter": "a"}], "variants": [{"values": ["1"]}], "trials": [{"folder": "a", "ended": true}]}`))
	f.Add([]byte(`{"formatVersion": 1, "repeat": 1, "stopAfter": "miss", "variants": [{}], "trials": [{"folder": "a", "objectives": [{"most": 1}]}]}`))
	f.Add([]byte(`{"formatVersion": 1, "repeat": 1, "versus": {}, "variants": [{}, {}], "trials": [{"folder": "a", "ended": true}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, File), text, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := Open(dir)
		if err != nil {
			return
		}
		if err := e.Write(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
	})
}
