//go:build unix

package builder

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuildKarpenter(t *testing.T) {
	builds := fakeGo(t, "go1.26.8", strings.ReplaceAll(goodBuild, mainPackage, karpenterPackage))
	var stages []Stage
	b := Builder{Cache: t.TempDir(), Progress: func(p Progress) { stages = append(stages, p.Stage) }}
	path, built, err := b.FindKarpenter(t.Context())
	if err != nil || built {
		t.Fatalf("before the build: %s, %v, %v", path, built, err)
	}
	for range 2 { // The second finds the binary.
		if got, err := b.BuildKarpenter(t.Context()); err != nil || got != path {
			t.Fatalf("got %s, %v, want %s", got, err, path)
		}
	}
	if got := read(t, builds); got != "build\n" {
		t.Errorf("there were builds %q, want one", got)
	}
	if got := stages[len(stages)-1]; got != Linking {
		t.Errorf("the last stage is %s, want %s", got, Linking)
	}
	version, err := KarpenterVersion()
	if err != nil || !strings.HasPrefix(path, filepath.Join(b.Cache, "karpenter", version+"-")) {
		t.Errorf("Karpenter %s, %v is built at %s", version, err, path)
	}
	checkOnlyTheBinary(t, path, true)
}

// TestLifelinesAreTheSame keeps the copy equal that a module of its own cannot do without.
func TestLifelinesAreTheSame(t *testing.T) {
	var texts [][]byte
	for _, module := range []string{"controlplane", "karpenter"} {
		text, err := os.ReadFile(filepath.Join("..", module, "lifeline.go"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("kwok/karpenter/lifeline.go differs from kwok/controlplane/lifeline.go, of which it is a copy")
	}
}
