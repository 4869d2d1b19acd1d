package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// onStorage is a scenario whose storage follows "storage: ", with a StatefulSet that claims volumes.
const onStorage = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: on-storage}
spec:
  fleet:
    pools: [{name: general, nodeType: m6i.2xlarge, count: 6}]
  storage: STORAGE
  workloads:
    - name: db
      manifest:
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 3
          template:
            spec:
              volumes:
                - {name: scratch, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}
                - {name: tmp, emptyDir: {}}
          volumeClaimTemplates:
            - metadata: {name: data}
              spec: {storageClassName: CLASS, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    - name: claims
      count: 2
      manifest: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "claim-${index}"}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
  phases:
    - name: run
      actions:
        - nodes: {pool: general}
        - create: {workload: db}
        - create: {workload: claims}
        - wait: {workload: claims}
`

func storagePresets() Options {
	return Options{VolumePresets: map[string]StorageClass{
		"ebs-gp3": {Provision: fixedOf(2 * time.Second), Attach: fixedOf(3 * time.Second), Parallelism: 50, Rate: 20, Burst: 100, Topology: "zone", Expansion: true},
		"efs":     {Provision: fixedOf(time.Second), Parallelism: 10, Topology: "none"},
	}}
}

func fixedOf(d time.Duration) *Latency { return &Latency{Distribution: "fixed", Value: d} }

func decodeStorage(storage, class string, o Options) (*Scenario, error) {
	text := strings.Replace(strings.Replace(onStorage, "STORAGE", storage, 1), "CLASS", class, 1)
	return Decode("on-storage.yaml", []byte(text), o)
}

func TestStorage(t *testing.T) {
	class := func(change func(*StorageClass)) StorageClass {
		c := StorageClass{Name: "fast", Parallelism: 100, Topology: "zone", Binding: "WaitForFirstConsumer"}
		change(&c)
		return c
	}
	for text, want := range map[string]StorageClass{
		"{name: fast}": class(func(*StorageClass) {}),
		"{name: fast, preset: ebs-gp3}": class(func(c *StorageClass) {
			c.Preset, c.Provision, c.Attach = "ebs-gp3", fixedOf(2*time.Second), fixedOf(3*time.Second)
			c.Parallelism, c.Rate, c.Burst, c.Expansion = 50, 20, 100, true
		}),
		"{name: fast, preset: efs}": class(func(c *StorageClass) {
			c.Preset, c.Provision, c.Parallelism, c.Topology = "efs", fixedOf(time.Second), 10, "none"
		}),
		"{name: fast, preset: ebs-gp3, attach: {distribution: fixed, value: 0}, parallelism: 5, rate: 2, topology: node, allowVolumeExpansion: false}": class(func(c *StorageClass) {
			c.Preset, c.Provision, c.Attach = "ebs-gp3", fixedOf(2*time.Second), fixedOf(0)
			c.Parallelism, c.Rate, c.Burst, c.Topology = 5, 2, 1, "node"
		}),
		"{name: fast, failures: 12.5%, zones: [zone-b], binding: Immediate}": class(func(c *StorageClass) {
			c.Failures, c.Zones, c.Binding = "12.5%", []string{"zone-b"}, "Immediate"
		}),
	} {
		s, err := decodeStorage("{limit: 25, classes: ["+text+"]}", "fast", storagePresets())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(&Storage{Limit: 25, QPS: 500, Burst: 1000, Classes: []StorageClass{want}}, s.Spec.Storage); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		again, err := Decode("again.yaml", s.Resolved, storagePresets())
		if err != nil || !cmp.Equal(again.Spec.Storage, s.Spec.Storage) {
			t.Errorf("%s: the resolved scenario says %+v, %v", text, again, err)
		}
	}
}

func TestFailureShare(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "0%": 0, "5%": 0.05, "12.5%": 0.125, "90%": 0.9} {
		if got := (StorageClass{Failures: text}).FailureShare(); got != want {
			t.Errorf("%q is %g, want %g", text, got, want)
		}
	}
}

func TestClaims(t *testing.T) {
	s, err := decodeStorage("{classes: [{name: fast}]}", "fast", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Claim{{Path: "spec.volumeClaimTemplates[0].spec", Class: "fast", Each: true, Size: "1Gi", Modes: true, Classed: true},
		{Path: "spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec", Class: "fast", Each: true, Size: "1Gi", Modes: true, Classed: true}}
	if diff := cmp.Diff(want, s.Spec.Workloads[0].Claims()); diff != "" {
		t.Errorf("of a StatefulSet (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Claim{{Path: "spec", Class: "fast", Size: "1Gi", Modes: true, Classed: true}}, s.Spec.Workloads[1].Claims()); diff != "" {
		t.Errorf("of a claim (-want +got):\n%s", diff)
	}
}

// TestStorageFaults has all faults of many kinds of storage in one golden file.
func TestStorageFaults(t *testing.T) {
	var all strings.Builder
	fail := func(text string, err error) {
		if err == nil {
			t.Errorf("%s: no fault was found", text)
			return
		}
		all.WriteString(err.Error() + "\n\n")
	}
	for _, text := range []string{
		"{}", "{classes: []}", "{classes: [{}]}", "{classes: [{name: Fast}]}", "{classes: [{name: fast}, {name: fast}]}",
		"{limit: 0, qps: 0, burst: 0, classes: [{name: fast, presets: efs}]}",
		"{classes: [{name: fast, preset: gp3}]}",
		"{classes: [{name: fast, parallelism: 0, rate: 0, failures: 95%, topology: rack, binding: Later}]}",
		"{classes: [{name: fast, attach: {distribution: fixed}, provision: {distribution: lognormal, median: 3s, p99: 2s}}]}",
		"{classes: [{name: fast, burst: 3, zones: []}]}",
		"{classes: [{name: fast, preset: efs, zones: [zone-a]}]}",
		"{classes: [{name: fast, zones: [zone-d, Zone A]}]}",
		"{classes: [{name: fast, topology: node, binding: Immediate}]}",
		"{classes: [{name: fats}]}",
		`{classes: [{name: fast, capacity: 500Mi}]}`, `{classes: [{name: fast, capacity: "0"}]}`, "{classes: [{name: fast, capacity: much}]}",
	} {
		_, err := decodeStorage(text, "fast", storagePresets())
		fail(text, err)
	}
	for _, text := range []string{
		"{classes: [{name: fast, preset: ebs-gp3, failures: 150%, rate: -1, burst: 5, parallelism: -2, zones: [zone-z]}]}",
		"{classes: [{name: fast, failures: -5%, rate: 0, burst: 5, attach: {distribution: lognormal, median: -1s, p99: 1s}}]}",
		"{classes: [{name: fast, detach: {distribution: uniform, min: 3s, max: 1s}, delete: {distribution: fixed, value: -1s}}]}",
	} {
		_, err := decodeStorage(text, "fast", storagePresets())
		fail(text, err)
	}
	_, err := decodeStorage("{classes: [{name: fast}]}", "slow", storagePresets())
	fail("a claim of another class", err)
	text := strings.Replace(strings.Replace(onStorage, "STORAGE", "{classes: [{name: fast}, {name: slow}]}", 1), "storageClassName: CLASS, ", "", 1)
	text = strings.Replace(text, "accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}", "accessModes: [], resources: {requests: {storage: 1 GiB}}}}}}", 1)
	_, err = Decode("on-storage.yaml", []byte(strings.Replace(text, ", resources: {requests: {storage: 1Gi}}}}", "}}", 1)), storagePresets())
	fail("claims that no API server takes", err)
	text = strings.Replace(onStorage, "  storage: STORAGE\n", "", 1) +
		"  objectives:\n    - {metric: csi_given_seconds, percentile: 99, most: 1s}\n"
	_, err = Decode("on-storage.yaml", []byte(text), storagePresets())
	fail("a metric without a driver", err)
	text = strings.Replace(strings.Replace(onStorage, "STORAGE", "{classes: [{name: fast}]}", 1), "CLASS", "fast", 1) +
		"  objectives:\n    - {metric: csi_given_seconds, where: {class: slow, operation: mount}, percentile: 99, most: 1s}\n"
	_, err = Decode("on-storage.yaml", []byte(text), storagePresets())
	fail("labels that there are not", err)
	_, err = Decode("no-pool.yaml", []byte(`{apiVersion: kubedyno.dev/v1alpha1, kind: Scenario, metadata: {name: a}, spec: {storage: {classes: [{name: fast}]},
  phases: [{name: run, actions: [{hold: {duration: 1s}}]}]}}`), Options{})
	fail("no pool", err)
	golden(t, "storage", all.String())
}

// FuzzFailureShare looks that every text that the rule lets through is a share that a driver takes.
func FuzzFailureShare(f *testing.F) {
	for _, text := range []string{"0%", "5%", "12.5%", "90%", "91%", "1e1%", "-1%", "5", "%", "9.999%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !rules["failures"].pattern.MatchString(text) {
			return
		}
		if share := (StorageClass{Failures: text}).FailureShare(); share < 0 || share > 0.9 {
			t.Errorf("%q is a share of %g", text, share)
		}
	})
}
