// Package builder compiles the control-plane binary from Go modules: etcd, the Kubernetes
// control plane, metrics-server, a metrics adapter and kwok in one executable, whose sources are
// the nested module in kwok/controlplane. It also compiles Karpenter, from kwok/karpenter.
//
// It downloads through the user's own module proxy, needs nothing but the Go toolchain, and
// keeps each binary in a cache folder named after everything that determines it. It starts
// no cluster: that is package cluster.
package builder

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// DefaultKubernetes is the Kubernetes version that is built unless another is asked for.
const DefaultKubernetes = "v1.37.2"

// modFiles maps each buildable Kubernetes version to its pinned module file.
var modFiles = map[string]string{
	DefaultKubernetes: "go.mod",
	"v1.36.3":         "kubernetes-1.36.3.mod",
}

// archive holds the files of kwok/controlplane. They are embedded as one archive because
// embedding passes over a folder that has a go.mod, and because a nested module is not part of
// its parent's module zip: an installed kubedyno has only this copy. "make update" writes it.
//
//go:embed controlplane.txtar
var archive []byte

// Versions returns the Kubernetes versions that can be built, newest first.
func Versions() []string { return []string{DefaultKubernetes, "v1.36.3"} }

// A Builder builds and finds control-plane binaries.
type Builder struct {
	Cache    string         // The folder that holds sources and binaries; made if missing.
	Progress func(Progress) // Called from one goroutine; may be nil.
}

// A Stage is what a build is doing.
type Stage string

// The stages of a build, in their order.
const (
	Waiting     Stage = "wait" // For another process that builds the same binary.
	Downloading Stage = "download"
	Compiling   Stage = "compile"
	Linking     Stage = "link"
)

// Progress says how far a build is. Total is the number of packages that the binary is made
// of; those that the Go build cache still holds are never counted as done.
type Progress struct {
	Stage Stage
	Done  int
	Total int
}

// Find returns the path of the binary for a Kubernetes version and whether it has been built.
func (b *Builder) Find(ctx context.Context, kubernetes string) (path string, built bool, err error) {
	target, err := b.target(ctx, kubernetes)
	if err != nil {
		return "", false, err
	}
	return target.find()
}

func (t *target) find() (path string, built bool, err error) {
	_, err = os.Stat(t.binary)
	if errors.Is(err, fs.ErrNotExist) {
		return t.binary, false, nil
	}
	return t.binary, err == nil, err
}

// Build compiles the binary for a Kubernetes version unless it is there already, and returns
// its path. A cold build takes minutes; ctx ends it. Of several builds of one binary, the
// others wait for the first.
//
// After a kill -9 of this process, the go command ends when it next names a package and finds
// nobody reading; the next Build removes its unfinished files.
func (b *Builder) Build(ctx context.Context, kubernetes string) (string, error) {
	target, err := b.target(ctx, kubernetes)
	if err != nil {
		return "", err
	}
	return b.build(ctx, target)
}

func (b *Builder) build(ctx context.Context, target *target) (string, error) {
	if _, err := os.Stat(target.binary); err == nil {
		return target.binary, nil
	}
	if err := os.MkdirAll(filepath.Dir(target.binary), 0o700); err != nil {
		return "", fmt.Errorf("create the cache folder of %s: %w", target.words, diagnoseFile(err))
	}
	release, err := b.takeTurn(ctx, target)
	if err != nil {
		return "", fmt.Errorf("wait for the turn to build %s: %w", target.words, err)
	}
	defer release()
	if _, err := os.Stat(target.binary); err == nil {
		return target.binary, nil // Another process has just built it.
	}
	if err := b.compile(ctx, target); err != nil {
		return "", fmt.Errorf("build %s: %w", target.words, err)
	}
	return target.binary, nil
}

// A target is one binary and what it is made from.
type target struct {
	words   string // What it is, in a message.
	modFile string
	sources string
	binary  string
	flags   []string // Of go build, apart from -o.
}

// target works out where the binary of a Kubernetes version belongs, and writes the sources:
// only among them does the go command say which toolchain it would use.
func (b *Builder) target(ctx context.Context, kubernetes string) (*target, error) {
	modFile, ok := modFiles[kubernetes]
	if !ok {
		return nil, fmt.Errorf("no pinned module file for Kubernetes %q; there is one for %s",
			kubernetes, strings.Join(Versions(), " and "))
	}
	sources, toolchain, err := b.unpack(ctx, "controlplane", "the control plane", archive)
	if err != nil {
		return nil, err
	}
	return locate(kubernetes, modFile, sources, toolchain), nil
}

// unpack writes the sources of a nested module to a folder of the cache, and returns where they are
// and the toolchain that would build them with its settings.
func (b *Builder) unpack(ctx context.Context, folder, words string, archive []byte) (sources string, toolchain []string, err error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", nil, fmt.Errorf("there is no Go toolchain on the PATH, and %s is built from source: "+
			"install Go %s or newer from https://go.dev/dl, or use an existing cluster with --kubeconfig", words, oldestGo)
	}
	cache, err := filepath.Abs(b.Cache) // The go command runs in another folder.
	if err != nil {
		return "", nil, fmt.Errorf("find the cache folder %s: %w", b.Cache, err)
	}
	sources = filepath.Join(cache, folder, "sources-"+hash(string(archive)))
	if err := writeSources(sources, archive); err != nil {
		return "", nil, fmt.Errorf("write the sources of %s to %s: %w", words, sources, diagnoseFile(err))
	}
	toolchain, err = goToolchain(ctx, sources)
	return sources, toolchain, err
}

// locate says where the control plane of a Kubernetes version is built.
func locate(kubernetes, modFile, sources string, toolchain []string) *target {
	t := &target{words: "the control plane " + kubernetes, modFile: modFile, sources: sources, flags: buildFlags(kubernetes, modFile)}
	t.binary = t.path(kubernetes, "controlplane", archive, toolchain)
	return t
}

// path names the folder of a target's binary after everything that determines it: the version, the
// sources, the toolchain with its settings, the platform and the build flags.
func (t *target) path(version, name string, archive []byte, toolchain []string) string {
	identity := slices.Concat(t.flags, []string{hash(string(archive)), runtime.GOOS, runtime.GOARCH}, toolchain)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(filepath.Dir(t.sources), version+"-"+hash(strings.Join(identity, "\x00")), name)
}

// hash returns the beginning of a SHA-256 sum, long enough to name a folder.
func hash(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16] }

// buildFlags returns the flags of go build. Without the version that they set, the API server
// calls itself v0.0.0-master, which clients take for an ancient server.
func buildFlags(kubernetes, modFile string) []string {
	numbers := strings.Split(strings.TrimPrefix(kubernetes, "v"), ".")
	const variable = " -X k8s.io/component-base/version."
	ldflags := "-s -w" + variable + "gitVersion=" + kubernetes +
		variable + "gitMajor=" + numbers[0] + variable + "gitMinor=" + numbers[1]
	flags := []string{"-trimpath", "-buildvcs=false", "-ldflags=" + ldflags}
	if modFile != "go.mod" {
		flags = append(flags, "-modfile="+modFile)
	}
	return flags
}

// writeSources unpacks the embedded module. What is there already stays, so that a finished
// cache may be read-only; what is not appears whole, because another build may be reading.
func writeSources(directory string, archive []byte) error {
	for _, file := range txtar.Parse(archive).Files {
		path := filepath.Join(directory, filepath.Base(file.Name))
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, file.Data) {
			continue
		}
		if err := writeWhole(path, file.Data); err != nil {
			return err
		}
	}
	return nil
}

func writeWhole(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	partial, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name()) // Gone already, if all went well.
	_, err = partial.Write(data)
	if err = errors.Join(err, partial.Close()); err != nil {
		return err
	}
	return os.Rename(partial.Name(), path)
}
