package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/provisioner"
	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// maxProvisionerWarnings is how many troubles of the provisioner are reported.
const maxProvisionerWarnings = 10

// elastic provisions the nodes of elastic pools and measures how they, and Karpenter's, follow the pods.
type elastic struct {
	provisioner *provisioner.Provisioner // nil without elastic pools.
	measure     *measure.Elastic
}

// outcomes are those of orders that the provisioner tells.
var outcomes = []string{"placed", "capacity", "quota", "failed"}

// startElastic starts what is needed. The measurement does not need this provisioner, which tells it of
// orders alone.
func (e *engine) startElastic(ctx context.Context, nodes *measure.Nodes, selector string) (*elastic, error) {
	measured, err := e.elasticOptions(selector)
	if err != nil {
		return nil, err
	}
	started := &elastic{}
	if started.measure, err = measure.StartElastic(ctx, measured); err != nil || !e.Plan.Fleet.Elastic() {
		return started, err
	}
	err = e.startProvisioner(ctx, started, nodes, selector)
	return started, err
}

// elasticOptions say what is measured: the elastic pools, and those that Karpenter fills.
func (e *engine) elasticOptions(selector string) (measure.ElasticOptions, error) {
	o := measure.ElasticOptions{Run: e.env.Measure, Config: e.env.REST, Selector: selector,
		Workloads: withPods(e.Plan), Daemon: func(workload string) bool { return e.Plan.Workloads[workload].Kind == "DaemonSet" }}
	for _, p := range e.Plan.Fleet.Pools {
		if p.Elastic != nil {
			o.Pools = append(o.Pools, e.elasticPool(p))
		}
	}
	if e.Plan.Cluster.Karpenter == nil {
		return o, nil
	}
	pools, err := karpenterPools(e.Plan)
	o.Pools, o.Claims = append(o.Pools, pools...), e.env.Dynamic
	return o, err
}

func (e *engine) startProvisioner(ctx context.Context, started *elastic, nodes *measure.Nodes, selector string) error {
	config := rest.CopyConfig(e.env.REST) // With the encoding of the control plane's own clients.
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for the provisioner: %w", err)
	}
	options := provisioner.Options{Client: client, Fleet: e.env.Fleet, Selector: selector, Seed: e.Plan.Seed}
	for _, p := range e.Plan.Fleet.Pools {
		if p.Elastic == nil {
			continue
		}
		delay, err := Latency(p.Elastic.Delay)
		if err != nil {
			return err
		}
		options.Pools = append(options.Pools, provisioned(p, delay))
	}
	options.Observer = &observer{engine: e, nodes: nodes, Elastic: started.measure}
	if started.provisioner, err = provisioner.Start(ctx, options); err != nil {
		return fmt.Errorf("start the provisioner of elastic pools: %w", err)
	}
	return nil
}

// close ends the provisioner, so that nodes no longer come and go, and then the measurement.
func (e *elastic) close() {
	if e != nil {
		if e.provisioner != nil {
			e.provisioner.Close()
		}
		e.measure.Close()
	}
}

func provisioned(p spec.Pool, delay stages.Latency) provisioner.Pool {
	e := p.Elastic
	return provisioner.Pool{Name: p.Name, Min: e.Min, Delay: delay, Scan: e.Scan, Unneeded: e.Unneeded, Utilization: e.Utilization,
		AfterAdd: e.AfterAdd, QuotaNodes: e.Quota.Nodes, QuotaZone: e.Quota.PerZone, Failures: e.Failures, Backoff: e.Backoff}
}

// elasticPool says what a node of a pool has and costs.
func (e *engine) elasticPool(p spec.Pool) measure.ElasticPool {
	kind, _ := e.env.Fleet.Type(p.Name) // It is one of the fleet's.
	has := packing.Amount{MilliCPU: kind.AllocatableMilliCPU, Bytes: kind.AllocatableMiB << 20, Pods: int64(kind.MaxPods)}
	price := kind.PricePerHour
	if p.Spot {
		price = kind.SpotPerHour
	}
	return measure.ElasticPool{Name: p.Name, Allocatable: has, Room: beside(e.Plan, has), Utilization: p.Elastic.Utilization,
		PricePerHour: price, Outcomes: outcomes}
}

// beside is what DaemonSets leave to other pods of what a node has.
func beside(p *plan.Plan, has packing.Amount) packing.Amount {
	for _, pod := range p.Daemons(plan.ToFit{Workloads: slices.Sorted(maps.Keys(p.Workloads))}) {
		has = packing.Minus(has, measure.Requests(pod))
	}
	return has
}

// withPods are the workloads whose pods can be without room.
func withPods(p *plan.Plan) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		if w := p.Workloads[name]; (makesPods(w) || w.Kind == "Pod") && w.Kind != "DaemonSet" {
			all = append(all, name)
		}
	}
	return all
}

// observer tells the measurements what the provisioner does.
type observer struct {
	*measure.Elastic
	engine   *engine
	nodes    *measure.Nodes
	warnings atomic.Int64
}

// Created takes a node whose creation was sent.
func (o *observer) Created(pool, node string, sent time.Time) {
	o.nodes.Observe(pool, node, o.engine.Clock.At(sent))
}

// Failed takes an order that will not be delivered.
func (o *observer) Failed(pool, node string, err error) {
	o.Elastic.Failed(pool, node)
	o.Trouble(fmt.Errorf("node %s was ordered and will not come: %w", node, err))
}

// Trouble takes what went wrong.
func (o *observer) Trouble(err error) {
	if o.warnings.Add(1) <= maxProvisionerWarnings {
		o.engine.event(sample.Event{Kind: sample.Warning, Phase: o.engine.phaseNow(), Message: "elastic nodes: " + err.Error()})
	}
}
