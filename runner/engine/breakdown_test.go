package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
)

// TestOutOfSpace: a step that failed because etcd takes no more writes is a breakdown of etcd, any other is not.
func TestOutOfSpace(t *testing.T) {
	e := &engine{Options: Options{Clock: sample.StartClock()}}
	full := errors.New("create configmaps a/b: gave up after 5 attempts: 500 Internal Server Error: etcdserver: mvcc: database space exceeded")
	err := coded(exitcode.Environment, fmt.Errorf("phase load: %w", e.outOfSpace("load", full)))
	var broke *Breakdown
	if !errors.As(err, &broke) || broke.Component != cluster.Etcd || broke.Phase != "load" || broke.At <= 0 || !errors.Is(err, full) {
		t.Errorf("%v: breakdown %+v", err, broke)
	}
	if err.Error() != "phase load: "+full.Error() || exitcode.Of(err) != exitcode.Environment {
		t.Errorf("exit code %d and %q", exitcode.Of(err), err)
	}
	other := errors.New("create configmaps a/b: 403 Forbidden")
	if err := e.outOfSpace("load", other); err != other {
		t.Errorf("%v became %v", other, err)
	}
}

// TestLostControlPlane: nothing is deleted from a control plane that broke; after the end of kwok it is.
func TestLostControlPlane(t *testing.T) {
	e := &engine{Options: Options{Clock: sample.StartClock()}}
	for component, want := range map[cluster.Component]bool{cluster.Etcd: true, cluster.APIServer: true, cluster.ControllerManager: true,
		cluster.Scheduler: true, cluster.Kwok: false, cluster.MetricsServer: false} {
		if got := lostControlPlane(coded(exitcode.Environment, e.lost(cluster.Loss{Component: component, Cause: errors.New("exit status 2")}))); got != want {
			t.Errorf("%s: %t", component, got)
		}
	}
	if lostControlPlane(nil) || lostControlPlane(&Timeout{Phase: "load"}) {
		t.Error("nothing was lost")
	}
}
