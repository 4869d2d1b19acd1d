package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/kubedyno/kubedyno/"

// The limits of the house style, in lines.
const (
	longestFunction = 70
	longestFile     = 400
)

// law is the import law: what a folder's packages must not import, and why. Tests may.
var law = []struct{ folder, banned, why string }{
	{"results", "k8s.io/", "results are read where there is no cluster"},
	{"results", "sigs.k8s.io/", "results are read where there is no cluster"},
	{"results", module + "runner", "data flows from the runner to the results"},
	{"results", module + "kwok", "data flows from the cluster to the results"},
	{"results", module + "reporter", "data flows from the results to the reporter"},
	{"results", module + "scenarios", "a run folder is read without its scenario's language"},
	{"reporter", "k8s.io/", "reports are made where there is no cluster"},
	{"reporter", "sigs.k8s.io/", "reports are made where there is no cluster"},
	{"reporter", module + "runner", "data flows from the runner to the reporter"},
	{"reporter", module + "kwok", "data flows from the cluster to the reporter"},
	{"reporter", module + "scenarios", "the view holds what a report shows"},
	{"kwok", module + "scenarios", "the cluster knows nothing of scenarios"},
	{"kwok", module + "results", "the cluster knows nothing of results"},
	{"kwok", module + "runner", "the cluster knows nothing of its runner"},
	{"kwok", module + "reporter", "the cluster knows nothing of reports"},
	{"scenarios", "k8s.io/client-go", "spec and plan know no cluster"},
	{"scenarios", module + "kwok", "spec and plan know no cluster"},
	{"scenarios", module + "runner", "a plan is made before it is run"},
	{"scenarios", module + "reporter", "a plan is made before it is reported"},
	{"scenarios", module + "results/bundle", "a plan writes no results"},
	{"runner", module + "reporter", "data flows from the runner to the reporter"},
	{"runner/live", module + "runner", "the live view is fed by records alone"},
	{"runner/expose", module + "runner", "live metrics are made of records alone"},
	{"runner/expose", "k8s.io/", "live metrics are made of records alone"},
	{"runner/query", "k8s.io/", "queries know Prometheus and no cluster"},
	{"runner/query", module + "runner", "queries are read beside a run and know nothing of it"},
	{"runner/search", "k8s.io/", "a search knows loads and verdicts alone"},
	{"runner/search", module + "runner", "a search knows loads and verdicts alone"},
	{"runner/live", "k8s.io/", "the live view is fed by records alone"},
}

// banned are calls that only main may make: they would lose data for their caller.
var banned = map[string]string{
	"os.Exit":     "return an error; main exits",
	"log.Fatal":   "return an error; main exits",
	"fmt.Println": "take an io.Writer",
	"fmt.Printf":  "take an io.Writer",
	"fmt.Print":   "take an io.Writer",
}

// TestHouse reads every Go file of the repository and holds it against the house style.
func TestHouse(t *testing.T) {
	files := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		files++
		checkFile(t, filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator))), path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("read %d files: is this the repository?", files)
	}
}

func checkFile(t *testing.T, name, path string) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, source, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	if strings.HasSuffix(name, "_test.go") {
		return
	}
	if lines := strings.Count(string(source), "\n"); lines > longestFile {
		t.Errorf("%s has %d lines, more than %d: is it one idea?", name, lines, longestFile)
	}
	checkImports(t, name, file)
	for _, declaration := range file.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			first, last := positions.Position(function.Pos()).Line, positions.Position(function.End()).Line
			if last-first+1 > longestFunction {
				t.Errorf("%s:%d: %s has %d lines, more than %d", name, first, function.Name.Name, last-first+1, longestFunction)
			}
		}
	}
	if !strings.HasPrefix(name, "cmd/") && !strings.HasPrefix(name, "kwok/controlplane/") && !strings.HasPrefix(name, "kwok/karpenter/") {
		checkCalls(t, positions, file)
	}
}

func checkImports(t *testing.T, name string, file *ast.File) {
	t.Helper()
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		for _, rule := range law {
			if strings.HasPrefix(name, rule.folder+"/") && strings.HasPrefix(path, rule.banned) {
				t.Errorf("%s imports %s: %s", name, path, rule.why)
			}
		}
	}
}

func checkCalls(t *testing.T, positions *token.FileSet, file *ast.File) {
	t.Helper()
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if owner, ok := selector.X.(*ast.Ident); ok {
			if cure, found := banned[owner.Name+"."+selector.Sel.Name]; found {
				t.Errorf("%s: %s.%s: %s", positions.Position(selector.Pos()), owner.Name, selector.Sel.Name, cure)
			}
		}
		return true
	})
}
