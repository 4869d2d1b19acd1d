package view

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Columns of bounds, which a fit of one pool and a mix of pools do not both have.
const (
	fewestColumn = "Fewest of any packing"
	leastColumn  = "Least of any packing, an hour"
)

// fitPhases is in how many phases nodes were fitted.
func (b *builder) fitPhases() int {
	phases := map[string]bool{}
	for _, s := range b.scalars(sample.CapacityPods) {
		phases[s.Labels["phase"]] = true
	}
	return len(phases)
}

// fitColumns puts those of the pool, and of the phase if there are several, before others.
func fitColumns(phased bool, others []Column) []Column {
	if phased {
		return append([]Column{{Name: "Pool"}, {Name: "Phase"}}, others...)
	}
	return append([]Column{{Name: "Pool"}}, others...)
}

// withoutEmpty drops a column in which no row has a value.
func withoutEmpty(t Table, column string) Table {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == column })
	if at < 0 || slices.ContainsFunc(t.Rows, func(row []string) bool { return row[at] != Dash }) {
		return t
	}
	t.Columns = slices.Delete(slices.Clone(t.Columns), at, at+1)
	for i := range t.Rows {
		t.Rows[i] = slices.Delete(slices.Clone(t.Rows[i]), at, at+1)
	}
	return t
}
