package spec

import "time"

// Drain empties nodes.
type Drain struct {
	Pool     string        `yaml:"pool" need:"yes" doc:"The pool."`
	Nodes    Amount        `yaml:"nodes" need:"yes" is:"amount" doc:"How many of the pool's nodes: a number or a percentage, rounded up; the seed and the phase choose which."`
	Parallel int           `yaml:"parallel" is:"parallel" doc:"How many nodes are drained at once (default 1, as kubectl drain does)."`
	GiveUp   time.Duration `yaml:"giveUp" is:"span" doc:"How long to wait for the nodes to be empty; after it the run goes on, and a node that is not empty counts as never empty (default: the phase's timeout, which ends the run)."`
}

// Uncordon lets nodes take pods again.
type Uncordon struct {
	Pool string `yaml:"pool" need:"yes" doc:"The pool; all its drained nodes take pods again."`
}

func (c *checker) drain(h *history, phase Phase, d Drain, path string) {
	c.givesUp(d.GiveUp, phase, path)
	pool := c.poolOf(d.Pool, path)
	if pool == nil || !c.steady(pool, path) {
		return
	}
	there := h.nodes[pool.Name]
	switch {
	case h.fitted[pool.Name]:
		c.fault(path+".pool", "", "how many nodes pool %q has is not known here: an action fit before has found it", pool.Name)
	case there == 0:
		c.fault(path+".pool", "create them in an action before", "no node of pool %q is there yet", pool.Name)
	case h.drained[pool.Name]:
		c.fault(path+".pool", "uncordon them in an action before", "nodes of pool %q are drained already", pool.Name)
	case h.failed[pool.Name]:
		c.fault(path+".pool", "recover them in an action before",
			"nodes of pool %q have failed: pods on these stay Terminating, and a drain would wait for them", pool.Name)
	case c.sound(path+".nodes") && d.Nodes.Of(there) > there:
		c.fault(path+".nodes", "", "only %d nodes of pool %q are there", there, pool.Name)
	}
	h.drained[pool.Name] = true
}

// givesUp reports an action that would wait for longer than its phase may take.
func (c *checker) givesUp(after time.Duration, phase Phase, path string) {
	if c.sound(path+".giveUp") && after >= phase.Timeout {
		c.fault(path+".giveUp", "raise the phase's timeout", "%v does not fit into the phase's timeout of %v", after, phase.Timeout)
	}
}

func (c *checker) uncordon(h *history, u Uncordon, path string) {
	pool := c.poolOf(u.Pool, path)
	if pool == nil || !c.steady(pool, path) {
		return
	}
	if !h.drained[pool.Name] {
		c.fault(path+".pool", "drain some in an action before", "no node of pool %q is drained, or not any more", pool.Name)
	}
	h.drained[pool.Name] = false
}
