// Package cluster runs a real control plane as child processes on loopback: etcd,
// kube-apiserver, kube-controller-manager, kube-scheduler and, for the fake nodes, kwok. It
// can also reuse a control plane that "kubedyno up" left running, or attach to any cluster
// that a kubeconfig names.
//
// Every component is ready when its health endpoint says so. No process outlives kubedyno,
// except those of a detached cluster, which "kubedyno down" ends.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// startAttempts is how often Start tries again with other ports when a program took one of
// its ports in the moment between choosing it and listening on it.
const startAttempts = 3

// Options say how to start a cluster.
type Options struct {
	Name      string // Names the kubeconfig context.
	Directory string // The cluster's own; must not hold a running cluster.
	Binary    string // The control-plane binary.
	Settings  map[Component]Settings
	Detached  bool // The processes outlive this one.
}

// A Cluster is a control plane that this process may use.
type Cluster struct {
	name      string
	directory string
	binary    string
	settings  map[Component]Settings
	detached  bool

	ports    Ports
	prober   *http.Client
	lifeline *os.File // The reading end, for children to inherit.
	holder   *os.File // The writing end, which only this process holds.
	lost     chan Loss

	mutex   sync.Mutex
	running []*process // Started by this process, in order.
	others  []Process  // Started by another, as its state file says.
	took    time.Duration
}

// Start starts a control plane and returns when all its components are healthy. On an error
// nothing of it is left running.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	if faults := CheckSettings(options.Settings); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	var err error
	for range startAttempts {
		var c *Cluster
		if c, err = start(ctx, options); err == nil {
			return c, nil
		}
		if !strings.Contains(err.Error(), "address already in use") {
			return nil, err
		}
	}
	return nil, fmt.Errorf("tried %d sets of ports: %w", startAttempts, err)
}

func start(ctx context.Context, options Options) (*Cluster, error) {
	c := newCluster(options.Name, options.Directory, options.Binary)
	c.settings, c.detached = options.Settings, options.Detached
	if err := c.prepareDirectory(); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.startAll(ctx); err != nil {
		return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	c.took = time.Since(began)
	return c, nil
}

func newCluster(name, directory, binary string) *Cluster {
	return &Cluster{name: name, directory: directory, binary: binary, lost: make(chan Loss, 8)}
}

// prepareDirectory makes the cluster's files: keys, kubeconfigs, and room for data and logs.
func (c *Cluster) prepareDirectory() error {
	for _, component := range []Component{Etcd, APIServer} {
		if c.alive(component) {
			return fmt.Errorf("a cluster already runs in %s: end it with 'kubedyno down %s'", c.directory, c.name)
		}
	}
	if err := os.RemoveAll(c.path("etcd")); err != nil {
		return fmt.Errorf("remove the data of an earlier cluster: %w", err)
	}
	if err := c.makeFolders(); err != nil {
		return err
	}
	if err := writePKI(c.path("pki")); err != nil {
		return fmt.Errorf("make the cluster's keys: %w", err)
	}
	var err error
	if c.ports, err = freePorts(); err != nil {
		return err
	}
	if c.prober, err = c.newProber(); err != nil {
		return err
	}
	return c.writeKubeconfigs()
}

func (c *Cluster) makeFolders() error {
	for _, folder := range []string{"", "logs", "locks", "kubeconfigs", "kwok"} {
		if err := os.MkdirAll(c.path(folder), 0o700); err != nil {
			return fmt.Errorf("create the cluster's folder: %w", err)
		}
	}
	if c.detached || c.holder != nil {
		return nil
	}
	var err error
	if c.lifeline, c.holder, err = os.Pipe(); err != nil {
		return fmt.Errorf("make the lifeline: %w", err)
	}
	return nil
}

func (c *Cluster) startAll(ctx context.Context) error {
	for _, group := range [][]Component{{Etcd}, {APIServer}, {ControllerManager, Scheduler}} {
		if err := c.startGroup(ctx, group...); err != nil {
			return err
		}
		if slices.Contains(group, APIServer) {
			if err := c.grantAccess(ctx); err != nil {
				return fmt.Errorf("grant kubedyno access to its own cluster: %w", err)
			}
		}
	}
	return c.writeState()
}

// startGroup starts components together and waits until all are healthy.
func (c *Cluster) startGroup(ctx context.Context, group ...Component) error {
	var started []*process
	for _, component := range group {
		p, err := c.spawn(component, c.settings[component])
		if err != nil {
			return err
		}
		started = append(started, p)
		c.mutex.Lock()
		c.running = append(c.running, p)
		c.mutex.Unlock()
	}
	for _, p := range started {
		if err := c.awaitReady(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// StartKwok runs kwok against the cluster with a configuration file's content. It belongs to
// this process and ends with it, unless the cluster is detached.
func (c *Cluster) StartKwok(ctx context.Context, config []byte, settings Settings) error {
	if err := os.WriteFile(c.path("kwok.yaml"), config, 0o600); err != nil {
		return fmt.Errorf("write kwok's configuration: %w", err)
	}
	if c.settings == nil {
		c.settings = make(map[Component]Settings)
	}
	c.settings[Kwok] = settings
	if err := c.startGroup(ctx, Kwok); err != nil {
		return err
	}
	return c.writeState()
}

// Stop ends every process that this one started, the last one first, and removes nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	c.mutex.Lock()
	running := c.running
	c.running = nil
	c.mutex.Unlock()
	var faults []error
	for _, p := range slices.Backward(running) {
		faults = append(faults, p.stop(ctx))
	}
	if c.holder != nil {
		faults = append(faults, c.holder.Close(), c.lifeline.Close())
		c.holder = nil
	}
	return errors.Join(faults...)
}

// Remove deletes the cluster's directory. Call it after Stop, for clusters of one run.
func (c *Cluster) Remove() error {
	if err := os.RemoveAll(c.directory); err != nil {
		return fmt.Errorf("remove the cluster's files: %w", err)
	}
	return nil
}

// Lost delivers a component that ended by itself.
func (c *Cluster) Lost() <-chan Loss { return c.lost }

// Processes returns the running components whose process is known.
func (c *Cluster) Processes() []Process {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := slices.Clone(c.others)
	for _, p := range c.running {
		all = append(all, p.Process)
	}
	return all
}

// Took returns how long the start took, until every component was healthy; 0 if this process
// did not start the cluster.
func (c *Cluster) Took() time.Duration { return c.took }

// Name returns the cluster's name; for an attached one, the kubeconfig context.
func (c *Cluster) Name() string { return c.name }

// Kubeconfig returns the path of an administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.kubeconfigOf("admin") }

// RESTConfig returns the harness's access to the API server, with no client-side rate limit:
// what is to be limited, a scenario limits.
func (c *Cluster) RESTConfig() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfigOf("harness"))
	if err != nil {
		return nil, fmt.Errorf("read the harness's kubeconfig: %w", err)
	}
	config.QPS = -1
	config.UserAgent = "kubedyno"
	return config, nil
}
