package page

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/index"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// pages are examples of every kind of page, by the names of their golden files.
func pages(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for name, run := range runs() {
		all[name] = render(t, run)
	}
	for name, e := range experiments() {
		all["experiment-"+name] = renderExperiment(t, e)
	}
	for name, comparison := range example.Comparisons() {
		var page bytes.Buffer
		if err := WriteCompare(&page, view.BuildCompare(comparison)); err != nil {
			t.Fatal(err)
		}
		all["compare-"+name] = page.Bytes()
	}
	for name, s := range example.Searches() {
		all["search-"+name] = renderSearch(t, s)
	}
	for name, made := range example.Histories() {
		var page bytes.Buffer
		if err := WriteHistory(&page, view.BuildHistory(made)); err != nil {
			t.Fatal(err)
		}
		all["history-"+name] = page.Bytes()
	}
	for name, plan := range example.CapacityPlans() {
		var page bytes.Buffer
		if err := WritePlanCapacity(&page, view.BuildPlanCapacity(plan)); err != nil {
			t.Fatal(err)
		}
		all["plan-capacity-"+name] = page.Bytes()
	}
	for name, x := range map[string]*index.Index{"full": listed(), "none": {}} {
		all["index-"+name] = renderIndex(t, x)
	}
	return all
}

// TestPagesMatchGoldens compares what pages say with the golden files, which leave out the style and the
// script that all pages share.
func TestPagesMatchGoldens(t *testing.T) {
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			got := unshared(page)
			golden := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("page differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
			if len(page) > MaxBytes {
				t.Errorf("the page has %d bytes, more than %d", len(page), MaxBytes)
			}
		})
	}
}

// unshared empties the style and the script of a page, and the script's digest in its policy.
func unshared(page []byte) []byte {
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAll(page, []byte("<style></style>"))
	page = regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAll(page, []byte("<script></script>"))
	return regexp.MustCompile(`sha256-[^&]*&`).ReplaceAll(page, []byte("sha256-&"))
}
