package cluster

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// checkMemory returns an error unless a folder is in memory and has room.
func checkMemory(folder string, least uint64) error {
	var found unix.Statfs_t
	if err := unix.Statfs(folder, &found); err != nil {
		return fmt.Errorf("look at %s: %w", folder, err)
	}
	if int64(found.Type) != unix.TMPFS_MAGIC {
		return fmt.Errorf("%s is not in memory: no tmpfs is mounted there", folder)
	}
	if free := found.Bavail * uint64(found.Bsize); free < least {
		return fmt.Errorf("%s has room for %d MiB, and %d are needed: a container gets more with --shm-size=1g", folder, free>>20, least>>20)
	}
	return nil
}
