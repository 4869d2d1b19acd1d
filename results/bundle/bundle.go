// Package bundle writes and reads run folders. A writer appends records as they happen, so
// that a run that was killed at any moment leaves a folder that a reader can open; a reader
// takes such a folder as it is and says that it is incomplete.
//
// The files of a run folder, all UTF-8, one JSON value a line in the .jsonl files:
//
//	manifest.json     what was run, on what, by which versions (Manifest)
//	scenario.yaml     the scenario with every parameter replaced
//	events.jsonl      what happened (sample.Event)
//	samples.jsonl     values over time (sample.Point)
//	histograms.jsonl  distributions by window (sample.Window)
//	buckets.jsonl     distributions that servers keep themselves (sample.Buckets)
//	pods.jsonl        the life of every pod (sample.Pod); a second line when one that was Ready goes
//	summary.json      every figure and verdict (summary.Summary), written at the end
//	report.html       the report, written at the end
package bundle

import (
	"time"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The names of the files in a run folder.
const (
	ManifestFile   = "manifest.json"
	ScenarioFile   = "scenario.yaml"
	EventsFile     = "events.jsonl"
	SamplesFile    = "samples.jsonl"
	HistogramsFile = "histograms.jsonl"
	BucketsFile    = "buckets.jsonl"
	PodsFile       = "pods.jsonl"
	SummaryFile    = "summary.json"
	ReportFile     = "report.html"
)

// A Status says how a run ended.
type Status string

// The statuses. A manifest that still says Running belongs to a run in progress or to one
// that was killed.
const (
	Running     Status = "running"
	Complete    Status = "complete"    // Every phase ended by itself.
	Interrupted Status = "interrupted" // The user stopped it.
	Failed      Status = "failed"      // A step or the environment failed.
)

// A Manifest says what was run. It is written when the run starts and replaced when it ends.
type Manifest struct {
	FormatVersion int               `json:"formatVersion"`
	ID            string            `json:"id"` // Unique; also the value of the run label on every object.
	Scenario      string            `json:"scenario"`
	Title         string            `json:"title,omitempty"`
	Description   string            `json:"description,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Parameters    map[string]string `json:"parameters,omitempty"`
	Seed          uint64            `json:"seed"`
	Command       []string          `json:"command"` // How to run it again.

	Status   Status        `json:"status"`
	Failure  string        `json:"failure,omitempty"` // Why, for Interrupted and Failed.
	Started  time.Time     `json:"started"`           // Wall clock; every offset counts from here.
	Duration sample.Offset `json:"duration,omitempty"`
	// PID is the process that writes, by which a watcher on the same machine tells that it has
	// died; 0 is unknown.
	PID int `json:"pid,omitempty"`

	Tool       Tool            `json:"tool"`
	Machine    Machine         `json:"machine"`
	Cluster    Cluster         `json:"cluster"`
	Phases     []Phase         `json:"phases"`
	Queries    []Query         `json:"queries,omitempty"`
	Objectives []slo.Objective `json:"objectives"`
	Figures    []slo.Objective `json:"figures,omitempty"` // Without limits: shown, not judged.

	Autoscalers []Autoscaler `json:"autoscalers,omitempty"`
	// NoPods says that the scenario makes no pods, so that it is no fault if none were seen.
	NoPods bool `json:"noPods,omitempty"`

	Updates  []Update  `json:"updates,omitempty"`
	Services []Service `json:"services,omitempty"`

	// Files are the files of records and the scenario as they were when the run ended, by name;
	// none before that, and of a run that could not write all of them.
	Files map[string]Contents `json:"files,omitempty"`
}

// Service is what the pods of a workload do together.
type Service struct {
	Name     string  `json:"name"`
	Workload string  `json:"workload"`
	Unit     string  `json:"unit"`            // What units of work are called.
	Cores    float64 `json:"cores,omitempty"` // That each pod requests.
	Bytes    float64 `json:"bytes,omitempty"` // Of memory that each pod requests.
}

// Query is what is asked of the user's Prometheus.
type Query struct {
	Name  string        `json:"name"`
	Title string        `json:"title"`
	Expr  string        `json:"expr"` // In PromQL.
	Unit  sample.Unit   `json:"unit"`
	Step  sample.Offset `json:"step"`
}

// Autoscaler is a HorizontalPodAutoscaler of the scenario.
type Autoscaler struct {
	HPA      string `json:"hpa"` // Its label in the metrics.
	Workload string `json:"workload,omitempty"`
	Service  string `json:"service,omitempty"` // The service whose pods it scales.
	Min      int    `json:"min"`
	Max      int    `json:"max"`
	// ToleranceUp and ToleranceDown are how far the metric may be from its target, as a share,
	// without a change.
	ToleranceUp   float64 `json:"toleranceUp"`
	ToleranceDown float64 `json:"toleranceDown"`
	// SyncPeriod is how often the controller means to look at it; 0 is unknown.
	SyncPeriod sample.Offset `json:"syncPeriod,omitempty"`
	// Rule is by what it decides; nil where an oracle does not know that.
	Rule *autoscaler.Rule `json:"rule,omitempty"`
}

// Tool identifies the kubedyno that measured.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

// Machine describes where kubedyno ran.
type Machine struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	CPUs        int    `json:"cpus"`
	CPUModel    string `json:"cpuModel,omitempty"`
	MemoryBytes uint64 `json:"memoryBytes,omitempty"`
	Kernel      string `json:"kernel,omitempty"`
}

// Cluster describes the control plane that was measured.
type Cluster struct {
	Origin     string      `json:"origin"` // embedded, named or attached.
	Name       string      `json:"name,omitempty"`
	Kubernetes string      `json:"kubernetes"`
	Components []Component `json:"components,omitempty"`
	Pools      []Pool      `json:"pools,omitempty"`
	Offered    []Pool      `json:"offered,omitempty"`    // The node types that Karpenter may choose from, each as of a pool without a name.
	PodStartup string      `json:"podStartup,omitempty"` // The configured distribution, in words.
	PodStop    string      `json:"podStop,omitempty"`    // The same; empty if pods stop at once.
	Disk       *Disk       `json:"etcdDisk,omitempty"`   // Under etcd; nil if it is the machine's own.
}

// Component is one process of the control plane and the arguments it ran with.
type Component struct {
	Name      string   `json:"name"`
	Version   string   `json:"version,omitempty"`
	Arguments []string `json:"arguments,omitempty"`
}

// Disk is what is under etcd instead of the machine's own disk.
type Disk struct {
	Words  string `json:"words"`            // What it is and does.
	Source string `json:"source,omitempty"` // Where the figures of a preset are from.
}

// Pool is a group of equal fake nodes.
type Pool struct {
	Name     string `json:"name"`
	NodeType string `json:"nodeType"`
	Count    int    `json:"count"`
	AtMost   bool   `json:"atMost,omitempty"`  // The run finds how many are needed; Count is the most.
	Elastic  string `json:"elastic,omitempty"` // How nodes come and go by themselves, in words; empty if they do not.
	// What a node leaves to pods, and what it costs an hour in US dollars; 0 if not known.
	AllocatableCores float64 `json:"allocatableCores,omitempty"`
	AllocatableBytes float64 `json:"allocatableBytes,omitempty"`
	PricePerHour     float64 `json:"pricePerHour,omitempty"`
	// MaxPods is how many pods a node takes; SpotPerHour is the price of one that may be taken away.
	// Region and PriceDate say where and when the prices held, PriceSource where they were read.
	MaxPods     int     `json:"maxPods,omitempty"`
	SpotPerHour float64 `json:"spotPerHour,omitempty"`
	Provider    string  `json:"provider,omitempty"`
	Arch        string  `json:"arch,omitempty"`
	Region      string  `json:"region,omitempty"`
	PriceDate   string  `json:"priceDate,omitempty"`
	PriceSource string  `json:"priceSource,omitempty"`
	// CPUHour and GiBHour are what a pod pays an hour for a vCPU and for a GiB of memory, where pods are
	// paid for and nodes are not.
	CPUHour float64 `json:"cpuHour,omitempty"`
	GiBHour float64 `json:"gibHour,omitempty"`
	Spot    bool    `json:"spot,omitempty"` // The nodes may be taken away, and cost SpotPerHour.
}

// Priced reports whether it is known what the pool costs, by the node or by the pod.
func (p Pool) Priced() bool { return p.Hourly() > 0 || p.CPUHour > 0 || p.GiBHour > 0 }

// Hourly is what a node costs an hour in US dollars, on demand or as spot; 0 if not known.
func (p Pool) Hourly() float64 {
	if p.Spot {
		return p.SpotPerHour
	}
	return p.PricePerHour
}

// Phase is a phase as planned; when it really ran is in the events.
type Phase struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Expected is how long the plan expects it to take; 0 if it does not say.
	Expected sample.Offset `json:"expected,omitempty"`
}
