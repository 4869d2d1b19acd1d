package plan

import (
	"fmt"
	"maps"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// Build makes the plan of a scenario that spec.Decode has returned. The seed decides whatever
// is left to chance, such as the order of a load's requests.
func Build(s *spec.Scenario, seed uint64) (*Plan, error) {
	p := &Plan{
		Name: s.Metadata.Name, Title: s.Metadata.Title, Description: s.Metadata.Description,
		Labels: s.Metadata.Labels, Parameters: s.Values, Seed: seed, Resolved: s.Resolved,
		Cluster: s.Spec.Cluster, Fleet: s.Spec.Fleet, Storage: s.Spec.Storage, Workloads: map[string]Workload{},
		Queries: s.Spec.Queries,
	}
	for _, w := range s.Spec.Workloads {
		version, _ := w.Manifest["apiVersion"].(string)
		if w.Kind() == "" || version == "" {
			return nil, fmt.Errorf("plan scenario %s: the manifest of workload %q has no apiVersion or kind",
				p.Name, w.Name)
		}
		p.Workloads[w.Name] = Workload{Name: w.Name, Count: w.Count, APIVersion: version, Kind: w.Kind(),
			PodsEach: w.PodsEach(p.Fleet.Nodes()), MostPods: mostPods(w, s.Spec.Workloads), template: w.Manifest}
	}
	p.Services = services(s.Spec)
	p.Autoscalers = p.autoscalers()
	p.needs = needs(s.Spec.Workloads)
	p.Updates = p.updates(s.Spec)
	p.warnRefused(s.Spec)
	p.volumes, p.nodeVolumes = volumes(s.Spec), s.NodeVolumes
	p.warnVolumes()
	p.warnElastic()
	made := there{}
	for _, phase := range s.Spec.Phases {
		p.Phases = append(p.Phases, Phase{Name: phase.Name, Description: phase.Description,
			Timeout: phase.Timeout, Steps: p.steps(phase.Actions, made)})
	}
	for _, o := range s.Spec.Objectives {
		objective, err := convert(o)
		if err != nil {
			return nil, fmt.Errorf("plan scenario %s: objective on %s: %w", p.Name, o.Metric, err)
		}
		p.Objectives = append(p.Objectives, objective)
	}
	for _, f := range s.Spec.Trials.Figures {
		p.Figures = append(p.Figures, figure(f))
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plan scenario %s: %w", p.Name, err)
	}
	p.estimate(s.Spec.ObjectiveSets)
	return p, nil
}

// check makes sure that every name in an action leads somewhere, for scenarios that were not
// made by spec.Decode.
func (p *Plan) check() error {
	pools := map[string]bool{}
	for _, pool := range p.Fleet.Pools {
		pools[pool.Name] = true
	}
	for _, phase := range p.Phases {
		for _, step := range phase.Steps {
			a := step.Action
			if a.Verb() == "" {
				return fmt.Errorf("phase %s: an action has no verb", phase.Name)
			}
			for _, name := range poolsOf(a) {
				if !pools[name] {
					return fmt.Errorf("phase %s, step %s: there is no such pool", phase.Name, step.Name)
				}
			}
			if a.Demand != nil && p.Workloads[p.Services[a.Demand.Service].Workload].Name == "" {
				return fmt.Errorf("phase %s, step %s: there is no such service, or it has no workload", phase.Name, step.Name)
			}
			if name := workloadOf(a); name != "" && p.Workloads[name].Name == "" {
				return fmt.Errorf("phase %s, step %s: there is no such workload", phase.Name, step.Name)
			}
		}
	}
	return nil
}

// workloadOf returns the name of the workload that an action is about, or "".
func workloadOf(a spec.Action) string {
	switch {
	case a.Create != nil:
		return a.Create.Workload
	case a.Wait != nil:
		return a.Wait.Workload
	case a.Rollout != nil:
		return a.Rollout.Workload
	case a.Patch != nil:
		return a.Patch.Workload
	case a.Scale != nil:
		return a.Scale.Workload
	case a.Delete != nil:
		return a.Delete.Workload
	}
	return ""
}

// poolsOf returns the names of the pools that an action is about.
func poolsOf(a spec.Action) []string {
	switch name := poolOf(a); {
	case a.Fit != nil:
		return a.Fit.Names()
	case name != "":
		return []string{name}
	}
	return nil
}

// poolOf returns the name of the one pool that an action is about, or "".
func poolOf(a spec.Action) string {
	switch {
	case a.Nodes != nil:
		return a.Nodes.Pool
	case a.Fail != nil:
		return a.Fail.Pool
	case a.Recover != nil:
		return a.Recover.Pool
	case a.Drain != nil:
		return a.Drain.Pool
	case a.Uncordon != nil:
		return a.Uncordon.Pool
	}
	return ""
}

// there counts the objects of workloads and the nodes of pools that earlier steps have made.
type there map[string]int

// bounds returns which objects or nodes a step is about, and keeps the books.
func (p *Plan) bounds(a spec.Action, made there) (from, until int) {
	switch pool, workload := "pool "+poolOf(a), "workload "+workloadOf(a); {
	case a.Nodes != nil:
		from, until = made[pool], a.Nodes.UpTo.Of(p.poolSize(a.Nodes.Pool))
		made[pool] = until
	case a.Fit != nil: // How many there are afterwards only the run will know.
		for _, grown := range p.grown(*a.Fit, made) {
			from, until = from+grown.From, until+grown.Until
			made["pool "+grown.Pool] = grown.Until
		}
	case poolOf(a) != "":
		until = made[pool]
	case a.Create != nil:
		from, until = made[workload], a.Create.UpTo.Of(p.Workloads[a.Create.Workload].Count)
		made[workload] = until
	case workloadOf(a) != "":
		until = made[workload]
		if a.Scale != nil {
			made["replicas of "+a.Scale.Workload] = a.Scale.Replicas + 1 // 0 is not scaled.
		}
		if a.Delete != nil {
			made[workload] = 0
		}
	}
	return from, until
}

func (p *Plan) poolSize(name string) int {
	for _, pool := range p.Fleet.Pools {
		if pool.Name == name {
			return pool.Count
		}
	}
	return 0
}

func (p *Plan) steps(actions []spec.Action, made there) []Step {
	seen := map[string]int{}
	all := make([]Step, 0, len(actions))
	for _, action := range actions {
		name := stepName(action)
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s (%d)", name, n)
		}
		step := Step{Name: name, Action: action}
		if action.Fit != nil {
			step.Fit = p.toFit(*action.Fit, made)
		}
		step.From, step.Until = p.bounds(action, made)
		all = append(all, step)
	}
	return all
}

func stepName(a spec.Action) string {
	switch {
	case a.Nodes != nil:
		return "nodes " + a.Nodes.Pool + upTo(a.Nodes.UpTo)
	case a.Fit != nil:
		return "fit " + strings.Join(a.Fit.Names(), "+")
	case a.Fail != nil:
		return fmt.Sprintf("fail %s %s", a.Fail.Nodes, a.Fail.Pool)
	case a.Recover != nil:
		return "recover " + a.Recover.Pool
	case a.Drain != nil:
		return fmt.Sprintf("drain %s %s", a.Drain.Nodes, a.Drain.Pool)
	case a.Uncordon != nil:
		return "uncordon " + a.Uncordon.Pool
	case a.Create != nil:
		return "create " + a.Create.Workload + upTo(a.Create.UpTo)
	case a.Wait != nil:
		return fmt.Sprintf("wait %s %s", a.Wait.Workload, a.Wait.For)
	case a.Scale != nil:
		return fmt.Sprintf("scale %s to %d", a.Scale.Workload, a.Scale.Replicas)
	case a.Hold != nil:
		return "hold " + short(a.Hold.Duration)
	case a.Load != nil:
		return fmt.Sprintf("load %s/s", number(a.Load.TotalRate()))
	case a.Demand != nil:
		return fmt.Sprintf("demand %s %s/s", a.Demand.Service, number(a.Demand.Rate))
	case a.Outage != nil:
		return fmt.Sprintf("outage %s %s", a.Outage.Component, short(a.Outage.Duration))
	case a.Watch != nil:
		return fmt.Sprintf("watch %s with %d", a.Watch.Resource, a.Watch.Watchers)
	}
	return a.Verb() + " " + workloadOf(a)
}

func upTo(a spec.Amount) string {
	if a == "" {
		return ""
	}
	return " up to " + string(a)
}

func convert(o spec.Objective) (slo.Objective, error) {
	metric, ok := sample.Lookup(o.Metric)
	if !ok {
		return slo.Objective{}, fmt.Errorf("there is no such metric")
	}
	result := slo.Objective{Name: o.Name, Metric: o.Metric, Statistic: o.Judged(),
		Where: sample.Labels(maps.Clone(o.Where)), Source: o.Source}
	text, most := o.Limit()
	limit, err := spec.ParseLimit(text, metric.Unit, o.Judged())
	if err != nil {
		return slo.Objective{}, err
	}
	if most {
		result.Most = &limit
	} else {
		result.Least = &limit
	}
	if result.Name == "" {
		result.Name = objectiveName(o)
	}
	return result, nil
}
