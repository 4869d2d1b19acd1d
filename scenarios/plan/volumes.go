package plan

import (
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// HasVolumes reports whether the scenario makes claims for volumes, or pods that have such claims.
func (p *Plan) HasVolumes() bool {
	asks := func(w Workload) bool { return spec.AsksForVolumes(w.template) }
	return slices.ContainsFunc(slices.Collect(maps.Values(p.Workloads)), asks)
}

// claim counts what will be seen of the volumes of new pods. In which phase is not known: a volume may
// become available after the one in which its pod was made.
func (s *simulation) claim(w Workload, pods int) {
	made, named := spec.VolumeClaims(w.template)
	see := func(metric string, n int, labels sample.Labels) {
		if n > 0 {
			s.counted = append(s.counted, observed{source: sample.FromVolumes, metric: metric, labels: labels, n: float64(n)})
		}
	}
	see(sample.VolumeProvision, made*pods, nil)
	see(sample.VolumeAttach, (made+named)*pods, nil)
	see(sample.VolumeDetach, (made+named)*pods, nil)
	if made+named > 0 {
		see(sample.PodVolumeStage, pods, sample.Labels{"workload": w.Name})
	}
}

// claims counts what will be seen of claims that a workload consists of.
func (s *simulation) claims(w Workload, n int) {
	if w.Kind == "PersistentVolumeClaim" {
		s.counted = append(s.counted, observed{source: sample.FromVolumes, metric: sample.VolumeProvision, n: float64(n)})
	}
}
