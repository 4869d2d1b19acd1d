package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"k8s.io/client-go/discovery"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// manifest says what is run, on what and by which versions.
func (r *run) manifest(ctx context.Context, clock sample.Clock) (bundle.Manifest, error) {
	version, err := r.serverVersion()
	if err != nil {
		return bundle.Manifest{}, err
	}
	startup, err := engine.Latency(r.plan.Fleet.PodStartup)
	if err != nil {
		return bundle.Manifest{}, err
	}
	m := bundle.Manifest{
		FormatVersion: sample.FormatVersion,
		ID:            r.id,
		Scenario:      r.plan.Name, Title: r.plan.Title, Description: r.plan.Description,
		Labels: r.plan.Labels, Parameters: r.plan.Parameters, Seed: r.plan.Seed,
		Command: append([]string{"kubedyno"}, r.command...),
		Status:  bundle.Running,
		Started: clock.Start(),
		PID:     os.Getpid(),
		Tool:    tool(),
		Machine: machine(),
		Cluster: bundle.Cluster{
			Origin: r.origin, Name: r.cluster.Name(), Kubernetes: version, PodStartup: startup.String(),
		},
		Objectives: r.plan.Objectives,
		Figures:    r.plan.Figures,
		NoPods:     r.plan.Estimate.PeakPods == 0,
	}
	if r.plan.Fleet.PodStop != nil {
		stop, err := engine.StopLatency(r.plan.Fleet)
		if err != nil {
			return bundle.Manifest{}, err
		}
		m.Cluster.PodStop = stop.String()
	}
	if r.disk.Kind != disk.Real {
		m.Cluster.Disk = &bundle.Disk{Words: r.disk.String(), Source: r.disk.Source}
	}
	m.Cluster.Components, err = r.components(version)
	if err != nil {
		return bundle.Manifest{}, err
	}
	if m.Cluster.Pools, err = pools(r.plan); err != nil {
		return bundle.Manifest{}, err
	}
	if m.Cluster.Offered, err = offered(r.plan); err != nil {
		return bundle.Manifest{}, err
	}
	for _, p := range r.plan.Phases {
		m.Phases = append(m.Phases, bundle.Phase{Name: p.Name, Description: p.Description, Expected: sample.Offset(p.Expected)})
	}
	for _, q := range r.plan.Queries {
		m.Queries = append(m.Queries, bundle.Query{Name: q.Name, Title: q.Title, Expr: q.Expr,
			Unit: sample.Unit(q.Unit), Step: sample.Offset(q.Step)})
	}
	for _, u := range r.plan.Updates {
		m.Updates = append(m.Updates, updateOf(u))
	}
	for _, a := range r.plan.Autoscalers {
		m.Autoscalers = append(m.Autoscalers, bundle.Autoscaler(a))
	}
	for _, name := range slices.Sorted(maps.Keys(r.plan.Services)) {
		s := r.plan.Services[name]
		m.Services = append(m.Services, bundle.Service{Name: s.Name, Workload: s.Workload, Unit: s.Unit,
			Cores: s.RequestCores, Bytes: s.RequestBytes})
	}
	return m, nil
}

// components describes the processes of the cluster, and those that the run brings.
func (r *run) components(kubernetes string) ([]bundle.Component, error) {
	versions, err := builder.ComponentVersions(r.kubernetes())
	if err != nil {
		return nil, err
	}
	var all []bundle.Component
	for _, p := range r.cluster.Processes() {
		version := versions[string(p.Component)]
		if strings.HasPrefix(string(p.Component), "kube-") {
			version = kubernetes // What it says itself: a named cluster may be of another version.
		}
		all = append(all, bundle.Component{Name: string(p.Component), Version: version, Arguments: p.Arguments})
	}
	own := []cluster.Component{cluster.Kwok}
	if r.plan.Cluster.MetricsServer != nil {
		own = append(own, cluster.MetricsServer)
	}
	if r.plan.Cluster.MetricsAdapter != nil {
		own = append(own, cluster.MetricsAdapter)
	}
	if r.plan.Cluster.Karpenter != nil {
		own = append(own, cluster.Karpenter)
		if versions[string(cluster.Karpenter)], err = builder.KarpenterVersion(); err != nil {
			return nil, err
		}
	}
	for _, component := range own {
		all = append(all, bundle.Component{Name: string(component), Version: versions[string(component)]})
	}
	return all, nil
}

func (r *run) serverVersion() (string, error) {
	config, err := r.cluster.RESTConfig()
	if err != nil {
		return "", err
	}
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return "", err
	}
	version, err := client.ServerVersion()
	if err != nil {
		return "", fmt.Errorf("ask the API server for its version: %w", err)
	}
	return version.GitVersion, nil
}

// machine describes where kubedyno runs, as far as the system says it.
func machine() bundle.Machine {
	m := bundle.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPUModel = field(string(data), "model name", ":")
	}
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib uint64
		if _, err := fmt.Sscanf(field(string(data), "MemTotal", ":"), "%d kB", &kib); err == nil {
			m.MemoryBytes = kib << 10
		}
	}
	if data, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(data))
	}
	return m
}

// field returns the first value of a name in a file of "name: value" lines.
func field(text, name, separator string) string {
	for line := range strings.Lines(text) {
		if found, value, ok := strings.Cut(line, separator); ok && strings.TrimSpace(found) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// A brevity is a view whose events do not quote logs: the error of the run does, once.
type brevity struct{ progressView }

// Event passes an event on.
func (b brevity) Event(e sample.Event) {
	e.Message = brief(e.Message)
	b.progressView.Event(e)
}

// brief returns a message without the end of a log that it quotes.
func brief(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	return strings.TrimSuffix(line, "; the end of its log:")
}

// pools describes the nodes: those of pools that some step is about.
func pools(p *plan.Plan) ([]bundle.Pool, error) {
	types, err := engine.NodeTypes(p.Fleet.NodeTypes)
	if err != nil {
		return nil, err
	}
	var all []bundle.Pool
	for _, pool := range p.Fleet.Pools {
		if !p.Uses(pool.Name) {
			continue
		}
		kind, ok := types.Find(pool.NodeType)
		if !ok {
			return nil, fmt.Errorf("pool %s: there is no node type %q", pool.Name, pool.NodeType)
		}
		described := poolOf(kind)
		described.Name, described.Count, described.Spot = pool.Name, pool.Count, pool.Spot
		described.AtMost, described.Elastic = p.Fits(pool.Name) || pool.Elastic != nil, p.ElasticWords(pool)
		all = append(all, described)
	}
	return all, nil
}

// offered describes the node types that Karpenter may choose from, if the plan has one.
func offered(p *plan.Plan) ([]bundle.Pool, error) {
	if p.Cluster.Karpenter == nil {
		return nil, nil
	}
	types, err := engine.Offered(p)
	var all []bundle.Pool
	for _, kind := range types {
		all = append(all, poolOf(kind))
	}
	return all, err
}

// poolOf describes a node type as of a pool without a name.
func poolOf(kind nodetype.Type) bundle.Pool {
	described := bundle.Pool{NodeType: kind.Name,
		AllocatableCores: float64(kind.AllocatableMilliCPU) / 1000, AllocatableBytes: float64(kind.AllocatableMiB << 20), MaxPods: kind.MaxPods,
		PricePerHour: kind.PricePerHour, SpotPerHour: kind.SpotPerHour,
		Provider: kind.Provider, Arch: kind.Arch, Region: kind.Region, PriceDate: kind.Date, PriceSource: kind.Source}
	if kind.PerPod != nil {
		described.CPUHour, described.GiBHour = kind.PerPod.CPUHour, kind.PerPod.GiBHour
	}
	return described
}

func updateOf(u plan.Update) bundle.Update {
	needs := make([]bundle.Need, len(u.Needs))
	for i, n := range u.Needs {
		needs[i] = bundle.Need(n)
	}
	return bundle.Update{Workload: u.Workload, Kind: u.Kind, Strategy: u.Strategy, Objects: u.Objects,
		Unavailable: u.Unavailable, Surge: u.Surge, UnavailablePercent: u.UnavailablePercent, SurgePercent: u.SurgePercent, Needs: needs, Forecast: u.Forecast, Forecasts: u.Forecasts}
}
