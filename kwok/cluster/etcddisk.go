package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
)

// memoryFolder is where Linux keeps files in memory, and memoryPrefix how the folders there begin
// that kubedyno makes.
const (
	memoryFolder = "/dev/shm"
	memoryPrefix = "kubedyno-etcd-"
)

// memoryLeast is how much room etcd needs: it allocates two log files of 64 MB beforehand, and its
// database grows.
const memoryLeast = 512 << 20

// etcdFolder is where etcd's data is in a cluster's directory, or a link to where it is.
const etcdFolder = "etcd"

// checkDisk returns an error if etcd cannot have the disk here, before anything is started. It finds
// out what an emulated one adds to each call.
func (c *Cluster) checkDisk(ctx context.Context) error {
	switch c.disk.Kind {
	case disk.Memory:
		if err := checkMemory(memoryFolder, memoryLeast); err != nil {
			return fmt.Errorf("put etcd's data into memory: %w", err)
		}
	case disk.Emulated:
		if c.detached {
			return errors.New("a cluster that outlives kubedyno cannot have an emulated disk: kubedyno answers for that")
		}
		var err error
		if c.interception, err = disk.Probe(ctx); err != nil {
			return err
		}
	}
	return nil
}

// placeData makes the folder in memory that etcd's data goes to, if it is to. The link to it is there
// first, so that whoever removes the cluster's directory finds it.
func (c *Cluster) placeData() error {
	if c.disk.Kind != disk.Memory {
		return nil
	}
	folder := filepath.Join(memoryFolder, memoryPrefix+rand.Text())
	if err := os.Symlink(folder, c.path(etcdFolder)); err != nil {
		return fmt.Errorf("link etcd's data: %w", err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("make a folder for etcd's data: %w", err)
	}
	return nil
}

// dropData removes the folder in memory that belongs to a cluster's directory, if there is one.
func dropData(directory string) error {
	folder, err := os.Readlink(filepath.Join(directory, etcdFolder))
	if err != nil || filepath.Dir(folder) != memoryFolder || !strings.HasPrefix(filepath.Base(folder), memoryPrefix) {
		return nil
	}
	return os.RemoveAll(folder)
}

// removeDirectory removes a cluster's directory and what belongs to it elsewhere.
func removeDirectory(directory string) error {
	if err := dropData(directory); err != nil {
		return err // Later the link is still there.
	}
	return os.RemoveAll(directory)
}

// emulate puts a component that is to be started on an emulated disk, if it is etcd and has one; else
// it returns nil.
func (c *Cluster) emulate(command *exec.Cmd, component Component) (*disk.Emulation, error) {
	if component != Etcd || c.disk.Kind != disk.Emulated {
		return nil, nil
	}
	return disk.Emulate(command, c.disk.Model, c.disk.Seed)
}

// Disk returns what is under etcd; the machine's own for a cluster that this process did not start.
func (c *Cluster) Disk() disk.Disk { return c.disk }

// Interception returns what an emulated disk adds to each call beside its delay, as a probe before the
// start of the cluster has found: the news of the call to kubedyno, and its answer.
func (c *Cluster) Interception() time.Duration { return c.interception }

// ObserveDisk lets a function see every call that an emulated disk holds back from now on; several
// goroutines call it.
func (c *Cluster) ObserveDisk(seen func(disk.Call)) {
	p := c.process(Etcd)
	if p == nil && c.kept != nil { // It is lent.
		p = c.kept.process(Etcd)
	}
	if p != nil {
		p.disk.Observe(seen)
	}
}
