package plan

import (
	"fmt"
	"maps"

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
		Cluster: s.Spec.Cluster, Fleet: s.Spec.Fleet, Workloads: map[string]Workload{},
		Queries: s.Spec.Queries,
	}
	for _, w := range s.Spec.Workloads {
		version, _ := w.Manifest["apiVersion"].(string)
		if w.Kind() == "" || version == "" {
			return nil, fmt.Errorf("plan scenario %s: the manifest of workload %q has no apiVersion or kind",
				p.Name, w.Name)
		}
		p.Workloads[w.Name] = Workload{Name: w.Name, Count: w.Count, APIVersion: version, Kind: w.Kind(),
			PodsEach: w.PodsEach(), template: w.Manifest}
	}
	for _, phase := range s.Spec.Phases {
		p.Phases = append(p.Phases, Phase{Name: phase.Name, Description: phase.Description,
			Timeout: phase.Timeout, Steps: steps(phase.Actions)})
	}
	for _, o := range s.Spec.Objectives {
		objective, err := convert(o)
		if err != nil {
			return nil, fmt.Errorf("plan scenario %s: objective on %s: %w", p.Name, o.Metric, err)
		}
		p.Objectives = append(p.Objectives, objective)
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
			if a.Nodes != nil && !pools[a.Nodes.Pool] {
				return fmt.Errorf("phase %s, step %s: there is no such pool", phase.Name, step.Name)
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
	case a.Scale != nil:
		return a.Scale.Workload
	case a.Delete != nil:
		return a.Delete.Workload
	}
	return ""
}

func steps(actions []spec.Action) []Step {
	seen := map[string]int{}
	all := make([]Step, 0, len(actions))
	for _, action := range actions {
		name := stepName(action)
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s (%d)", name, n)
		}
		all = append(all, Step{Name: name, Action: action})
	}
	return all
}

func stepName(a spec.Action) string {
	switch {
	case a.Nodes != nil:
		return "nodes " + a.Nodes.Pool
	case a.Wait != nil:
		return fmt.Sprintf("wait %s %s", a.Wait.Workload, a.Wait.For)
	case a.Scale != nil:
		return fmt.Sprintf("scale %s to %d", a.Scale.Workload, a.Scale.Replicas)
	case a.Hold != nil:
		return "hold " + short(a.Hold.Duration)
	case a.Load != nil:
		return fmt.Sprintf("load %s/s", number(a.Load.TotalRate()))
	}
	return a.Verb() + " " + workloadOf(a)
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
