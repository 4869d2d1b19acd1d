package expose

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counting is a Sink that counts what reaches it.
type counting struct{ events, points, windows, buckets, pods int }

func (c *counting) Event(sample.Event)     { c.events++ }
func (c *counting) Point(sample.Point)     { c.points++ }
func (c *counting) Window(sample.Window)   { c.windows++ }
func (c *counting) Buckets(sample.Buckets) { c.buckets++ }
func (c *counting) Pod(sample.Pod)         { c.pods++ }

func start(t *testing.T) (*Server, *counting) {
	t.Helper()
	next := &counting{}
	s, err := Start(":0", next)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, next
}

func page(t *testing.T, s *Server) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", answer.Status, err, text)
	}
	return string(text)
}

func TestPage(t *testing.T) {
	s, next := start(t)
	labels := func() sample.Labels { return sample.Labels{"class": "get pods", "phase": "load"} }
	s.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "load"})
	s.Point(sample.Point{Metric: sample.APIOffered, Labels: labels(), Value: 90})
	s.Point(sample.Point{Metric: sample.APIOffered, Labels: labels(), Value: 100})
	s.Point(sample.Point{Metric: sample.APISent, Labels: labels(), Value: 7})
	s.Point(sample.Point{Metric: "no_such_metric", Value: 1})
	var h sample.Histogram
	h.Record(time.Second) // Exactly a bound.
	h.Record(3 * time.Millisecond)
	for range 2 {
		s.Window(sample.Window{Metric: sample.APIRequest, Labels: labels(), Histogram: h})
	}
	s.Buckets(sample.Buckets{})
	s.Pod(sample.Pod{})
	got := page(t, s)
	for _, line := range []string{
		`# TYPE kubedyno_api_offered_per_second gauge`,
		`kubedyno_api_offered_per_second{class="get pods",phase="load",resource="",scope="",verb=""} 100`,
		`# TYPE kubedyno_api_sent_bytes counter`,
		`kubedyno_api_request_seconds_bucket{class="get pods",phase="load",resource="",scope="",verb="",le="0.002"} 0`,
		`kubedyno_api_request_seconds_bucket{class="get pods",phase="load",resource="",scope="",verb="",le="0.005"} 2`,
		`kubedyno_api_request_seconds_bucket{class="get pods",phase="load",resource="",scope="",verb="",le="1"} 4`,
		`kubedyno_api_request_seconds_count{class="get pods",phase="load",resource="",scope="",verb=""} 4`,
		`kubedyno_phase_info{phase="load"} 1`,
		`kubedyno_exposed_records_left_out_total 0`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("the page lacks %s", line)
		}
	}
	if want := (counting{1, 4, 2, 1, 1}); *next != want {
		t.Errorf("passed on %+v, want %+v", *next, want)
	}
	s.Event(sample.Event{Kind: sample.PhaseFinished, Phase: "load"})
	if got := page(t, s); strings.Contains(got, "phase_info") {
		t.Error("a phase goes on that has finished")
	}
	if t.Failed() {
		t.Log(got)
	}
}

// TestEveryMetric exposes each metric of the registry once: its name and labels must be valid.
func TestEveryMetric(t *testing.T) {
	s, _ := start(t)
	var h sample.Histogram
	h.Record(time.Second)
	for _, m := range sample.Metrics() {
		if m.Shape == sample.Distribution {
			s.Window(sample.Window{Metric: m.Name, Histogram: h})
		} else {
			s.Point(sample.Point{Metric: m.Name, Value: 1})
		}
	}
	got := page(t, s)
	for _, m := range sample.Metrics() {
		if !strings.Contains(got, "# HELP kubedyno_"+m.Name+" ") {
			t.Errorf("%s is not exposed", m.Name)
		}
	}
}

func TestSeriesAreBounded(t *testing.T) {
	s, next := start(t)
	for i := range maxSeries + 3 {
		s.Point(sample.Point{Metric: sample.APIOffered, Labels: sample.Labels{"class": fmt.Sprint(i)}, Value: 1})
	}
	got := page(t, s)
	if n := strings.Count(got, "kubedyno_api_offered_per_second{"); n != maxSeries {
		t.Errorf("%d series are exposed, want %d", n, maxSeries)
	}
	if !strings.Contains(got, "left_out_total 3\n") || next.points != maxSeries+3 {
		t.Errorf("%d points were passed on", next.points)
	}
}

func TestAddress(t *testing.T) {
	s, _ := start(t)
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("without a host it serves on %s", s.URL())
	}
	for _, address := range []string{"9090", "localhost", "127.0.0.1:99999", s.listener.Addr().String()} {
		if other, err := Start(address, &counting{}); err == nil {
			other.Close()
			t.Errorf("%q is an address", address)
		}
	}
}
