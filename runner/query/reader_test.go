package query

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startReader reads one query, every 10 s, from a fake. Everything has settled at once.
func startReader(t *testing.T, f *fake) (*Reader, *kept) {
	t.Helper()
	server, err := Open(f.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	sink := &kept{}
	queries := []Query{{Name: "q", Expr: "x", Metric: sample.QueryMetric(sample.Seconds), Step: 10 * time.Second}}
	r := NewReader(Options{Server: server, Queries: queries, Clock: sample.StartClock(), Sink: sink, Settle: -time.Hour})
	return r, sink
}

func second(n float64) sample.Offset { return sample.Offset(n * float64(time.Second)) }

func TestPointsOfAPhase(t *testing.T) {
	a, b := map[string]string{"__name__": "x", "pod": "a"}, map[string]string{}
	tests := []struct {
		name     string
		answer   func(at []time.Time) string
		points   string
		warnings string
	}{
		{"numbers", func(at []time.Time) string {
			return success("matrix", []any{series(b, at, "1.5", "2", "-3")})
		}, "5 query_seconds{phase=p,query=q,series={}} 1.5\n" +
			"15 query_seconds{phase=p,query=q,series={}} 2\n" +
			"25 query_seconds{phase=p,query=q,series={}} -3\n" + accounts(0, 0), ""},
		{"not a number, and nothing, are missing", func(at []time.Time) string {
			return success("matrix", []any{series(a, at, "NaN", "0", ""), series(b, at, "", "", "7")})
		}, "15 query_seconds{phase=p,query=q,series=x{pod=\"a\"}} 0\n" +
			"25 query_seconds{phase=p,query=q,series={}} 7\n" + accounts(4, 0), ""},
		{"no series", func([]time.Time) string { return success("matrix", []any{}) }, accounts(3, 0), ""},
		{"only what is no number", func(at []time.Time) string {
			return success("matrix", []any{series(a, at, "NaN", "NaN", "NaN")})
		}, accounts(3, 0), ""},
		{"infinite values are lost", func(at []time.Time) string {
			return success("matrix", []any{series(b, at, "+Inf", "1", "-Inf")})
		}, "15 query_seconds{phase=p,query=q,series={}} 1\n" + accounts(0, 2),
			"p: query q: infinite values cannot be kept\n"},
		{"native histograms are lost", func(at []time.Time) string {
			return success("matrix", []any{map[string]any{"metric": b, "histograms": [][2]any{
				{float64(at[0].UnixMilli()) / 1000, map[string]any{"count": "1", "sum": "1", "buckets": []any{}}}}}})
		}, accounts(3, 1), "p: query q: native histograms cannot be kept\n"},
		{"another time is lost", func(at []time.Time) string {
			return success("matrix", []any{series(b, []time.Time{at[0].Add(-time.Minute), at[1]}, "1", "2")})
		}, "15 query_seconds{phase=p,query=q,series={}} 2\n" + accounts(2, 1),
			"p: query q: Prometheus answers for a time that was not asked for\n"},
		{"a part did not answer", func(at []time.Time) string {
			return strings.Replace(success("matrix", []any{series(b, at, "1", "1", "1")}), `{`, `{"warnings":["no store"],`, 1)
		}, "5 query_seconds{phase=p,query=q,series={}} 1\n" +
			"15 query_seconds{phase=p,query=q,series={}} 1\n" +
			"25 query_seconds{phase=p,query=q,series={}} 1\n" + accounts(0, 0),
			"p: query q: Prometheus warns: no store\n"},
		{"another kind of answer", func([]time.Time) string { return vector(a) }, accounts(0, 3),
			"p: query q: Prometheus was not read: it answers with a vector\n"},
		{"no Prometheus", func([]time.Time) string { return "<html>" }, accounts(0, 3),
			"p: query q: Prometheus was not read: it does not answer as Prometheus does: invalid character '<' looking for beginning of value\n"},
		{"no result", func([]time.Time) string { return `{"status":"success"}` }, accounts(0, 3),
			"p: query q: Prometheus was not read: its answer has no result\n"},
		{"too long", func([]time.Time) string { return strings.Repeat(" ", maxAnswer+1) }, accounts(0, 3),
			"p: query q: Prometheus was not read: its answer has more than the 16 MiB allowed\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := startFake(t)
			f.ranged = func(_ string, at []time.Time) (int, string) { return http.StatusOK, test.answer(at) }
			r, sink := startReader(t, f)
			r.Phase(t.Context(), "p", 0, second(25))
			r.Finish(t.Context())
			if diff := cmp.Diff(test.points, sink.lines()); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, sink.warnings()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// accounts are the last points of a phase that ends at 25 s.
func accounts(missing, lost int) string {
	return fmt.Sprintf("25 query_missing_points_total{phase=p,query=q} %d\n25 query_lost_points_total{phase=p,query=q} %d\n", missing, lost)
}

// TestEveryMomentOnce reads a phase of which only a part is stored when it ends, and another that
// is shorter than a step.
func TestEveryMomentOnce(t *testing.T) {
	f := startFake(t)
	var asked []time.Time
	f.ranged = func(_ string, at []time.Time) (int, string) {
		asked = append(asked, at...)
		return http.StatusOK, success("matrix", []any{series(map[string]string{}, at, "1", "2", "3", "4", "5")})
	}
	r, sink := startReader(t, f)
	began := time.Now().Add(-time.Duration(r.Clock.Now()))
	r.Settle = -30 * time.Second // As if it were 30 s later.
	r.Phase(t.Context(), "long", second(5), second(50))
	r.Settle = -time.Hour
	r.Phase(t.Context(), "brief", second(50), second(52.25))
	r.Finish(t.Context())
	const want = `10 query_seconds{phase=long,query=q,series={}} 1
20 query_seconds{phase=long,query=q,series={}} 2
30 query_seconds{phase=long,query=q,series={}} 3
40 query_seconds{phase=long,query=q,series={}} 1
50 query_seconds{phase=long,query=q,series={}} 2
52.25 query_seconds{phase=brief,query=q,series={}} 1
50 query_missing_points_total{phase=long,query=q} 0
50 query_lost_points_total{phase=long,query=q} 0
52.25 query_missing_points_total{phase=brief,query=q} 0
52.25 query_lost_points_total{phase=brief,query=q} 0
`
	if diff := cmp.Diff(want, sink.lines()); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"x 3", "x 2", "x 1"}, f.ranges); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	// The fake's clock is ahead: it must be asked in its own time, to within an answer's.
	const near = 5 * time.Second // Far below the 300 hours, far above what an answer takes.
	for i, offset := range []float64{10, 20, 30, 40, 50, 52.25} {
		want := began.Add(f.ahead).Add(time.Duration(second(offset)))
		if off := asked[i].Sub(want).Abs(); off > near {
			t.Errorf("moment %gs was asked %v beside its time", offset, off)
		}
	}
}

// TestFailureAtTheEndOfAPhase is made good at the end of the run.
func TestFailureAtTheEndOfAPhase(t *testing.T) {
	f := startFake(t)
	f.ranged = func(string, []time.Time) (int, string) {
		return http.StatusServiceUnavailable, refusal("timeout", "busy")
	}
	r, sink := startReader(t, f)
	r.Phase(t.Context(), "p", 0, second(25))
	if len(sink.points)+len(sink.events) > 0 {
		t.Errorf("recorded before the end: %s%s", sink.lines(), sink.warnings())
	}
	f.ranged = func(_ string, at []time.Time) (int, string) {
		return http.StatusOK, success("matrix", []any{series(map[string]string{}, at, "1", "", "1")})
	}
	r.Finish(t.Context())
	if len(sink.points) != 4 || !strings.HasSuffix(sink.lines(), accounts(1, 0)) || len(sink.events) > 0 {
		t.Errorf("got %s%s", sink.lines(), sink.warnings())
	}
}

func TestFailureThroughout(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		body, want string
	}{
		"execution": {http.StatusUnprocessableEntity, refusal("execution", "many-to-many\nmatching"), "cannot be used: Prometheus says: many-to-many matching"},
		"timeout":   {http.StatusServiceUnavailable, refusal("timeout", "query timed out"), "server error: 503: query timed out"},
		"gateway":   {http.StatusBadGateway, "<html>", "server error: 502"},
		"elsewhere": {http.StatusFound, "", "it does not answer as Prometheus does: bad response code 302"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startFake(t)
			f.ranged = func(string, []time.Time) (int, string) { return test.status, test.body }
			r, sink := startReader(t, f)
			r.Phase(t.Context(), "p", 0, second(25))
			r.Phase(t.Context(), "again", second(25), second(35))
			r.Finish(t.Context())
			if want := "p: query q: Prometheus was not read: " + test.want + "\n"; sink.warnings() != want {
				t.Errorf("warnings %q, want %q", sink.warnings(), want)
			}
			if !strings.HasPrefix(sink.lines(), accounts(0, 3)) || len(sink.points) != 4 {
				t.Errorf("got %s", sink.lines())
			}
		})
	}
}

func TestSeriesAreBounded(t *testing.T) {
	f := startFake(t)
	from := 0
	f.ranged = func(_ string, at []time.Time) (int, string) {
		var all []any
		for i := from; i < from+MaxSeries+3; i++ {
			all = append(all, series(map[string]string{"pod": fmt.Sprintf("%03d", i)}, at, "1", "1", "1"))
		}
		return http.StatusOK, success("matrix", all)
	}
	r, sink := startReader(t, f)
	r.Phase(t.Context(), "p", 0, second(25))
	from = 1 // One series has gone and another has come: those that are known stay.
	r.Phase(t.Context(), "next", second(25), second(45))
	r.Finish(t.Context())
	lost := map[string]float64{}
	kept := map[string]int{}
	for _, p := range sink.points {
		switch p.Metric {
		case sample.QueryLost:
			lost[p.Labels["phase"]] = p.Value
		case "query_seconds":
			kept[p.Labels["phase"]]++
		}
	}
	if diff := cmp.Diff(map[string]float64{"p": 9, "next": 8}, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"p": 3 * MaxSeries, "next": 2 * (MaxSeries - 1)}, kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if want := "p: query q: it gives more than 20 series, and some were left out\n"; sink.warnings() != want {
		t.Errorf("warnings %q", sink.warnings())
	}
}

// TestStopped ends a run while Prometheus does not answer.
func TestStopped(t *testing.T) {
	f := startFake(t)
	asked, release := make(chan struct{}), make(chan struct{})
	f.ranged = func(string, []time.Time) (int, string) {
		close(asked)
		<-release
		return http.StatusOK, ""
	}
	defer close(release)
	r, sink := startReader(t, f)
	r.Settle = time.Hour // Nothing is settled when the phase ends, and the wait would be an hour.
	r.Phase(t.Context(), "p", 0, second(25))
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped by a signal")
	cancel(stopped)
	r.Finish(ctx)
	if want := "p: query q: Prometheus was not read: stopped by a signal\n"; sink.warnings() != want {
		t.Errorf("warnings %q, want %q", sink.warnings(), want)
	}
	ctx, cancel = context.WithCancelCause(t.Context())
	r.Settle = -time.Hour
	r.stretches = nil
	go func() {
		<-asked
		cancel(stopped)
	}()
	r.Phase(ctx, "p", 0, second(25)) // Returns although there is no answer.
	if len(f.ranges) != 1 {
		t.Errorf("asked %v", f.ranges)
	}
}

func TestNilReader(t *testing.T) {
	var r *Reader
	r.Phase(t.Context(), "p", 0, 1)
	r.Finish(t.Context())
}

func TestSeriesNames(t *testing.T) {
	long := strings.Repeat("é", 200)
	a := seriesName(model.Metric{"__name__": "x", "a": model.LabelValue(long + "1")})
	b := seriesName(model.Metric{"__name__": "x", "a": model.LabelValue(long + "2")})
	if a == b || len([]rune(a)) != maxSeries+16 || !strings.HasPrefix(a, `x{a="éé`) {
		t.Errorf("long names:\n%s\n%s", a, b)
	}
	if got := seriesName(model.Metric{"b": "2", "a": `"1"`}); got != `{a="\"1\"", b="2"}` {
		t.Errorf("a short name: %s", got)
	}
}
