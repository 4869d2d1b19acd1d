//go:build unix

package cluster_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

func pidOf(c *cluster.Cluster, component cluster.Component) int {
	for _, p := range c.Processes() {
		if p.Component == component {
			return p.PID
		}
	}
	return 0
}

func endpointOf(t *testing.T, c *cluster.Cluster, component cluster.Component) string {
	t.Helper()
	endpoints, err := c.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(endpoints, func(e cluster.MetricsEndpoint) bool { return e.Component == component })
	return endpoints[i].URL
}

// What is killed on purpose is gone, is no loss, and comes back as another process.
func TestKillAndRestart(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Start(t.Context(), fakes(t, directory, map[cluster.Component]string{cluster.Scheduler: "stubborn"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, component := range []cluster.Component{cluster.Scheduler, cluster.ControllerManager} {
		first, place := pidOf(c, component), endpointOf(t, c, component)
		if err := c.Restart(t.Context(), component); err == nil || !strings.Contains(err.Error(), "runs already") {
			t.Errorf("%s was started twice: %v", component, err)
		}
		if err := c.Kill(component); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(first, 0); !errors.Is(err, syscall.ESRCH) || pidOf(c, component) != 0 {
			t.Errorf("%s, process %d, is still there: %v", component, first, err)
		}
		if err := c.Restart(t.Context(), component); err != nil {
			t.Fatal(err)
		}
		if again := pidOf(c, component); again == 0 || again == first {
			t.Errorf("%s was process %d and is %d", component, first, again)
		}
		if endpointOf(t, c, component) == place {
			t.Errorf("%s is at %s again, which another could have taken meanwhile", component, place)
		}
	}
	select {
	case loss := <-c.Lost():
		t.Errorf("an end that was wanted was reported as a loss: %v", loss)
	default:
	}
	if err := c.Kill(cluster.Scheduler); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Stop(t.Context()), c.Remove()); err != nil {
		t.Errorf("stop while a component is away: %v", err)
	}
	checkNothingLeft(t, directory)
}

// A failed restart says why and leaves nothing.
func TestFailedRestart(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	options := fakes(t, directory, nil)
	c, err := cluster.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Kill(cluster.Scheduler); err != nil {
		t.Fatal(err)
	}
	options.Settings[cluster.Scheduler].Env[fakeMode] = "exit"
	if err := c.Restart(t.Context(), cluster.Scheduler); err == nil || !strings.Contains(err.Error(), "the fake kube-scheduler ends") {
		t.Errorf("got %v, want what the log says", err)
	}
	if pid := pidOf(c, cluster.Scheduler); pid != 0 {
		t.Errorf("process %d runs", pid)
	}
	if err := errors.Join(c.Stop(t.Context()), c.Remove()); err != nil {
		t.Error(err)
	}
	checkNothingLeft(t, directory)
}

// Only what this process starts can be killed.
func TestWhatCannotBeKilled(t *testing.T) {
	attached, err := cluster.Attach(t.Context(), cluster.AttachOptions{
		Kubeconfig: shared.Kubeconfig(), Directory: filepath.Join(t.TempDir(), "run"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Stop(t.Context())
	for name, test := range map[string]struct {
		c         *cluster.Cluster
		component cluster.Component
		want      string
	}{
		"etcd":               {shared, cluster.Etcd, "cannot be killed and started again, only"},
		"attached":           {attached, cluster.Scheduler, "is not kubedyno's"},
		"attached, metrics":  {attached, cluster.MetricsServer, "is not kubedyno's"},
		"what does not run":  {shared, cluster.MetricsServer, "does not run"},
		"what does not exit": {shared, "none", "cannot be killed"},
	} {
		if err := test.c.Kill(test.component); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	if err := attached.Restart(t.Context(), cluster.MetricsServer); err == nil || !strings.Contains(err.Error(), "is not kubedyno's") {
		t.Errorf("restart: got %v", err)
	}
}
