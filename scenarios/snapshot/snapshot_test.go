package snapshot

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

var catalog = []Type{{Name: "m6i.2xlarge", Arch: "amd64", VCPU: 8, MilliCPU: 7910, MiB: 31775, Pods: 58,
	PricePerHour: 0.384, Region: "us-east-1", Date: "2026-07-20"}}

func options() Options {
	return Options{Name: "shop", Taken: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Most: 500, Catalog: catalog}
}

// read gives the objects of a file, a list of pods and nodes, to a snapshot.
func read(t *testing.T, file string) *Snapshot {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var objects struct {
		Nodes []corev1.Node
		Pods  []corev1.Pod
	}
	if err := yaml.UnmarshalStrict(text, &objects); err != nil {
		t.Fatal(err)
	}
	s := New()
	for i := range objects.Nodes {
		s.AddNode(&objects.Nodes[i])
	}
	for i := range objects.Pods {
		s.AddPod(&objects.Pods[i])
	}
	return s
}

// TestGolden writes a scenario of a small cluster that has everything once.
func TestGolden(t *testing.T) {
	for _, fit := range []bool{false, true} {
		o := options()
		name := "shop.golden.yaml"
		if o.Fit = fit; fit {
			name = "shop-fit.golden.yaml"
		}
		got, err := read(t, "shop.yaml").Write(o)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got.Text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got.Text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, secret := range []string{"shop", "acme", "payment", "team"} {
			body := strings.ReplaceAll(strings.ReplaceAll(string(got.Text), "name: shop\n", ""), "# shop: the pods", "")
			if strings.Contains(body, secret) {
				t.Errorf("%q is in %s", secret, name)
			}
		}
	}
}

// podOf returns a pod that requests so much.
func podOf(name, owner, cpu, memory string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "one"}}
	if kind, of, ok := strings.Cut(owner, "/"); ok {
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: kind, Name: of, Controller: new(true)}}
	}
	p.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}}}}
	return p
}

func nodeOf(name string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	n.Status.NodeInfo = corev1.NodeSystemInfo{Architecture: "arm64", OperatingSystem: "linux"}
	n.Status.Allocatable = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi"), corev1.ResourcePods: resource.MustParse("110")}
	return n
}

// totals adds up what the pods of a scenario request, without those of DaemonSets.
func totals(t *testing.T, text []byte) (pods int, cpu, bytes int64, workloads int) {
	t.Helper()
	s, err := spec.Decode("test.yaml", text, spec.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, w := range s.Spec.Workloads {
		if !w.HasPods() || w.Kind() == daemonSet {
			continue
		}
		workloads++
		path := []string{"spec", "template", "spec", "containers"}
		if w.Kind() == bare {
			path = []string{"spec", "containers"}
		}
		containers, _ := spec.Lookup(w.Manifest, path...).([]any)
		requests, _ := spec.Lookup(containers[0].(map[string]any), "resources", "requests").(map[string]any)
		n := int64(w.Count * w.PodsEach(0))
		pods += int(n)
		for name, sum := range map[string]*int64{"cpu": &cpu, "memory": &bytes} {
			if value, there := requests[name]; there {
				q := resource.MustParse(fmt.Sprint(value))
				if *sum += n * q.Value(); name == "cpu" {
					*sum += n * (q.MilliValue() - q.Value())
				}
			}
		}
	}
	return pods, cpu, bytes, workloads
}

// many returns a snapshot with deployments of different sizes: i of them has i+1 pods, and requests
// that grow by step millicores each.
func many(n, step int) *Snapshot {
	s := New()
	s.AddNode(nodeOf("n"))
	for i := range n {
		for j := range i + 1 {
			p := podOf(fmt.Sprintf("p-%d-%d", i, j), fmt.Sprintf("ReplicaSet/d-%d-abc", i), fmt.Sprintf("%dm", 1000+i*step), "1Gi")
			p.Labels = map[string]string{"pod-template-hash": "abc"}
			s.AddPod(p)
		}
	}
	return s
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		name            string
		n, step, most   int
		within          float64
		workloads       int
		cpu             int64
		tooMany         bool
		growth, tooMuch float64
	}{
		{name: "all fit", n: 4, step: 1, most: 4, workloads: 4, cpu: 10_000 + 0 + 2 + 6 + 12},
		{name: "equal ones become one, exactly", n: 4, step: 0, most: 1, workloads: 1, cpu: 10_000},
		{name: "no growth is allowed", n: 4, step: 1, most: 3, tooMany: true},
		// The cheapest is the first: one pod more by 1m.
		{name: "the cheapest is folded", n: 4, step: 1, most: 3, within: 0.01, workloads: 3, cpu: 10_021},
		// Then 3 pods of 1001m by 1m each.
		{name: "and then the next", n: 4, step: 1, most: 2, within: 0.01, workloads: 2, cpu: 10_021 + 3},
		{name: "beyond what is allowed", n: 4, step: 1000, most: 1, within: 0.1, tooMany: true},
	} {
		o := options()
		o.Most, o.Within = c.most, c.within
		got, err := many(c.n, c.step).Write(o)
		tooMany, is := errors.AsType[*TooMany](err)
		if is != c.tooMany || !is && err != nil || is && tooMany.Growth <= 0 {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.tooMany {
			continue
		}
		pods, cpu, bytes, workloads := totals(t, got.Text)
		if pods != 10 || cpu != c.cpu || bytes != 10<<30 || workloads != c.workloads {
			t.Errorf("%s: %d pods with %dm and %d bytes in %d workloads, want 10 with %dm in %d", c.name, pods, cpu, bytes, workloads, c.cpu, c.workloads)
		}
		exact := int64(0)
		for i := range c.n {
			exact += int64((i + 1) * (1000 + i*c.step))
		}
		if want := grown(exact, cpu); got.Growth.CPU != want || got.Growth.Memory != 0 {
			t.Errorf("%s: grown by %+v, want CPU by %v", c.name, got.Growth, want)
		}
	}
}

// TestLeftOut takes in pods that are no load, and counts them.
func TestLeftOut(t *testing.T) {
	s := New()
	s.AddNode(nodeOf("n"))
	done := podOf("a", "", "1", "1Gi")
	done.Status.Phase = corev1.PodSucceeded
	going := podOf("b", "", "1", "1Gi")
	going.DeletionTimestamp = &metav1.Time{}
	static := podOf("c", "Node/n", "250m", "64Mi")
	rollout := podOf("d", "Rollout/web", "100m", "64Mi")
	pending := podOf("e", "", "50m", "32Mi")
	pending.Status.Phase = corev1.PodPending
	for _, p := range []*corev1.Pod{done, going, static, rollout, pending} {
		s.AddPod(p)
	}
	got, err := s.Write(options())
	if err != nil {
		t.Fatal(err)
	}
	if pods, cpu, _, _ := totals(t, got.Text); pods != 2 || cpu != 150 {
		t.Errorf("%d pods with %dm, want 2 with 150m", pods, cpu)
	}
	want := []string{"1 pods that have ended", "1 pods that are being deleted",
		"1 static pods, which kubelets start by themselves; they request 250m CPU and 64Mi memory of the nodes",
		"the owners of 1 pods, of kinds that only the cluster knows; they are Deployments here"}
	if diff := cmp.Diff(want, got.LeftOut[:len(want)]); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

func TestNothingToWrite(t *testing.T) {
	s := New()
	s.AddPod(podOf("a", "", "1", "1Gi"))
	if _, err := s.Write(options()); !errors.Is(err, ErrNoNodes) {
		t.Errorf("without nodes: %v", err)
	}
	s = New()
	s.AddNode(nodeOf("n"))
	s.AddPod(podOf("a", "DaemonSet/agent", "1", "1Gi"))
	if _, err := s.Write(options()); !errors.Is(err, ErrNoPods) {
		t.Errorf("with a DaemonSet alone: %v", err)
	}
}

// TestManyShapes needs more than one phase to create the workloads, in each order of the pods the same.
func TestManyShapes(t *testing.T) {
	var before []byte
	for _, backwards := range []bool{false, true} {
		s := New()
		s.AddNode(nodeOf("n"))
		for i := range 250 {
			if backwards {
				i = 249 - i
			}
			s.AddPod(podOf(fmt.Sprintf("p-%d", i), fmt.Sprintf("StatefulSet/s-%d", i), fmt.Sprintf("%dm", 1+i), "1Mi"))
		}
		got, err := s.Write(options())
		if err != nil {
			t.Fatal(err)
		}
		if pods, _, _, workloads := totals(t, got.Text); pods != 250 || workloads != 250 {
			t.Errorf("%d pods in %d workloads, want 250 in 250", pods, workloads)
		}
		if !strings.Contains(string(got.Text), "- name: create-3\n") {
			t.Error("there is no third phase to create workloads")
		}
		if before != nil && string(before) != string(got.Text) {
			t.Error("another order of the pods gives another scenario")
		}
		before = got.Text
	}
}

const marker = "zq7marker"

// filler puts a text of its own into every string of a value, and one element into every list.
type filler struct {
	n     int
	enums map[reflect.Type]string // Values for types that must have one of a few, so that more is kept.
}

func (f *filler) fill(v reflect.Value, depth int) {
	if depth > 14 {
		return
	}
	switch v.Type() {
	case reflect.TypeFor[resource.Quantity]():
		v.Set(reflect.ValueOf(resource.MustParse("1")))
		return
	case reflect.TypeFor[*metav1.Time](), reflect.TypeFor[metav1.Time](), reflect.TypeFor[[]metav1.ManagedFieldsEntry]():
		return
	}
	switch v.Kind() {
	case reflect.String:
		f.n++
		text := fmt.Sprintf("%s%d", marker, f.n)
		if enum, there := f.enums[v.Type()]; there {
			text = enum
		}
		v.SetString(text)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0), depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key, depth+1)
		f.fill(value, depth+1)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i), depth+1)
			}
		}
	}
}

// TestNothingLeaks puts a text into every string of pods and nodes, which must not be in the scenario.
func TestNothingLeaks(t *testing.T) {
	all := map[reflect.Type]string{
		reflect.TypeFor[corev1.TolerationOperator](): "Equal", reflect.TypeFor[corev1.TaintEffect](): "NoSchedule",
		reflect.TypeFor[corev1.NodeSelectorOperator](): "In", reflect.TypeFor[metav1.LabelSelectorOperator](): "In",
		reflect.TypeFor[corev1.UnsatisfiableConstraintAction](): "DoNotSchedule", reflect.TypeFor[corev1.NodeInclusionPolicy](): "Honor",
		reflect.TypeFor[corev1.Protocol](): "TCP", reflect.TypeFor[corev1.PreemptionPolicy](): "Never", reflect.TypeFor[corev1.OSName](): "linux",
	}
	for name, enums := range map[string]map[reflect.Type]string{"words that are not known": nil, "known words": all} {
		for _, kind := range []string{"", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "none"} {
			f := &filler{enums: enums}
			var p corev1.Pod
			var n corev1.Node
			f.fill(reflect.ValueOf(&p).Elem(), 0)
			f.fill(reflect.ValueOf(&n).Elem(), 0)
			if kind == "none" {
				p.OwnerReferences = nil
			} else if kind != "" {
				p.OwnerReferences[0].Kind, p.OwnerReferences[0].APIVersion = kind, "apps/v1"
			}
			if terms := p.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution; enums != nil {
				terms[0].NamespaceSelector = nil
			}
			n.Labels[corev1.LabelInstanceTypeStable], n.Labels[corev1.LabelTopologyZone], n.Labels[corev1.LabelArchStable] = marker+"type", marker+"zone", "amd64"
			n.Status.Allocatable = nodeOf("").Status.Allocatable
			n.Status.Allocatable[marker] = resource.MustParse("1")
			// Labels that rules refer to are kept, in new names.
			p.Spec.NodeSelector = map[string]string{marker + "-pool": marker + "-x", corev1.LabelInstanceTypeStable: marker + "type",
				corev1.LabelTopologyZone: marker + "zone", corev1.LabelHostname: marker, corev1.LabelTopologyRegion: marker, corev1.LabelArchStable: marker}
			n.Labels[marker+"-pool"] = marker + "-x"
			for key := range p.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels {
				p.Labels[key] = marker
			}
			s := New()
			s.AddNode(&n)
			s.AddPod(&p)
			s.AddPod(podOf("other", "ReplicaSet/x", "1", "1Gi"))
			got, err := s.Write(options())
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			if s.Pods() != 2 || s.Nodes() != 1 {
				t.Fatalf("%s, %s: %d pods and %d nodes were kept, want 2 and 1", name, kind, s.Pods(), s.Nodes())
			}
			text := strings.ToLower(string(got.Text))
			if at := strings.Index(text, marker); at >= 0 {
				t.Errorf("%s, %s: it is in the scenario: ...%s...", name, kind, text[max(0, at-80):min(len(text), at+40)])
			}
			if enums != nil && (!strings.Contains(text, "topologyspreadconstraints") || !strings.Contains(text, "podaffinity") || !strings.Contains(text, "node-key-1")) {
				t.Errorf("%s, %s: rules were not kept, so nothing was shown:\n%s", name, kind, got.Text)
			}
		}
	}
}
