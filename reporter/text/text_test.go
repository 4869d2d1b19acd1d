package text

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func render(t *testing.T, run example.Run, options Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, run.Report(), options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextMatchesGolden(t *testing.T) {
	tests := []struct {
		name    string
		run     example.Run
		options Options
	}{
		{"full", example.Full(), Options{}},
		{"full-60", example.Full(), Options{Width: 60}},
		{"killed", example.Killed(), Options{}},
		{"empty", example.Empty(), Options{}},
		{"volumes", example.Volumes(), Options{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := render(t, test.run, test.options)
			golden := filepath.Join("testdata", test.name+".txt")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("text differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
		})
	}
}

func TestLinesFitTheWidth(t *testing.T) {
	for _, width := range []int{60, 72, 80, 120} {
		for _, line := range strings.Split(render(t, example.Full(), Options{Width: width}), "\n") {
			if columns(line) > width {
				t.Errorf("width %d: line of %d columns: %s", width, columns(line), line)
			}
		}
	}
}

// TestLongNamesAndFigures makes everything in the table of objectives long.
func TestLongNamesAndFigures(t *testing.T) {
	report := example.Full().Report()
	o := &report.Objectives[0]
	o.Name, o.Verdict = "time_to_ready_of_a_custom_resource_p99.9 "+strings.Repeat("of workload web ", 6), slo.Inconclusive
	o.Observed, o.Limit, o.Margin = "123,456 pod-s", "≤ 12,345,678 pod-s", "−1,234,567%"
	for _, width := range []int{60, 80, 100} {
		var out, colored bytes.Buffer
		if err := errors.Join(Write(&out, report, Options{Width: width}), Write(&colored, report, Options{Width: width, Color: true})); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if columns(strings.TrimSuffix(line, "\n")) > width {
				t.Errorf("width %d: line of %d columns: %s", width, columns(line), line)
			}
		}
		words := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{o.Observed, o.Limit, o.Margin, "INCONCLUSIVE time"} {
			if !strings.Contains(words, want) {
				t.Errorf("width %d: %q is not in\n%s", width, want, &out)
			}
		}
		if strings.Contains(colored.String(), "\x1b[m") {
			t.Error("a colour that is none is written")
		}
	}
}

func TestColorChangesNoWord(t *testing.T) {
	coloured := render(t, example.Full(), Options{Color: true})
	plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured, "")
	if coloured == plain {
		t.Error("no colour was written")
	}
	if diff := cmp.Diff(render(t, example.Full(), Options{}), plain); diff != "" {
		t.Errorf("colour changes the text:\n%s", diff)
	}
}

func TestObservedValuesAreTheSummarys(t *testing.T) {
	run := example.Full()
	out := render(t, run, Options{})
	for _, o := range run.Summary.Objectives {
		if want := sample.Format(*o.Observed, o.Unit); !strings.Contains(out, want) {
			t.Errorf("observed value %s of %q is not shown", want, o.Name)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two", 7, []string{"one two"}},
		{"one two", 6, []string{"one", "two"}},
		{"a extraordinarily b", 6, []string{"a", "extrao", "rdinar", "ily b"}},
		{"≤ 1 s", 5, []string{"≤ 1 s"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, wrap(test.text, test.width)); diff != "" {
			t.Errorf("wrap(%q, %d):\n%s", test.text, test.width, diff)
		}
	}
}
