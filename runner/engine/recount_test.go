package engine_test

import (
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// recounted makes objects of many kinds in the run's namespace, under a quota without a scope, one for
// each scope, and one with resources that cannot be recounted. Then half of them go. The Job has a phase
// of its own: when its pods have ended the controller counts anew, and what is created at that moment it
// may miss until it does so again, after 5 minutes.
const recounted = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    podStop: {distribution: fixed, value: 500ms}
    pools: [{name: recount, nodeType: m6i.4xlarge, count: 2}]
  workloads:
    - name: priority
      manifest: {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: recount-high}, value: 10}
    - name: all
      manifest:
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: all}
        spec: {hard: {pods: "90", count/pods: "90", ephemeral-storage: 1Ti, requests.ephemeral-storage: 1Ti, limits.ephemeral-storage: 1Ti, hugepages-2Mi: 1Gi,
          requests.hugepages-2Mi: 1Gi, requests.example.com/gpu: "90", services: "90", count/services: "90", services.nodeports: "90", services.loadbalancers: "90",
          persistentvolumeclaims: "90", requests.storage: 1Ti, gold.storageclass.storage.k8s.io/requests.storage: 1Ti,
          gold.storageclass.storage.k8s.io/persistentvolumeclaims: "90", configmaps: "90", count/configmaps: "90", secrets: "90", resourcequotas: "90",
          replicationcontrollers: "90", count/deployments.apps: "90", count/replicasets.apps: "90", count/jobs.batch: "90", count/leases.coordination.k8s.io: "90"}}
    - name: compute
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: compute}, spec: {scopes: [NotBestEffort], hard: {pods: "90", cpu: "90",
        requests.cpu: "90", memory: 1Ti, requests.memory: 1Ti, limits.cpu: "90", limits.memory: 1Ti}}}
    - name: best-effort
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: best-effort}, spec: {scopes: [BestEffort], hard: {pods: "90"}}}
    - name: terminating
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: terminating}, spec: {scopes: [Terminating], hard: {pods: "90"}}}
    - name: not-terminating
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: not-terminating}, spec: {scopes: [NotTerminating], hard: {pods: "90"}}}
    - name: in-class
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: in-class}, spec: {hard: {pods: "90"},
        scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [recount-high]}]}}}
    - name: not-in-class
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: not-in-class}, spec: {hard: {pods: "90"},
        scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [recount-high]}]}}}
    - name: without-class
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: without-class}, spec: {hard: {pods: "90"},
        scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}}}
    - name: affinity
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: affinity}, spec: {scopes: [CrossNamespacePodAffinity], hard: {pods: "90"}}}
    - name: attributes
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: attributes}, spec: {hard: {persistentvolumeclaims: "90", requests.storage: 1Ti},
        scopeSelector: {matchExpressions: [{scopeName: VolumeAttributesClass, operator: In, values: [fast]}]}}}
    - name: odd
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: odd}, spec: {hard: {count/widgets.example.com: "90",
        requests.deviceclass.resource.kubernetes.io/gpu: "90", gpu.deviceclass.resource.k8s.io/devices: "90", count/resourceclaims.resource.k8s.io: "90"}}}
    - {name: plain, count: 3, manifest: {apiVersion: v1, kind: Pod, metadata: {name: "plain-${index}"}, spec: {containers: [{name: main, image: fake}]}}}
    - name: mixed
      count: 2
      manifest:
        apiVersion: v1
        kind: Pod
        metadata: {name: "mixed-${index}"}
        spec:
          priorityClassName: recount-high
          initContainers:
            - {name: first, image: fake, resources: {requests: {cpu: 10m, memory: 9Mi}, limits: {cpu: 10m, memory: 9Mi}}}
            - {name: side, image: fake, restartPolicy: Always, resources: {requests: {cpu: 30m, memory: 10Mi}, limits: {cpu: 40m, memory: 10Mi}}}
            - {name: heavy, image: fake, resources: {requests: {cpu: 1.5, memory: 10Mi}, limits: {cpu: 2, memory: 20Mi}}}
          containers:
            - {name: main, image: fake, resources: {requests: {cpu: 100m, memory: 10Mi, ephemeral-storage: 1Gi}, limits: {cpu: 200m, memory: 20Mi, ephemeral-storage: 2Gi}}}
            - {name: other, image: fake, resources: {limits: {cpu: 50m, memory: 1e7, hugepages-2Mi: 4Mi, example.com/gpu: 3}}}
    - name: whole
      manifest: {apiVersion: v1, kind: Pod, metadata: {name: whole}, spec: {activeDeadlineSeconds: 3600, resources: {limits: {cpu: 400m, memory: 64Mi}},
        containers: [{name: main, image: fake, resources: {requests: {cpu: 100m}}}]}}
    - name: apart
      count: 2
      manifest: {apiVersion: v1, kind: Pod, metadata: {name: "apart-${index}"}, spec: {containers: [{name: main, image: fake}],
        affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname, namespaces: [other], labelSelector: {}}}]}}}}
    - name: batch
      manifest: {apiVersion: batch/v1, kind: Job, metadata: {name: batch}, spec: {completions: 2, parallelism: 2, template: {spec: {restartPolicy: Never, containers: [{name: main, image: fake}]}}}}
    - name: web
      manifest: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}},
        template: {metadata: {labels: {app: web}}, spec: {terminationGracePeriodSeconds: 5, containers: [{name: main, image: fake}]}}}}
    - {name: inside, manifest: {apiVersion: v1, kind: Service, metadata: {name: inside}, spec: {ports: [{port: 80}]}}}
    - {name: ports, manifest: {apiVersion: v1, kind: Service, metadata: {name: ports}, spec: {type: NodePort, ports: [{name: a, port: 80}, {name: b, port: 81}]}}}
    - {name: balancer, manifest: {apiVersion: v1, kind: Service, metadata: {name: balancer}, spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{name: a, port: 80}, {name: b, port: 81}]}}}
    - {name: claim, count: 2, manifest: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "claim-${index}"}, spec: {accessModes: [ReadWriteOnce], storageClassName: gold, resources: {requests: {storage: 1.5Gi}}}}}
    - {name: fast, manifest: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fast}, spec: {accessModes: [ReadWriteOnce], volumeAttributesClassName: fast, resources: {requests: {storage: 1000001}}}}}
    - name: device
      manifest: {apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: device}, spec: {devices: {requests: [
        {name: a, exactly: {deviceClassName: gpu, count: 2}}, {name: b, firstAvailable: [{name: x, deviceClassName: gpu, count: 3}, {name: y, deviceClassName: gpu}]}]}}}
    - {name: secret, count: 2, manifest: {apiVersion: v1, kind: Secret, metadata: {name: "secret-${index}"}}}
    - {name: config, count: 4, manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: "config-${index}"}}}
  phases:
    - name: limits
      actions: [{nodes: {pool: recount}}, {create: {workload: priority}}, {create: {workload: all}}, {wait: {workload: all}}, {create: {workload: compute}}, {create: {workload: best-effort}},
        {create: {workload: terminating}}, {create: {workload: not-terminating}}, {create: {workload: in-class}}, {create: {workload: not-in-class}},
        {create: {workload: without-class}}, {create: {workload: affinity}}, {create: {workload: attributes}}, {create: {workload: odd}},
        {wait: {workload: compute}}, {wait: {workload: best-effort}}, {wait: {workload: terminating}}, {wait: {workload: not-terminating}}, {wait: {workload: in-class}},
        {wait: {workload: not-in-class}}, {wait: {workload: without-class}}, {wait: {workload: affinity}}, {wait: {workload: attributes}}]
    - name: batch
      actions: [{create: {workload: batch}}, {wait: {workload: batch}}, {hold: {duration: 1s}}]
    - name: objects
      actions: [{create: {workload: plain}}, {create: {workload: mixed}}, {create: {workload: whole}}, {create: {workload: apart}},
        {create: {workload: web}}, {create: {workload: inside}}, {create: {workload: ports}}, {create: {workload: balancer}}, {create: {workload: claim}},
        {create: {workload: fast}}, {create: {workload: device}}, {create: {workload: secret}}, {create: {workload: config}}, {wait: {workload: web}}]
    - name: fewer
      actions: [{delete: {workload: plain}}, {delete: {workload: mixed}}, {delete: {workload: ports}}, {delete: {workload: claim}}, {delete: {workload: config}}]
`

// TestRecountAgrees holds the recount against the quota controller of a real control plane: of every
// resource and scope the two say the same, and so often as it is worked out here.
func TestRecountAgrees(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	c, stop := attach(t)
	defer stop()
	if err := run(t, t.Context(), options(t, c, planOf(t, recounted), sink)); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	for _, phase := range []string{"limits", "batch", "objects", "fewer"} {
		compared := 0
		for _, p := range sink.points {
			if p.Metric == sample.QuotaDifference && p.Labels["phase"] == phase {
				compared++
				if p.Value != 0 {
					t.Errorf("%v: %v, recounted %v", p.Labels, sink.last(sample.QuotaSaid, p.Labels), sink.last(sample.QuotaRecounted, p.Labels))
				}
			}
		}
		if want := 25 + 7 + 7 + 2 + 2; compared != want {
			t.Errorf("phase %s: %d resources were compared, want %d", phase, compared, want)
		}
		if took := sink.distribution(sample.QuotaSettle, sample.Labels{"phase": phase}); took.Count() != 11 {
			t.Errorf("phase %s: %d quotas settled, want 11", phase, took.Count())
		}
		for _, resource := range []string{"count/widgets.example.com", "requests.deviceclass.resource.kubernetes.io/gpu"} {
			labels := sample.Labels{"quota": "odd", "resource": resource, "phase": phase, "reason": "unknown"}
			if got := sink.last(sample.QuotaUncounted, labels); got != 1 {
				t.Errorf("phase %s: %s of an unknown kind is not said to be left out", phase, resource)
			}
		}
	}
	for _, want := range []struct {
		quota, resource string
		objects, fewer  float64
	}{
		{"all", "pods", 3 + 2 + 1 + 2 + 2, 5}, // Those of the Job have succeeded.
		{"all", "count/pods", 12, 7},
		{"all", "requests.example.com/gpu", 6, 0},
		{"all", "limits.ephemeral-storage", 4 << 30, 0},
		{"all", "services.nodeports", 2, 0},
		{"all", "gold.storageclass.storage.k8s.io/requests.storage", 3 << 30, 0},
		{"all", "requests.storage", 3<<30 + 1000001, 1000001},
		{"compute", "requests.cpu", 2*1.53 + 0.1, 0.1},
		{"compute", "limits.cpu", 2*2.04 + 0.4, 0.4},
		{"best-effort", "pods", 7, 4},
		{"terminating", "pods", 1, 1},
		{"in-class", "pods", 2, 0},
		{"not-in-class", "pods", 8, 5},
		{"affinity", "pods", 2, 2},
		{"attributes", "requests.storage", 1000001, 1000001},
		{"odd", "gpu.deviceclass.resource.k8s.io/devices", 2 + 3, 5},
	} {
		for phase, amount := range map[string]float64{"objects": want.objects, "fewer": want.fewer} {
			got := sink.last(sample.QuotaRecounted, sample.Labels{"quota": want.quota, "resource": want.resource, "phase": phase})
			if got < amount-1e-6 || got > amount+1e-6 {
				t.Errorf("%s of quota %s after %s: %v, want %v", want.resource, want.quota, phase, got, amount)
			}
		}
	}
}
