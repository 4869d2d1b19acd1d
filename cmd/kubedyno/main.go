// Command kubedyno is a dynamometer for Kubernetes control planes: it runs declarative
// scenarios against a real control plane with thousands of fake nodes and reports whether
// every objective was met.
//
// This package wires the others together, one file per subcommand, and does nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"k8s.io/client-go/tools/metrics"
	"k8s.io/klog/v2"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/runner/audit"
)

// errInterrupted is why a run was cancelled when the user pressed Ctrl-C.
var errInterrupted = errors.New("stopped by a signal")

func main() {
	if disk.IsShim(os.Args) {
		os.Exit(disk.Shim(os.Args))
	}
	os.Exit(execute())
}

// execute returns the exit code, and turns a panic into the one that says "a bug in kubedyno".
func execute() (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(os.Stderr, "kubedyno: a bug: %v\n%s\nPlease report it with the lines above.\n", fault, debug.Stack())
			code = exitcode.Bug
		}
	}()
	klog.SetOutput(os.Stderr)
	klog.LogToStderr(false) // client-go's own lines would break the live view; errors are returned.
	told := newNotices(os.Stderr)
	ctx := interruptible(told)
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, arguments: os.Args,
		throttle: &audit.Throttle{}, notices: told,
	}
	// client-go has one such hook for the whole process, to be set once before any client is made.
	metrics.Register(metrics.RegisterOpts{RateLimiterLatency: a.throttle})
	err := newRootCommand(a).ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errSilent) && exitcode.Of(err) != exitcode.Interrupted && context.Cause(ctx) != nil {
		err = ended(context.Cause(ctx)) // What was cancelled says so in many ways.
	}
	return a.conclude(err)
}

// interruptible returns a context that the first Ctrl-C cancels, so that the run stops, cleans
// up and keeps its results. The second leaves at once; the control plane's processes notice.
func interruptible(told *notices) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // Under nohup a closed terminal is no reason to stop.
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		<-signals
		fmt.Fprintln(told, "kubedyno: stopping and cleaning up; press Ctrl-C again to leave at once")
		cancel(errInterrupted)
		<-signals
		fmt.Fprintln(told.direct(), "kubedyno: left at once; 'kubedyno cleanup' removes what a run left in a cluster of yours")
		os.Exit(exitcode.Interrupted)
	}()
	return ctx
}
