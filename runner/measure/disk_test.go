package measure

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/sample"
)

// TestDisk counts calls by the phase in which they were let go, each once.
func TestDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, phase := &recording{}, "first"
		run := Run{Clock: sample.StartClock(), Sink: sink, Phase: func() string { return phase }}
		var see func(disk.Call)
		d := StartDisk(context.Background(), run, func(seen func(disk.Call)) { see = seen })
		call := disk.Call{Name: "fdatasync", Asked: 2 * time.Millisecond, Given: 3 * time.Millisecond}
		see(call)
		see(disk.Call{Name: "fsync", Given: time.Millisecond})
		see(disk.Call{Name: "fsync", Lost: true})
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		see(call)
		phase = "second"
		see(call)
		see(call)
		d.Close()
		d.Close()

		counts := map[string]int64{}
		for _, w := range sink.windows {
			counts[w.Metric+" "+w.Labels.String()] += w.Histogram.Count()
			if w.Labels["call"] == "fdatasync" {
				want := map[string]float64{sample.DiskAsked: 0.002, sample.DiskGiven: 0.003, sample.DiskLate: 0.001}[w.Metric]
				if got := w.Histogram.Quantile(1); got < want || got > 1.01*want {
					t.Errorf("%s is %g, want %g", w.Metric, got, want)
				}
			}
		}
		want := map[string]int64{}
		for _, metric := range []string{sample.DiskAsked, sample.DiskGiven, sample.DiskLate} {
			want[metric+" call=fdatasync,phase=first"] = 2
			want[metric+" call=fsync,phase=first"] = 1
			want[metric+" call=fdatasync,phase=second"] = 2
		}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		last := sink.points[len(sink.points)-1]
		if last.Metric != sample.DiskLost || last.Value != 1 {
			t.Errorf("the last point is %+v", last)
		}
	})
}

func TestNoDisk(t *testing.T) {
	var d *Disk
	d.Close()
}
