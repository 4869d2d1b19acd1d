package page

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/results/sample"
)

func runs() map[string]example.Run {
	return map[string]example.Run{"full": example.Full(), "killed": example.Killed(), "empty": example.Empty(), "volumes": example.Volumes()}
}

func render(t *testing.T, run example.Run) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := Write(&page, run.Report()); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

func TestPageIsTheSameEveryTime(t *testing.T) {
	if !bytes.Equal(render(t, example.Full()), render(t, example.Full())) {
		t.Error("two pages of the same run differ")
	}
}

// walk calls visit with every element.
func walk(node *html.Node, visit func(*html.Node)) {
	if node.Type == html.ElementNode {
		visit(node)
	}
	for child := node.FirstChild; child != nil; child = child.NextSibling {
		walk(child, visit)
	}
}

func attr(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(node *html.Node) string {
	if node.Type == html.TextNode {
		return node.Data
	}
	var text strings.Builder
	for child := node.FirstChild; child != nil; child = child.NextSibling {
		text.WriteString(textOf(child))
	}
	return text.String()
}

func TestPageStructure(t *testing.T) {
	for name, run := range runs() {
		t.Run(name, func(t *testing.T) {
			document, err := html.Parse(bytes.NewReader(render(t, run)))
			if err != nil {
				t.Fatal(err)
			}
			ids, targets, headings := map[string]int{}, []string{}, 0
			walk(document, func(node *html.Node) {
				if id := attr(node, "id"); id != "" {
					ids[id]++
				}
				targets = append(targets, strings.Fields(attr(node, "aria-labelledby"))...)
				if href := attr(node, "href"); strings.HasPrefix(href, "#") {
					targets = append(targets, href[1:])
				}
				checkElement(t, node)
				if node.Data == "h1" {
					headings++
				}
			})
			for id, n := range ids {
				if n > 1 {
					t.Errorf("id %q is used %d times", id, n)
				}
			}
			for _, target := range targets {
				if ids[target] == 0 {
					t.Errorf("nothing has the id %q that the page points to", target)
				}
			}
			if headings != 1 {
				t.Errorf("%d h1 elements, want 1", headings)
			}
		})
	}
}

// checkElement holds what must be true of single elements.
func checkElement(t *testing.T, node *html.Node) {
	t.Helper()
	for _, a := range node.Attr {
		if (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(a.Val, "#") {
			t.Errorf("<%s %s=%q> loads or leads elsewhere", node.Data, a.Key, a.Val)
		}
		if strings.Contains(a.Val, "http") && a.Key != "xmlns" && a.Key != "http-equiv" {
			t.Errorf("<%s %s=%q> names a remote address", node.Data, a.Key, a.Val)
		}
	}
	switch node.Data {
	case "svg":
		found := map[string]bool{}
		for child := node.FirstChild; child != nil; child = child.NextSibling {
			found[child.Data] = found[child.Data] || strings.TrimSpace(textOf(child)) != ""
		}
		if attr(node, "role") != "img" || !found["title"] || !found["desc"] {
			t.Errorf("svg without role, title or desc: %v", node.Attr)
		}
	case "table":
		if node.FirstChild == nil || !strings.Contains(textOf(node), "\n") {
			t.Error("empty table")
		}
		caption := false
		walk(node, func(n *html.Node) { caption = caption || n.Data == "caption" })
		if !caption {
			t.Error("table without caption")
		}
	case "th":
		if attr(node, "scope") == "" {
			t.Errorf("header cell %q without scope", textOf(node))
		}
	case "section":
		if len(strings.Fields(textOf(node))) < 6 {
			t.Errorf("section %q says nothing", textOf(node))
		}
	}
}

func TestStyleLoadsNothing(t *testing.T) {
	for _, text := range []string{styleSheet, pageScript, tokenStyle()} {
		if found := regexp.MustCompile(`(?i:@import|https?:|fetch\(|XMLHttp)|\burl\(`).FindString(text); found != "" {
			t.Errorf("style or script contains %q", found)
		}
	}
}

func TestObjectivesAreTheSummarys(t *testing.T) {
	run := example.Full()
	page := string(render(t, run))
	for _, o := range run.Summary.Objectives {
		row := regexp.MustCompile(`(?s)<tr><td class="[a-z]+ word">[^\n]*\n<th scope="row">(?:<a href="#why-[0-9]">)?` + regexp.QuoteMeta(o.Name) + `<.*?</tr>`).FindString(page)
		if row == "" {
			t.Errorf("no row for %q", o.Name)
			continue
		}
		limit := o.Most
		if limit == nil {
			limit = o.Least
		}
		wants := []string{string(o.Verdict), sample.Format(*o.Observed, o.Unit), sample.Format(*limit, o.Unit), sample.FormatCount(o.N)}
		if o.Low != nil {
			wants = append(wants, sample.Format(*o.Low, o.Unit)+" … "+sample.Format(*o.High, o.Unit))
		}
		for _, want := range wants {
			if !strings.Contains(row, want) {
				t.Errorf("row of %q lacks %q:\n%s", o.Name, want, row)
			}
		}
	}
	if miss, pass := strings.Index(page, "✗</span> MISS"), strings.Index(page, "✓</span> PASS"); miss < 0 || miss > pass {
		t.Error("missed objectives do not come first")
	}
}

func TestEveryInkHasAColour(t *testing.T) {
	known := map[string]bool{}
	for _, token := range palette() {
		known[token.name] = true
	}
	for _, match := range regexp.MustCompile(`class="(?:line )?[sf]-([a-z0-9-]+)"`).FindAllStringSubmatch(string(render(t, example.Full())), -1) {
		if !known[match[1]] {
			t.Errorf("ink %q has no colour", match[1])
		}
	}
	for _, match := range regexp.MustCompile(`var\(--([a-z0-9-]+)\)`).FindAllStringSubmatch(styleSheet, -1) {
		if !known[match[1]] {
			t.Errorf("style uses unknown colour %q", match[1])
		}
	}
}

// luminance is WCAG's relative luminance of #rrggbb.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	linear := func(c uint64) float64 {
		s := float64(c) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(v>>16&255) + 0.7152*linear(v>>8&255) + 0.0722*linear(v&255)
}

func TestContrast(t *testing.T) {
	least := map[role]float64{words: 4.5, graphic: 3}
	for _, front := range palette() {
		for _, back := range palette() {
			against := back.role == surface || back.role == tint && front.role == words
			if !against || least[front.role] == 0 {
				continue
			}
			for theme, pair := range map[string][2]string{"light": {front.light, back.light}, "dark": {front.dark, back.dark}} {
				a, b := luminance(t, pair[0]), luminance(t, pair[1])
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < least[front.role] {
					t.Errorf("%s on %s in %s: contrast %.2f, want %.1f", front.name, back.name, theme, ratio, least[front.role])
				}
			}
		}
	}
}
