package spec

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// shapeStatistics are the statistics that metrics of each shape have apart from percentiles.
var shapeStatistics = map[sample.Shape][]string{
	sample.Distribution: {"mean", "max", "min", "count"},
	sample.Gauge:        {"mean", "max", "last"},
	sample.Scalar:       {"value"},
	sample.Counter:      {"last"},
	sample.Bucketed:     {"mean", "count"},
}

func (c *checker) objective(o Objective, path string) {
	if metric, ok := c.metric(o.Metric, path); ok && !c.queryFault(o, metric, path) {
		c.limit(o, metric, path)
		c.judged(o, metric, path)
	}
}

// metric returns the metric of the objective or figure at path, if there is one of that name.
func (c *checker) metric(name, path string) (metric sample.Metric, ok bool) {
	if !c.sound(path + ".metric") {
		return metric, false
	}
	metric, ok = sample.Lookup(name)
	if !ok {
		var names []string
		for _, m := range sample.Metrics() {
			names = append(names, m.Name)
		}
		c.fault(path+".metric", meant(name, names), "there is no metric %q", name)
	}
	return metric, ok
}

// judged checks which number of which series an objective is about.
func (c *checker) judged(o Objective, metric sample.Metric, path string) {
	c.statistic(o, metric, path)
	if c.where(o, metric, path) {
		c.hasData(o, metric, path)
	}
}

func (c *checker) statistic(o Objective, metric sample.Metric, path string) {
	known := shapeStatistics[metric.Shape]
	percentile, statistic := c.has(path+".percentile"), c.has(path+".statistic")
	switch {
	case percentile && statistic:
		c.fault(path+".statistic", "", "an objective has a percentile or a statistic, not both")
	case percentile && metric.Shape != sample.Distribution && metric.Shape != sample.Bucketed:
		c.fault(path+".percentile", "use statistic: "+either(known), "%s is a %s and has no percentiles",
			metric.Name, metric.Shape)
	case statistic && c.sound(path+".statistic") && !slices.Contains(known, o.Statistic):
		c.fault(path+".statistic", "use "+either(known), "%s is a %s and has no statistic %s",
			metric.Name, metric.Shape, o.Statistic)
	case !percentile && o.Statistic == "" && !c.faulted[path+".statistic"]:
		c.fault(path+".statistic", "use percentile or statistic: "+either(known),
			"the objective does not say which statistic of %s is meant", metric.Name)
	}
}

func (c *checker) limit(o Objective, metric sample.Metric, path string) {
	most, least := c.has(path+".most"), c.has(path+".least")
	if most == least {
		c.fault(path+".most", "", "an objective needs one limit, most or least")
		return
	}
	text, isMost := o.Limit()
	at := path + ".least"
	if isMost || most {
		at = path + ".most"
	}
	if _, err := ParseLimit(text, metric.Unit, slo.Statistic(o.Statistic)); err != nil {
		c.fault(at, "", "the limit %v", err)
	}
}

// where checks the labels and, where the scenario determines them, their values.
func (c *checker) where(o Objective, metric sample.Metric, path string) bool {
	good := true
	known := append([]string{"phase"}, metric.Labels...)
	values := c.labelValues(metric)
	for _, label := range sortedKeys(o.Where) {
		at := join(path+".where", label)
		value := o.Where[label]
		possible, limited := values[label]
		switch {
		case !slices.Contains(known, label):
			c.fault(at, meant(label, known), "%s has no label %q", metric.Name, label)
		case limited && !slices.Contains(possible, value):
			c.fault(at, meant(value, possible), "%s never has %s %q in this scenario", metric.Name, label, value)
		default:
			continue
		}
		good = false
	}
	return good
}

// labelValues returns the values that labels of metric can have in this scenario.
func (c *checker) labelValues(metric sample.Metric) map[string][]string {
	values := map[string][]string{
		"phase":    sortedKeys(c.phases),
		"workload": sortedKeys(c.workloads),
		"pool":     sortedKeys(c.pools),
		"service":  sortedKeys(c.services),
	}
	if metric.Source == sample.FromElastic {
		values["pool"] = append(values["pool"], c.karpenterPools()...)
	}
	if metric.Source == sample.FromFit {
		values["pool"] = append(values["pool"], sample.AllPools)
	}
	if metric.Source == sample.FromQuery {
		values["query"] = c.queriesOf(metric)
	}
	if metric.Source == sample.FromCSI {
		values["class"], values["operation"] = c.storageNames(), []string{"provision", "delete", "attach", "detach", "resize"}
	}
	switch metric.Name {
	case sample.PodStage:
		values["stage"] = []string{"create", "schedule", "start", "ready"}
	case sample.PodsByState:
		values["state"] = []string{"created", "scheduled", "running", "ready", "deleted"}
	case sample.NodesByState:
		values["state"] = []string{"created", "ready"}
	case sample.NodesByType:
		if k := c.s.Spec.Cluster.Karpenter; k != nil {
			values["type"] = k.InstanceTypes
		}
	case sample.APIErrors:
		values["kind"] = []string{"timeout", "throttled", "server", "not-found", "client", "connection", "unsent"}
	case sample.WatchEvents:
		values["state"] = []string{"expected", "delivered", "missing", "duplicate", "unacknowledged"}
	case sample.CapacityBilled, sample.CapacityRequested, sample.CapacityStranded, sample.CapacityFragmentation, sample.CapacityDaemons:
		values["resource"] = packing.Resources()
	case sample.CapacityNodePods:
		values["quantile"] = []string{"p50", "max"}
	case sample.ElasticNodes:
		values["state"] = []string{"ordered", "created", "ready", "needed"}
	case sample.ElasticOrders:
		values["outcome"] = []string{"placed", "capacity", "quota", "failed"}
	case sample.HPAs:
		values["state"] = []string{"created", "observed", "existing"}
	case sample.HPAReconciliations:
		values["action"] = []string{"scale_up", "scale_down", "none"}
		values["error"] = []string{"spec", "internal", "none"}
	case sample.HPAReaction, sample.HPASettling, sample.HPAOvershoot:
		values["direction"] = []string{"up", "down"}
	case sample.HPAFirstReady:
		values["direction"] = []string{"up"}
	case sample.HPARecovery:
		values["component"] = []string{"metrics-server", "metrics-adapter"}
	case sample.WorkloadReplicas:
		values["state"] = []string{"desired", "current", "updated", "ready", "available", "terminating"}
	case sample.ObjectsRefused, sample.RefusedAttempts:
		values["reason"] = []string{"quota", "unstated", "limit-range", "other"}
	case sample.PodVolumeStage:
		values["stage"] = sample.VolumeStages()
	case sample.VolumesByState:
		values["state"] = sample.VolumeStates()
	case sample.VolumeErrors:
		values["operation"] = []string{"attach", "detach"}
	case sample.WatchStreams:
		values["state"] = []string{"opened", "ended", "resumed", "relisted", "refused"}
	}
	return values
}

// hasData checks that some action makes what the metric measures, so that the objective is
// not certain to end with NO DATA. A gauge is sampled all the time, so that its phase may be
// any after the action.
func (c *checker) hasData(o Objective, metric sample.Metric, path string) {
	if (metric.Name == sample.MetricsFreshness || metric.Name == sample.MetricsScrape) && c.s.Spec.Cluster.MetricsServer == nil {
		c.fault(path+".metric", "give the scenario spec.cluster.metricsServer", "%s would have no data: no metrics-server runs", metric.Name)
		return
	}
	if metric.Source == sample.FromDisk && c.s.Spec.Cluster.Etcd.Disk == nil {
		c.fault(path+".metric", "give the scenario spec.cluster.etcd.disk", "%s would have no data: etcd is on the machine's own disk", metric.Name)
		return
	}
	if metric.Source == sample.FromFit && c.fitFault {
		return
	}
	if metric.Source == sample.FromCSI && c.s.Spec.Storage == nil {
		c.fault(path+".metric", "give the scenario spec.storage", "%s would have no data: there is no CSI driver", metric.Name)
		return
	}
	if metric.Source == sample.FromElastic {
		c.elasticData(o, metric, path)
		return
	}
	inPhase := o.Where["phase"]
	if metric.Source == sample.FromQuota || metric.Source == sample.FromAttempts {
		inPhase = "" // A quota goes on in the phases after its creation.
	}
	if metric.Shape == sample.Gauge && metric.Source != sample.FromLoad && metric.Source != sample.FromDemand {
		inPhase = ""
	}
	if metric.Source == sample.FromHPA || metric.Source == sample.FromVolumes {
		inPhase = "" // HPAs and volumes go on in the phases after their creation.
	}
	for _, phase := range c.s.Spec.Phases {
		if inPhase != "" && phase.Name != inPhase {
			continue
		}
		if slices.ContainsFunc(phase.Actions, func(a Action) bool { return c.feeds(a, o, metric) }) {
			return
		}
	}
	needed := map[sample.Source]string{
		sample.FromFleet:   "creates such nodes",
		sample.FromLoss:    "lets such nodes fail",
		sample.FromReturn:  "lets such nodes recover",
		sample.FromVictims: "lets nodes fail",
		sample.FromPods:    "makes such pods",
		sample.FromRollout: "rolls out such a workload",
		sample.FromLoad:    "sends such requests",
		sample.FromWatch:   "opens such watches",
		sample.FromDemand:  "asks work of such a service",
		sample.FromHPA:     "creates a HorizontalPodAutoscaler",
		sample.FromOutage:  "kills such a component",

		sample.FromRefusals: "creates such a workload with refused: count",
		sample.FromQuota:    "creates a ResourceQuota",
		sample.FromDrain:    "drains such nodes",
		sample.FromFit:      "fits such a pool",
		sample.FromVolumes:  "creates what has claims for volumes",
		sample.FromAttempts: "makes such a workload that has pods, beside a ResourceQuota, a LimitRange or a rollout",
	}[metric.Source]
	if metric.Source == sample.FromQuery {
		c.fault(path+".metric", "", "%s would have no data: the scenario has no such query", metric.Name)
		return
	}
	at, where := path+".metric", "the scenario"
	if inPhase != "" {
		at, where = path+".where.phase", "phase "+inPhase
	}
	c.fault(at, "", "%s would have no data: no action of %s %s", metric.Name, where, needed)
}

// feeds reports whether action a makes what the objective is about.
func (c *checker) feeds(a Action, o Objective, metric sample.Metric) bool {
	match := func(labels sample.Labels) bool {
		wanted := maps.Clone(sample.Labels(o.Where))
		maps.DeleteFunc(wanted, func(label, _ string) bool { _, known := labels[label]; return !known })
		return labels.Match(wanted)
	}
	workload := func(name string) bool {
		w := c.workloads[name]
		return w != nil && (w.HasPods() || refused(w.Kind())) && match(sample.Labels{"workload": name})
	}
	switch metric.Source {
	case sample.FromQuery:
		return len(c.queriesOf(metric)) > 0
	case sample.FromVolumes:
		w := c.workloads[createdBy(a)]
		return w != nil && AsksForVolumes(w.Manifest) && match(sample.Labels{"workload": w.Name})
	case sample.FromFit:
		return a.Fit != nil && fitsPool(*a.Fit, metric.Name, match)
	case sample.FromFleet:
		if metric.Name == sample.NodesByType {
			return c.makesNodes(a)
		}
		return metric.Name == sample.NodesByState && c.makesNodes(a) ||
			a.Fit != nil && metric.Name != sample.FleetCreateRate && metric.Name != sample.FleetReady && namesPool(*a.Fit, match) ||
			a.Nodes != nil && match(sample.Labels{"pool": a.Nodes.Pool})
	case sample.FromLoss:
		return a.Fail != nil && match(sample.Labels{"pool": a.Fail.Pool})
	case sample.FromReturn:
		return a.Recover != nil && match(sample.Labels{"pool": a.Recover.Pool})
	case sample.FromVictims:
		return a.Fail != nil
	case sample.FromDrain:
		return a.Drain != nil && match(sample.Labels{"pool": a.Drain.Pool})
	case sample.FromPods:
		return a.Create != nil && workload(a.Create.Workload) || a.Scale != nil && workload(a.Scale.Workload) ||
			a.Rollout != nil && workload(a.Rollout.Workload)
	case sample.FromRollout:
		return a.Rollout != nil && workload(a.Rollout.Workload)
	case sample.FromHPA:
		return a.Create != nil && c.workloads[a.Create.Workload] != nil &&
			c.workloads[a.Create.Workload].Kind() == "HorizontalPodAutoscaler"
	case sample.FromOutage:
		return a.Outage != nil && match(sample.Labels{"component": a.Outage.Component})
	case sample.FromQuota:
		return a.Create != nil && c.workloads[a.Create.Workload] != nil && c.workloads[a.Create.Workload].Kind() == quotaKind
	case sample.FromAttempts:
		return (a.Create != nil && workload(a.Create.Workload) || a.Rollout != nil && workload(a.Rollout.Workload)) && c.mayRefuse()
	case sample.FromRefusals:
		return a.Create != nil && a.Create.Refused == "count" && match(sample.Labels{"workload": a.Create.Workload})
	case sample.FromWatch:
		return a.Watch != nil && match(sample.Labels{"resource": a.Watch.Resource, "watchers": strconv.Itoa(a.Watch.Watchers)})
	case sample.FromDemand:
		return a.Demand != nil && match(sample.Labels{"service": a.Demand.Service})
	case sample.FromLoad:
		if a.Watch != nil { // Its updates are a load.
			return match(sample.Labels{"verb": "update", "resource": a.Watch.Resource, "scope": "resource"})
		}
		return a.Load != nil && slices.ContainsFunc(a.Load.Requests, func(r Request) bool {
			return match(sample.Labels{"verb": r.Verb, "resource": r.Label(), "scope": r.Scope})
		})
	}
	return true
}
