package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/results/exitcode"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// TestBrokeOff tells what a load may have done from what is no outcome of a trial.
func TestBrokeOff(t *testing.T) {
	coded := func(code int, err error) error { return &exitcode.Error{Code: code, Err: err} }
	broke := func(component cluster.Component, phase string) error {
		return &engine.Breakdown{Component: component, How: "ended (exit status 2)", Phase: phase, At: 5, Err: cluster.Loss{Component: component}}
	}
	timeout := &engine.Timeout{Phase: "fill", Limit: time.Second}
	for _, test := range []struct {
		name string
		err  error
		want record.Trial
	}{
		{"the control plane", coded(exitcode.Environment, broke(cluster.Etcd, "load")),
			record.Trial{Breakdown: &record.Breakdown{Component: "etcd", How: "ended (exit status 2)", Phase: "load", At: 5}}},
		{"before any load", coded(exitcode.Environment, broke(cluster.Etcd, "")),
			record.Trial{Breakdown: &record.Breakdown{Component: "etcd", How: "ended (exit status 2)", At: 5, Harness: true}}},
		{"the harness", coded(exitcode.Environment, broke(cluster.Kwok, "load")),
			record.Trial{Breakdown: &record.Breakdown{Component: "kwok", How: "ended (exit status 2)", Phase: "load", At: 5, Harness: true}}},
		{"beside a timeout", coded(exitcode.Environment, errors.Join(timeout, broke(cluster.Scheduler, "load"))),
			record.Trial{Breakdown: &record.Breakdown{Component: "kube-scheduler", How: "ended (exit status 2)", Phase: "load", At: 5}}},
		{"a timeout", coded(exitcode.Environment, fmt.Errorf("%w: the step", timeout)), record.Trial{TimedOut: true, Unfinished: "fill"}},
		{"an interruption", coded(exitcode.Interrupted, broke(cluster.Etcd, "load")), record.Trial{}},
		{"a control plane that did not start", coded(exitcode.Environment, fmt.Errorf("start: %w", cluster.Loss{Component: cluster.Etcd})), record.Trial{}},
		{"a full disk", coded(exitcode.Environment, errors.New("no space left on device")), record.Trial{}},
	} {
		var got record.Trial
		brokeOff(&got, test.err)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
