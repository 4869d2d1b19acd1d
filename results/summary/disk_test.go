package summary

import (
	"slices"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestLateDisk(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		asked, given time.Duration
		want         []string
	}{
		{4 * ms, 4900 * time.Microsecond, nil},
		{0, 0, nil},
		{4 * ms, 6 * ms, []string{"The emulated disk under etcd was slower than it was to be: it held a call back for 6 ms on average instead of 4 ms, for lack of CPU."}},
	} {
		c := &collector{values: map[string]*Values{}}
		for metric, value := range map[string]time.Duration{sample.DiskAsked: test.asked, sample.DiskGiven: test.given} {
			if value == 0 {
				continue
			}
			for _, phase := range []string{"a", "b"} {
				v := &Values{Metric: metric, Labels: sample.Labels{"phase": phase}}
				v.Histogram.RecordMany(value, 50)
				c.values[metric+phase] = v
			}
		}
		if got := c.diskWarnings(); !slices.Equal(got, test.want) {
			t.Errorf("%s for %s: %q, want %q", test.given, test.asked, got, test.want)
		}
	}
}
