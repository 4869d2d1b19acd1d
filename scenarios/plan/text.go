package plan

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// textColumns is the width of the dry run; longer text is broken between words.
const textColumns = 100

// columnsOfNames is the most that a column of names takes before it is cut.
const columnsOfNames = 32

// WriteText writes the dry run: what would be made, done and judged, at most 100 columns wide.
func (p *Plan) WriteText(w io.Writer) error {
	var b bytes.Buffer
	writeWrapped(&b, "", p.Name+": "+p.Title)
	fmt.Fprintf(&b, "seed %d\n", p.Seed)
	writeWrapped(&b, "", p.Description)
	p.writeParameters(&b)
	p.writeDisk(&b)
	p.writeFleet(&b)
	p.writeStorage(&b)
	p.writeWorkloads(&b)
	p.writePhases(&b)
	p.writeQueries(&b)
	p.writeEstimate(&b)
	p.writeObjectives(&b)
	if len(p.Warnings) > 0 {
		b.WriteString("\nWarnings\n")
	}
	for _, warning := range p.Warnings {
		writeWrapped(&b, "  ", warning)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (p *Plan) writeParameters(b *bytes.Buffer) {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(p.Parameters)) {
		rows = append(rows, []string{name, p.Parameters[name]})
	}
	writeTable(b, "Parameters", nil, rows)
}

func (p *Plan) writeFleet(b *bytes.Buffer) {
	var rows [][]string
	for _, pool := range p.Fleet.Pools {
		rows = append(rows, []string{pool.Name, grouped(pool.Count), pool.NodeType, strings.Join(pool.Zones, ", ")})
	}
	writeTable(b, "Fleet", []string{"pool", "nodes", "type", "zones"}, rows)
	k := p.Cluster.Karpenter
	if len(rows) == 0 && k == nil {
		return
	}
	if k != nil && len(rows) == 0 {
		b.WriteString("\nFleet\n")
	}
	if k != nil {
		writeLabelled(b, "  karpenter    ", "makes as many nodes as it finds fit, of "+strings.Join(k.InstanceTypes, ", "))
	}
	lease := "off"
	if p.Fleet.LeaseDuration > 0 && len(rows) == 0 {
		lease = short(p.Fleet.LeaseDuration)
	} else if p.Fleet.LeaseDuration > 0 {
		lease = fmt.Sprintf("%s, %s heartbeats a second in all", short(p.Fleet.LeaseDuration), about(p.Estimate.Heartbeats))
	}
	for _, pool := range p.Fleet.Pools {
		if words := p.ElasticWords(pool); words != "" {
			writeLabelled(b, "  elastic      ", pool.Name+": "+words)
		}
	}
	fmt.Fprintf(b, "  node leases  %s\n  pod startup  %s\n", lease, startupWords(p.Fleet.PodStartup))
	if stop := p.Fleet.PodStop; stop != nil {
		fmt.Fprintf(b, "  pod stop     %s, at most the grace period\n", startupWords(*stop))
	}
	if m := p.Cluster.MetricsServer; m != nil {
		fmt.Fprintf(b, "  usage        read by metrics-server every %s\n", short(m.Resolution))
	}
	if m := p.Cluster.MetricsAdapter; m != nil {
		fmt.Fprintf(b, "  metrics      %s of services, sampled every %s for the metrics adapter\n", p.servedMetrics(), short(m.Resolution))
	}
}

func (p *Plan) writeWorkloads(b *bytes.Buffer) {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		w := p.Workloads[name]
		rows = append(rows, []string{name, w.Kind, grouped(w.Count), grouped(w.PodsEach), grouped(w.Count * w.PodsEach)})
	}
	writeTable(b, "Workloads", []string{"workload", "kind", "objects", "pods each", "pods"}, rows)
	writeTable(b, "Services", []string{"service", "workload", "each pod", "CPU", "warm-up", "queue"}, p.serviceRows())
}

func (p *Plan) writePhases(b *bytes.Buffer) {
	for i, phase := range p.Phases {
		fmt.Fprintf(b, "\nPhase %d of %d: %s, about %s (timeout %s)\n", i+1, len(p.Phases), phase.Name,
			short(phase.Expected), short(phase.Timeout))
		writeWrapped(b, "  ", phase.Description)
		for j, step := range phase.Steps {
			text := p.describe(step)
			if step.Action.Background {
				text += "; in the background"
			}
			writeNumbered(b, j+1, text)
			if step.Action.Load != nil {
				writeClasses(b, *step.Action.Load)
			}
		}
	}
}

// writeClasses lists the classes of requests of a load with their rates.
func writeClasses(b *bytes.Buffer, l spec.Load) {
	var lines bytes.Buffer
	table := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	rates := l.Rates()
	for i, r := range l.Requests {
		rate := rates[i]
		fmt.Fprintf(table, "%s/s\t%s %s\tscope %s%s\t%s in all\n", about(rate), r.Verb, cut(r.Label()), r.Scope,
			settings(r), about(rate*l.Pace.Mean(l.Duration)*l.Duration.Seconds()))
	}
	table.Flush() // Into a buffer: cannot go wrong.
	writeIndented(b, "       ", lines.String())
}

// settings names what sets a class apart from the usual.
func settings(r spec.Request) string {
	words := ""
	if r.Mode != "" && r.Mode != "cached" {
		words += ", " + r.Mode
	}
	if r.PatchType != "" && r.PatchType != "merge" {
		words += ", " + r.PatchType
	}
	if r.Size > 0 {
		words += fmt.Sprintf(", %s bytes each", grouped(r.Size))
	}
	if selector := r.LabelSelector + r.FieldSelector; selector != "" {
		words += ", selected"
	}
	if r.Encoding != "protobuf" && r.Encoding != "" && !r.Custom() {
		words += ", " + r.Encoding
	}
	if r.User != "" {
		words += ", as " + r.User
	}
	return words
}

func (p *Plan) writeQueries(b *bytes.Buffer) {
	if len(p.Queries) > 0 {
		b.WriteString("\nQueries to Prometheus\n")
	}
	for i, q := range p.Queries {
		writeNumbered(b, i+1, fmt.Sprintf("%s, every %s: %s", q.Name, short(q.Step), q.Expr))
	}
}

func (p *Plan) writeEstimate(b *bytes.Buffer) {
	objects := p.objectsMade()
	b.WriteString("\nExpected\n")
	if len(objects) > 0 {
		writeLabelled(b, "  objects made        ", strings.Join(objects, ", "))
	}
	fmt.Fprintf(b, "  most pods at once   %s\n", grouped(p.Estimate.PeakPods))
	fmt.Fprintf(b, "  most requests       %s a second on a schedule\n", about(p.Estimate.PeakRequests))
	fmt.Fprintf(b, "  time of all phases  about %s\n", short(p.Estimate.Duration.Round(time.Second)))
	writeLabelled(b, "  assumed             ", fmt.Sprintf(
		"%d nodes, %d objects and %d pods a second%s, as on two cores; an assumption, not a promise",
		AssumedNodesPerSecond, AssumedObjectsPerSecond, AssumedPodsPerSecond, p.setupWords()))
}

func (p *Plan) writeObjectives(b *bytes.Buffer) {
	if len(p.Objectives) > 0 {
		b.WriteString("\nObjectives\n")
	}
	for i, o := range p.Objectives {
		writeNumbered(b, i+1, o.Name)
		if o.Source != "" {
			writeWrapped(b, "       ", o.Source)
		}
	}
}

// writeTable writes rows in columns under a title; nothing if there are none.
func writeTable(b *bytes.Buffer, title string, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	var lines bytes.Buffer
	table := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	if head != nil {
		fmt.Fprintln(table, strings.Join(head, "\t"))
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cut(row[i])
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush() // Into a buffer: cannot go wrong.
	writeIndented(b, "  ", lines.String())
}

func writeIndented(b *bytes.Buffer, indent, lines string) {
	for line := range strings.Lines(lines) {
		b.WriteString(strings.TrimRight(cutTo(indent+line, textColumns), " \n") + "\n")
	}
}

func writeNumbered(b *bytes.Buffer, n int, text string) {
	writeLabelled(b, fmt.Sprintf("  %3d. ", n), text)
}

// writeLabelled writes a label and text beside it, with later lines of the text below it.
func writeLabelled(b *bytes.Buffer, label, text string) {
	var lines bytes.Buffer
	writeWrapped(&lines, strings.Repeat(" ", len(label)), text)
	b.WriteString(label + strings.TrimLeft(lines.String(), " "))
}

// writeWrapped writes text broken between words into lines of at most textColumns columns.
func writeWrapped(b *bytes.Buffer, indent, text string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		word = cutTo(word, textColumns-len(indent))
		switch {
		case line == "":
			line = indent + word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > textColumns:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	if line != "" {
		b.WriteString(line + "\n")
	}
}

func cut(text string) string { return cutTo(text, columnsOfNames) }

func cutTo(text string, columns int) string {
	if runes := []rune(text); len(runes) > columns {
		return string(runes[:columns-1]) + "…"
	}
	return text
}

// about renders a rate or count with no more digits than it is known to.
func about(value float64) string {
	if value >= 10 || value == float64(int(value)) {
		return grouped(int(value + 0.5))
	}
	return fmt.Sprintf("%.2g", value)
}
