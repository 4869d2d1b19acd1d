package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// capacityLead says how the nodes were found, and what the figures are about.
const capacityLead = "Nodes were added until the scheduler had placed every pod, beginning with the fewest that any packing could " +
	"do with; where several pools grow, a pod leans to the one in which the part of a node that it takes costs least. All shares are " +
	"of what the nodes leave to pods, and by what pods request, not by what they use; volumes are those that pods have of their own, " +
	"where a node takes only so many. A node counts that holds a pod other than those of DaemonSets. What is free of a resource is " +
	"stranded on nodes where another one is used up, and fragmented as far as no further average pod can use it."

// capacity shows how many nodes the pods needed, how these are filled and what they cost; nil if
// nothing was fitted.
func (b *builder) capacity() []Section {
	all := b.scalars(sample.CapacityPods)
	if len(all) == 0 {
		return nil
	}
	section := Section{ID: "capacity", Title: "Capacity", Nav: "Capacity", Lead: capacityLead}
	phased := b.fitPhases() > 1
	nodes := Table{ID: "capacity-nodes", Caption: "Nodes that the pods needed", Empty: "No pod was to be placed.",
		Columns: fitColumns(phased, []Column{{Name: "Node type"}, {"Pods", true}, {"Pending", true}, {"Nodes", true}, {fewestColumn, true},
			{"Pods a node, p50", true}, {"Most", true}, {"A node takes", true}, {"Lost with a node", true}})}
	costs := Table{ID: "capacity-costs", Caption: "What the nodes cost", Empty: "No price is known.",
		Columns: fitColumns(phased, []Column{{Name: "Node type"}, {"An hour", true}, {leastColumn, true}, {"A month of 730 h", true}, {"An hour for 1,000 pods", true},
			{"One node more, a month", true}, {Name: "Price of"}})}
	use := Table{ID: "capacity-use", Caption: "How the nodes are filled", Empty: "No node that is paid for holds a pod.",
		Columns: fitColumns(phased, []Column{{Name: "Resource"}, {"Requested", true}, {"of it by DaemonSets", true}, {"Stranded", true}, {"Fragmented, of what is free", true}, {Name: "Limiting"}})}
	for _, s := range all {
		of := fitted{b, s.Labels}
		nodes.Rows = append(nodes.Rows, of.nodes())
		costs.Rows = append(costs.Rows, of.costs())
		use.Rows = append(use.Rows, of.use()...)
	}
	section.Tables = []Table{withoutEmpty(nodes, fewestColumn), withoutEmpty(costs, leastColumn), use}
	if reasons := b.pendingTable(); len(reasons.Rows) > 0 {
		section.Tables = append(section.Tables, reasons)
	}
	section.Tables = append(section.Tables, b.blastTable())
	return []Section{section}
}

// fitted reads the figures of one fit.
type fitted struct {
	*builder
	labels sample.Labels
}

// value returns a figure; false if there is none.
func (f fitted) value(metric string, more sample.Labels) (float64, bool) {
	for _, s := range f.scalars(metric) {
		if s.Labels.Match(f.labels) && s.Labels.Match(more) {
			return s.Value, true
		}
	}
	return 0, false
}

// cell is a figure as text.
func (f fitted) cell(metric string, more sample.Labels) string {
	if value, ok := f.value(metric, more); ok {
		return format(value, unitOf(metric))
	}
	return Dash
}

func (f fitted) pool() bundle.Pool {
	i := slices.IndexFunc(f.manifest.Cluster.Pools, func(p bundle.Pool) bool { return p.Name == f.labels["pool"] })
	if i < 0 {
		return bundle.Pool{}
	}
	return f.manifest.Cluster.Pools[i]
}

func (f fitted) nodes() []string {
	row := f.head()
	for _, metric := range []string{sample.CapacityPods, sample.CapacityPending, sample.CapacityNodes, sample.CapacityBound} {
		row = append(row, f.cell(metric, nil))
	}
	return append(row, f.cell(sample.CapacityNodePods, sample.Labels{"quantile": "p50"}), f.cell(sample.CapacityNodePods, sample.Labels{"quantile": "max"}),
		f.cell(sample.CapacityMaxPods, nil), f.cell(sample.CapacityBlast, nil))
}

// head names the pool, the phase if there are several fits, and the pool's node type; all pools have several.
func (f fitted) head() []string {
	if f.whole() {
		return append(f.place(), Dash)
	}
	return append(f.place(), orDash(f.pool().NodeType))
}

// place names the pool, and the phase if there are several fits.
func (f fitted) place() []string {
	pool := f.labels["pool"]
	if f.whole() {
		pool = "all pools"
	}
	if f.fitPhases() > 1 {
		return []string{pool, f.labels["phase"]}
	}
	return []string{pool}
}

// whole reports whether the figures are of all pools of a mix together.
func (f fitted) whole() bool { return f.labels["pool"] == sample.AllPools }

func (f fitted) costs() []string {
	row := f.head()
	for _, metric := range []string{sample.CapacityHour, sample.CapacityCostBound, sample.CapacityMonth, sample.CapacityThousand, sample.CapacityStep} {
		row = append(row, f.cell(metric, nil))
	}
	if f.whole() {
		return append(row, "see the pools")
	}
	return append(row, priceOf(f.pool()))
}

// What priceOf puts before a price that is not of a node on demand.
const (
	spotPrefix  = "spot nodes: "
	byPodPrefix = "by the pod: "
)

// priceOf says for what a pool's price holds: "aws, us-east-1, 2026-07-20", with "spot nodes" before it for
// nodes that may be taken away, and "by the pod" where nodes are not paid for.
func priceOf(p bundle.Pool) string {
	if !p.Priced() {
		return "not known"
	}
	date := cmp.Or(p.PriceDate, "date not stated")
	if date == "not-stated" { // As a file of node types says it.
		date = "date not stated"
	}
	words := strings.Join([]string{cmp.Or(p.Provider, "provider not stated"), cmp.Or(p.Region, "region not stated"), date}, ", ")
	switch {
	case p.Spot:
		return spotPrefix + words
	case p.Hourly() == 0:
		return byPodPrefix + words
	}
	return words
}

// use has a row for each resource; the largest share is of the one that limits.
func (f fitted) use() [][]string {
	limiting := f.limiting()
	var rows [][]string
	for _, resource := range packing.Resources() {
		of := sample.Labels{"resource": resource}
		if _, ok := f.value(sample.CapacityRequested, of); !ok {
			continue
		}
		row := append(f.place(), resourceWords[resource])
		for _, metric := range []string{sample.CapacityRequested, sample.CapacityDaemons, sample.CapacityStranded, sample.CapacityFragmentation} {
			row = append(row, f.cell(metric, of))
		}
		word := ""
		if resource == limiting {
			word = "yes"
		}
		rows = append(rows, append(row, word))
	}
	return rows
}

// resourceWords are what people call the resources.
var resourceWords = map[string]string{packing.CPU: "CPU", packing.Memory: "memory", packing.Pods: "number of pods", packing.Volumes: "number of volumes"}

// limiting is the resource of which the largest share is requested; "" if nothing is known.
func (f fitted) limiting() string {
	most, name := -1.0, ""
	for _, resource := range packing.Resources() {
		if value, ok := f.value(sample.CapacityRequested, sample.Labels{"resource": resource}); ok && value > most {
			most, name = value, resource
		}
	}
	return name
}

// pendingTable says why pods have no node.
func (b *builder) pendingTable() Table {
	table := Table{ID: "capacity-pending", Caption: "Why pods have no node, as the scheduler says it",
		Columns: fitColumns(b.fitPhases() > 1, []Column{{"Pods", true}, {Name: "Reason"}})}
	all := slices.SortedStableFunc(slices.Values(b.scalars(sample.CapacityReasons)), func(x, y summary.Scalar) int { return cmp.Compare(y.Value, x.Value) })
	for _, s := range all {
		table.Rows = append(table.Rows, append(fitted{b, s.Labels}.place(), digits(s.Value), s.Labels["reason"]))
	}
	return table
}

// blastTable says how much of each workload one node takes with it.
func (b *builder) blastTable() Table {
	table := Table{ID: "capacity-blast", Caption: "The largest part of a workload on one node", Empty: "No workload has more than one pod.",
		Columns: fitColumns(b.fitPhases() > 1, []Column{{Name: "Workload"}, {"Of its pods", true}})}
	for _, fit := range b.scalars(sample.CapacityPods) { // So that the workloads of a fit stand together.
		of := fitted{b, fit.Labels}
		for _, s := range b.scalars(sample.CapacityBlastShare) {
			if s.Labels.Match(of.labels) {
				table.Rows = append(table.Rows, append(of.place(), s.Labels["workload"], format(s.Value, sample.Ratio)))
			}
		}
	}
	return table
}
