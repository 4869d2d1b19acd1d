package spec

// Fit finds how many nodes of a pool the pods need that earlier actions have created.
type Fit struct {
	Pool string `yaml:"pool" need:"yes" doc:"The pool; its count is the most nodes that are tried."`
	Step int    `yaml:"step" is:"own" doc:"How many nodes are added at once while pods are pending (default 1)."`
}

func (c *checker) fit(h *history, f Fit, path string) {
	pool := c.poolOf(f.Pool, path)
	if pool == nil || !c.steady(pool, path) {
		return
	}
	pods := false
	for name, made := range h.made {
		w := c.workloads[name]
		pods = pods || made && w != nil && w.HasPods() && w.Kind() != "DaemonSet"
	}
	switch {
	case h.fitted[pool.Name]:
		c.fault(path+".pool", "", "an action fit before has found how many nodes of pool %q are needed already", pool.Name)
	case h.failed[pool.Name]:
		c.fault(path+".pool", "recover them in an action before", "some nodes of pool %q have failed", pool.Name)
	case h.drained[pool.Name]:
		c.fault(path+".pool", "uncordon them in an action before", "some nodes of pool %q are drained", pool.Name)
	case !pods:
		c.fault(path+".pool", "create a workload with pods in an action before", "there are no pods to find nodes for")
	}
	h.fitted[pool.Name] = true
	h.nodes[pool.Name] = pool.Count
}
