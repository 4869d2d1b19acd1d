// Package spec is the scenario language: its types, its strict decoding with the position of
// every fault, its defaults, its validation and its JSON Schema.
//
// It knows no cluster and runs nothing; package plan turns a Scenario into steps.
//
// The struct tags of the types in this file are the language's only definition. The decoder
// and the schema both read them:
//
//	yaml  the field's name in a scenario
//	doc   what the field means, the description in the schema
//	need  "yes": the field must be there
//	one   the only words allowed, separated by spaces
//	is    the name of the rule (see rules.go) that the value keeps
package spec

import "time"

// APIVersion and Kind are what every scenario file begins with.
const (
	APIVersion = "kubedyno.dev/v1alpha1"
	Kind       = "Scenario"
)

// A Scenario is one declarative experiment.
type Scenario struct {
	APIVersion string   `yaml:"apiVersion" need:"yes" one:"kubedyno.dev/v1alpha1" doc:"Always kubedyno.dev/v1alpha1."`
	Kind       string   `yaml:"kind" need:"yes" one:"Scenario" doc:"Always Scenario."`
	Metadata   Metadata `yaml:"metadata" need:"yes" doc:"What the scenario is called and what it answers."`
	Spec       Spec     `yaml:"spec" need:"yes" doc:"What is run, measured and promised."`

	// Values are the parameters in force by name, defaults included.
	Values map[string]string `yaml:"-"`
	// Resolved is the scenario as YAML with every parameter replaced, the declarations of
	// parameters dropped and manifest files put in place. It decodes to the same scenario.
	Resolved []byte `yaml:"-"`
	// NodeVolumes are how many volumes a node takes, by pool, of pools of which a limit is known.
	NodeVolumes map[string]int `yaml:"-"`

	at map[string]position `yaml:"-"` // Where the values stand that the file gives, by path.
}

// Metadata names a scenario.
type Metadata struct {
	Name        string            `yaml:"name" need:"yes" is:"label" doc:"A DNS label; it names the run folder."`
	Title       string            `yaml:"title" doc:"One line for lists and report heads (default: the name)."`
	Description string            `yaml:"description" doc:"What question the scenario answers, and how."`
	Labels      map[string]string `yaml:"labels" doc:"Free labels, copied into the results."`
}

// Spec is the body of a scenario.
type Spec struct {
	Parameters []Parameter `yaml:"parameters" doc:"Values that --set can change, used as ${name}."`
	Cluster    Cluster     `yaml:"cluster" doc:"The control plane; ignored when attached to an existing one."`
	Fleet      Fleet       `yaml:"fleet" doc:"The fake nodes and how their pods behave."`
	// Storage is nil without one.
	Storage    *Storage    `yaml:"storage" json:",omitempty" doc:"StorageClasses of a CSI driver without storage: volumes are made, attached and detached after delays, and pods wait for them."`
	Workloads  []Workload  `yaml:"workloads" is:"workloads" doc:"The objects that actions create, update and delete."`
	Services   []Service   `yaml:"services" is:"services" doc:"What the pods of workloads can do, and what it costs them."`
	Queries    []Query     `yaml:"queries" is:"queries" doc:"PromQL that is asked of the Prometheus of --prometheus."`
	Phases     []Phase     `yaml:"phases" need:"yes" is:"phases" doc:"What happens, one phase after another."`
	Objectives []Objective `yaml:"objectives" doc:"What must hold for the run to pass."`
	// ObjectiveSets are turned into objectives by package plan.
	ObjectiveSets []string `yaml:"objectiveSets" one:"sig-scalability/v1" doc:"Named sets of objectives on whatever the scenario loads and starts: sig-scalability/v1."`
	// Trials is without the axes that Options.Set has given a value.
	Trials Trials `yaml:"trials" doc:"Runs the scenario several times: with other values, or to see how much the results vary."`
	// Search is nil without one.
	Search *Search `yaml:"search" json:",omitempty" doc:"How kubedyno search looks for the highest load at which the objectives hold; a run does without."`
}

// A Parameter is a value that a user may change without editing the file. It is replaced in
// values, never in keys: count: ${nodes} is a number, "web-${tier}" is text, $${ is a plain ${.
type Parameter struct {
	Name        string   `yaml:"name" need:"yes" is:"parameter" doc:"Used as ${name}; index is taken."`
	Type        string   `yaml:"type" need:"yes" one:"integer number string boolean duration quantity" doc:"integer, number, string, boolean, duration or quantity."`
	Default     any      `yaml:"default" need:"yes" doc:"The value without --set."`
	Min         *float64 `yaml:"min" doc:"The smallest value allowed, for integer and number."`
	Max         *float64 `yaml:"max" doc:"The largest value allowed, for integer and number."`
	Enum        []string `yaml:"enum" doc:"The only values allowed, for string."`
	Description string   `yaml:"description" doc:"What the parameter changes."`
}

// Cluster configures the embedded control plane.
type Cluster struct {
	Kubernetes        string    `yaml:"kubernetes" is:"version" doc:"The Kubernetes version, such as v1.37.2."`
	Etcd              Etcd      `yaml:"etcd" doc:"Settings of etcd, and the disk under it."`
	APIServer         Component `yaml:"apiServer" doc:"Settings of kube-apiserver."`
	ControllerManager Component `yaml:"controllerManager" doc:"Settings of kube-controller-manager."`
	Scheduler         Component `yaml:"scheduler" doc:"Settings of kube-scheduler."`
	Kwok              Component `yaml:"kwok" doc:"Settings of the kwok controller."`
	// MetricsServer is nil where none runs.
	MetricsServer *MetricsServer `yaml:"metricsServer" json:",omitempty" doc:"Runs the real metrics-server, so that kubectl top and autoscalers see what the pods use; {} for its defaults."`
	// MetricsAdapter is nil where none runs.
	MetricsAdapter *MetricsAdapter `yaml:"metricsAdapter" json:",omitempty" doc:"Runs an adapter that serves what the services do as custom and external metrics for autoscalers; {} for its defaults."`
	// Karpenter is nil where none runs.
	Karpenter *Karpenter `yaml:"karpenter" json:",omitempty" doc:"Runs the real Karpenter with its kwok provider, which makes nodes for the NodePools among the workloads; only in a cluster that ends with the run."`
}

// Component holds the settings of one control-plane process.
type Component struct {
	Flags map[string]string `yaml:"flags" doc:"Command-line flags without the dashes; they replace kubedyno's own."`
	Env   map[string]string `yaml:"env" doc:"Environment variables, such as GOGC."`
}

// Fleet describes the fake nodes.
type Fleet struct {
	Pools     []Pool     `yaml:"pools" doc:"Groups of equal nodes."`
	NodeTypes []NodeType `yaml:"nodeTypes" is:"nodeTypes" json:",omitempty" doc:"Machine types that the catalog does not have."`
	// NodeTypeFiles is empty in a decoded scenario: what the files hold is in NodeTypes.
	NodeTypeFiles []string      `yaml:"nodeTypeFiles" json:",omitempty" doc:"Files beside the scenario with more node types: as kubedyno nodetypes --help says, or karpenter's instance-type JSON."`
	LeaseDuration time.Duration `yaml:"leaseDuration" is:"duration" doc:"Node lease duration (default 40s as a kubelet's); renewed four times as often; 0 turns leases off."`
	PodStartup    Latency       `yaml:"podStartup" doc:"The time from scheduled to Running (default lognormal, median 1s, p99 3s)."`
	PodStop       *Latency      `yaml:"podStop" doc:"The time from a pod's deletion until it is gone, at most its grace period (default: at once)."`
}

// Nodes returns how many nodes all pools have.
func (f Fleet) Nodes() int {
	nodes := 0
	for _, pool := range f.Pools {
		nodes += pool.Count
	}
	return nodes
}

// A Pool is a group of equal nodes.
type Pool struct {
	Name     string            `yaml:"name" need:"yes" is:"label" doc:"A DNS label; nodes are called <pool>-<index>."`
	NodeType string            `yaml:"nodeType" need:"yes" doc:"A type of the catalog, such as m6i.2xlarge, or one of nodeTypes."`
	Count    int               `yaml:"count" need:"yes" is:"nodes" doc:"How many nodes; of an elastic pool, the most."`
	Zones    []string          `yaml:"zones" doc:"Zones that the nodes are spread over in turn (default zone-a, zone-b, zone-c)."`
	Labels   map[string]string `yaml:"labels" doc:"Further node labels."`
	Taints   []Taint           `yaml:"taints" doc:"Node taints."`
	Spot     bool              `yaml:"spot" json:",omitempty" doc:"The provider may take the nodes away; they cost spotPerHour of the type. Labels and taints say so only where the pool has them."`
	// Elastic is nil where nodes come by actions alone.
	Elastic *Elastic `yaml:"elastic" json:",omitempty" doc:"Lets the pool grow while pods find no room and shrink when nodes are not needed, as with a cluster autoscaler; count is the most nodes then."`
}

// A Taint keeps pods that do not tolerate it off a node.
type Taint struct {
	Key    string `yaml:"key" need:"yes" doc:"The taint's key."`
	Value  string `yaml:"value" doc:"The taint's value."`
	Effect string `yaml:"effect" need:"yes" one:"NoSchedule PreferNoSchedule NoExecute" doc:"NoSchedule, PreferNoSchedule or NoExecute."`
}

// Latency is a named distribution of durations.
type Latency struct {
	Distribution string          `yaml:"distribution" need:"yes" one:"fixed uniform lognormal quantiles" doc:"fixed, uniform, lognormal or quantiles."`
	Value        time.Duration   `yaml:"value" is:"duration" doc:"fixed: the duration."`
	Min          time.Duration   `yaml:"min" is:"duration" doc:"uniform: the shortest."`
	Max          time.Duration   `yaml:"max" is:"duration" doc:"uniform: the longest."`
	Median       time.Duration   `yaml:"median" is:"span" doc:"lognormal: the median."`
	P99          time.Duration   `yaml:"p99" is:"span" doc:"lognormal: the 99th percentile."`
	Quantiles    []time.Duration `yaml:"quantiles" is:"duration" doc:"quantiles: 2 to 256 ascending durations at evenly spaced quantiles, from the minimum to the maximum."`
}

// A Workload is a template and how many objects are made from it.
type Workload struct {
	Name  string `yaml:"name" need:"yes" is:"label" doc:"What actions call it."`
	Count int    `yaml:"count" is:"objects" doc:"How many objects (default 1); 0 makes none, which a variant of a matrix may want."`
	// Headroom is nil without one; else what it says is in Manifest.
	Headroom *Headroom `yaml:"headroom" doc:"Of a ResourceQuota: how many pods it allows, by how many a workload has; it writes spec.hard.pods of the manifest."`
	// Manifest is as written: ReplaceIndex has yet to be applied to its text.
	Manifest map[string]any `yaml:"manifest" doc:"The object; ${index} is its number from 0, as text. Leave the namespace out: the run has its own."`
	// File is empty in a decoded scenario: the file's content is in Manifest.
	File string `yaml:"file" doc:"A file that holds the manifest, beside the scenario; instead of manifest."`
}

// A Query is PromQL whose values over each phase are kept, as the metric query_<unit>. The values
// are taken every step back from the phase's end. An expression with a range, such as [1m], looks
// back from each moment, at the beginning of a phase to what was before it.
type Query struct {
	Name  string        `yaml:"name" need:"yes" is:"label" doc:"A DNS label; objectives say where: {query: <name>}."`
	Title string        `yaml:"title" doc:"One line for the report (default: the name)."`
	Expr  string        `yaml:"expr" need:"yes" doc:"An expression in PromQL that gives a number or at most 20 series of numbers."`
	Unit  string        `yaml:"unit" one:"seconds bytes cores ratio total per_second" doc:"What the values are (default total); an objective on them has the metric query_<unit>."`
	Step  time.Duration `yaml:"step" is:"step" doc:"The time between two values (default 10s)."`
}

// A Phase is a named stretch of the run. Its actions run in order; an action with
// background: true runs beside those after it. The phase ends when all have ended.
type Phase struct {
	Name        string        `yaml:"name" need:"yes" is:"label" doc:"A DNS label; figures are told apart by it."`
	Description string        `yaml:"description" doc:"What the phase is for."`
	Timeout     time.Duration `yaml:"timeout" is:"span" doc:"The longest the phase may take (default 10m)."`
	Actions     []Action      `yaml:"actions" need:"yes" is:"actions" doc:"What is done."`
}

// An Action is one verb with its settings: exactly one of the pointers is set.
type Action struct {
	Background bool `yaml:"background" doc:"Go on with the next action without waiting for this one."`

	Nodes    *Nodes    `yaml:"nodes" doc:"Creates the nodes of a pool and waits until all are Ready."`
	Fit      *Fit      `yaml:"fit" doc:"Adds nodes of a pool, or of several, until the scheduler has placed all pods, or no further node would help, and measures how they are packed."`
	Fail     *Fail     `yaml:"fail" doc:"Takes the heartbeats of nodes away, as a loss of power does, and waits until they are seen not Ready; evicted pods stay Terminating on them."`
	Recover  *Recover  `yaml:"recover" doc:"Lets the failed nodes of a pool live again and waits until they are Ready."`
	Drain    *Drain    `yaml:"drain" doc:"Cordons nodes and evicts their pods, as kubectl drain does, and waits until these are gone; disruption budgets may hold it up."`
	Uncordon *Uncordon `yaml:"uncordon" doc:"Lets the drained nodes of a pool take pods again."`
	Create   *Create   `yaml:"create" doc:"Creates the objects of a workload."`
	Wait     *Wait     `yaml:"wait" doc:"Waits, on a watch, until a workload has reached a state."`
	Rollout  *Rollout  `yaml:"rollout" doc:"Updates a workload with a merge patch and waits until every rollout is complete."`
	Patch    *Patch    `yaml:"patch" doc:"Changes the objects of a workload with a merge patch, and waits for nothing."`
	Scale    *Scale    `yaml:"scale" doc:"Sets the replicas of a workload."`
	Delete   *Delete   `yaml:"delete" doc:"Deletes the objects of a workload and waits until they and their pods are gone."`
	Hold     *Hold     `yaml:"hold" doc:"Does nothing for a while, so that a steady state can be measured."`
	Load     *Load     `yaml:"load" doc:"Sends open-loop request load to the API server."`
	Watch    *Watch    `yaml:"watch" doc:"Opens watches and measures how long it takes until all have seen an update."`
	Outage   *Outage   `yaml:"outage" doc:"Kills a component of the control plane, as a crash does, and starts it again after a while."`
	Demand   *Demand   `yaml:"demand" doc:"Asks work of a service for a while; before and after, its pods are idle."`
}

// Nodes creates fake nodes.
type Nodes struct {
	Pool string  `yaml:"pool" need:"yes" doc:"The pool."`
	Rate float64 `yaml:"rate" is:"rate" doc:"Nodes per second; 0, the default, is as fast as the API server takes them."`
	UpTo Amount  `yaml:"upTo" is:"amount" doc:"How many nodes of the pool there are afterwards: a number or a percentage of its count, rounded up (default 100%); a later action goes on from there."`
}

// Fail lets nodes die.
type Fail struct {
	Pool  string `yaml:"pool" need:"yes" doc:"The pool."`
	Nodes Amount `yaml:"nodes" need:"yes" is:"amount" doc:"How many of the pool's nodes: a number or a percentage, rounded up; the seed chooses which."`
	// Remedy is empty for none.
	Remedy string `yaml:"remedy" one:"none outOfService forceDelete" doc:"What an operator does once the nodes are seen not Ready: nothing (none, the default), taint them node.kubernetes.io/out-of-service, by which Kubernetes deletes their pods and detaches their volumes at once, or delete their pods by force, as kubectl delete --force does."`
}

// Recover lets failed nodes live.
type Recover struct {
	Pool string `yaml:"pool" need:"yes" doc:"The pool; all its failed nodes recover."`
}

// Create creates a workload's objects.
type Create struct {
	Workload string  `yaml:"workload" need:"yes" doc:"The workload."`
	Rate     float64 `yaml:"rate" is:"rate" doc:"Objects per second, on a fixed schedule; 0, the default, is as fast as the API server takes them."`
	UpTo     Amount  `yaml:"upTo" is:"amount" doc:"How many objects of the workload there are afterwards: a number or a percentage of its count, rounded up (default 100%); a later action goes on from there."`
	Refused  string  `yaml:"refused" one:"fail count" doc:"What an object comes to that admission refuses (403), such as by a quota or a LimitRange: fail (the default) ends the run, count counts it and goes on."`
}

// Wait waits for a state.
type Wait struct {
	Workload string `yaml:"workload" need:"yes" doc:"The workload."`
	For      string `yaml:"for" one:"ready deleted" doc:"ready (the default): all replicas updated, available and their pods Ready, a ResourceQuota in force, a PersistentVolumeClaim bound to a volume of its size; deleted: objects and pods gone."`
}

// Rollout updates a workload.
type Rollout struct {
	Workload string         `yaml:"workload" need:"yes" doc:"The workload."`
	Patch    map[string]any `yaml:"patch" need:"yes" doc:"A JSON merge patch applied to each object; it changes spec.template."`
	Rate     float64        `yaml:"rate" is:"rate" doc:"Objects per second; 0, the default, is all at once."`
	GiveUp   time.Duration  `yaml:"giveUp" is:"span" doc:"How long to wait for the rollout; after it the run goes on, and what is not complete counts as never complete (default: the phase's timeout, which ends the run)."`
}

// Patch changes objects.
type Patch struct {
	Workload string         `yaml:"workload" need:"yes" doc:"The workload."`
	Patch    map[string]any `yaml:"patch" need:"yes" doc:"A JSON merge patch applied to each object."`
	Rate     float64        `yaml:"rate" is:"rate" doc:"Objects per second; 0, the default, is all at once."`
}

// Scale sets replicas.
type Scale struct {
	Workload string  `yaml:"workload" need:"yes" doc:"The workload."`
	Replicas int     `yaml:"replicas" need:"yes" is:"replicas" doc:"The new number of replicas of each object."`
	Rate     float64 `yaml:"rate" is:"rate" doc:"Objects per second; 0, the default, is all at once."`
}

// Delete deletes a workload's objects.
type Delete struct {
	Workload string  `yaml:"workload" need:"yes" doc:"The workload."`
	Rate     float64 `yaml:"rate" is:"rate" doc:"Objects per second; 0, the default, is as fast as the API server takes them."`
}

// Hold passes time.
type Hold struct {
	Duration time.Duration `yaml:"duration" need:"yes" is:"span" doc:"How long."`
}

// Load is open-loop request load: requests leave on a schedule whatever the answers.
type Load struct {
	Rate        float64       `yaml:"rate" is:"load" doc:"Requests per second of all classes together, but for those with a rate of their own."`
	Pace        Pace          `yaml:"pace" doc:"How the rates change over time (default: they do not)."`
	Arrivals    string        `yaml:"arrivals" one:"regular poisson" doc:"regular (the default): evenly spaced; poisson: at random, as independent clients send."`
	Duration    time.Duration `yaml:"duration" need:"yes" is:"span" doc:"How long."`
	Timeout     time.Duration `yaml:"timeout" is:"span" doc:"The longest a request may take (default 60s); it then counts as failed, at its full time."`
	Connections int           `yaml:"connections" is:"connections" doc:"HTTP/2 connections of each class (default 4)."`
	Users       []Users       `yaml:"users" is:"users" doc:"Users whom classes of requests are sent as, by impersonation."`
	Requests    []Request     `yaml:"requests" need:"yes" is:"requests" doc:"The classes of requests and their shares."`
}

// Pace is how rates change over a load: a factor by which every class's rate is multiplied.
type Pace struct {
	Shape     string        `yaml:"shape" need:"yes" one:"constant ramp sawtooth sine steps trace" doc:"constant, ramp, sawtooth, sine, steps or trace."`
	From      float64       `yaml:"from" is:"factor" doc:"ramp: the factor at the beginning; sawtooth: at the beginning of each period (default 0)."`
	To        float64       `yaml:"to" is:"factor" doc:"ramp: the factor at the end; sawtooth: just before each period ends (default 1)."`
	Amplitude float64       `yaml:"amplitude" is:"amplitude" doc:"sine: how far the factor goes above and below 1, from 0 to 1."`
	Period    time.Duration `yaml:"period" is:"span" doc:"sine: how long one wave is; sawtooth: how long the factor changes evenly before it falls or rises back at once."`
	Factors   []float64     `yaml:"factors" is:"factor" doc:"steps: the factors one after another, each for an equal share of the duration."`
	Points    []TracePoint  `yaml:"points" is:"points" doc:"trace: the factor at moments of the load; it changes evenly in between."`
	File      string        `yaml:"file" doc:"trace: a CSV file beside the scenario with the columns seconds and factor; instead of points."`
}

// A TracePoint is the factor at a moment of a load.
type TracePoint struct {
	At     time.Duration `yaml:"at" need:"yes" is:"duration" doc:"Since the load began."`
	Factor float64       `yaml:"factor" need:"yes" is:"factor" doc:"The factor."`
}

// Users are users whom requests are sent as. For the length of the load they may do what its
// classes do, and no more.
type Users struct {
	Name   string   `yaml:"name" need:"yes" is:"user" doc:"Their name, such as tenant or system:serviceaccount:default:builder."`
	Count  int      `yaml:"count" is:"own" doc:"How many, called <name>-0, <name>-1 and so on, who send in turn; without it there is one, called <name>."`
	Groups []string `yaml:"groups" is:"user" doc:"Their groups, by which flow schemas can tell them apart."`
}

// A Request is one class of requests.
type Request struct {
	Verb          string  `yaml:"verb" need:"yes" one:"get list watch create update patch apply delete" doc:"get, list, watch (its start), create, update, patch, apply or delete."`
	Resource      string  `yaml:"resource" need:"yes" is:"resource" doc:"The resource in the plural, with its group: pods, deployments.apps, configmaps."`
	Scope         string  `yaml:"scope" one:"resource namespace cluster" doc:"resource (one object), namespace or cluster; by default resource, and namespace for list and watch."`
	Weight        int     `yaml:"weight" is:"weight" doc:"Its share of the load's rate (default 1)."`
	Rate          float64 `yaml:"rate" is:"load" doc:"Requests per second of this class; instead of weight."`
	Objects       int     `yaml:"objects" is:"own" doc:"How many objects of its own the class works on (default 100); for all resources but pods and nodes."`
	Size          int     `yaml:"size" is:"payload" doc:"Bytes of payload in each object of its own (default 0)."`
	Mode          string  `yaml:"mode" one:"cached consistent paged watch-list" doc:"get and list: cached (the default) reads the watch cache, consistent the newest state; list alone: paged, and watch-list as informers do."`
	PageSize      int     `yaml:"pageSize" is:"own" doc:"list with mode paged: objects in a page (default 500)."`
	LabelSelector string  `yaml:"labelSelector" doc:"list and watch: only objects with these labels."`
	FieldSelector string  `yaml:"fieldSelector" doc:"list and watch: only objects with these fields."`
	PatchType     string  `yaml:"patchType" one:"merge strategic json" doc:"patch: merge (the default), strategic or json."`
	Encoding      string  `yaml:"encoding" one:"protobuf json" doc:"protobuf (the default, as the control plane's own clients) or json (that of custom resources)."`
	User          string  `yaml:"user" doc:"The name of the load's users whom the class is sent as (default: kubedyno itself)."`
	Subresource   string  `yaml:"subresource" doc:"A part of each object instead of the whole: status, scale or, of serviceaccounts, token."`
	// Manifest is as written: ReplaceIndex has yet to be applied to its text.
	Manifest map[string]any `yaml:"manifest" doc:"What an object of the class's own is, for resources that need more than a name; ${index} is its number from 0, as text. Leave the name and the namespace out."`
}

// An Objective is a limit on one statistic of one metric.
type Objective struct {
	Name       string            `yaml:"name" doc:"What is promised, in words (default: made from the rest)."`
	Metric     string            `yaml:"metric" need:"yes" doc:"A metric's name; kubedyno metrics lists them."`
	Percentile float64           `yaml:"percentile" is:"percentile" doc:"A percentile of a distribution, such as 99; instead of statistic."`
	Statistic  string            `yaml:"statistic" one:"mean max min last value count" doc:"mean, max, min, last, value or count; instead of percentile (default value, for a metric with one value)."`
	Where      map[string]string `yaml:"where" doc:"Only series with these labels; phase is one."`
	Most       string            `yaml:"most" doc:"The largest value allowed: a number, duration or quantity."`
	Least      string            `yaml:"least" doc:"The smallest value allowed: a number, duration or quantity."`
	Source     string            `yaml:"source" doc:"Where the limit comes from."`
}
