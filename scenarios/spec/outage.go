package spec

import (
	"fmt"
	"strings"
	"time"
)

// An Outage is the time for which a component of the control plane is away.
type Outage struct {
	Component string        `yaml:"component" need:"yes" one:"metrics-server metrics-adapter kube-controller-manager kube-scheduler" doc:"metrics-server, metrics-adapter, kube-controller-manager or kube-scheduler; the last two only in a cluster that ends with the run."`
	Duration  time.Duration `yaml:"duration" need:"yes" is:"span" doc:"From its end until it is started again; the action waits until it serves again."`
}

// optionalComponents are the components that run only where a scenario has settings for them, with
// the place of those.
var optionalComponents = map[string]struct {
	path string
	runs func(Cluster) bool
}{
	"metrics-server":  {"spec.cluster.metricsServer", func(c Cluster) bool { return c.MetricsServer != nil }},
	"metrics-adapter": {"spec.cluster.metricsAdapter", func(c Cluster) bool { return c.MetricsAdapter != nil }},
}

func (c *checker) outage(phase Phase, o Outage, path string) {
	c.fits(o.Duration, phase, path)
	if !c.sound(path + ".component") {
		return
	}
	if part, optional := optionalComponents[o.Component]; optional && !part.runs(c.s.Spec.Cluster) && !c.faulted[part.path] {
		c.fault(path+".component", "add "+part.path+": {}", "no %s runs in this scenario, so it cannot fail", o.Component)
	}
	c.oneOutage(phase, o, path)
}

// oneOutage reports an outage of a component that may be away already.
func (c *checker) oneOutage(phase Phase, o Outage, path string) {
	for i, a := range phase.Actions {
		if strings.HasSuffix(path, fmt.Sprintf(".actions[%d].outage", i)) {
			return // Those after this one have their own turn.
		}
		if a.Background && a.Outage != nil && a.Outage.Component == o.Component {
			c.fault(path+".component", "let the first one end before, in a phase of its own",
				"an earlier outage of %s of this phase may still go on in the background", o.Component)
			return
		}
	}
}
