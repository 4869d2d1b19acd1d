package spec

// upTo checks how many of a whole there are to be, when some are there, and returns it. A
// whole that is there already is for the caller to report.
func (c *checker) upTo(a Amount, whole, there int, path, what, name string) int {
	path += ".upTo"
	want := a.Of(whole)
	switch {
	case c.faulted[path]:
		return max(there, 1) // Some, so that later actions are not to blame.
	case want > whole:
		c.fault(path, "raise the count, or lower upTo", "there are only %d %s %q", whole, what, name)
		return max(there, 1)
	case want <= there && there < whole:
		c.fault(path, "raise upTo, or leave it out for all of them", "upTo %s is %d of the %d %s %q, and %d are there already",
			a, want, whole, what, name, there)
	}
	return want
}

// poolOf returns the pool that an action names, or nil after a fault.
func (c *checker) poolOf(name, path string) *Pool {
	if !c.sound(path + ".pool") {
		return nil
	}
	if c.pools[name] == nil {
		c.fault(path+".pool", meant(name, sortedKeys(c.pools)), "there is no pool %q", name)
	}
	return c.pools[name]
}

func (c *checker) nodes(h *history, phase string, n Nodes, path string) {
	pool := c.poolOf(n.Pool, path)
	if pool == nil {
		return
	}
	c.elasticNodes(h, pool, path)
	there, inPhase := h.nodes[pool.Name], pool.Name+" "+phase
	want := c.upTo(n.UpTo, pool.Count, there, path, "nodes in pool", pool.Name)
	switch {
	case c.faulted[path+".upTo"]:
	case h.fitted[pool.Name]:
		c.fault(path+".pool", "", "how many nodes pool %q has is not known here: an action fit before has found it", pool.Name)
	case there > 0 && there == pool.Count:
		c.fault(path+".pool", "", "the nodes of pool %q are there already", pool.Name)
	case h.joined[inPhase]:
		c.fault(path+".pool", "put it into a phase of its own: figures are told apart by phase",
			"pool %q gets nodes in this phase already", pool.Name)
	case h.failed[pool.Name]:
		c.fault(path+".pool", "recover them in an action before", "some nodes of pool %q have failed, so not all would become Ready", pool.Name)
	}
	h.joined[inPhase] = h.joined[inPhase] || !c.faulted[path+".upTo"]
	h.nodes[pool.Name] = max(want, there)
}

func (c *checker) fail(h *history, f Fail, path string) {
	pool := c.poolOf(f.Pool, path)
	if pool == nil || !c.steady(pool, path) {
		return
	}
	there := h.nodes[pool.Name] // After a fit the most that there can be.
	switch {
	case there == 0:
		c.fault(path+".pool", "create them in an action before", "no node of pool %q is there yet", pool.Name)
	case h.failed[pool.Name]:
		c.fault(path+".pool", "recover them in an action before", "nodes of pool %q have failed already", pool.Name)
	case c.sound(path+".nodes") && f.Nodes.Of(there) > there:
		c.fault(path+".nodes", "", "only %d nodes of pool %q are there", there, pool.Name)
	}
	h.failed[pool.Name] = true
}

func (c *checker) recover(h *history, r Recover, path string) {
	pool := c.poolOf(r.Pool, path)
	if pool == nil || !c.steady(pool, path) {
		return
	}
	if !h.failed[pool.Name] {
		c.fault(path+".pool", "let some fail in an action before", "no node of pool %q has failed, or not any more", pool.Name)
	}
	h.failed[pool.Name] = false
}
