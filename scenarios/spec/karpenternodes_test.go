package spec

import (
	"strings"
	"testing"
)

// karpenting is a scenario in which Karpenter makes the nodes.
const karpenting = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: karpenting}
spec:
  cluster:
    karpenter: {instanceTypes: [m6i.large, own], flags: {batch-idle-duration: 2s}, env: {GOGC: "50"}}
  fleet:
    nodeTypes:
      - {name: own, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 110, reservation: gke, pricePerHour: 1, region: a, date: 2026-08}
  workloads:
    - name: machines
      manifest: {apiVersion: karpenter.kwok.sh/v1alpha1, kind: KWOKNodeClass, metadata: {name: machines}}
    - name: general
      manifest: {apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: general}}
  phases:
    - name: make
      actions:
        - create: {workload: machines}
        - create: {workload: general}
  objectives:
    - {metric: nodes_total, statistic: last, where: {state: created}, most: "0"}
    - {metric: nodes_by_type_total, statistic: max, where: {type: own}, most: "3"}
    - {metric: elastic_nodes_total, statistic: max, where: {pool: general, state: created}, most: "3"}
    - {metric: elastic_cost_dollars, statistic: last, where: {pool: general}, most: "3"}
    - {metric: elastic_excess_ratio, where: {pool: general}, most: "3"}
`

func TestKarpenter(t *testing.T) {
	s, err := Decode("karpenting.yaml", []byte(karpenting), Options{NodeTypes: []string{"m6i.large"}})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Spec.Cluster.Karpenter.Component()
	if c.Flags["batch-idle-duration"] != "2s" || c.Env["GOGC"] != "50" {
		t.Errorf("the settings are %+v", c)
	}
	if c := (*Karpenter)(nil).Component(); c.Flags != nil || c.Env != nil {
		t.Errorf("without Karpenter there are settings %+v", c)
	}
}

func TestKarpenterFaults(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"no type", "[m6i.large, own]", "[]", "karpenting.yaml:6:32: the list of instance types is empty"},
		{"no types at all", "instanceTypes: [m6i.large, own], ", "", "instanceTypes"},
		{"unknown type", "[m6i.large, own]", "[m6i.lrge, own]", `karpenting.yaml:6:33: there is no node type "m6i.lrge"`},
		{"a type twice", "[m6i.large, own]", "[own, own]", `karpenting.yaml:6:38: the node type "own" stands here twice`},
		{"no price", ", pricePerHour: 1", "", "karpenting.yaml:6:44: the price of own is not known"},
		{"no pool", "kind: NodePool", "kind: NodePol", "there is no NodePool among the workloads"},
		{"no class", "kind: KWOKNodeClass", "kind: EC2NodeClass", "there is no KWOKNodeClass among the workloads"},
		{"metrics-server", "  cluster:\n", "  cluster:\n    metricsServer: {}\n", "metrics-server cannot read the nodes that Karpenter makes"},
		{"a pool that is never made", "        - create: {workload: general}\n", "", "nodes_total would have no data"},
		{"another type's figure", "where: {type: own}", "where: {type: r6i.large}", `never has type "r6i.large"`},
		{"needed nodes", "{pool: general, state: created}", "{pool: general, state: needed}", "of nodes that Karpenter makes that is not known"},
		{"idle nodes", "metric: elastic_cost_dollars, statistic: last", "metric: elastic_idle_seconds, percentile: 50", "of nodes that Karpenter makes that is not known"},
		{"refused orders", "metric: elastic_nodes_total, statistic: max, where: {pool: general, state: created}",
			"metric: elastic_orders_total, statistic: last, where: {pool: general, outcome: quota}", "of nodes that Karpenter makes that is not known"},
		{"another pool", "{pool: general}", "{pool: generl}", `never has pool "generl"`},
		{"two pools", "    - name: general\n", "    - {name: more, manifest: {apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: more}}}\n    - name: general\n",
			"elastic_excess_ratio would have no data: which of 2 elastic pools"},
		{"another figure of nodes", "metric: nodes_by_type_total, statistic: max, where: {type: own}", "metric: node_ready_seconds, percentile: 50",
			"node_ready_seconds would have no data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(karpenting, test.old) {
				t.Fatalf("there is no %q", test.old)
			}
			text := strings.Replace(karpenting, test.old, test.new, 1)
			_, err := Decode("karpenting.yaml", []byte(text), Options{NodeTypes: []string{"m6i.large"}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	t.Run("nodes by type without Karpenter", func(t *testing.T) {
		text := strings.Replace(karpenting, "    karpenter: {", "    kwok: {}\n    #", 1)
		_, err := Decode("karpenting.yaml", []byte(text), Options{NodeTypes: []string{"m6i.large"}})
		if err == nil || !strings.Contains(err.Error(), "nodes_by_type_total would have no data") {
			t.Errorf("got %v", err)
		}
	})
}
