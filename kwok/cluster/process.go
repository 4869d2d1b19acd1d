package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
)

// stopLimit is how long a component may take to end after SIGTERM before it gets SIGKILL. An
// API server closes its watches and ends within 2 s.
const stopLimit = 10 * time.Second

// killLimit is how long the kernel may take to end a component after SIGKILL; one that waits
// for a broken disk may stay forever.
const killLimit = 10 * time.Second

// These limit how much of a log's beginning and end an error quotes, in bytes and in lines.
const (
	headLimit = 1 << 10
	tailLimit = 16 << 10
	tailLines = 12
)

// lifelineVariable tells a component the number of the lifeline's descriptor.
const lifelineVariable = "KUBEDYNO_LIFELINE_FD"

// A Process is one running component.
type Process struct {
	Component Component `json:"component"`
	PID       int       `json:"pid"`
	Arguments []string  `json:"arguments"` // Without the component's name.
	Log       string    `json:"log"`       // The path of its log.
}

// A Loss says that a component ended though nobody had asked it to.
type Loss struct {
	Component Component
	Cause     error
	Log       string // The path of its log, which is gone if the cluster did not start.
	Head      string // The first line of its log, where a fault may be named before much else follows.
	Tail      string // The end of its log.
}

func (l Loss) Error() string {
	return fmt.Sprintf("%s ended: %v; the end of its log:\n%s", l.Component, l.Cause, l.Tail)
}

// A process is a component that this kubedyno started.
type process struct {
	Process
	command  *exec.Cmd
	ended    chan struct{} // Closed when the process is gone.
	err      error         // How it ended; read after ended is closed.
	once     sync.Once
	stopping chan struct{}   // Closed, once, when the end is wanted.
	disk     *disk.Emulation // Of etcd on an emulated disk; else nil.
}

// spawn starts a component, unless the cluster is being stopped. Its output goes to a log
// file; it holds the component's lock as long as it lives, and the lifeline.
func (c *Cluster) spawn(component Component, settings Settings) (*process, error) {
	arguments := merge(c.arguments(component), settings)
	log, err := os.OpenFile(c.path("logs", string(component)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", component, err)
	}
	defer log.Close() // The process has its own copy.
	command := exec.Command(c.binaryOf(component), append([]string{string(component)}, arguments...)...)
	command.Dir = c.directory
	command.Stdout, command.Stderr = log, log
	command.Env = c.environment(component, settings)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.stopped {
		return nil, fmt.Errorf("start %s: the cluster is being stopped", component)
	}
	lock, err := c.prepare(command, component)
	if err != nil {
		return nil, fmt.Errorf("prepare to start %s: %w", component, err)
	}
	defer lock.Close()
	slower, err := c.emulate(command, component)
	if err != nil {
		return nil, fmt.Errorf("put %s on a slower disk: %w", component, err)
	}
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", component, err), slower.Close())
	}
	slower.Serve()
	p := &process{
		Process:  Process{component, command.Process.Pid, arguments, log.Name()},
		command:  command,
		ended:    make(chan struct{}),
		stopping: make(chan struct{}),
		disk:     slower,
	}
	c.running = append(c.running, p)
	go c.watch(p)
	return p, nil
}

// watch waits for the end of a process and reports it unless it was wanted.
func (c *Cluster) watch(p *process) {
	p.err = p.command.Wait()
	if p.err == nil {
		p.err = errors.New("exit status 0")
	}
	if err := p.disk.Close(); err != nil {
		p.err = fmt.Errorf("%w; before that its emulated disk had failed: %w", p.err, err)
	}
	c.mutex.Lock()
	c.running = slices.DeleteFunc(c.running, func(other *process) bool { return other == p })
	c.mutex.Unlock()
	close(p.ended)
	select {
	case <-p.stopping:
	default:
		select {
		case c.lost <- p.loss():
		default: // Nobody has read of the many losses before it.
		}
	}
}

// loss describes the end of a process that has ended.
func (p *process) loss() Loss { return Loss{p.Component, p.err, p.Log, head(p.Log), tail(p.Log)} }

// environment passes on what a process needs to find its way and nothing else of the user's.
// Only against a cluster that somebody else runs, kwok needs it all: a proxy, or what the
// kubeconfig's credential plugin reads.
func (c *Cluster) environment(component Component, settings Settings) []string {
	var variables []string
	if c.attached {
		variables = os.Environ()
	}
	variables = append(variables, "KWOK_WORKDIR="+c.path("kwok")) // Keeps ~/.kwok/kwok.yaml out.
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			variables = append(variables, name+"="+value)
		}
	}
	if component == Karpenter {
		variables = append(variables, c.karpenterVariables()...)
	}
	for name, value := range settings.Env {
		variables = append(variables, name+"="+value)
	}
	return variables
}

// stop asks a process to end, and makes it after stopLimit or when ctx is done.
func (p *process) stop(ctx context.Context) error {
	p.once.Do(func() { close(p.stopping) })
	_ = terminate(p.command.Process) // Fails only if it is gone.
	if p.endsWithin(ctx, stopLimit) {
		return nil
	}
	return p.kill()
}

func (p *process) endsWithin(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// head returns the first line of a log, or what can be had of it.
func head(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	data, _ := io.ReadAll(io.LimitReader(file, headLimit))
	line, _, _ := strings.Cut(string(data), "\n")
	return line
}

// tail returns the last lines of a log.
func tail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Sprintf("(its log cannot be read: %v)", err)
	}
	defer file.Close()
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		_, _ = file.Seek(max(0, size-tailLimit), io.SeekStart)
	}
	data, _ := io.ReadAll(io.LimitReader(file, tailLimit))
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-tailLines):], "\n  ")
}

func (c *Cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.directory}, parts...)...)
}

// binaryOf returns what runs a component.
func (c *Cluster) binaryOf(component Component) string {
	if component == Karpenter {
		return c.karpenter
	}
	return c.binary
}

func (c *Cluster) certificate(name string) string { return c.path("pki", name+".crt") }
func (c *Cluster) key(name string) string         { return c.path("pki", name+".key") }
func (c *Cluster) kubeconfigOf(user string) string {
	return c.path("kubeconfigs", user+".yaml")
}
func (c *Cluster) url(port int) string { return fmt.Sprintf("https://%s:%d", loopback, port) }
