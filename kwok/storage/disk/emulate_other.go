//go:build !linux || !(amd64 || arm64)

package disk

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// An Emulation does not exist here.
type Emulation struct{}

// Emulate returns an error.
func Emulate(*exec.Cmd, Model, uint64) (*Emulation, error) { return nil, unsupportedHere() }

// Observe does nothing.
func (*Emulation) Observe(func(Call)) {}

// Begin does nothing.
func (*Emulation) Begin() {}

// Serve does nothing.
func (*Emulation) Serve() {}

// Close does nothing.
func (*Emulation) Close() error { return nil }

// Probe returns an error.
func Probe(context.Context) (time.Duration, error) { return 0, unsupportedHere() }

// IsShim reports that nothing is a shim.
func IsShim([]string) bool { return false }

// Shim does nothing.
func Shim([]string) int { return 1 }

func unsupportedHere() error {
	return errUnsupported(fmt.Errorf("this is %s on %s", runtime.GOOS, runtime.GOARCH))
}
