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
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
)

// startAttempts is how often Start tries again with other ports when a program took one of
// its ports in the moment between choosing it and listening on it.
const startAttempts = 3

// Options say how to start a cluster.
type Options struct {
	Name      string // Names the kubeconfig context.
	Directory string // The cluster's own: made if missing, removed if the start fails.
	Binary    string // The control-plane binary.
	Settings  map[Component]Settings
	Detached  bool      // The processes outlive this one.
	Disk      disk.Disk // Under etcd.
}

// A Cluster is a control plane that this process may use.
type Cluster struct {
	name      string
	directory string
	binary    string
	settings  map[Component]Settings
	detached  bool
	attached  bool
	kept      *Cluster // The detached cluster that this one uses; nil if it is its own.

	disk         disk.Disk     // Under etcd.
	interception time.Duration // What an emulated disk adds to each call by itself.

	ports    Ports
	prober   *http.Client
	owner    *os.File // Locked: this process owns the directory.
	lifeline *os.File // The reading end, for children to inherit.
	holder   *os.File // The writing end, which only this process holds.
	lost     chan Loss

	mutex   sync.Mutex
	stopped bool       // Nothing may be started any more.
	running []*process // Started by this process, in order, and not ended.
	others  []Process  // Started by another, as its state file says.
	took    time.Duration

	resolution time.Duration                   // Of metrics-server.
	valuesURL  string                          // Of the metrics adapter.
	karpenter  string                          // Its binary.
	labels     map[Component]map[string]string // Of what leads to the aggregated components.
}

// Start starts a control plane and returns when all its components are healthy. On an error
// nothing of it is left, neither processes nor files: the error quotes what the logs said.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	if faults := CheckSettings(options.Settings); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	owner, err := claim(options.Directory)
	if err != nil {
		return nil, err
	}
	if living := newCluster("", options.Directory, "").living(); len(living) > 0 {
		owner.Close()
		return nil, fmt.Errorf("a cluster already runs in %s (%v): end it with 'kubedyno down %s'",
			options.Directory, living, options.Name)
	}
	c, err := startWithAnyPorts(ctx, options)
	if err != nil {
		return nil, errors.Join(err, removeDirectory(options.Directory), owner.Close())
	}
	if c.detached {
		return c, owner.Close() // From now on, what lives there shows that it is in use.
	}
	c.owner = owner
	return c, nil
}

func startWithAnyPorts(ctx context.Context, options Options) (*Cluster, error) {
	var err error
	for range startAttempts {
		var c *Cluster
		if c, err = start(ctx, options); err == nil {
			return c, nil
		}
		if !portTaken(err) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("tried %d sets of ports: %w", startAttempts, err)
}

func portTaken(err error) bool { return strings.Contains(err.Error(), "address already in use") }

func start(ctx context.Context, options Options) (*Cluster, error) {
	c := newCluster(options.Name, options.Directory, options.Binary)
	c.detached, c.disk = options.Detached, options.Disk
	maps.Copy(c.settings, options.Settings)
	err := c.checkDisk(ctx)
	began := time.Now()
	if err == nil {
		err = c.prepareDirectory()
	}
	if err == nil {
		err = c.startAll(ctx)
	}
	if err == nil && c.detached {
		err = c.letGo()
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	c.took = time.Since(began)
	return c, nil
}

func newCluster(name, directory, binary string) *Cluster {
	return &Cluster{name: name, directory: directory, binary: binary,
		settings: make(map[Component]Settings), labels: map[Component]map[string]string{}, lost: make(chan Loss, 8)}
}

// letGo allows the processes of a detached cluster to outlive this one. Until then they end
// with it, so that a killed 'kubedyno up' leaves nothing running.
func (c *Cluster) letGo() error {
	_, err := c.holder.Write(make([]byte, len(c.Processes()))) // One byte is for one process.
	return errors.Join(err, c.closeFiles())
}

// closeFiles gives back the lifeline and the directory. What hangs on the lifeline ends.
func (c *Cluster) closeFiles() error {
	var faults []error
	for _, file := range []**os.File{&c.holder, &c.lifeline, &c.owner} {
		if *file != nil {
			faults = append(faults, (*file).Close())
			*file = nil
		}
	}
	return errors.Join(faults...)
}

// prepareDirectory makes the cluster's files: keys, kubeconfigs, and room for data and logs.
func (c *Cluster) prepareDirectory() error {
	if err := empty(c.directory); err != nil {
		return fmt.Errorf("remove the files of an earlier cluster: %w", err)
	}
	if err := c.makeFolders(); err != nil {
		return err
	}
	if err := c.placeData(); err != nil {
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
	for _, folder := range []string{"logs", "locks", "kubeconfigs", "kwok"} {
		if err := os.MkdirAll(c.path(folder), 0o700); err != nil {
			return fmt.Errorf("create the cluster's folder: %w", err)
		}
	}
	var err error
	if c.lifeline, c.holder, err = os.Pipe(); err != nil {
		return fmt.Errorf("make the lifeline: %w", err)
	}
	return nil
}

// startAll starts the control plane. Only when all of it is healthy is an emulated disk slow: the API
// server writes so much at its start that on a very slow one it would not come up within the time limit.
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
	if p := c.process(Etcd); p != nil { // Else it was lost, which is reported.
		p.disk.Begin()
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
	}
	for _, p := range started {
		if err := c.awaitReady(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// StartKwok runs kwok against the cluster with a configuration file's content. It belongs to
// this process and ends with it. On an error no kwok is left running.
func (c *Cluster) StartKwok(ctx context.Context, config []byte, settings Settings) error {
	if err := os.WriteFile(c.path("kwok.yaml"), config, 0o600); err != nil {
		return fmt.Errorf("write kwok's configuration: %w", err)
	}
	c.settings[Kwok] = settings
	if err := c.startLate(ctx, Kwok); err != nil {
		return err
	}
	return c.writeState()
}

// startLate starts a component of a cluster that is up.
func (c *Cluster) startLate(ctx context.Context, component Component) (err error) {
	for range startAttempts {
		if err = c.startOnce(ctx, component); err == nil || !portTaken(err) {
			break
		}
	}
	return err
}

func (c *Cluster) startOnce(ctx context.Context, component Component) error {
	// A port is chosen only now: one that nobody listens on for long would be taken.
	ports, err := freePorts()
	if err != nil {
		return err
	}
	*c.ports.of(component) = *ports.of(component)
	p, err := c.spawn(component, c.settings[component])
	if err != nil {
		return err
	}
	p.disk.Begin()
	if err := c.awaitReady(ctx, p); err != nil {
		return errors.Join(err, p.stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// stopComponent ends a process that this one started, if it runs.
func (c *Cluster) stopComponent(ctx context.Context, component Component) error {
	c.mutex.Lock()
	i := slices.IndexFunc(c.running, func(p *process) bool { return p.Component == component })
	if i < 0 {
		c.mutex.Unlock()
		return nil
	}
	p := c.running[i]
	c.mutex.Unlock()
	return p.stop(ctx)
}

// Stop ends every process that this one started, the last one first, and removes nothing.
// After it the cluster cannot be used any more; another Stop does nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	c.mutex.Lock()
	c.stopped = true
	running := slices.Clone(c.running)
	c.mutex.Unlock()
	var faults []error
	for _, p := range slices.Backward(running) {
		faults = append(faults, p.stop(ctx))
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return errors.Join(append(faults, c.closeFiles())...)
}

// Remove deletes the cluster's directory. Call it after Stop, for clusters of one run.
func (c *Cluster) Remove() error {
	if err := removeDirectory(c.directory); err != nil {
		return fmt.Errorf("remove the cluster's files: %w", err)
	}
	return nil
}

// Lost delivers a component that ended by itself.
func (c *Cluster) Lost() <-chan Loss { return c.lost }

// Processes returns the running components whose process is known, without those that are being
// ended.
func (c *Cluster) Processes() []Process {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := slices.Clone(c.others)
	for _, p := range c.running {
		if !p.ending() {
			all = append(all, p.Process)
		}
	}
	return all
}

// Took returns how long the start took, from the first key until every component was healthy;
// 0 if this process did not start the cluster.
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
