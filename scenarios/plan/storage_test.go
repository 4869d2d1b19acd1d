package plan

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// withVolumes is a scenario with 6 nodes and a StatefulSet of 10 pods with two volumes each.
const withVolumes = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: with-volumes}
spec:
  fleet:
    podStartup: {distribution: fixed, value: 1s}
    pools: [{name: general, nodeType: m6i.2xlarge, count: 6}]
  storage:
    STORAGE
  workloads:
    - name: db
      manifest:
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 10
          podManagementPolicy: POLICY
          volumeClaimTemplates:
            - {metadata: {name: data}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
            - {metadata: {name: log}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
  phases:
    - name: run
      actions:
        - nodes: {pool: general}
        - create: {workload: db}
        - wait: {workload: db}
        - fail: {pool: general, nodes: 1, remedy: outOfService}
`

func planVolumes(t *testing.T, storage, policy string) *Plan {
	t.Helper()
	text := strings.Replace(strings.Replace(withVolumes, "STORAGE", storage, 1), "POLICY", policy, 1)
	s, err := spec.Decode("with-volumes.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVolumeWarnings(t *testing.T) {
	for limit, want := range map[string][]string{
		"4": nil,
		"3": {"The pods have 20 volumes in all, and the 6 nodes take 18: some pods will stay pending."},
		"1": {"No pod of db can be placed: each has 2 volumes, and a node takes 1.",
			"The pods have 20 volumes in all, and the 6 nodes take 6: some pods will stay pending."},
	} {
		p := planVolumes(t, "limit: "+limit+"\n    classes: [{name: fast}]", "Parallel")
		if diff := cmp.Diff(want, p.Warnings); diff != "" {
			t.Errorf("%s (-want +got):\n%s", limit, diff)
		}
	}
}

// TestVolumesOfTypes takes the limit of the nodes' type where the scenario gives none: that of its own type,
// or of the catalog.
func TestVolumesOfTypes(t *testing.T) {
	const ownType = "nodeTypes: [{name: box, arch: amd64, vcpu: 8, memory: 32Gi, maxPods: 50, reservation: none, volumes: 3}]\n    pools: ["
	warned := []string{"The pods have 20 volumes in all, and the 6 nodes take 18: some pods will stay pending."}
	for _, test := range []struct {
		limit, kind string
		catalog     map[string]int
		want        []string
		words       string
	}{
		{"", "m6i.2xlarge", map[string]int{"m6i.2xlarge": 3}, warned, "volumes of a node  3 (m6i.2xlarge)"},
		{"limit: 4\n    ", "m6i.2xlarge", map[string]int{"m6i.2xlarge": 3}, nil, "volumes of a node  4\n"},
		{"", "m6i.2xlarge", nil, nil, "volumes of a node  no limit, as none is known of m6i.2xlarge"},
		{"", "box", map[string]int{"box": 9}, warned, "volumes of a node  3 (box)"},
	} {
		text := strings.NewReplacer("STORAGE", test.limit+"classes: [{name: fast}]", "POLICY", "Parallel", "pools: [", ownType, "m6i.2xlarge", test.kind).Replace(withVolumes)
		s, err := spec.Decode("with-volumes.yaml", []byte(text), spec.Options{CatalogVolumes: func(name string) int { return test.catalog[name] }})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(s, 1)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := p.WriteText(&out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, p.Warnings); diff != "" || !strings.Contains(out.String(), test.words) {
			t.Errorf("%+v (-want +got):\n%s%s", test, diff, out.String())
		}
	}
}

func TestVolumesTake(t *testing.T) {
	const delays = "provision: {distribution: fixed, value: 2s}, attach: {distribution: uniform, min: 1s, max: 3s}"
	for _, test := range []struct {
		class, policy string
		want          time.Duration // Without what 10 pods take by themselves.
	}{
		{"{name: fast}", "Parallel", 0},
		{"{name: fast, " + delays + "}", "Parallel", 5 * time.Second},
		{"{name: fast, " + delays + ", parallelism: 2}", "Parallel", 50 * time.Second}, // 20 volumes, two at a time.
		{"{name: fast, " + delays + ", rate: 1, burst: 10}", "Parallel", 20 * time.Second},
		{"{name: fast, " + delays + "}", "OrderedReady", 50 * time.Second},
	} {
		without := planVolumes(t, "classes: [{name: fast}]", test.policy).Phases[0].Expected
		if got := planVolumes(t, "classes: ["+test.class+"]", test.policy).Phases[0].Expected - without; got != test.want {
			t.Errorf("%s, %s: %v more, want %v", test.class, test.policy, got, test.want)
		}
	}
}

// TestRemedies lets one of six nodes fail, and looks how long that takes beside its being noticed.
func TestRemedies(t *testing.T) {
	const classes = "classes: [{name: fast}]"
	expected := func(remedy string) (time.Duration, []string) {
		p := planVolumesAfter(t, classes, remedy)
		return p.Phases[0].Expected, p.Warnings
	}
	forced, warnings := expected("forceDelete")
	if len(warnings) > 0 {
		t.Errorf("with a remedy it warns %v", warnings)
	}
	tainted, _ := expected("outOfService")
	none, warnings := expected("none")
	if forced-tainted != 340*time.Second || none-tainted != 280*time.Second { // 360 s, 20 s, and 300 s of toleration.
		t.Errorf("forceDelete %v, outOfService %v, none %v", forced, tainted, none)
	}
	want := []string{"Phase run: the pods of db on failed nodes stay Terminating, and a StatefulSet makes no others of their names before they are gone; a remedy would end them."}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("without a remedy (-want +got):\n%s", diff)
	}
}

// planVolumesAfter is the plan with another remedy, and a wait for it.
func planVolumesAfter(t *testing.T, storage, remedy string) *Plan {
	t.Helper()
	text := strings.Replace(strings.Replace(withVolumes, "STORAGE", storage, 1), "POLICY", "Parallel", 1)
	text = strings.Replace(text, "outOfService", remedy, 1) + "        - wait: {workload: db}\n"
	s, err := spec.Decode("with-volumes.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClassWords(t *testing.T) {
	lognormal := &spec.Latency{Distribution: "lognormal", Median: 2 * time.Second, P99: 6 * time.Second}
	plain := spec.StorageClass{Name: "fast", Parallelism: 1000, Topology: "zone", Binding: "WaitForFirstConsumer"}
	full := spec.StorageClass{Name: "slow", Preset: "ebs-gp3", Provision: lognormal, Attach: lognormal, Resize: lognormal, Parallelism: 10,
		Rate: 20, Burst: 100, Failures: "5%", Topology: "node", Binding: "Immediate"}
	unknown := spec.StorageClass{Name: "other", Preset: "ebs-gp3", Parallelism: 10, Topology: "none", Binding: "Immediate"}
	for _, test := range []struct {
		class spec.StorageClass
		want  string
	}{
		{plain, "provision at once; attach at once; detach at once; 1,000 calls of a kind at once; in a zone, made once a pod is placed"},
		{full, "as ebs-gp3, see kubedyno volumes; provision lognormal, median 2s, p99 6s; attach lognormal, median 2s, p99 6s; detach at once; " +
			"resize lognormal, median 2s, p99 6s; 10 calls of a kind at once, 20 calls a second after a burst of 100, 5% of them fail; in a node, made at once"},
		{unknown, "as ebs-gp3, see kubedyno volumes; 10 calls of a kind at once; in reach of every node, made at once"},
	} {
		if got := classWords(test.class); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.class.Name, got, test.want)
		}
	}
	p := planVolumes(t, "limit: 9\n    classes: [{name: fast}]", "Parallel")
	var text bytes.Buffer
	if err := p.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nStorage\n  fast  provision at once;", "  volumes of a node  9\n", "  driver's client  500 requests a second after a burst of 1,000\n",
		"then they are tainted as out of service"} {
		if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the plan does not say %q:\n%s", want, text.String())
		}
	}
}
