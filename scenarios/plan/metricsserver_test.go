package plan

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestMetricsServerIsPlanned(t *testing.T) {
	p := buildFile(t, "../quickstart.yaml", nil)
	for _, test := range []struct {
		server *spec.MetricsServer
		want   bool
	}{{nil, false}, {&spec.MetricsServer{Resolution: 15 * time.Second}, true}} {
		p.Cluster.MetricsServer = test.server
		var b bytes.Buffer
		if err := p.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "usage        read by metrics-server every 15s\n"); got != test.want {
			t.Errorf("%+v: the plan says %t:\n%s", test.server, got, b.String())
		}
	}
}
