package builder

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The last package that a build compiles; linking follows.
const (
	mainPackage      = "github.com/kubedyno/kubedyno/kwok/controlplane"
	karpenterPackage = "github.com/kubedyno/kubedyno/kwok/karpenter"
)

// Limits of a build.
const (
	outputLimit  = 16 << 10               // What is kept of the go command's output for an error message, in bytes.
	turnInterval = 500 * time.Millisecond // Between two looks whether another process has finished its build.
	stopLimit    = 10 * time.Second       // For the go command to clean up after an interrupt.
)

// toolchainSettings are the settings of the go command, apart from the build flags, that
// change what it produces.
var toolchainSettings = []string{"GOVERSION", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140"}

// goToolchain returns the values of toolchainSettings among the sources, whose go.mod may
// make the go command switch to a newer toolchain.
func goToolchain(ctx context.Context, sources string) ([]string, error) {
	command := goCommand(ctx, sources, append([]string{"env"}, toolchainSettings...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("ask the Go toolchain for its version (go env GOVERSION): %w", explain(ctx, err, stderr.String()))
	}
	settings := strings.Split(strings.TrimSpace(string(output)), "\n")
	return settings, checkGo(strings.TrimSpace(settings[0]))
}

// takeTurn returns when no other process builds the target, and a function that lets the next.
func (b *Builder) takeTurn(ctx context.Context, t *target) (func(), error) {
	lock, err := os.OpenFile(filepath.Join(filepath.Dir(t.binary), "build.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, diagnoseFile(err)
	}
	ticker := time.NewTicker(turnInterval)
	defer ticker.Stop()
	for {
		free, err := tryLock(lock)
		if free {
			return func() { lock.Close() }, nil
		}
		if err != nil {
			lock.Close()
			return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
		}
		b.report(Progress{Stage: Waiting})
		select {
		case <-ctx.Done():
			lock.Close()
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// compile builds the target in a folder of its own, which also takes the go command's working
// files, and moves the binary to its place only when it is complete.
func (b *Builder) compile(ctx context.Context, t *target) error {
	work := filepath.Join(filepath.Dir(t.binary), "work")
	if err := os.RemoveAll(work); err != nil { // Of a build that was killed.
		return fmt.Errorf("remove an unfinished build: %w", diagnoseFile(err))
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return diagnoseFile(err)
	}
	defer os.RemoveAll(work)
	b.report(Progress{Stage: Downloading})
	total, err := countPackages(ctx, t)
	if err != nil {
		return err
	}
	b.report(Progress{Stage: Compiling, Total: total})
	partial := filepath.Join(work, filepath.Base(t.binary))
	if err := b.goBuild(ctx, t, partial, total); err != nil {
		return err
	}
	if err := syncFile(partial); err != nil {
		return fmt.Errorf("write the finished binary to disk: %w", diagnoseFile(err))
	}
	if err := os.Rename(partial, t.binary); err != nil {
		return fmt.Errorf("put the finished binary in its place: %w", err)
	}
	return nil
}

func (b *Builder) goBuild(ctx context.Context, t *target, output string, total int) error {
	arguments := append([]string{"build", "-v", "-o", output}, t.flags...)
	command := goCommand(ctx, t.sources, append(arguments, ".")...)
	command.Env = append(command.Env, "GOTMPDIR="+filepath.Dir(output))
	pipe, err := command.StderrPipe()
	if err != nil {
		return fmt.Errorf("read the output of go build: %w", err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start go build: %w", err)
	}
	printed := b.follow(pipe, total)
	return explain(ctx, command.Wait(), printed)
}

// syncFile makes sure that a binary in the cache is complete even after a power cut.
func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// follow counts the packages that go build -v names as it compiles them and returns the other
// lines, which say what went wrong, up to outputLimit.
func (b *Builder) follow(output io.Reader, total int) string {
	var printed strings.Builder
	done := 0
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.Contains(line, " ") || strings.HasPrefix(line, "#") {
			if printed.Len()+len(line) < outputLimit {
				fmt.Fprintln(&printed, line)
			}
			continue
		}
		done++
		stage := Compiling
		if line == mainPackage || line == karpenterPackage {
			stage = Linking
		}
		b.report(Progress{Stage: stage, Done: done, Total: total})
	}
	_, _ = io.Copy(io.Discard, output) // A line over the limit must not block the compiler.
	return printed.String()
}

// countPackages returns how many packages the binary consists of. It is the first command to
// need the modules and so downloads them.
func countPackages(ctx context.Context, t *target) (int, error) {
	arguments := []string{"list", "-deps"}
	if t.modFile != "go.mod" {
		arguments = append(arguments, "-modfile="+t.modFile)
	}
	command := goCommand(ctx, t.sources, append(arguments, ".")...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return 0, explain(ctx, err, withoutDownloads(stderr.String()))
	}
	return bytes.Count(stdout.Bytes(), []byte("\n")), nil
}

// withoutDownloads returns what the go command printed besides the modules that it fetched.
func withoutDownloads(output string) string {
	var kept strings.Builder
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "go: downloading ") && kept.Len()+len(line) < outputLimit {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// goCommand returns a go command in directory. It takes the user's proxy and caches, but not
// what would change the binary: flags, workspace, another platform and cgo (so no C compiler
// is needed). An empty GOFLAGS would fall back to the user's 'go env -w'; the default does not.
func goCommand(ctx context.Context, directory string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "PWD="+directory, "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0",
		"GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	command.WaitDelay = stopLimit
	stopAsGroup(command)
	return command
}

func (b *Builder) report(p Progress) {
	if b.Progress != nil {
		b.Progress(p)
	}
}
