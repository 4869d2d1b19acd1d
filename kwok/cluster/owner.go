package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ownerFile is locked by the kubedyno that starts, uses or ends the cluster in a directory,
// for as long as it does. It also marks the directory as one that kubedyno made and may
// remove; nothing without it is ever removed.
const ownerFile = "owner.lock"

// claimAttempts bounds how often claim begins anew because a sweep removed the directory
// while it was still empty.
const claimAttempts = 5

// errClaimed says that another process owns a directory.
var errClaimed = errors.New("another kubedyno is using it")

// claim makes a directory this process's own until the returned file is closed.
func claim(directory string) (*os.File, error) {
	for range claimAttempts {
		if err := makeOwnFolder(directory); err != nil {
			return nil, err
		}
		owner, err := lockOwner(directory, os.O_CREATE)
		if !errors.Is(err, fs.ErrNotExist) {
			return owner, err
		}
	}
	return nil, fmt.Errorf("claim %s: it was removed %d times meanwhile", directory, claimAttempts)
}

// makeOwnFolder makes sure that directory is a folder which only this user can read, and
// either empty or kubedyno's.
func makeOwnFolder(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("create the cluster's folder: %w", err)
	}
	info, err := os.Lstat(directory)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("the cluster's folder %s is a link or a file: remove it", directory)
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	if len(entries) > 0 && !isMarked(directory) {
		return fmt.Errorf("%s holds files that are not kubedyno's: name another folder for the cluster", directory)
	}
	if err := os.Chmod(directory, 0o700); err != nil {
		return fmt.Errorf("keep the cluster's folder to this user: %w", err)
	}
	return nil
}

func isMarked(directory string) bool {
	info, err := os.Lstat(filepath.Join(directory, ownerFile))
	return err == nil && info.Mode().IsRegular()
}

// lockOwner locks a directory's owner file, which it makes if create is os.O_CREATE. The
// error is fs.ErrNotExist if there is none, or if the directory went away meanwhile.
func lockOwner(directory string, create int) (*os.File, error) {
	path := filepath.Join(directory, ownerFile)
	owner, err := os.OpenFile(path, create|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	free, err := tryLock(owner)
	if err == nil && !free {
		err = fmt.Errorf("%s: %w", directory, errClaimed)
	}
	if err == nil {
		err = checkSame(owner, path)
	}
	if err != nil {
		owner.Close()
		return nil, err
	}
	return owner, nil
}

// checkSame returns an error unless an open file is still the one at path.
func checkSame(file *os.File, path string) error {
	open, err := file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(open, there) {
		return fmt.Errorf("%s was replaced meanwhile: %w", path, fs.ErrNotExist)
	}
	return nil
}

// empty removes what an earlier cluster left in a claimed directory.
func empty(directory string) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	faults := []error{dropData(directory)}
	for _, entry := range entries {
		if entry.Name() != ownerFile {
			faults = append(faults, os.RemoveAll(filepath.Join(directory, entry.Name())))
		}
	}
	return errors.Join(faults...)
}

// Sweep removes the directories below parent that belong to throw-away clusters of a kubedyno
// that was killed: those that kubedyno made, that no process owns and in which no component
// lives. Those of detached clusters stay.
func Sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var faults []error
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		directory := filepath.Join(parent, entry.Name())
		if !isMarked(directory) {
			_ = os.Remove(directory) // Succeeds only if it is empty: of a start killed at once.
			continue
		}
		if err := sweep(directory); err != nil {
			faults = append(faults, fmt.Errorf("remove %s: %w", directory, err))
		}
	}
	return errors.Join(faults...)
}

// dyingLimit is how long the components of a kubedyno that was killed may take to end: they
// notice at once, and a busy machine needs a moment to take them down.
const dyingLimit = 3 * time.Second

func sweep(directory string) error {
	owner, err := lockOwner(directory, 0)
	if errors.Is(err, errClaimed) || errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer owner.Close()
	if s, err := readState(directory); err == nil && s.Detached {
		return nil
	}
	c := newCluster("", directory, "")
	deadline := time.Now().Add(dyingLimit)
	for len(c.living()) > 0 {
		if time.Now().After(deadline) {
			return nil
		}
		time.Sleep(readyInterval)
	}
	return removeDirectory(directory)
}
