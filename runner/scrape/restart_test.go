package scrape

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Of a component that is killed and started again elsewhere everything is counted: up to the kill,
// and from the new process on. While it is away nobody asks it, and nothing is doubted.
func TestComponentIsFollowed(t *testing.T) {
	c, s, sink := scraping(t, "etcd", fsyncs(1, 100, 10, 5))
	s.Mark("outage")
	c.set(fsyncs(1, 101, 10, 6))
	s.Leave("another")
	s.Leave("etcd")
	s.Leave("etcd")
	c.set("")
	s.tick()
	next := &component{page: fsyncs(2, 3, 1, 2)}
	server := httptest.NewServer(next)
	defer server.Close()
	s.Follow("etcd", server.URL)
	s.tick()
	next.set(fsyncs(2, 7, 1, 2))
	s.Mark("")
	if len(sink.buckets) != 1 || sink.buckets[0].Counts[0] != 1+3+4 || sink.buckets[0].Counts[1] != 1 {
		t.Errorf("got %+v, want 1 before the kill, 3 and 1 of the new process at first and 4 later", sink.buckets)
	}
	if got := sink.counter(sample.ServerRejected, "outage"); got != 1+2+1 {
		t.Errorf("%g were rejected, want 4", got)
	}
	for _, e := range sink.events {
		t.Errorf("there is an event: %s", e.Message)
	}
}

// A component that is away at the end of a phase and back in the next belongs to both, each with
// what it had.
func TestComponentIsAwayOverAPhase(t *testing.T) {
	c, s, sink := scraping(t, "etcd", fsyncs(1, 100, 10, 5))
	s.Mark("before")
	c.set(fsyncs(1, 101, 10, 5))
	s.Leave("etcd")
	s.Mark("after")
	c.set(fsyncs(2, 2, 0, 0))
	s.Follow("etcd", s.targets[0].URL)
	s.Mark("")
	var counts []string
	for _, b := range sink.buckets {
		counts = append(counts, b.Labels["phase"])
		if want := map[string]uint64{"before": 1, "after": 2}[b.Labels["phase"]]; b.Counts[0] != want {
			t.Errorf("%s: %d, want %d", b.Labels["phase"], b.Counts[0], want)
		}
	}
	if strings.Join(counts, " ") != "before after" || len(sink.events) > 0 {
		t.Errorf("phases %v, events %v", counts, sink.events)
	}
}
