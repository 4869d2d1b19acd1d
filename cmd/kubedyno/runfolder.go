package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// runsDirectory is where run folders go by default, below the current directory.
const runsDirectory = "results/runs"

// Limits of what is made beside the records.
const (
	sameSecond = 100     // Runs of one scenario that may start within a second.
	logLimit   = 8 << 20 // Bytes kept of a component's log, from its end.
)

// A folder is a run folder.
type folder struct {
	path string
	made bool // Whether this run has made it.
}

// makeFolder makes the run folder before anything is started, so that a folder which cannot be
// used costs nothing: the one asked for, or a new one named after the time and the scenario, so
// that a listing is in order.
func (r *run) makeFolder(now time.Time) (err error) {
	r.folder, err = resultsFolder(r.flags.out, r.plan.Name, now)
	return err
}

// resultsFolder makes the folder out, or if that is "" a new one for the scenario of that name.
func resultsFolder(out, name string, now time.Time) (made folder, err error) {
	path := out
	if path == "" {
		path = filepath.Join(runsDirectory, now.UTC().Format("20060102-150405")+"-"+name)
	}
	err = os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		made, err = newFolder(path, out == "")
	}
	if err == nil {
		return made, nil
	}
	code := environment
	if errors.Is(err, errOccupied) || errors.Is(err, syscall.ENOTDIR) {
		code = invalid
	}
	return folder{}, hinted(code(fmt.Errorf("create the run folder %s: %w", path, err)), "--out names another; it must not exist yet, or be empty")
}

var errOccupied = errors.New("it is not empty")

// newFolder makes a folder, takes an empty one, or, if it may be another, one with a number.
func newFolder(path string, another bool) (folder, error) {
	for number := 1; ; number++ {
		candidate := path
		if number > 1 {
			candidate = fmt.Sprintf("%s-%d", path, number)
		}
		err := os.Mkdir(candidate, 0o700)
		if err == nil {
			return folder{candidate, true}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return folder{}, err
		}
		if another && number < sameSecond {
			continue
		}
		entries, err := os.ReadDir(candidate)
		if err == nil && len(entries) > 0 {
			err = errOccupied
		}
		return folder{candidate, false}, err
	}
}

// dropFolder removes the run folder if nothing was recorded in it.
func (r *run) dropFolder() {
	if r.folder.made && !r.recorded {
		_ = os.Remove(r.folder.path) // Fails if there is something in it.
	}
}

// keepLogs copies the components' logs into the run folder if the run has failed, because they
// end with the run's cluster, and says where they are.
func (r *run) keepLogs(err error) error {
	if err == nil || errors.Is(err, errInterrupted) || r.origin == originNamed {
		return err
	}
	logs := filepath.Join(r.folder.path, "logs")
	var paths []string
	for _, p := range r.cluster.Processes() {
		paths = append(paths, p.Log)
	}
	var loss cluster.Loss
	if errors.As(err, &loss) {
		paths = append(paths, loss.Log) // A lost component is no process any more.
	}
	for _, path := range paths {
		if copyEnd(path, filepath.Join(logs, filepath.Base(path))) != nil {
			return err // On a full disk the log's end in the error must do.
		}
	}
	return hinted(err, "the components' logs are in "+logs)
}

// copyEnd copies the last logLimit bytes of a file.
func copyEnd(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if info, err := source.Stat(); err == nil && info.Size() > logLimit {
		if _, err := source.Seek(-logLimit, io.SeekEnd); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, target.Close()); err != nil {
			os.Remove(to)
		}
	}()
	_, err = io.Copy(target, io.LimitReader(source, logLimit))
	return err
}

// startFailed adds the beginning of a lost component's log: a program that prints its usage
// says what is wrong before it.
func startFailed(err error) error {
	err = environment(err)
	var loss cluster.Loss
	if errors.As(err, &loss) && loss.Head != "" && !strings.HasPrefix(loss.Head, "Usage") && !strings.Contains(loss.Tail, loss.Head) {
		return hinted(err, fmt.Sprintf("the log of %s begins with: %s", loss.Component, loss.Head))
	}
	return err
}
