package main

import (
	"fmt"
	"os"
	_ "time/tzdata" // CronJob time zones, as in the upstream kube-apiserver.

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"          // The JSON log format.
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go's own metrics.
	_ "k8s.io/component-base/metrics/prometheus/version"  // The build-info metric.
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	"sigs.k8s.io/kwok/pkg/config"
	kwokcmd "sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
	metricsserver "sigs.k8s.io/metrics-server/cmd/metrics-server/app"
)

func etcd() int {
	etcdmain.Main(os.Args) // Exits by itself, with its own code, on a fault.
	return 0
}

func kubeAPIServer() int         { return cli.Run(apiserver.NewAPIServerCommand()) }
func kubeControllerManager() int { return cli.Run(controllermanager.NewControllerManagerCommand()) }
func kubeScheduler() int         { return cli.Run(scheduler.NewSchedulerCommand()) }

func kwok() int {
	resetGlobalFlags()
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		return report(fmt.Errorf("read the kwok configuration: %w", err))
	}
	command := kwokcmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return report(command.ExecuteContext(ctx))
}

func metricsServer() int {
	resetGlobalFlags()
	logs.InitLogs()
	defer logs.FlushLogs()
	command := metricsserver.NewMetricsServerCommand(genericapiserver.SetupSignalHandler())
	return report(command.Execute())
}

// resetGlobalFlags empties the process-wide flag set. The Kubernetes packages linked into
// this binary register a --version there that cobra would merge into the command of a
// component whose own --version has another type, and fail.
func resetGlobalFlags() {
	pflag.CommandLine = pflag.NewFlagSet(os.Args[0], pflag.ContinueOnError)
}

func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "error:", err)
	return 1
}
