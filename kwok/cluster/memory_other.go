//go:build !linux

package cluster

import (
	"fmt"
	"runtime"
)

// checkMemory returns an error: where files are in memory is only known on Linux.
func checkMemory(string, uint64) error {
	return fmt.Errorf("there is no tmpfs on %s that kubedyno knows of", runtime.GOOS)
}
