package engine

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"

	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/audit"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/runner/scrape"
)

// A bench is what measures beside the phases.
type bench struct {
	audit   *audit.Audit
	pods    *measure.Pods
	nodes   *measure.Nodes
	lag     *measure.Lag
	hpas    *measure.HPAs     // nil without HPAs in the plan.
	quotas  *measure.Quotas   // nil without ResourceQuotas in the plan.
	refused *measure.Refusals // nil where nothing in the plan refuses pods.
	volumes *measure.Volumes  // nil without claims for volumes in the plan.
	disk    *measure.Disk     // nil unless an emulated one is under etcd.
	storage *storage          // nil without storage in the plan.
	elastic *elastic          // nil without elastic pools and Karpenter in the plan.
	scraper *scrape.Scraper
	end     context.CancelCauseFunc // Of the life of the above.
}

// prepare connects to the cluster, starts the simulator and the measurements, and makes the
// run's namespace. What it has started it returns, beside an error too.
func (e *engine) prepare(ctx context.Context) (*bench, error) {
	limit := fmt.Errorf("the cluster was not prepared within %s", prepareLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, prepareLimit, limit)
	defer cancel()
	// The measurements outlive whatever ends the run and end when they are closed; only their
	// start is given up with ctx.
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	defer stop()
	b := &bench{end: end}
	return b, explained(ctx, e.bringUp(ctx, life, b))
}

func (e *engine) bringUp(ctx, life context.Context, b *bench) error {
	if took := e.Cluster.Took(); took > 0 {
		e.Sink.Point(sample.Point{At: e.Clock.Now(), Metric: sample.ClusterReady, Value: took.Seconds()})
	}
	b.audit = audit.Start(context.WithoutCancel(ctx), audit.Options{
		Clock: e.Clock, Sink: e.Sink, Dropped: e.Dropped, Processes: e.processes,
		Waiting: e.Waiting, Throttle: e.Throttle,
	})
	startup, err := Latency(e.Plan.Fleet.PodStartup)
	if err != nil {
		return err
	}
	if err := e.checkOutages(); err != nil {
		return err
	}
	if err := e.startKwok(ctx, startup); err != nil {
		return err
	}
	if err := e.serveUsage(ctx); err != nil {
		return err
	}
	if err := e.connect(ctx); err != nil {
		return err
	}
	if err := e.startMetricsServer(ctx); err != nil {
		return err
	}
	if err := e.startMetricsAdapter(ctx); err != nil {
		return err
	}
	if err := e.startKarpenter(ctx); err != nil {
		return err
	}
	b.disk = e.startDisk(life)
	b.scraper = e.startScraper(life)
	e.env.Components = &outages{cluster: e.Cluster, scraper: b.scraper}
	if b.storage, err = e.startStorage(life); err != nil {
		return err
	}
	if err := e.env.Prepare(ctx); err != nil {
		return err
	}
	return b.start(life, e, startup)
}

// connect makes the clients and what the actions work with.
func (e *engine) connect(ctx context.Context) error {
	config, err := e.Cluster.RESTConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	served := client.Discovery()
	version, err := served.ServerVersionWithContext(ctx)
	if err != nil {
		return fmt.Errorf("ask the API server for its version: %w", err)
	}
	nodes, err := e.newFleet(version.GitVersion)
	if err != nil {
		return err
	}
	e.env = &action.Env{
		Client: client, Dynamic: untyped, REST: config, Plan: e.Plan, Fleet: nodes,
		Mapper:    restmapper.NewDeferredDiscoveryRESTMapperWithContext(memory.NewMemCacheClientWithContext(served)),
		Run:       e.Run,
		Namespace: "kubedyno-" + e.Run,
		Pinned:    e.pinned(),
		Clock:     e.Clock, Sink: e.Sink,
		Measure: measure.Run{Clock: e.Clock, Sink: e.Sink, Phase: e.phaseNow, Relists: &measure.Relists{}, LagLimit: e.lagLimit()},
	}
	return nil
}

// lagLimit is up to which watch lag is nothing to speak of in this run.
func (e *engine) lagLimit() time.Duration {
	return time.Duration(summary.ToleratedDelay(e.Plan.Objectives, sample.WatchLag) * float64(time.Second))
}

// start starts the watches.
func (b *bench) start(ctx context.Context, e *engine, startup stages.Latency) (err error) {
	config, selector := e.env.REST, action.RunLabel+"="+e.Run
	b.pods, err = measure.StartPods(ctx, measure.PodsOptions{
		Run: e.env.Measure, Config: config, Selector: selector,
		Creation: e.env.PodCreation, ConfiguredStart: configuredStart(startup), Meter: e.kubelets.counting(),
		Idle: idleOf(e.Plan.Services),
	})
	if err != nil {
		return err
	}
	e.instruments.sample(ctx, e.Plan, b.pods)
	b.nodes, err = measure.StartNodes(ctx, measure.NodesOptions{Run: e.env.Measure, Config: config, Selector: selector,
		ByType: e.Plan.Cluster.Karpenter != nil})
	if err != nil {
		return err
	}
	if len(e.Plan.Autoscalers) > 0 {
		b.hpas, err = measure.StartHPAs(ctx, measure.HPAsOptions{
			Run: e.env.Measure, Config: config, Namespace: e.env.Namespace, Selector: selector,
		})
		if err != nil {
			return err
		}
	}
	if e.Plan.HasQuotas() {
		b.quotas, err = measure.StartQuotas(ctx, measure.QuotasOptions{
			Run: e.env.Measure, Config: config, Namespace: e.env.Namespace, Selector: selector,
		})
		if err != nil {
			return err
		}
		if err := e.prepareRecount(config, selector); err != nil {
			return err
		}
	}
	if e.Plan.MayRefuse() {
		if b.refused, err = measure.StartRefusals(ctx, e.refusals()); err != nil {
			return err
		}
	}
	if e.Plan.HasVolumes() {
		b.volumes, err = measure.StartVolumes(ctx, measure.VolumesOptions{Run: e.env.Measure, Config: config, Label: action.RunLabel, Value: e.Run})
		if err != nil {
			return err
		}
	}
	b.lag, err = measure.StartLag(ctx, measure.LagOptions{
		Run: e.env.Measure, Config: config, Namespace: e.env.Namespace,
		Labels: map[string]string{action.RunLabel: e.Run},
	})
	e.env.Pods, e.env.Nodes, e.env.HPAs = b.pods, b.nodes, b.hpas
	if err == nil && (e.Plan.Fleet.Elastic() || e.Plan.Cluster.Karpenter != nil) {
		b.elastic, err = e.startElastic(ctx, b.nodes, selector)
	}
	return err
}

// settle gives the pods a moment that are still starting when the last phase is complete.
func (b *bench) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	_ = b.pods.WaitStarted(ctx) // What is not Ready then is censored.
}

// close ends the measurements that were started.
func (b *bench) close() {
	b.elastic.close()
	if b.hpas != nil {
		b.hpas.Close()
	}
	if b.quotas != nil {
		b.quotas.Close()
	}
	if b.refused != nil {
		b.refused.Close()
	}
	if b.volumes != nil {
		b.volumes.Close()
	}
	if b.nodes != nil {
		b.nodes.Close()
	}
	if b.pods != nil {
		b.pods.Close()
	}
	if b.lag != nil {
		b.lag.Close() // It writes what the watches above were delayed by.
	}
	b.storage.close()
	b.disk.Close()
	if b.scraper != nil {
		b.scraper.Close()
	}
	b.audit.Close()
	b.end(nil)
}

// processes returns the components to audit.
func (e *engine) processes() []audit.Process {
	var all []audit.Process
	for _, p := range e.Cluster.Processes() {
		all = append(all, audit.Process{Component: string(p.Component), PID: p.PID})
	}
	return all
}

func (e *engine) phaseNow() string {
	if name := e.current.Load(); name != nil {
		return *name
	}
	return ""
}
