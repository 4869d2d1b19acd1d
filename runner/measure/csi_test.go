package measure

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/storage/csi"
	"github.com/kubedyno/kubedyno/results/sample"
)

// TestCSI counts calls by the phase in which they ended, each once.
func TestCSI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, phase := &recording{}, "first"
		c := StartCSI(context.Background(), Run{Clock: sample.StartClock(), Sink: sink, Phase: func() string { return phase }})
		call := csi.Attempt{Class: "gp3", Operation: csi.Attach, Given: 3 * time.Second}
		failed := call
		failed.Failed = true
		c.Observe(call)
		c.Observe(failed)
		c.Observe(csi.Attempt{Class: "efs", Operation: csi.Provision, Given: time.Second})
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		c.Observe(call)
		phase = "second"
		c.Observe(failed)
		c.Close()
		c.Close()

		given := map[string]int64{}
		for _, w := range sink.windows {
			given[w.Labels.String()] += w.Histogram.Count()
			if want := map[string]float64{"attach": 3, "provision": 1}[w.Labels["operation"]]; w.Histogram.Quantile(1) < want || w.Histogram.Quantile(1) > 1.01*want {
				t.Errorf("%s was given %g s", w.Labels, w.Histogram.Quantile(1))
			}
		}
		const first, second, other = "class=gp3,operation=attach,phase=first", "class=gp3,operation=attach,phase=second", "class=efs,operation=provision,phase=first"
		if diff := cmp.Diff(map[string]int64{first: 3, second: 1, other: 1}, given); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		last := map[string]float64{}
		for _, p := range sink.points {
			last[p.Metric+" "+p.Labels.String()] = p.Value
		}
		want := map[string]float64{sample.CSIAttempts + " " + first: 3, sample.CSIFailures + " " + first: 1,
			sample.CSIAttempts + " " + second: 1, sample.CSIFailures + " " + second: 1,
			sample.CSIAttempts + " " + other: 1, sample.CSIFailures + " " + other: 0}
		if diff := cmp.Diff(want, last); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestNoCSI(t *testing.T) {
	var c *CSI
	c.Close()
}
