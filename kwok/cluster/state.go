package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const stateFile = "cluster.json"

// state is what another kubedyno needs to know of a cluster. It holds no secret.
type state struct {
	Name      string    `json:"name"`
	Binary    string    `json:"binary"`
	Detached  bool      `json:"detached"`
	Ports     Ports     `json:"ports"`
	Processes []Process `json:"processes"`
}

func (c *Cluster) writeState() error {
	data, err := json.MarshalIndent(state{c.name, c.binary, c.detached, c.ports, c.Processes()}, "", "  ")
	if err != nil {
		return err
	}
	partial := c.path(stateFile + ".new")
	if err := os.WriteFile(partial, data, 0o600); err != nil {
		return fmt.Errorf("write the cluster's state: %w", err)
	}
	return os.Rename(partial, c.path(stateFile))
}

func readState(directory string) (*state, error) {
	data, err := os.ReadFile(filepath.Join(directory, stateFile))
	if err != nil {
		return nil, err
	}
	s := new(state)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(directory, stateFile), err)
	}
	return s, nil
}

// A Status describes a detached cluster.
type Status struct {
	Name       string            `json:"name"`
	Kubeconfig string            `json:"kubeconfig"`
	Components []ComponentStatus `json:"components"`
}

// Running reports whether every component runs.
func (s Status) Running() bool {
	return !slices.ContainsFunc(s.Components, func(c ComponentStatus) bool { return !c.Alive })
}

// A ComponentStatus describes one component of a detached cluster.
type ComponentStatus struct {
	Process
	Alive bool   `json:"alive"`
	Tail  string `json:"tail,omitempty"` // The end of its log, if it is not alive.
}

// Inspect describes the cluster in directory.
func Inspect(directory string) (Status, error) {
	s, err := readState(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, fmt.Errorf("there is no cluster %q: start one with 'kubedyno up %[1]s'", filepath.Base(directory))
	} else if err != nil {
		return Status{}, err
	}
	c := newCluster(s.Name, directory, s.Binary)
	status := Status{Name: s.Name, Kubeconfig: c.Kubeconfig()}
	for _, p := range s.Processes {
		component := ComponentStatus{Process: p, Alive: c.alive(p.Component)}
		if !component.Alive {
			component.Tail = tail(p.Log)
		}
		status.Components = append(status.Components, component)
	}
	return status, nil
}

// Open returns the cluster in directory, which "kubedyno up" started, for this process to use.
// The run's own files go to runDirectory. A kwok that the cluster runs is left alone: each run
// brings its own.
func Open(directory, runDirectory, binary string) (*Cluster, error) {
	status, err := Inspect(directory)
	if err != nil {
		return nil, err
	}
	var others []Process
	for _, component := range status.Components {
		if component.Component == Kwok {
			continue
		}
		if !component.Alive {
			return nil, fmt.Errorf("the cluster %q is broken: %s ended; 'kubedyno down %[1]s' and start it anew; the end of its log:\n%[3]s",
				status.Name, component.Component, component.Tail)
		}
		others = append(others, component.Process)
	}
	c := newCluster(status.Name, runDirectory, binary)
	c.others = others
	kept := newCluster(status.Name, directory, binary)
	return c, c.borrow(kept.kubeconfigOf)
}

// borrow readies the directory of a cluster that runs elsewhere: with a kubeconfig for each
// of kubedyno's users, and a port for kwok.
func (c *Cluster) borrow(source func(user string) string) error {
	if err := c.makeFolders(); err != nil {
		return err
	}
	for _, user := range []string{"admin", "harness", "kwok"} {
		data, err := os.ReadFile(source(user))
		if err != nil {
			return fmt.Errorf("read the kubeconfig of %s: %w", user, err)
		}
		if err := os.WriteFile(c.kubeconfigOf(user), data, 0o600); err != nil {
			return fmt.Errorf("write a kubeconfig for %s: %w", user, err)
		}
	}
	var err error
	c.ports, err = freePorts()
	c.prober = &http.Client{Timeout: probeTimeout}
	return err
}

// Down ends a detached cluster and removes its directory.
func Down(ctx context.Context, directory string) error {
	s, err := readState(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no cluster %q", filepath.Base(directory))
	} else if err != nil {
		return err
	}
	c := newCluster(s.Name, directory, s.Binary)
	for _, p := range slices.Backward(s.Processes) {
		if err := c.end(ctx, p); err != nil {
			return err
		}
	}
	return os.RemoveAll(directory)
}

// end stops a process of another kubedyno. The lock says that the pid is still that process.
func (c *Cluster) end(ctx context.Context, p Process) error {
	if !c.alive(p.Component) {
		return nil
	}
	found, err := os.FindProcess(p.PID)
	if err != nil {
		return fmt.Errorf("find %s (process %d): %w", p.Component, p.PID, err)
	}
	_ = terminate(found)
	deadline := time.Now().Add(stopLimit)
	for c.alive(p.Component) {
		if time.Now().After(deadline) || ctx.Err() != nil {
			_ = found.Kill()
			deadline = time.Now().Add(stopLimit)
		}
		time.Sleep(readyInterval)
	}
	return nil
}

// Sweep removes the directories below parent that belong to throw-away clusters of a kubedyno
// that was killed: those with a state file, not detached, and with no live component.
func Sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var faults []error
	for _, entry := range entries {
		directory := filepath.Join(parent, entry.Name())
		s, err := readState(directory)
		if err != nil || s.Detached {
			continue
		}
		c := newCluster(s.Name, directory, s.Binary)
		if !slices.ContainsFunc(s.Processes, func(p Process) bool { return c.alive(p.Component) }) {
			faults = append(faults, os.RemoveAll(directory))
		}
	}
	return errors.Join(faults...)
}
