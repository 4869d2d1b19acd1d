package query

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A fake is a Prometheus whose answers a test writes. Its clock is ahead of this machine's.
type fake struct {
	*httptest.Server
	ahead time.Duration
	// instant and ranged answer a query; false is a server that fails. at are the moments asked
	// for, as Prometheus understands them.
	instant func(expr string) (status int, body string)
	ranged  func(expr string, at []time.Time) (status int, body string)

	mutex  sync.Mutex
	ranges []string // What was asked: the expression and how many moments.
	tokens []string
}

func startFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{ahead: 300 * time.Hour}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/query", func(w http.ResponseWriter, r *http.Request) {
		f.mutex.Lock()
		f.tokens = append(f.tokens, r.Header.Get("Authorization"))
		f.mutex.Unlock()
		if expr := r.FormValue("query"); expr != "time()" {
			f.answer(w, f.instant, expr)
			return
		}
		now := float64(time.Now().Add(f.ahead).UnixMilli()) / 1000
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%.3f,"%.3f"]}}`, now, now)
	})
	mux.HandleFunc("/api/v1/query_range", func(w http.ResponseWriter, r *http.Request) {
		expr, at := r.FormValue("query"), momentsOf(t, r)
		f.mutex.Lock()
		f.ranges = append(f.ranges, fmt.Sprintf("%s %d", expr, len(at)))
		ranged := f.ranged
		f.mutex.Unlock()
		status, body := ranged(expr, at)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) answer(w http.ResponseWriter, of func(string) (int, string), expr string) {
	status, body := of(expr)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// momentsOf are the moments of a range query: from its start, a step apart, up to its end.
func momentsOf(t *testing.T, r *http.Request) []time.Time {
	number := func(name string) int64 {
		value, err := strconv.ParseFloat(r.FormValue(name), 64)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return int64(value*1000 + 0.5)
	}
	var all []time.Time
	for at, step := number("start"), number("step"); at <= number("end") && step > 0; at += step {
		all = append(all, time.UnixMilli(at))
	}
	return all
}

func success(kind string, result any) string {
	text, err := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func refusal(kind, text string) string {
	return fmt.Sprintf(`{"status":"error","errorType":%q,"error":%q}`, kind, text)
}

// series is a series of a range answer with a value for each moment; "" is none.
func series(labels map[string]string, at []time.Time, values ...string) map[string]any {
	pairs := [][2]any{}
	for i, value := range values {
		if value != "" && i < len(at) {
			pairs = append(pairs, [2]any{float64(at[i].UnixMilli()) / 1000, value})
		}
	}
	return map[string]any{"metric": labels, "values": pairs}
}

func vector(labels ...map[string]string) string {
	all := []any{}
	for _, l := range labels {
		all = append(all, map[string]any{"metric": l, "value": [2]any{1, "1"}})
	}
	return success("vector", all)
}

// kept is a Sink that keeps what it is given.
type kept struct {
	sample.Sink // nil: nothing else may be recorded.
	points      []sample.Point
	events      []sample.Event
}

func (k *kept) Point(p sample.Point) { k.points = append(k.points, p) }
func (k *kept) Event(e sample.Event) { k.events = append(k.events, e) }

// lines writes the points in their order, with times in seconds.
func (k *kept) lines() string {
	var b strings.Builder
	for _, p := range k.points {
		fmt.Fprintf(&b, "%g %s{%s} %g\n", p.At.Seconds(), p.Metric, p.Labels, p.Value)
	}
	return b.String()
}

func (k *kept) warnings() string {
	var b strings.Builder
	for _, e := range k.events {
		fmt.Fprintf(&b, "%s: %s\n", e.Phase, e.Message)
	}
	return b.String()
}
