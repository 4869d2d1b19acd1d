package builder

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// mainPackage is the last package that a build compiles; linking follows.
const mainPackage = "github.com/kubedyno/kubedyno/kwok/controlplane"

// outputTail bounds what is kept of the go command's output for an error message, in bytes.
const outputTail = 16 << 10

func (b *Builder) compile(ctx context.Context, t *target) error {
	b.report(Progress{Stage: Downloading})
	total, err := countPackages(ctx, t)
	if err != nil {
		return err
	}
	b.report(Progress{Stage: Compiling, Total: total})
	partial := fmt.Sprintf("%s.%d", t.binary, os.Getpid())
	defer os.Remove(partial)
	arguments := append([]string{"build", "-v", "-o", partial}, t.flags...)
	command := goCommand(ctx, t.sources, append(arguments, ".")...)
	pipe, err := command.StderrPipe()
	if err != nil {
		return fmt.Errorf("read the output of go build: %w", err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start go build: %w", err)
	}
	tail := b.follow(pipe, total)
	if err := command.Wait(); err != nil {
		return diagnose(err, tail)
	}
	if err := os.Rename(partial, t.binary); err != nil {
		return fmt.Errorf("put the finished binary in its place: %w", err)
	}
	return nil
}

// follow counts the packages that go build -v names as it compiles them and returns the end
// of its output.
func (b *Builder) follow(output io.Reader, total int) string {
	var tail bytes.Buffer
	done := 0
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.Contains(line, " ") || strings.HasPrefix(line, "#") {
			if tail.Len() < outputTail {
				fmt.Fprintln(&tail, line)
			}
			continue
		}
		done++
		stage := Compiling
		if line == mainPackage {
			stage = Linking
		}
		b.report(Progress{Stage: stage, Done: done, Total: total})
	}
	_, _ = io.Copy(io.Discard, output) // A line over the limit must not block the compiler.
	return tail.String()
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
		return 0, diagnose(err, stderr.String())
	}
	return bytes.Count(stdout.Bytes(), []byte("\n")), nil
}

// goCommand returns a go command in directory. It takes the user's proxy and caches, but not
// what would change the binary: flags, workspace and cgo (so no C compiler is needed).
func goCommand(ctx context.Context, directory string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	stopAsGroup(command)
	return command
}

func (b *Builder) report(p Progress) {
	if b.Progress != nil {
		b.Progress(p)
	}
}
