package builder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestDiagnose(t *testing.T) {
	exit := errors.New("exit status 1")
	for output, want := range map[string]string{
		"link: write /tmp/x: no space left on device":                                   "the disk is full",
		"write /home/u/.cache: disk quota exceeded":                                     "the disk is full",
		"go: go.mod requires go >= 1.26.4 (running go 1.25.1; GOTOOLCHAIN=local)":       "the Go toolchain is too old",
		"go: k8s.io/api@v0.37.2: module lookup disabled by GOPROXY=off":                 "the Go module proxy",
		"Get \"https://proxy.example/x\": dial tcp: lookup proxy.example: no such host": "the Go module proxy",
		"reading https://proxy.corp/x.zip: 502 Bad Gateway":                             "the Go module proxy",
		"verifying k8s.io/api@v0.37.2: checksum mismatch":                               "is not what kubedyno was released with",
		"k8s.io/api/core/v1: compile: signal: killed":                                   "for want of memory",
		"go: could not create module cache: mkdir /home/u/go: permission denied":        "GOMODCACHE",
		"x.go:1:1: undefined: y":                                                        "exit status 1\n",
	} {
		err := diagnose(exit, output)
		if !errors.Is(err, exit) || !strings.HasPrefix(err.Error(), want) && !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), output) {
			t.Errorf("%q: got %q, want %q and the output", output, err, want)
		}
	}
	if err := diagnose(nil, "warning"); err != nil {
		t.Errorf("a success became %v", err)
	}
}

func TestDiagnoseFile(t *testing.T) {
	for cause, want := range map[error]string{
		syscall.ENOSPC: "the disk is full", syscall.EDQUOT: "the disk is full", syscall.EFBIG: "the disk is full",
		fs.ErrPermission: "choose another with --cache-dir", syscall.EROFS: "choose another with --cache-dir",
		syscall.ENOTDIR: "choose another with --cache-dir",
	} {
		err := diagnoseFile(&os.PathError{Op: "write", Path: "/x", Err: cause})
		if !strings.Contains(err.Error(), want) || !errors.Is(err, cause) {
			t.Errorf("%v: got %q, want %q", cause, err, want)
		}
	}
}

// TestInterruptIsNotBlamedOnMemory checks that a compiler which kubedyno stopped is not said to
// have been killed for want of memory.
func TestInterruptIsNotBlamedOnMemory(t *testing.T) {
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted)
	if err := explain(ctx, errors.New("signal: killed"), ""); !errors.Is(err, interrupted) {
		t.Errorf("got %v", err)
	}
	if err := explain(ctx, nil, ""); err != nil {
		t.Errorf("a build that was complete before the interrupt became %v", err)
	}
}
