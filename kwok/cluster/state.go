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

	"k8s.io/apimachinery/pkg/util/wait"
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
	dead := func(c ComponentStatus) bool { return !c.Alive }
	return len(s.Components) > 0 && !slices.ContainsFunc(s.Components, dead)
}

// A ComponentStatus describes one component of a detached cluster.
type ComponentStatus struct {
	Process
	Alive bool   `json:"alive"`
	Tail  string `json:"tail,omitempty"` // The end of its log, if it is not alive.
}

// ErrNoCluster says that a directory holds no cluster, or none whose start was completed.
var ErrNoCluster = errors.New("there is no cluster")

// Inspect describes the cluster in directory; the error is ErrNoCluster if there is none.
func Inspect(directory string) (Status, error) {
	s, err := readState(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, fmt.Errorf("%w %q: start one with 'kubedyno up %[2]s'", ErrNoCluster, filepath.Base(directory))
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
	kept, err := keptCluster(directory)
	if err != nil {
		return nil, err
	}
	c.kept = kept
	err = c.borrow(func(user string) ([]byte, error) { return os.ReadFile(kept.kubeconfigOf(user)) })
	if err != nil {
		return nil, err
	}
	return c, nil
}

// keptCluster returns what is on disk of a detached cluster: its ports, keys and kubeconfigs.
func keptCluster(directory string) (*Cluster, error) {
	s, err := readState(directory)
	if err != nil {
		return nil, err
	}
	c := newCluster(s.Name, directory, s.Binary)
	c.ports = s.Ports
	return c, nil
}

// borrow readies a directory for the use of a cluster that runs elsewhere, with a kubeconfig
// for each of kubedyno's users. On an error nothing is left.
func (c *Cluster) borrow(kubeconfig func(user string) ([]byte, error)) error {
	owner, err := claim(c.directory)
	if err != nil {
		return err
	}
	c.owner = owner
	err = empty(c.directory)
	if err == nil {
		err = c.makeFolders()
	}
	for _, user := range []string{"admin", "harness", "kwok"} {
		if err == nil {
			err = c.copyKubeconfig(user, kubeconfig)
		}
	}
	if err != nil {
		return errors.Join(err, c.Remove(), c.closeFiles())
	}
	c.prober = &http.Client{Timeout: probeTimeout}
	return nil
}

func (c *Cluster) copyKubeconfig(user string, kubeconfig func(user string) ([]byte, error)) error {
	data, err := kubeconfig(user)
	if err != nil {
		return fmt.Errorf("read the kubeconfig of %s: %w", user, err)
	}
	if err := os.WriteFile(c.kubeconfigOf(user), data, 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig for %s: %w", user, err)
	}
	return nil
}

// Down ends a detached cluster, or what is left of one, and removes its directory; the error
// is ErrNoCluster if there is none.
func Down(ctx context.Context, directory string) error {
	owner, err := lockOwner(directory, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w %q", ErrNoCluster, filepath.Base(directory))
	} else if err != nil {
		return err
	}
	defer owner.Close()
	c := newCluster("", directory, "")
	s, err := readState(directory)
	if err == nil {
		var faults []error
		for _, p := range slices.Backward(s.Processes) {
			faults = append(faults, c.end(ctx, p))
		}
		err = errors.Join(faults...)
	}
	if living := c.living(); len(living) > 0 {
		return errors.Join(fmt.Errorf("%v still run in %s", living, directory), err)
	}
	return removeDirectory(directory) // Without a readable state too: of an 'up' that was killed.
}

// living returns the components that run in the cluster's directory, whoever started them.
func (c *Cluster) living() []Component {
	return slices.DeleteFunc(slices.Clone(components), func(component Component) bool { return !c.alive(component) })
}

// end stops a process of another kubedyno, and makes it after stopLimit or when ctx is done.
// The lock says that the process lives, and the ownership of the directory that no other has
// taken its place since the state was written.
func (c *Cluster) end(ctx context.Context, p Process) error {
	if !c.alive(p.Component) {
		return nil
	}
	found, err := os.FindProcess(p.PID)
	if err != nil {
		return fmt.Errorf("find %s (process %d): %w", p.Component, p.PID, err)
	}
	_ = terminate(found) // Fails only if it is gone.
	if c.goneWithin(ctx, p.Component, stopLimit) {
		return nil
	}
	_ = found.Kill()
	if !c.goneWithin(context.WithoutCancel(ctx), p.Component, killLimit) {
		return fmt.Errorf("%s (process %d) did not end within %s of SIGKILL", p.Component, p.PID, killLimit)
	}
	return nil
}

func (c *Cluster) goneWithin(ctx context.Context, component Component, limit time.Duration) bool {
	gone := func(context.Context) (bool, error) { return !c.alive(component), nil }
	return wait.PollUntilContextTimeout(ctx, readyInterval, limit, true, gone) == nil
}
