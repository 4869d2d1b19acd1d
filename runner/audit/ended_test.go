package audit

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A component that is ended and started again is no warning: it used nothing meanwhile, and its CPU
// seconds are those of both processes.
func TestAuditKnowsThatAComponentIsAway(t *testing.T) {
	if !processesReadable {
		t.Skipf("processes cannot be read on %s", runtime.GOOS)
	}
	const gone = 1 << 30 // No process has this number.
	sink := &recorder{}
	var running [][]Process // By call.
	a := &Audit{options: Options{Clock: sample.StartClock(), Sink: sink}, tracks: map[string]*track{}, harness: newHarness()}
	a.options.Processes = func() []Process {
		now := running[0]
		running = running[1:]
		return now
	}
	self := []Process{{"etcd", os.Getpid()}}
	running = [][]Process{self}
	a.sample()
	first := sink.values(sample.ComponentCPUTotal, "etcd")[0]
	a.tracks["etcd"].pid = gone // As if it had been another process.
	for range 2 {
		a.tracks["etcd"].at -= sample.Offset(time.Second)
		running = [][]Process{{{"etcd", gone}}, nil} // It was ended after the question.
		a.sample()
		running = [][]Process{nil}
		a.sample()
	}
	running = [][]Process{self}
	a.sample()
	if diff := cmp.Diff([]float64{0, 0}, sink.values(sample.ComponentCPU, "etcd")); diff != "" {
		t.Errorf("cores (-want +got):\n%s", diff)
	}
	if total := sink.values(sample.ComponentCPUTotal, "etcd"); len(total) != 2 || total[1] < 2*first {
		t.Errorf("CPU seconds %v, want those of both", total)
	}
	if len(sink.events) > 0 {
		t.Errorf("events %v", sink.events)
	}
}
