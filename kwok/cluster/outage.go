package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// servedLimit bounds the wait until the API server passes requests on to a component that was
// started again. It looks at once at an API whose place has changed, and again within 30 s when
// that failed.
const servedLimit = time.Minute

// restartable are the components that Kill ends and Restart starts again. The others do not belong
// here: without etcd or the API server nothing can be measured, and kwok is no part of a cluster.
var restartable = []Component{MetricsServer, MetricsAdapter, ControllerManager, Scheduler}

// CanRestart returns why a component cannot be killed and started again here; nil if it can. It
// must be this process that starts it: what serves the metrics of a run, and the others of a cluster that
// ends with it.
func (c *Cluster) CanRestart(component Component) error {
	switch {
	case !slices.Contains(restartable, component):
		return fmt.Errorf("%s cannot be killed and started again, only %v can", component, restartable)
	case c.attached:
		return fmt.Errorf("the cluster %q is not kubedyno's: its %s cannot be killed and started again", c.name, component)
	case aggregatedOf(component).component == "" && c.process(component) == nil:
		return fmt.Errorf("the cluster %q is not this run's own: its %s can only be killed and started again in a cluster "+
			"that ends with the run, so leave out --cluster", c.name, component)
	}
	return nil
}

// Kill ends a component with SIGKILL, as a crash does, and returns when it is gone. It is not
// reported as lost. Restart brings it back.
func (c *Cluster) Kill(component Component) error {
	if err := c.CanRestart(component); err != nil {
		return err
	}
	p := c.process(component)
	if p == nil {
		return fmt.Errorf("%s does not run", component)
	}
	p.once.Do(func() { close(p.stopping) })
	return p.kill()
}

// kill ends a process that cannot refuse.
func (p *process) kill() error {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s (process %d): %w", p.Component, p.PID, err)
	}
	if !p.endsWithin(context.Background(), killLimit) {
		return fmt.Errorf("%s (process %d) did not end within %s of SIGKILL", p.Component, p.PID, killLimit)
	}
	return nil
}

// Restart starts a component that Kill has ended, with the settings that it had, and returns when
// it is healthy; what serves metrics when the API server passes requests on to it. Its port is
// another one. On an error it does not run. Calls of Kill, Restart and Metrics must follow one another.
func (c *Cluster) Restart(ctx context.Context, component Component) error {
	if !slices.Contains(restartable, component) || c.attached {
		return c.CanRestart(component)
	}
	if c.process(component) != nil {
		return fmt.Errorf("%s runs already", component)
	}
	if err := c.startLate(ctx, component); err != nil {
		return err
	}
	if a := aggregatedOf(component); a.component != "" {
		if err := c.announce(ctx, a); err != nil {
			return errors.Join(err, c.stopComponent(context.WithoutCancel(ctx), component))
		}
	}
	return c.writeState()
}

// announce tells the API server where a component is now, and waits until it answers from there.
// What the API server says of it may be older than the outage.
func (c *Cluster) announce(ctx context.Context, a aggregated) error {
	untyped, err := c.dynamicClient()
	if err != nil {
		return err
	}
	if err := c.register(ctx, untyped, a, c.labels[a.component]); err != nil {
		return err
	}
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for %s: %w", config.Host, err)
	}
	for _, api := range a.apis {
		if err := awaitServed(ctx, client, api); err != nil {
			return err
		}
	}
	return nil
}

func awaitServed(ctx context.Context, client kubernetes.Interface, api aggregatedAPI) error {
	var said error
	err := wait.PollUntilContextTimeout(ctx, readyInterval, servedLimit, true, func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		said = client.Discovery().RESTClient().Get().AbsPath(api.path()).MaxRetries(0).Do(ctx).Error()
		return said == nil, nil
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("wait for the API server to serve %s: %w", api.name(), context.Cause(ctx))
	} else if err != nil {
		return fmt.Errorf("the API server did not serve %s within %s: %w", api.name(), servedLimit, said)
	}
	return nil
}

// process returns the process of a component that this one started and that is not meant to end;
// nil if there is none.
func (c *Cluster) process(component Component) *process {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, p := range c.running {
		if p.Component == component && !p.ending() {
			return p
		}
	}
	return nil
}

// ending reports whether the end of a process is wanted.
func (p *process) ending() bool {
	select {
	case <-p.stopping:
		return true
	default:
		return false
	}
}
