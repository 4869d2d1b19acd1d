//go:build unix

package usage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/kwok/usage"
)

const (
	resolution = 10 * time.Second // Of metrics-server.
	// scrape is how long after its tick metrics-server may read a node, on a busy machine.
	scrape = 5 * time.Second
	// patience bounds every wait of the test; what it waits for is checked by the times reported.
	patience = 90 * time.Second
)

// A bed is a real control plane with fake nodes and the real metrics-server, which reads a Meter.
type bed struct {
	*testing.T
	cluster *cluster.Cluster
	client  *kubernetes.Clientset
	meter   *usage.Meter
	options cluster.MetricsServerOptions
}

func newBed(t *testing.T) *bed {
	if testing.Short() {
		t.Skip("it starts a control plane and takes a minute")
	}
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "usage", Directory: t.TempDir(), Binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{T: t, cluster: c, client: kubernetes.NewForConfigOrDie(config), meter: usage.NewMeter(usage.Options{}),
		options: cluster.MetricsServerOptions{Resolution: resolution}}
	b.simulate()
	return b
}

// simulate starts kwok with three nodes whose kubelets are the meter, and metrics-server.
func (b *bed) simulate() {
	b.Helper()
	server := httptest.NewServer(b.meter)
	b.Cleanup(server.Close)
	port, err := strconv.Atoi(server.URL[strings.LastIndex(server.URL, ":")+1:])
	if err != nil {
		b.Fatal(err)
	}
	nodes, err := fleet.New([]fleet.Pool{{Name: "m", NodeType: "m6i.large", Count: 3}}, fleet.Options{
		Kubelet: fleet.Kubelet{Host: "127.0.0.1", Port: int32(port), Path: usage.Path}})
	if err != nil {
		b.Fatal(err)
	}
	startup, err := stages.Fixed(100 * time.Millisecond)
	if err != nil {
		b.Fatal(err)
	}
	config, err := stages.Render(stages.Config{NodeSelector: fleet.AliveSelector, NodeLease: 40 * time.Second, PodStartup: startup})
	if err != nil {
		b.Fatal(err)
	}
	if err := b.cluster.StartKwok(b.Context(), config, cluster.Settings{}); err != nil {
		b.Fatal(err)
	}
	if _, err := nodes.Create(b.Context(), b.client, fleet.CreateOptions{}, nil); err != nil {
		b.Fatal(err)
	}
	if err := b.cluster.StartMetricsServer(b.Context(), b.options); err != nil {
		b.Fatal(err)
	}
}

// run creates a pod, waits until it runs, tells the meter and returns its UID and when that was.
func (b *bed) run(name string, u usage.Usage) (uid string, at time.Time) {
	b.Helper()
	wanted := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "one", Image: "fake"}, {Name: "two", Image: "fake"}}}}
	b.until("the pod "+name+" runs", func() bool {
		_, _ = b.client.CoreV1().Pods("default").Create(b.Context(), wanted, metav1.CreateOptions{})
		pod, err := b.client.CoreV1().Pods("default").Get(b.Context(), name, metav1.GetOptions{})
		if err != nil || pod.Status.Phase != corev1.PodRunning {
			return false
		}
		uid, at = string(pod.UID), time.Now()
		b.meter.Start(usage.Pod{Namespace: "default", Name: name, UID: uid, Node: pod.Spec.NodeName, Containers: []string{"one", "two"}}, at)
		b.meter.Use(uid, u)
		return true
	})
	return uid, at
}

func (b *bed) until(what string, done func() bool) {
	b.Helper()
	err := wait.PollUntilContextTimeout(b.Context(), 250*time.Millisecond, patience, true,
		func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		b.Fatalf("wait until %s: %v", what, err)
	}
}

// metricsList is the part of metrics.k8s.io/v1beta1 that is checked.
type metricsList struct {
	Items []struct {
		Metadata   metav1.ObjectMeta
		Timestamp  metav1.Time
		Window     metav1.Duration
		Usage      corev1.ResourceList // Of a node.
		Containers []struct{ Usage corev1.ResourceList }
	}
}

// A reported usage is what metrics-server says of a pod or a node.
type reported struct {
	usage.Usage
	at     time.Time // The last look, to a second.
	window time.Duration
}

// top returns what metrics.k8s.io says of the pods or nodes, by name.
func (b *bed) top(what string) (map[string]reported, error) {
	path := "/apis/metrics.k8s.io/v1beta1/" + what
	data, err := b.client.RESTClient().Get().AbsPath(path).MaxRetries(0).DoRaw(b.Context())
	if err != nil {
		return nil, err
	}
	var list metricsList
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	all := map[string]reported{}
	for _, item := range list.Items {
		r := reported{at: item.Timestamp.Time, window: item.Window.Duration}
		parts := []corev1.ResourceList{item.Usage}
		for _, c := range item.Containers {
			parts = append(parts, c.Usage)
		}
		for _, part := range parts {
			r.Cores += part.Cpu().AsApproximateFloat64()
			r.Bytes += part.Memory().AsApproximateFloat64()
		}
		all[item.Metadata.Name] = r
	}
	return all, nil
}

const topPods, topNodes = "namespaces/default/pods", "nodes"

// print logs what kubectl top would print.
func (b *bed) print(what string) {
	b.Helper()
	all, err := b.top(what)
	if err != nil {
		b.Fatal(err)
	}
	var lines []string
	for name, r := range all {
		cpu := resource.NewMilliQuantity(int64(math.Round(r.Cores*1000)), resource.DecimalSI)
		lines = append(lines, fmt.Sprintf("%-10s %6s %6.0fMi  window %s", name, cpu, r.Bytes/(1<<20), r.window))
	}
	slices.Sort(lines)
	b.Logf("%s:\n%s", what, strings.Join(lines, "\n"))
}

// near reports whether a value is within 1 % of what it should be.
func near(got, want float64) bool { return math.Abs(got-want) <= 0.01*want }

// The real metrics-server reports of fake pods what it would of real ones: a constant load within
// 1 %, from two looks and a resolution after the start at the latest; a step as a ramp that is over
// within two looks and two resolutions; nothing of a pod that has ended; and after it was killed and
// started again, what it reported before.
func TestMetricsServer(t *testing.T) {
	b := newBed(t)
	constant := usage.Usage{Cores: 0.25, Bytes: 64 << 20}
	_, started := b.run("constant", constant)
	step, _ := b.run("step", usage.Usage{Cores: 0.1, Bytes: 64 << 20})
	b.run("ends", constant)
	b.checkConstant(started, constant)
	b.checkStep(step)
	b.print(topPods)
	b.print(topNodes)
	b.checkEnd()
	b.checkRestart(constant)
}

func (b *bed) checkConstant(started time.Time, want usage.Usage) {
	b.Helper()
	var got reported // When it is there for the first time.
	var shown time.Duration
	b.until("all pods are reported", func() bool {
		all, _ := b.top(topPods)
		if first, there := all["constant"]; there && shown == 0 {
			got, shown = first, time.Since(started)
		}
		return len(all) == 3
	})
	if !near(got.Cores, want.Cores) || got.Bytes != want.Bytes {
		b.Errorf("a constant load of %+v is reported as %+v", want, got)
	}
	late := got.at.Sub(started)
	b.Logf("the constant load: %+v, as of %s after the start, shown %s after it", got.Usage, late, shown)
	if most := 2*usage.DefaultHousekeeping + resolution + scrape; late > most {
		b.Errorf("it is first reported as of %s after the start, want %s at most", late, most)
	}
	nodes, err := b.top(topNodes)
	if err != nil {
		b.Fatal(err)
	}
	total := 0.0
	for _, node := range nodes {
		total += node.Bytes
	}
	if wanted := 3*64 + 3*256; len(nodes) != 3 || !near(total/(1<<20), float64(wanted)) {
		b.Errorf("%d nodes have %v MiB in all, want 3 with %d", len(nodes), total/(1<<20), wanted)
	}
}

func (b *bed) checkStep(uid string) {
	b.Helper()
	const low, high = 0.1, 0.5
	var begins, ends time.Time // Of the ramp, by the times of the looks.
	last := reported{Usage: usage.Usage{Cores: low}}
	at := time.Now()
	b.meter.Use(uid, usage.Usage{Cores: high, Bytes: 128 << 20})
	b.until("the step is reported", func() bool {
		all, err := b.top(topPods)
		if err != nil || !all["step"].at.After(last.at) {
			return false
		}
		now := all["step"]
		if now.Cores < last.Cores*0.99 || now.Cores > high*1.01 {
			b.Errorf("after %v cores %v are reported, want a ramp up to %v", last.Cores, now.Cores, high)
		}
		if begins.IsZero() && !near(now.Cores, low) {
			begins = now.at
		}
		last = now
		ends = now.at
		return near(now.Cores, high)
	})
	b.Logf("the step: it is first seen in a look %s after it, and all of it in one %s after it; shown %s after it",
		begins.Sub(at), ends.Sub(at), time.Since(at))
	if most := usage.DefaultHousekeeping + resolution + scrape; begins.Sub(at) > most {
		b.Errorf("it was first seen %s after it, want %s at most", begins.Sub(at), most)
	}
	if most := 2 * (usage.DefaultHousekeeping + resolution + scrape); ends.Sub(at) > most {
		b.Errorf("all of it was seen %s after it, want %s at most", ends.Sub(at), most)
	}
	if last.Bytes != 128<<20 {
		b.Errorf("its memory is reported as %v", last.Bytes)
	}
}

func (b *bed) checkEnd() {
	b.Helper()
	gone, err := b.client.CoreV1().Pods("default").Watch(b.Context(), metav1.ListOptions{FieldSelector: "metadata.name=ends"})
	if err != nil {
		b.Fatal(err)
	}
	defer gone.Stop()
	if err := b.client.CoreV1().Pods("default").Delete(b.Context(), "ends", metav1.DeleteOptions{}); err != nil {
		b.Fatal(err)
	}
	for event := range gone.ResultChan() {
		if pod, ok := event.Object.(*corev1.Pod); ok && event.Type == watch.Deleted {
			b.meter.Stop(string(pod.UID))
			break
		}
	}
	b.until("a pod that has ended is no longer reported", func() bool {
		all, err := b.top(topPods)
		_, there := all["ends"]
		return err == nil && !there && len(all) == 2
	})
}

func (b *bed) checkRestart(want usage.Usage) {
	b.Helper()
	for _, p := range b.cluster.Processes() {
		if p.Component == cluster.MetricsServer {
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
				b.Fatal(err)
			}
		}
	}
	if loss := <-b.cluster.Lost(); loss.Component != cluster.MetricsServer {
		b.Fatalf("lost %s", loss.Component)
	}
	if all, err := b.top(topPods); err == nil {
		b.Errorf("without metrics-server there is %v", all)
	}
	if err := b.cluster.StartMetricsServer(b.Context(), b.options); err != nil {
		b.Fatal(err)
	}
	gaps, began := 0, time.Now()
	b.until("metrics-server reports again", func() bool {
		all, err := b.top(topPods)
		if err != nil || len(all) == 0 {
			gaps++
			return false
		}
		if got := all["constant"]; !near(got.Cores, want.Cores) || got.Bytes != want.Bytes {
			b.Errorf("after a restart %+v is reported as %+v", want, got)
		}
		return true
	})
	b.Logf("after its restart metrics-server reported again within %s", time.Since(began))
	if gaps == 0 {
		b.Error("a metrics-server that has just begun reported at once: it cannot know a rate yet")
	}
}
