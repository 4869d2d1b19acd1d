package compare

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
)

// A Kind is a kind of difference in the set-up that makes figures incomparable unless it is
// allowed.
type Kind string

// The kinds. Everything else may differ and is listed.
const (
	Machine  Kind = "machine"
	Scenario Kind = "scenario"
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{Machine, Scenario} }

// A SetupRow is something in which the runs differ.
type SetupRow struct {
	Name string   `json:"name"`
	Kind Kind     `json:"kind,omitempty"` // "" if it may differ.
	Base []string `json:"base"`           // The values of the side's runs, each once.
	New  []string `json:"new"`
	// Mixed says that runs of one side differ among themselves, so that what is found may come
	// from that.
	Mixed bool `json:"mixed,omitempty"`
}

// seedName is the one aspect in which the runs of a side are meant to differ.
const seedName = "seed"

// none stands for a value that a run does not have.
const none = "none"

// setup lists what differs between the runs, what makes them incomparable first.
func setup(base, other []Run) []SetupRow {
	var names []string
	kinds := map[string]Kind{}
	var values [2][]map[string]string
	facts := aspects
	if slices.ContainsFunc(slices.Concat(base, other), func(run Run) bool { return run.Facts != nil }) {
		facts = Facts // What a baseline does not say must not look like a difference.
	}
	for side, runs := range [][]Run{base, other} {
		for _, run := range runs {
			byName := map[string]string{}
			for _, a := range facts(run) {
				if _, seen := kinds[a.Name]; !seen {
					kinds[a.Name] = a.Kind
					names = append(names, a.Name)
				}
				byName[a.Name] = a.Value
			}
			values[side] = append(values[side], byName)
		}
	}
	rows := []SetupRow{}
	for _, name := range names {
		row := SetupRow{Name: name, Kind: kinds[name], Base: distinct(values[0], name), New: distinct(values[1], name)}
		row.Mixed = name != seedName && (len(row.Base) > 1 || len(row.New) > 1)
		if row.Mixed || !slices.Equal(row.Base, row.New) {
			rows = append(rows, row)
		}
	}
	return rows
}

func distinct(runs []map[string]string, name string) []string {
	set := map[string]bool{}
	for _, run := range runs {
		set[cmp.Or(run[name], none)] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// aspects are the facts of a run, those first that must not differ.
func aspects(run Run) []Fact {
	m := run.Manifest
	all := []Fact{
		{"scenario", Scenario, m.Scenario},
		{"operating system", Machine, m.Machine.OS + "/" + m.Machine.Arch},
		{"CPUs", Machine, fmt.Sprint(m.Machine.CPUs)},
		{"CPU model", Machine, m.Machine.CPUModel},
		{"memory", Machine, sample.Format(float64(m.Machine.MemoryBytes), sample.Bytes)},
		{"kernel", "", m.Machine.Kernel},
	}
	for _, name := range slices.Sorted(maps.Keys(m.Parameters)) {
		all = append(all, Fact{"parameter " + name, "", m.Parameters[name]})
	}
	if len(run.Scenario) > 0 {
		all = append(all, Fact{"scenario text, digest", "", fmt.Sprintf("%x", sha256.Sum256(run.Scenario))[:12]})
	}
	all = append(all,
		Fact{seedName, "", fmt.Sprint(m.Seed)},
		Fact{"Kubernetes", "", m.Cluster.Kubernetes},
		Fact{"cluster", "", m.Cluster.Origin},
		Fact{"kubedyno", "", strings.TrimSpace(m.Tool.Version + " " + m.Tool.Commit[:min(len(m.Tool.Commit), 10)])},
		Fact{"Go", "", m.Tool.Go},
		Fact{"pod start-up of the simulator", "", m.Cluster.PodStartup},
		Fact{"pod stop of the simulator", "", m.Cluster.PodStop},
		Fact{"disk under etcd", "", diskWords(m.Cluster.Disk)},
	)
	for _, pool := range m.Cluster.Pools {
		all = append(all, Fact{"node pool " + pool.Name, "", fmt.Sprintf("%d × %s", pool.Count, pool.NodeType)})
	}
	for _, component := range m.Cluster.Components {
		all = append(all, Fact{component.Name + " version", "", component.Version})
		all = append(all, flagsOf(component)...)
	}
	return all
}

func diskWords(d *bundle.Disk) string {
	if d == nil {
		return "its own"
	}
	return d.Words
}

// flagsOf are the flags of a component but for files, addresses and ports, which are those of the
// run alone.
func flagsOf(component bundle.Component) []Fact {
	var all []Fact
	for _, argument := range component.Arguments {
		name, value, _ := strings.Cut(argument, "=")
		ofRun := strings.HasPrefix(value, "/") || strings.Contains(value, "://127.0.0.1:") ||
			strings.Contains(value, "127.0.0.1:") || strings.HasSuffix(name, "-port")
		if strings.HasPrefix(name, "--") && !ofRun {
			all = append(all, Fact{component.Name + " " + name, "", cmp.Or(value, "set")})
		}
	}
	return all
}

// refused is the error of differences that are not allowed, which says how to go on.
func refused(rows []SetupRow, allow []Kind) error {
	var words []string
	found := map[Kind]bool{}
	for _, row := range rows {
		if row.Kind != "" && !slices.Contains(allow, row.Kind) {
			found[row.Kind] = true
			words = append(words, fmt.Sprintf("%s: %s and %s", row.Name, strings.Join(row.Base, ", "), strings.Join(row.New, ", ")))
		}
	}
	if len(found) == 0 {
		return nil
	}
	kinds := slices.Sorted(maps.Keys(found))
	var names []string
	for _, kind := range slices.Concat(kinds, allow) {
		names = append(names, string(kind))
	}
	return &exitcode.Error{Code: exitcode.InvalidInput,
		Err:  fmt.Errorf("compare: the runs are not of the same %s: %s", kindWords(kinds), strings.Join(words, "; ")),
		Hint: "what differs may come from that alone; '--allow-different " + strings.Join(names, ",") + "' compares them all the same"}
}

func kindWords(kinds []Kind) string {
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = string(kind)
	}
	return strings.Join(words, " and ")
}
