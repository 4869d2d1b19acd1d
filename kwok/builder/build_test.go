//go:build unix

package builder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fakeGo puts a stand-in for the go command on the PATH. It answers "go env" with the given
// version, "go list" with two packages, and runs the given shell lines for "go build", where
// $output is the file to write. It returns a file to which each build adds a line.
func fakeGo(t *testing.T, version, build string) string {
	t.Helper()
	folder := t.TempDir()
	builds := filepath.Join(folder, "builds")
	script := `#!/bin/sh
case "$1" in
env) printf '` + version + `\nv1\nv8.0\n\noff\n' ;;
list) printf 'internal/goarch\n` + mainPackage + `\n' ;;
build)
	output=$4
	echo build >>` + builds + `
	` + build + `
	;;
esac
`
	if err := os.WriteFile(filepath.Join(folder, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":/usr/bin:/bin")
	return builds
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const goodBuild = `echo internal/goarch >&2; echo ` + mainPackage + ` >&2; echo binary >"$output"`

func TestBuild(t *testing.T) {
	builds := fakeGo(t, "go1.26.8", goodBuild)
	var stages []Stage
	b := Builder{Cache: t.TempDir(), Progress: func(p Progress) { stages = append(stages, p.Stage) }}
	path, built, err := b.Find(t.Context(), DefaultKubernetes)
	if err != nil || built {
		t.Fatalf("before the build: %s, %v, %v", path, built, err)
	}
	leftover := filepath.Join(filepath.Dir(path), "work", "go-build123", "b001")
	if err := os.MkdirAll(leftover, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // The second finds the binary.
		if got, err := b.Build(t.Context(), DefaultKubernetes); err != nil || got != path {
			t.Fatalf("got %s, %v, want %s", got, err, path)
		}
	}
	if got := read(t, path); got != "binary\n" {
		t.Errorf("the binary holds %q", got)
	}
	if got := read(t, builds); got != "build\n" {
		t.Errorf("there were builds %q, want one", got)
	}
	if got, want := stages[len(stages)-1], Linking; got != want {
		t.Errorf("the last stage is %s, want %s", got, want)
	}
	checkOnlyTheBinary(t, path, true)
}

// checkOnlyTheBinary checks that a build left nothing else in its folder.
func checkOnlyTheBinary(t *testing.T, path string, built bool) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, entry := range entries {
		switch entry.Name() {
		case filepath.Base(path):
			found = true
		case "build.lock":
		default:
			t.Errorf("the build left %s", entry.Name())
		}
	}
	if found != built {
		t.Errorf("the binary is there: %v, want %v", found, built)
	}
}

func TestTwoBuildsAtOnceBuildOnce(t *testing.T) {
	builds := fakeGo(t, "go1.26.8", "sleep 1; "+goodBuild)
	cache := t.TempDir()
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			b := Builder{Cache: cache}
			if _, err := b.Build(t.Context(), DefaultKubernetes); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := read(t, builds); got != "build\n" {
		t.Errorf("there were builds %q, want one", got)
	}
}

func TestInterruptedBuildLeavesNothing(t *testing.T) {
	interrupted := errors.New("ctrl-c")
	ctx, cancel := context.WithCancelCause(t.Context())
	fakeGo(t, "go1.26.8", `echo half >"$output"; echo internal/goarch >&2; exec sleep 60`)
	b := Builder{Cache: t.TempDir(), Progress: func(p Progress) {
		if p.Done == 1 {
			cancel(interrupted)
		}
	}}
	if _, err := b.Build(ctx, DefaultKubernetes); !errors.Is(err, interrupted) {
		t.Errorf("got %v, want the interruption", err)
	}
	path, built, err := b.Find(t.Context(), DefaultKubernetes)
	if err != nil || built {
		t.Fatalf("after the interruption: %v, %v", built, err)
	}
	checkOnlyTheBinary(t, path, false)
}

func TestWaitingBuildCanBeInterrupted(t *testing.T) {
	fakeGo(t, "go1.26.8", goodBuild)
	ctx, cancel := context.WithCancel(t.Context())
	b := Builder{Cache: t.TempDir(), Progress: func(p Progress) {
		if p.Stage == Waiting {
			cancel()
		}
	}}
	target, err := b.target(t.Context(), DefaultKubernetes)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(target.binary), 0o700); err != nil {
		t.Fatal(err)
	}
	release, err := b.takeTurn(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := b.Build(ctx, DefaultKubernetes); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the interruption", err)
	}
}

// TestBuildSaysWhatIsMissing has real failures and those of a fake go command.
func TestBuildSaysWhatIsMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		version, build, cache, kubernetes, want string
	}{
		"no binary made":  {build: "exit 0", want: "no such file"},
		"compile error":   {build: "echo '# k8s.io/api' >&2; echo 'x.go:1:1: bad code' >&2; exit 1", want: "x.go:1:1: bad code"},
		"disk full":       {build: "echo 'link: no space left on device' >&2; exit 1", want: "--cache-dir"},
		"old toolchain":   {version: "go1.25.1", want: "the Go toolchain on the PATH is go1.25.1, and the control plane needs Go 1.26"},
		"cache is a file": {cache: file, want: "choose another with --cache-dir"},
		"cache in a file": {cache: filepath.Join(file, "x"), want: "choose another with --cache-dir"},
		"unknown version": {kubernetes: "v1.2.3", want: `no pinned module file for Kubernetes "v1.2.3"; there is one for v1.37.2 and v1.36.3`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.version == "" {
				test.version = "go1.26.8"
			}
			if test.cache == "" {
				test.cache = t.TempDir()
			}
			if test.kubernetes == "" {
				test.kubernetes = DefaultKubernetes
			}
			fakeGo(t, test.version, test.build)
			b := Builder{Cache: test.cache}
			if _, err := b.Build(t.Context(), test.kubernetes); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestBuildWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	b := Builder{Cache: t.TempDir()}
	if _, err := b.Build(t.Context(), DefaultKubernetes); err == nil || !strings.Contains(err.Error(), "https://go.dev/dl") {
		t.Errorf("got %v", err)
	}
}

// TestBuildWithoutModules lets the real go command fail to find the modules.
func TestBuildWithoutModules(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	b := Builder{Cache: t.TempDir()}
	_, err := b.Build(t.Context(), DefaultKubernetes)
	if err == nil || !strings.Contains(err.Error(), "the Go module proxy could not be reached") {
		t.Errorf("got %v", err)
	}
	if err != nil && len(err.Error()) > 2*outputLimit {
		t.Errorf("the error is %d bytes long", len(err.Error()))
	}
}

func TestFinishedCacheMayBeReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to a read-only folder")
	}
	fakeGo(t, "go1.26.8", goodBuild)
	cache := t.TempDir()
	b := Builder{Cache: cache}
	path, err := b.Build(t.Context(), DefaultKubernetes)
	if err != nil {
		t.Fatal(err)
	}
	folders := []string{filepath.Dir(path), filepath.Join(cache, "controlplane"), cache}
	for _, folder := range folders {
		if err := os.Chmod(folder, 0o500); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(folder, 0o700)
	}
	if _, err := b.Build(t.Context(), DefaultKubernetes); err != nil {
		t.Error(err)
	}
}
