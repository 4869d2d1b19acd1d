package usage

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Path is where a Meter serves the metrics of a node, as the annotation
// metrics.k8s.io/resource-metrics-path names it. {node} stands for the node's name.
const Path = "/nodes/{node}/metrics/resource"

// The families of a kubelet's /metrics/resource (kubernetes/pkg/kubelet/metrics/collectors,
// resource_metrics.go), in the order in which it writes them.
var (
	containerCPU    = family{"container_cpu_usage_seconds_total", "counter", true, "Cumulative cpu time consumed by the container in core-seconds"}
	containerMemory = family{"container_memory_working_set_bytes", "gauge", true, "Current working set of the container in bytes"}
	containerStart  = family{"container_start_time_seconds", "gauge", false, "Start time of the container since unix epoch in seconds"}
	nodeCPU         = family{"node_cpu_usage_seconds_total", "counter", true, "Cumulative cpu time consumed by the node in core-seconds"}
	nodeMemory      = family{"node_memory_working_set_bytes", "gauge", true, "Current working set of the node in bytes"}
	podCPU          = family{"pod_cpu_usage_seconds_total", "counter", true, "Cumulative cpu time consumed by the pod in core-seconds"}
	podMemory       = family{"pod_memory_working_set_bytes", "gauge", true, "Current working set of the pod in bytes"}
	scrapeError     = family{"resource_scrape_error", "gauge", false, "1 if there was an error while getting container metrics, 0 otherwise"}
)

// A family is a metric with its type and whether its samples have the time of the look.
type family struct {
	name, kind string
	timed      bool
	help       string
}

// ServeHTTP answers GET of Path with the node's metrics in the Prometheus text format. A node that
// is not known is one on which no pod ever ran; one that is silent is answered for with 503.
func (m *Meter) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

func (m *Meter) serveNode(w http.ResponseWriter, r *http.Request) {
	m.mutex.Lock()
	silent := m.silent[r.PathValue("node")]
	m.mutex.Unlock()
	if silent {
		http.Error(w, "the node has failed", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(m.render(r.PathValue("node"))) // A reader that went away needs no answer.
}

// A reading is what a pod's counters stood at when it was last looked at.
type reading struct {
	pod *pod // Of which only what never changes may be read.
	look
}

// render returns the metrics page of a node.
func (m *Meter) render(name string) []byte {
	total, readings := m.read(name)
	p := page{epoch: m.epoch}
	p.containers(containerCPU, readings, func(r reading, n float64) float64 { return r.used/n + startCPU })
	p.containers(containerMemory, readings, func(r reading, n float64) float64 { return max(float64(r.bytes)/n, leastRAM) })
	p.containers(containerStart, readings, func(r reading, _ float64) float64 {
		return float64(m.epoch.Add(r.pod.started).UnixNano()) / 1e9
	})
	if total.at > 0 {
		p.family(nodeCPU)
		p.sample(nodeCPU, "", total.used, total.at)
		p.family(nodeMemory)
		p.sample(nodeMemory, "", float64(total.bytes), total.at)
	}
	p.pods(podCPU, readings, func(r reading, n float64) float64 { return r.used + n*startCPU })
	p.pods(podMemory, readings, func(r reading, n float64) float64 { return max(float64(r.bytes), n*leastRAM) })
	p.family(scrapeError)
	p.sample(scrapeError, "", 0, 0)
	return p.text
}

// read returns what the last looks have seen at a node and at those of its pods that were looked at.
func (m *Meter) read(name string) (look, []reading) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now := m.now()
	n := m.nodes[name]
	if n == nil {
		n = m.emptyNode(name) // It is not kept: anybody may ask for any name.
	}
	n.advance(now, m.options.Housekeeping)
	readings := make([]reading, 0, len(n.pods))
	for _, p := range n.pods {
		p.advance(now, m.options.Housekeeping)
		if p.looked.at > 0 && len(p.Containers) > 0 {
			readings = append(readings, reading{p, p.looked})
		}
	}
	return n.looked, readings
}

// A page is a metrics page being written.
type page struct {
	epoch time.Time
	text  []byte
}

func (p *page) family(f family) {
	p.text = append(p.text, "# HELP "+f.name+" [STABLE] "+f.help+"\n# TYPE "+f.name+" "+f.kind+"\n"...)
}

// containers writes a family with a series for each container; value is told how many containers
// share the pod's usage.
func (p *page) containers(f family, readings []reading, value func(r reading, n float64) float64) {
	if len(readings) == 0 {
		return
	}
	p.family(f)
	for _, r := range readings {
		each := value(r, float64(len(r.pod.Containers)))
		for _, name := range r.pod.Containers {
			p.sample(f, `{container="`+label(name)+`",`+r.labels(), each, r.at)
		}
	}
}

// pods writes a family with a series for each pod.
func (p *page) pods(f family, readings []reading, value func(r reading, n float64) float64) {
	if len(readings) == 0 {
		return
	}
	p.family(f)
	for _, r := range readings {
		p.sample(f, "{"+r.labels(), value(r, float64(len(r.pod.Containers))), r.at)
	}
}

func (r reading) labels() string {
	return `namespace="` + label(r.pod.Namespace) + `",pod="` + label(r.pod.Name) + `"}`
}

// sample writes one series; the time of a look is written in milliseconds.
func (p *page) sample(f family, labels string, value float64, at time.Duration) {
	p.text = append(p.text, f.name...)
	p.text = append(p.text, labels...)
	p.text = append(p.text, ' ')
	p.text = strconv.AppendFloat(p.text, value, 'g', -1, 64)
	if f.timed {
		p.text = append(p.text, ' ')
		p.text = strconv.AppendInt(p.text, p.epoch.Add(at).UnixMilli(), 10)
	}
	p.text = append(p.text, '\n')
}

// label returns a label's value as the text format quotes it. Names of Kubernetes objects need no
// quotes.
func label(value string) string {
	if !strings.ContainsAny(value, "\\\"\n") {
		return value
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value)
}
