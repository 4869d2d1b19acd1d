// Package stages writes the configuration of a kwok controller: how fake nodes stay alive and
// how fake pods start, finish and go away, and how long a pod takes to start.
//
// It starts no process and reaches no cluster.
//
//	startup, err := stages.Lognormal(time.Second, 3*time.Second)
//	yaml, err := stages.Render(stages.Config{
//		NodeSelector: "kubedyno.dev/alive=true", NodeLease: 40 * time.Second, PodStartup: startup,
//	})
//	// kwok --config kwok.yaml; later: observed - startup.Of(uid) is the simulator's own share.
package stages

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	config "sigs.k8s.io/kwok/pkg/apis/config/v1alpha1"
	kwok "sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"
)

// The numbers of kwok's workers. With kwok's default of 4 a pod waits 14 s at the median
// between its scheduling and the patch that makes it Ready, on a busy two-core machine;
// with 64 it waits 1 s. Workers that have nothing to do cost nothing.
const (
	podWorkers      = 64
	nodeWorkers     = 32
	leaseWorkers    = 64
	nodeSyncWorkers = 8
)

// fallbackCIDR gives pod addresses on nodes that have no podCIDR of their own.
const fallbackCIDR = "10.0.0.0/8"

// How often a node reports its status. Beside leases a kubelet does so every 5 minutes;
// without leases the status is the heartbeat, and must come well within the node-lifecycle
// controller's grace period of 50 s.
const (
	reportWithLease    = 5 * time.Minute
	reportWithoutLease = 20 * time.Second
	reportJitter       = 5 * time.Second
)

// Config says how the fake nodes and pods behave.
type Config struct {
	// NodeSelector is the label selector of the nodes that kwok keeps alive. A node that no
	// longer matches loses its heartbeat, as one that lost its power does.
	NodeSelector string
	// NodeLease is the duration of a node's lease, in whole seconds, as the kubelet's 40 s;
	// kwok renews it four times as often. 0 turns leases off: the nodes' status is then the
	// heartbeat, every 20 s.
	NodeLease time.Duration
	// PodStartup is the time from a pod's scheduling to its being Running and Ready.
	PodStartup Latency
	// PodStop is the time from a pod's deletion until it is gone; its grace period ends it
	// sooner. As both belong to the pod's UID, a pod that is slow to start is slow to stop.
	PodStop Latency
	// WaitForVolumes says that pods with VolumesAnnotation start only once VolumesCondition is True
	// on them; PodStartup counts from then.
	WaitForVolumes bool
}

// VolumesAnnotation with the value VolumesWait is on pods that wait for their volumes, and
// VolumesCondition is the condition that ends it. Package csi sets it.
const (
	VolumesAnnotation = "kubedyno.dev/volumes"
	VolumesWait       = "wait"
	VolumesCondition  = "kubedyno.dev/VolumesAttached"
)

// ImageAnnotation on a pod with the value ImageMissing keeps it from ever starting, as an image
// that cannot be pulled does.
const (
	ImageAnnotation = "kubedyno.dev/image"
	ImageMissing    = "missing"
)

// Validate reports the first setting that kwok would not take.
func (c Config) Validate() error {
	if c.NodeSelector == "" {
		return fmt.Errorf("kwok needs a node selector: it would otherwise manage no node")
	}
	if _, err := labels.Parse(c.NodeSelector); err != nil {
		return fmt.Errorf("parse node selector %q: %w", c.NodeSelector, err)
	}
	if c.NodeLease < 0 || c.NodeLease%time.Second != 0 {
		return fmt.Errorf("node lease of %s: want whole seconds, or 0 for none", c.NodeLease)
	}
	return nil
}

// Render returns kwok's configuration file: one KwokConfiguration and the stages.
func Render(c Config) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	documents := []any{controller(c)}
	for _, s := range all(c) {
		documents = append(documents, s)
	}
	var out bytes.Buffer
	for _, d := range documents {
		text, err := yaml.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("write kwok configuration: %w", err)
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	return out.Bytes(), nil
}

// controller is the configuration of the process. It sets every field whose zero value is
// not meant, because kwok fills in no defaults once it is given a KwokConfiguration. It
// serves no address: the server of kwok 0.8 has no authentication.
func controller(c Config) *config.KwokConfiguration {
	return &config.KwokConfiguration{
		TypeMeta:   metav1.TypeMeta{APIVersion: config.GroupVersion.String(), Kind: config.KwokConfigurationKind},
		ObjectMeta: metav1.ObjectMeta{Name: "kubedyno"},
		Options: config.KwokConfigurationOptions{
			CIDR:                            fallbackCIDR,
			ManageAllNodes:                  new(false),
			ManageNodesWithLabelSelector:    c.NodeSelector,
			EnableDebuggingHandlers:         new(false),
			EnableContentionProfiling:       new(false),
			EnableProfilingHandler:          new(false),
			PodPlayStageParallelism:         podWorkers,
			NodePlayStageParallelism:        nodeWorkers,
			NodeLeaseDurationSeconds:        uint(c.NodeLease / time.Second),
			NodeLeaseParallelism:            leaseWorkers,
			PodsOnNodeSyncParallelism:       nodeSyncWorkers,
			EnablePodsOnNodeSyncListPager:   new(true),
			EnablePodsOnNodeSyncStreamWatch: new(false),
		},
	}
}

// all lists the stages. Their selectors exclude one another, so that at most one matches.
//
// Pods are matched by CEL, which is cheaper than jq for each event; conditions are not
// reachable from kwok's CEL, so the two rules about them use jq. Nodes are matched by jq
// alone: kwok compiles CEL lazily, at the first event of a kind, into a table that its
// library shares among all kinds without a lock. CEL for both kinds could crash it.
func all(c Config) []*kwok.Stage {
	report := reportWithLease
	if c.NodeLease == 0 {
		report = reportWithoutLease
	}
	var waiting []*kwok.Stage
	starts := []kwok.MatchExpression{cel("!has(self.metadata.deletionTimestamp)"), cel("self.status.phase == 'Pending'"), cel("!" + imageMissing)}
	if c.WaitForVolumes {
		waits := "('" + VolumesAnnotation + "' in self.metadata.annotations && self.metadata.annotations['" + VolumesAnnotation + "'] == '" + VolumesWait + "')"
		waiting = append(waiting, startup(stage("pod-start-with-volumes", "Pod", statusPatch("pod-start"),
			append(slices.Clone(starts), cel(waits), jq(volumesAttached, kwok.SelectorOpIn, "True"))...), c.PodStartup))
		starts = append(starts, cel("!"+waits))
	}
	return append(waiting, []*kwok.Stage{
		stage("node-ready", "Node", statusPatch("node-ready"),
			jq(nodeReady, kwok.SelectorOpNotIn, "True")),
		delayed(stage("node-heartbeat", "Node", statusPatch("node-heartbeat"),
			jq(nodeReady, kwok.SelectorOpIn, "True")), report, report+reportJitter),
		startup(stage("pod-start", "Pod", statusPatch("pod-start"), starts...), c.PodStartup),
		stage("pod-image-missing", "Pod", statusPatch("pod-image-missing"),
			cel("!has(self.metadata.deletionTimestamp)"),
			cel("self.status.phase == 'Pending'"),
			cel(imageMissing),
			cel("size(self.status.containerStatuses) == 0")),
		stage("pod-ready-again", "Pod", statusPatch("pod-ready-again"),
			jq(".metadata.deletionTimestamp", kwok.SelectorOpDoesNotExist),
			jq(".status.phase", kwok.SelectorOpIn, "Running"),
			jq(".metadata.labels[\""+jobLabel+"\"]", kwok.SelectorOpDoesNotExist),
			jq(podReady, kwok.SelectorOpIn, "False")),
		stage("pod-complete", "Pod", statusPatch("pod-complete"),
			cel("!has(self.metadata.deletionTimestamp)"),
			cel("self.status.phase == 'Running'"),
			cel("size(self.metadata.ownerReferences) > 0 && '"+jobLabel+"' in self.metadata.labels")),
		stop(stage("pod-delete", "Pod", kwok.StageStep{Delete: true},
			cel("has(self.metadata.deletionTimestamp)"),
			// At 0 the API server is already removing it, or a finalizer holds it back; another
			// request could only fail or change nothing.
			cel("self.metadata.deletionGracePeriodSeconds > 0")), c.PodStop),
	}...)
}

// imageMissing is CEL for a pod whose image cannot be pulled.
const imageMissing = "('" + ImageAnnotation + "' in self.metadata.annotations && self.metadata.annotations['" +
	ImageAnnotation + "'] == '" + ImageMissing + "')"

// The jq paths of the Ready condition, and the label that the job controller gives its pods.
const (
	nodeReady       = `.status.conditions.[] | select( .type == "Ready" ) | .status`
	podReady        = nodeReady
	volumesAttached = `.status.conditions.[] | select( .type == "` + VolumesCondition + `" ) | .status`
	jobLabel        = "batch.kubernetes.io/controller-uid"
)

func stage(name, kind string, step kwok.StageStep, match ...kwok.MatchExpression) *kwok.Stage {
	return &kwok.Stage{
		TypeMeta:   metav1.TypeMeta{APIVersion: kwok.GroupVersion.String(), Kind: kwok.StageKind},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: kwok.StageSpec{
			ResourceRef: kwok.StageResourceRef{APIGroup: "v1", Kind: kind},
			Selector:    &kwok.StageSelector{MatchExpressions: match},
			Steps:       []kwok.StageStep{step},
		},
	}
}

//go:embed templates/*.tmpl
var templates embed.FS

// statusPatch is a step that patches the status with the template of this name.
func statusPatch(name string) kwok.StageStep {
	text, err := templates.ReadFile("templates/" + name + ".tmpl")
	if err != nil {
		panic("stages: template " + name + " is not embedded") // Every caller names a literal.
	}
	return kwok.StageStep{Patch: &kwok.StagePatch{
		Subresource: "status",
		Root:        "status",
		Type:        new(kwok.StagePatchTypeStrategicMergePatch),
		Template:    string(text),
	}}
}

// delayed plays the stage at a random moment between the two durations.
func delayed(s *kwok.Stage, shortest, longest time.Duration) *kwok.Stage {
	s.Spec.Delay = &kwok.StageDelay{
		DurationMilliseconds:       new(shortest.Milliseconds()),
		JitterDurationMilliseconds: new(longest.Milliseconds()),
	}
	return s
}

// startup delays the stage by the latency that belongs to the pod's UID.
func startup(s *kwok.Stage, l Latency) *kwok.Stage {
	s.Spec.Delay = &kwok.StageDelay{DurationFrom: &kwok.ExpressionFrom{
		CEL: &kwok.ExpressionCEL{Expression: l.expression()},
	}}
	return s
}

// stop delays the stage by the latency that belongs to the pod's UID, at most by its grace period.
func stop(s *kwok.Stage, l Latency) *kwok.Stage {
	if len(l.table) == 0 {
		return s
	}
	const grace = "1000000000 * self.metadata.deletionGracePeriodSeconds"
	s.Spec.Delay = &kwok.StageDelay{DurationFrom: &kwok.ExpressionFrom{
		CEL: &kwok.ExpressionCEL{Expression: fmt.Sprintf("[%s].map(d, d < %s ? d : %[2]s)[0]", l.expression(), grace)},
	}}
	return s
}

func cel(expression string) kwok.MatchExpression {
	return kwok.MatchExpression{CEL: &kwok.ExpressionCEL{Expression: expression}}
}

func jq(path string, operator kwok.SelectorOperator, values ...string) kwok.MatchExpression {
	return kwok.MatchExpression{JQ: &kwok.SelectorJQ{Key: path, Operator: operator, Values: values}}
}
