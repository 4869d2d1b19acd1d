package usage

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// begin is on a whole second, so that times in milliseconds are exact.
var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A clock stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newTestMeter(o Options) (*Meter, *clock) {
	c := &clock{begin}
	o.Now = c.now
	return NewMeter(o), c
}

// using returns a pod that uses this from its start.
func using(p Pod, idle Usage) Pod {
	p.Idle = idle
	return p
}

// A point is what metrics-server keeps of one container or node.
type point struct {
	Start, At time.Time
	Used      uint64 // Billionths of a core-second.
	Memory    uint64
}

// A scrape is what metrics-server keeps of one page.
type scrape struct {
	node *point
	pods map[string]map[string]point // By namespace/name and container.
}

// decode reads a page by the rules of metrics-server's decoder (v0.9.0,
// pkg/scraper/client/resource/decode.go): times in milliseconds, the start as a Unix time, no node
// and no pod of which a value is missing or 0.
func decode(t testing.TB, text string) scrape {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("parse: %v\n%s", err, text)
	}
	s := scrape{pods: map[string]map[string]point{}}
	node := point{}
	for name, family := range families {
		for _, m := range family.Metric {
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
			at := time.UnixMilli(m.GetTimestampMs()).UTC()
			labels := labelsOf(m)
			pod := labels["namespace"] + "/" + labels["pod"]
			if strings.HasPrefix(name, "container_") && s.pods[pod] == nil {
				s.pods[pod] = map[string]point{}
			}
			p := s.pods[pod][labels["container"]]
			switch name {
			case "node_cpu_usage_seconds_total":
				node.Used, node.At = uint64(value*1e9), at
			case "node_memory_working_set_bytes":
				node.Memory, node.At = uint64(value), at
			case "container_cpu_usage_seconds_total":
				p.Used, p.At = uint64(value*1e9), at
			case "container_memory_working_set_bytes":
				p.Memory, p.At = uint64(value), at
			case "container_start_time_seconds":
				p.Start = time.Unix(0, int64(value*1e9)).UTC()
				if m.TimestampMs != nil {
					t.Errorf("the start time has a time")
				}
			default:
				continue
			}
			if strings.HasPrefix(name, "container_") {
				s.pods[pod][labels["container"]] = p
			}
		}
	}
	if !node.At.IsZero() && node.Used > 0 && node.Memory > 0 {
		s.node = &node
	}
	for name, containers := range s.pods {
		for container, p := range containers {
			if p.Used == 0 || p.Memory == 0 {
				t.Errorf("metrics-server drops %s: container %s has %+v", name, container, p)
			}
		}
	}
	return s
}

func labelsOf(m *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, pair := range m.Label {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}

func get(t testing.TB, m *Meter, node string) scrape {
	t.Helper()
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, strings.ReplaceAll(Path, "{node}", node), nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("GET the metrics of %s: %d %s", node, answer.Code, answer.Body)
	}
	return decode(t, answer.Body.String())
}

func (s scrape) only(t testing.TB) point {
	t.Helper()
	p, ok := s.pods["default/web"]["main"]
	if !ok {
		t.Fatalf("the pod is not reported: %+v", s.pods)
	}
	return p
}

var web = Pod{Namespace: "default", Name: "web", UID: "u1", Node: "n-0", Containers: []string{"main"}}

// A constant load is reported exactly, first between the start and one interval after it and then
// by looks that are one interval apart.
func TestConstantLoad(t *testing.T) {
	m, c := newTestMeter(Options{Seed: 7})
	m.Start(web, begin)
	m.Use(web.UID, Usage{Cores: 0.25, Bytes: 64 << 20})
	var seen []point
	for range 45 {
		c.at = c.at.Add(time.Second)
		if pods := get(t, m, "n-0").pods; len(pods) > 0 {
			p := pods["default/web"]["main"]
			if len(seen) == 0 || p.At.After(seen[len(seen)-1].At) {
				seen = append(seen, p)
			}
		}
	}
	if len(seen) < 4 || len(seen) > 5 {
		t.Fatalf("%d looks in 45 s, want one every 10 s", len(seen))
	}
	for i, p := range seen {
		late := p.At.Sub(begin)
		want := uint64(0.25e9*late.Seconds()) + 1000
		if math.Abs(float64(p.Used)-float64(want)) > 1e6 || p.Memory != 64<<20 || !p.Start.Equal(begin) {
			t.Errorf("look %d, after %s: %+v, want %d used", i, late, p, want)
		}
		if i == 0 && (late <= 0 || late > 10*time.Second) {
			t.Errorf("the first look came after %s", late)
		}
		if i > 0 {
			if apart := p.At.Sub(seen[i-1].At); apart != 10*time.Second {
				t.Errorf("looks are %s apart", apart)
			}
			if cores := float64(p.Used-seen[i-1].Used) / 10e9; math.Abs(cores-0.25) > 1e-6 {
				t.Errorf("look %d: %v cores, want 0.25", i, cores)
			}
		}
	}
}

// A step shows as a ramp: in the interval in which it falls, what is reported is between the two.
func TestStepIsARamp(t *testing.T) {
	m, c := newTestMeter(Options{})
	m.Start(web, begin)
	m.Use(web.UID, Usage{Cores: 0.1, Bytes: 1 << 20})
	first := begin.Add(m.offset(web.UID))
	c.at = first.Add(20 * time.Second)
	before := get(t, m, "n-0").only(t)
	c.at = first.Add(24 * time.Second)
	m.Use(web.UID, Usage{Cores: 0.5, Bytes: 2 << 20})
	c.at = first.Add(29 * time.Second)
	if p := get(t, m, "n-0").only(t); p != before {
		t.Errorf("the step is seen before a look: %+v", p)
	}
	c.at = first.Add(31 * time.Second)
	ramp := get(t, m, "n-0").only(t)
	c.at = first.Add(45 * time.Second)
	after := get(t, m, "n-0").only(t)
	if got, want := float64(ramp.Used-before.Used)/10e9, 0.1*0.4+0.5*0.6; math.Abs(got-want) > 1e-6 {
		t.Errorf("in the interval of the step: %v cores, want %v", got, want)
	}
	if got := float64(after.Used-ramp.Used) / 10e9; math.Abs(got-0.5) > 1e-6 {
		t.Errorf("after it: %v cores, want 0.5", got)
	}
	if before.Memory != 1<<20 || ramp.Memory != 2<<20 {
		t.Errorf("memory %d, then %d", before.Memory, ramp.Memory)
	}
}

// The counters of a pod are its own: neither a pod of the same name nor a node goes back.
func TestEndAndReplacement(t *testing.T) {
	m, c := newTestMeter(Options{})
	web := using(web, Usage{Cores: 1, Bytes: 1 << 20})
	m.Start(web, begin)
	c.at = begin.Add(60 * time.Second)
	node := get(t, m, "n-0").node
	if pods := get(t, m, "n-0").pods; len(pods) != 1 {
		t.Fatalf("%d pods, want 1", len(pods))
	}
	m.Stop(web.UID)
	m.Stop(web.UID)
	if pods := get(t, m, "n-0").pods; len(pods) != 0 {
		t.Errorf("a pod that has ended is reported: %v", pods)
	}
	m.Use(web.UID, Usage{Cores: 5})
	again := web
	again.UID = "u2"
	m.Start(again, c.at)
	m.Start(again, begin) // It is known: this changes nothing.
	c.at = c.at.Add(10 * time.Second)
	if p := get(t, m, "n-0").only(t); p.Used > 10.1e9 || !p.Start.Equal(begin.Add(60*time.Second)) {
		t.Errorf("the second pod has %+v", p)
	}
	c.at = c.at.Add(10 * time.Second)
	later := get(t, m, "n-0").node
	elapsed := later.At.Sub(node.At).Seconds()
	if got, want := float64(later.Used-node.Used)/1e9, elapsed*(1+nodeCores); math.Abs(got-want) > 1e-3 {
		t.Errorf("the node used %v core-seconds in %v s, want %v: one pod and its own", got, elapsed, want)
	}
	if len(m.pods) != 1 || len(m.nodes) != 1 {
		t.Errorf("%d pods and %d nodes are kept", len(m.pods), len(m.nodes))
	}
}

// A node's usage is its own and that of its pods, whose containers share theirs evenly.
func TestNodeAndContainers(t *testing.T) {
	m, c := newTestMeter(Options{})
	for i := range 30 {
		name := fmt.Sprintf("p-%d", i)
		m.Start(Pod{Namespace: "a", Name: name, UID: name, Node: "n", Containers: []string{"x", "y"}}, begin)
		m.Use(name, Usage{Cores: 0.1, Bytes: 100})
		m.Use(name, Usage{Cores: 0.2, Bytes: 1 << 20})
	}
	c.at = begin.Add(35 * time.Second)
	first := get(t, m, "n")
	c.at = begin.Add(45 * time.Second)
	s := get(t, m, "n")
	if got, want := float64(s.node.Used-first.node.Used)/10e9, 30*0.2+nodeCores; math.Abs(got-want) > 1e-6 {
		t.Errorf("the node used %v cores, want %v", got, want)
	}
	if s.node.Memory != 30<<20+nodeBytes {
		t.Errorf("the node has %d bytes", s.node.Memory)
	}
	looked := map[time.Time]bool{}
	for name, containers := range s.pods {
		for _, container := range []string{"x", "y"} {
			p := containers[container]
			looked[p.At] = true
			if got := float64(p.Used-first.pods[name][container].Used) / 10e9; math.Abs(got-0.1) > 1e-6 || p.Memory != 1<<19 {
				t.Errorf("%s/%s: %v cores, %d bytes", name, container, got, p.Memory)
			}
		}
	}
	if len(s.pods) != 30 || len(looked) < 25 {
		t.Errorf("%d pods were looked at in %d moments", len(s.pods), len(looked))
	}
}

// A pod that uses nothing, or what is no usage, is reported all the same, and never as 0.
func TestNothingIsNeverZero(t *testing.T) {
	for _, u := range []Usage{{}, {-1, -1}, {math.NaN(), math.NaN()}, {math.Inf(-1), math.Inf(-1)}} {
		m, c := newTestMeter(Options{})
		m.Start(using(web, u), begin)
		m.Use(web.UID, u)
		c.at = begin.Add(time.Minute)
		if p := get(t, m, "n-0").only(t); p.Used != 1000 || p.Memory != 4096 {
			t.Errorf("%v: %+v", u, p)
		}
	}
	m, c := newTestMeter(Options{})
	m.Start(web, begin)
	m.Use(web.UID, Usage{math.Inf(1), math.Inf(1)})
	c.at = begin.Add(time.Minute)
	get(t, m, "n-0").only(t)
	if node := get(t, m, "n-0").node; node == nil {
		t.Error("the node is not reported")
	}
}

func TestOtherRequests(t *testing.T) {
	m, c := newTestMeter(Options{})
	c.at = begin.Add(time.Minute)
	if s := get(t, m, "unknown"); len(s.pods) != 0 || s.node == nil {
		t.Errorf("a node without pods: %+v", s)
	}
	if len(m.nodes) != 0 {
		t.Error("a node is kept because somebody asked for it")
	}
	m.Silence([]string{"failed", "back"}, true)
	m.Silence([]string{"back", "never"}, false)
	get(t, m, "back")
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/nodes/failed/metrics/resource", http.StatusServiceUnavailable},
		{http.MethodPost, "/nodes/n/metrics/resource", http.StatusMethodNotAllowed},
		{http.MethodGet, "/metrics/resource", http.StatusNotFound},
	} {
		answer := httptest.NewRecorder()
		m.ServeHTTP(answer, httptest.NewRequest(test.method, test.path, nil))
		if answer.Code != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, answer.Code, test.want)
		}
	}
}

// The text is a kubelet's, to the letter.
func TestText(t *testing.T) {
	m, c := newTestMeter(Options{})
	m.Start(using(web, Usage{Cores: 0.5, Bytes: 1 << 20}), begin)
	m.pods["u1"].first = 4 * time.Second
	m.nodes["n-0"].first = 8 * time.Second
	c.at = begin.Add(9 * time.Second)
	want := `# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 2.000001 1767323049000
# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 1.048576e+06 1767323049000
# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in seconds
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="main",namespace="default",pod="web"} 1.767323045e+09
# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 4.4000010000000005 1767323053000
# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
# TYPE node_memory_working_set_bytes gauge
node_memory_working_set_bytes 2.69484032e+08 1767323053000
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="default",pod="web"} 2.000001 1767323049000
# HELP pod_memory_working_set_bytes [STABLE] Current working set of the pod in bytes
# TYPE pod_memory_working_set_bytes gauge
pod_memory_working_set_bytes{namespace="default",pod="web"} 1.048576e+06 1767323049000
# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 0
`
	if diff := cmp.Diff(want, string(m.render("n-0"))); diff != "" {
		t.Error(diff)
	}
}

// Whatever is said of pods in whatever order: the page can be read, no counter goes back, and what a
// pod is reported to have used is the integral of what it was said to use, to a nanosecond.
func FuzzPage(f *testing.F) {
	f.Add("default", "web", "main", []byte{0, 200, 1, 50, 2, 9, 1, 255})
	f.Add(`a"\`, "b\n", "é", []byte{0, 9, 3, 1, 0, 0, 1, 7, 3, 1, 0, 3})
	f.Fuzz(func(t *testing.T, namespace, name, container string, script []byte) {
		clean := func(s string) string { return strings.ToValidUTF8(s, "?") }
		m, c := newTestMeter(Options{})
		p := Pod{clean(namespace), clean(name), "u", "n", []string{clean(container)}, Usage{Cores: 0.001, Bytes: 1 << 20}}
		key := p.Namespace + "/" + p.Name
		used, cores, runs := 0.0, 0.0, false
		var last, lastNode point
		for i := 0; i+1 < len(script); i += 2 {
			step := time.Duration(script[i+1]) * 100 * time.Millisecond
			switch script[i] % 4 {
			case 0:
				if !runs {
					used, cores, runs, last = 0, 0.001, true, point{}
				}
				m.Start(p, c.at)
			case 1:
				if runs {
					cores = float64(script[i+1]) / 10
				}
				m.Use("u", Usage{Cores: float64(script[i+1]) / 10, Bytes: float64(script[i+1])})
			case 2:
				runs = false
				m.Stop("u")
			}
			c.at = c.at.Add(step)
			used += cores * step.Seconds()
			s := get(t, m, "n")
			now, there := s.pods[key][p.Containers[0]]
			if there != (len(s.pods) > 0) || there && !runs {
				t.Fatalf("step %d: runs %t, reported %v", i, runs, s.pods)
			}
			if there && (now.Used < last.Used || now.At.Before(last.At) || now.At.After(c.at)) {
				t.Fatalf("step %d: %+v after %+v", i, now, last)
			}
			if there && float64(now.Used) > used*1e9+2000 {
				t.Fatalf("step %d: %d reported, %v used", i, now.Used, used)
			}
			if s.node != nil && s.node.Used < lastNode.Used {
				t.Fatalf("step %d: the node went back from %+v to %+v", i, lastNode, *s.node)
			}
			if s.node != nil {
				lastNode = *s.node
			}
			last = now
		}
	})
}

// A thousand nodes with five pods each are what one scrape of metrics-server costs.
func BenchmarkScrape(b *testing.B) {
	m, c := newTestMeter(Options{})
	for i := range 5000 {
		uid := fmt.Sprint("u-", i)
		m.Start(Pod{"default", fmt.Sprint("web-", i), uid, fmt.Sprint("n-", i%1000), []string{"main"}, Usage{}}, begin)
		m.Use(uid, Usage{Cores: 0.25, Bytes: 64 << 20})
	}
	b.ReportAllocs()
	for b.Loop() {
		c.at = c.at.Add(10 * time.Second)
		for i := range 1000 {
			m.render(fmt.Sprint("n-", i))
		}
	}
}
