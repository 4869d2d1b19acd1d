package measure

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/usage"
)

// A Meter is told which pods run. It is called by the watch, which it must not hold up.
type Meter interface {
	Start(p usage.Pod, at time.Time)
	Stop(uid string)
	// Silence says whether the kubelets of nodes have ceased to answer.
	Silence(nodes []string, silent bool)
}

func (p *Pods) silence(nodes []string, silent bool) {
	if p.options.Meter != nil {
		p.options.Meter.Silence(nodes, silent)
	}
}

// meter tells the meter that a pod has begun or ceased to run.
func (p *Pods) meter(seen *corev1.Pod, known *pod) {
	runs := seen.Status.Phase == corev1.PodRunning
	if p.options.Meter == nil || runs == known.metered {
		return
	}
	known.metered = runs
	if !runs {
		p.options.Meter.Stop(string(seen.UID))
		return
	}
	p.options.Meter.Start(usage.Pod{
		Namespace: seen.Namespace, Name: seen.Name, UID: string(seen.UID), Node: seen.Spec.NodeName,
		Containers: containersOf(&seen.Spec), Idle: p.options.Idle(seen.Labels[WorkloadLabel]),
	}, time.Now())
}

// containersOf returns the names of the containers that run as long as the pod, sidecars included.
func containersOf(spec *corev1.PodSpec) []string {
	var names []string
	for _, c := range spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			names = append(names, c.Name)
		}
	}
	for _, c := range spec.Containers {
		names = append(names, c.Name)
	}
	return names
}
