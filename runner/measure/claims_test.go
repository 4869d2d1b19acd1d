package measure

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// karpenterAt measures a pool m in virtual time whose nodes are small, of 2 cores for a dollar a second, or
// large, of 8 for three.
func karpenterAt(t *testing.T, script func(e *Elastic)) *recording {
	t.Helper()
	sink := &recording{}
	synctest.Test(t, func(t *testing.T) {
		prices := map[string]float64{"small": 3600, "large": 3 * 3600}
		room := func(cores int64) packing.Amount {
			return packing.Amount{MilliCPU: 1000 * cores, Bytes: 64 << 30, Pods: 100}
		}
		e := newElastic(ElasticOptions{Run: Run{Clock: sample.StartClock(), Sink: sink, Phase: func() string { return "rise" }},
			Workloads: []string{"web"}, Pools: []ElasticPool{{Name: "m", Outcomes: []string{"placed", "failed"},
				Price: func(labels map[string]string) float64 { return prices[labels["type"]] },
				Kinds: []packing.Kind{{Room: room(2), Hour: 3600}, {Room: room(8), Hour: 3 * 3600}}}}})
		time.Sleep(time.Second)
		script(e)
		e.censor()
		e.flush()
	})
	return sink
}

// nodeClaimOf is a NodeClaim for a node of a type, which has been launched if the node has a name.
func nodeClaimOf(name, kind, node string) *unstructured.Unstructured {
	c := &unstructured.Unstructured{Object: map[string]any{}}
	c.SetUID(types.UID(name))
	c.SetLabels(map[string]string{fleet.PoolLabel: "m", "type": kind})
	if node != "" {
		c.Object["status"] = map[string]any{"providerID": "kwok://" + node}
	}
	return c
}

func typedNode(name, kind string, ready bool) *corev1.Node {
	node := elasticNodeOf(name, ready)
	node.Labels["type"] = kind
	return node
}

// TestKarpentersOrders: each node costs what its type does from its launch until it is gone, and takes from
// its claim until it is Ready.
func TestKarpentersOrders(t *testing.T) {
	sink := karpenterAt(t, func(e *Elastic) {
		nodes, pods, claims := elasticNodes{e}, elasticPods{e}, elasticClaims{e}
		for _, name := range []string{"a", "b", "c", "d"} {
			_ = pods.Add(asking(name, "")) // A core each: at least 4 × 3/8 dollars a second.
		}
		_ = claims.Add(nodeClaimOf("1", "", ""))
		time.Sleep(2 * time.Second)
		_ = claims.Update(nodeClaimOf("1", "large", "n-1")) // 3 dollars a second.
		_ = claims.Update(nodeClaimOf("1", "large", "n-1"))
		time.Sleep(5 * time.Second)
		_ = nodes.Add(typedNode("n-1", "large", true))
		_ = nodes.Add(typedNode("n-2", "small", true)) // A dollar a second, before its claim is seen.
		_ = claims.Add(nodeClaimOf("2", "small", "n-2"))
		for _, name := range []string{"a", "b", "c", "d"} {
			_ = pods.Update(asking(name, "n-1"))
		}
		time.Sleep(time.Second)
		_ = claims.Replace([]any{nodeClaimOf("2", "small", "n-2"), nodeClaimOf("3", "", ""), nodeClaimOf("4", "small", "n-4")}, "1") // 1's node is there.
		_ = nodes.Delete(typedNode("n-1", "large", true))
		_ = pods.Replace(nil, "1")
		time.Sleep(10 * time.Second) // n-2 and n-4, which never comes.
		_ = claims.Delete(nodeClaimOf("3", "", ""))
		_ = claims.Delete(nodeClaimOf("4", "small", "n-4"))
		_ = claims.Add(nodeClaimOf("5", "", ""))
		time.Sleep(time.Second)
	})
	checkPoints(t, sink, map[string]float64{sample.ElasticCost: 3*5 + (3 + 1) + 2*10 + 1, sample.ElasticIdeal: 1.5 * 8,
		sample.ElasticNodeHours: (5. + 2 + 20 + 1) / 3600, sample.ElasticRemoved: 1})
	for outcome, want := range map[string]float64{"placed": 3, "failed": 2} {
		if got := lastPoint(sink, sample.ElasticOrders, sample.Labels{"pool": "m", "outcome": outcome}); got != want {
			t.Errorf("%v orders %s, want %v", got, outcome, want)
		}
	}
	for _, p := range sink.points {
		if p.Labels["state"] == "needed" || p.Labels["outcome"] == "quota" {
			t.Errorf("there is %+v", p)
		}
	}
	checkTimes(t, sink, sample.ElasticNodeReady, nil, 3, 0, 7) // Of 1, of 2 at once, and of 5 nobody knows.
	checkTimes(t, sink, sample.ElasticIdle, nil, 0, 0, 0)
}

// TestKarpentersPrices: nothing is invented from when a node is there whose price is not known.
func TestKarpentersPrices(t *testing.T) {
	sink := karpenterAt(t, func(e *Elastic) {
		nodes := elasticNodes{e}
		_ = nodes.Add(typedNode("n-1", "small", true))
		time.Sleep(2 * time.Second)
		_ = nodes.Add(typedNode("n-2", "unheard-of", true))
		_ = nodes.Add(typedNode("n-3", "unheard-of", true))
		time.Sleep(2 * time.Second)
	})
	checkPoints(t, sink, map[string]float64{sample.ElasticCost: 2, sample.ElasticNodeHours: (2. + 6) / 3600})
	warnings := 0
	for _, e := range sink.events {
		if e.Kind == sample.Warning {
			warnings++
		}
	}
	if warnings != 1 {
		t.Errorf("%d warnings, want 1", warnings)
	}
}
