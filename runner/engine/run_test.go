package engine_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/results/sample"
)

func resourceOf(t *testing.T, groupVersion, name string) schema.GroupVersionResource {
	t.Helper()
	group, err := schema.ParseGroupVersion(groupVersion)
	if err != nil {
		t.Fatal(err)
	}
	return group.WithResource(name)
}

// everyVerb says everything that a scenario can say, about every sort of workload.
const everyVerb = `
  fleet:
    podStartup: {distribution: uniform, min: 100ms, max: 600ms}
    pools:
      - {name: fast, nodeType: m6i.2xlarge, count: 12}
      - {name: paced, nodeType: m6i.large, count: 8}
  workloads:
    - name: web
      count: 4
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "web-${index}"}
        spec:
          replicas: 3
          selector: {matchLabels: {app: "web-${index}"}}
          template:
            metadata: {labels: {app: "web-${index}"}}
            spec: {containers: [{name: main, image: fake}]}
    - name: db
      manifest:
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 2
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: main, image: fake}]}
    - name: batch
      count: 2
      manifest:
        apiVersion: batch/v1
        kind: Job
        metadata: {name: "batch-${index}"}
        spec:
          parallelism: 2
          completions: 2
          template:
            spec: {restartPolicy: Never, containers: [{name: main, image: fake}]}
    - name: bare
      count: 10
      manifest:
        apiVersion: v1
        kind: Pod
        metadata: {name: "bare-${index}"}
        spec: {containers: [{name: main, image: fake}]}
    - name: config
      count: 5
      manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: "config-${index}"}}
    - name: elsewhere
      count: 2
      manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: "far-${index}", namespace: "elsewhere-${index}"}}
    - name: role
      count: 2
      manifest: {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "test-role-${index}"}, rules: []}
  phases:
    - name: fleet
      actions:
        - {nodes: {pool: paced, rate: 10}, background: true}
        - nodes: {pool: fast}
    - name: deploy
      actions:
        - create: {workload: config}
        - create: {workload: elsewhere}
        - create: {workload: role}
        - create: {workload: web, rate: 10}
        - wait: {workload: web}
        - create: {workload: db}
        - wait: {workload: db}
        - create: {workload: batch}
        - wait: {workload: batch}
        - create: {workload: bare, rate: 20}
        - wait: {workload: bare}
    - name: change
      actions:
        - background: true
          load:
            rate: 40
            duration: 4s
            timeout: 10s
            requests:
              - {verb: get, resource: pods}
              - {verb: get, resource: nodes}
              - {verb: list, resource: pods}
              - {verb: list, resource: nodes, scope: cluster}
              - {verb: create, resource: configmaps}
              - {verb: patch, resource: configmaps, objects: 5}
              - {verb: update, resource: configmaps, objects: 5}
              - {verb: delete, resource: configmaps}
        - rollout: {workload: web, rate: 10, patch: {spec: {template: {metadata: {annotations: {version: "2"}}}}}}
        - rollout: {workload: db, patch: {spec: {template: {metadata: {annotations: {version: "2"}}}}}}
        - scale: {workload: web, replicas: 5}
        - wait: {workload: web}
    - name: shrink
      actions:
        - scale: {workload: web, replicas: 1, rate: 20}
        - wait: {workload: web}
        - hold: {duration: 200ms}
        - {delete: {workload: bare}, background: true}
        - delete: {workload: role}
        - delete: {workload: web, rate: 20}
`

func TestEveryVerb(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	sink := &recording{}
	o := options(t, c, planOf(t, everyVerb), sink)
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	checkNodes(t, sink)
	checkPods(t, sink)
	checkRollouts(t, sink)
	checkLoad(t, sink)
	checkServer(t, sink)
	for _, e := range sink.events {
		if e.Kind == sample.StepFailed || e.Kind == sample.Warning || e.Kind == sample.ComponentLost {
			t.Errorf("%s: %s", e.Kind, e.Message)
		}
	}
	for _, phase := range []string{"fleet", "deploy", "change", "shrink"} {
		if n := len(sink.values(sample.PhaseDuration, sample.Labels{"phase": phase})); n != 1 {
			t.Errorf("%d durations of phase %s, want 1", n, phase)
		}
	}
	checkClean(t, o.Run, "fast", "paced")
}

// checkServer looks for the API server's own count of the nodes that a phase created. Other
// tests create theirs at the same time.
func checkServer(t *testing.T, sink *recording) {
	t.Helper()
	var created uint64
	want := sample.Labels{"verb": "create", "resource": "nodes", "scope": "resource", "phase": "fleet"}
	for _, b := range sink.buckets {
		if b.Metric == sample.ServerRequest && b.Labels.Match(want) {
			for _, count := range b.Counts {
				created += count
			}
		}
	}
	if created < 20 {
		t.Errorf("the API server counted %d created nodes, want 20 or more", created)
	}
	if len(sink.values(sample.ScrapeDuration, sample.Labels{"component": "kube-apiserver"})) == 0 {
		t.Error("how long the API server's metrics took to read was not recorded")
	}
}

func checkNodes(t *testing.T, sink *recording) {
	t.Helper()
	for pool, count := range map[string]int64{"fast": 12, "paced": 8} {
		labels := sample.Labels{"pool": pool, "phase": "fleet"}
		ready := sink.distribution(sample.NodeReady, labels)
		if ready.Count() != count || ready.Min() <= 0 {
			t.Errorf("pool %s: %d nodes were Ready, the first after %v s; want %d after some time", pool, ready.Count(), ready.Min(), count)
		}
		if all := sink.last(sample.FleetReady, labels); all < ready.Max()*0.99 {
			t.Errorf("pool %s: all were Ready after %v s, but one took %v s", pool, all, ready.Max())
		}
		if rates := sink.values(sample.FleetCreateRate, labels); len(rates) != 1 || rates[0] <= 0 {
			t.Errorf("pool %s: creation rates %v, want one", pool, rates)
		}
	}
	// The last of 8 nodes at 10/s is due after 0.7 s.
	paced := sample.Labels{"pool": "paced"}
	if all, rate := sink.last(sample.FleetReady, paced), sink.last(sample.FleetCreateRate, paced); all < 0.7 || rate > 8/0.7 {
		t.Errorf("the paced pool was created at %v/s and Ready after %v s, faster than its rate", rate, all)
	}
}

// created is how many pods of each workload the run brings about: web 4 x 3, again in the
// rollout, and 4 x 2 more; db 2 and 2 again.
var created = map[string]int{"web": 12 + 12 + 8, "db": 2 + 2, "batch": 4, "bare": 10}

func checkPods(t *testing.T, sink *recording) {
	t.Helper()
	seen, total := map[string]bool{}, 0
	for workload, want := range created {
		pods := sink.podsOf(workload)
		total += want
		if len(pods) != want {
			t.Errorf("workload %s: %d pods, want %d", workload, len(pods), want)
		}
		for _, p := range pods {
			checkPod(t, p)
			if seen[p.UID] {
				t.Errorf("pod %s was recorded twice", p.Name)
			}
			seen[p.UID] = true
			if bare := workload == "bare"; (p.Sent != nil) != bare || bare && *p.Sent > p.Created {
				t.Errorf("pod %s was sent at %v and seen at %v", p.Name, p.Sent, p.Created)
			}
		}
	}
	if len(sink.pods) != total {
		t.Errorf("%d pods of all workloads, want %d", len(sink.pods), total)
	}
	exist := sink.last(sample.PodsByState, sample.Labels{"state": "created"})
	gone := sink.last(sample.PodsByState, sample.Labels{"state": "deleted"})
	if int(exist+gone) != total {
		t.Errorf("at the end %v pods exist and %v are deleted, want %d together", exist, gone, total)
	}
	lives := 0
	for _, p := range sink.ends {
		if !seen[p.UID] || p.Deleting == nil || *p.Deleting < *p.Ready || p.Deleted != nil && *p.Deleted < *p.Deleting {
			t.Errorf("pod %s went as %+v, want a known one that was Ready, then deleted, then gone", p.Name, p)
		}
		if p.Deleted != nil {
			lives++
		}
	}
	if lives != int(gone) {
		t.Errorf("%d lives are complete, want those of the %v pods that have gone", lives, gone)
	}
}

// checkPod fails the test unless a pod became Ready, step by step, and started no quicker than
// it was configured to. The tolerance is for a watch that shows its scheduling late.
func checkPod(t *testing.T, p sample.Pod) {
	t.Helper()
	const tolerance = 0.1
	if p.Phase != "deploy" && p.Phase != "change" {
		t.Errorf("pod %s was created in phase %q", p.Name, p.Phase)
	}
	if p.Scheduled == nil || p.Running == nil || p.Ready == nil || p.ConfiguredStartSeconds == nil || p.Node == "" {
		t.Errorf("pod %s: %+v, want all stages, a node and a configured start", p.Name, p)
		return
	}
	if p.Created > *p.Scheduled || *p.Scheduled > *p.Running || *p.Running > *p.Ready {
		t.Errorf("pod %s: its stages are not in order: %+v", p.Name, p)
	}
	configured := *p.ConfiguredStartSeconds
	if configured < 0.1 || configured > 0.6 {
		t.Errorf("pod %s was configured to start after %v s, outside of 100 to 600 ms", p.Name, configured)
	}
	if took := (*p.Running - *p.Scheduled).Seconds(); took < configured-tolerance {
		t.Errorf("pod %s started in %v s, quicker than the configured %v s", p.Name, took, configured)
	}
}

func checkRollouts(t *testing.T, sink *recording) {
	t.Helper()
	for workload, objects := range map[string]int64{"web": 4, "db": 1} {
		took := sink.distribution(sample.RolloutDuration, sample.Labels{"workload": workload, "phase": "change"})
		// No pod is Ready before its configured start, so no rollout can be quicker.
		if took.Count() != objects || took.Min() < 0.1 {
			t.Errorf("workload %s: %d rollouts, the quickest in %v s; want %d of at least 100 ms", workload, took.Count(), took.Min(), objects)
		}
	}
}

func checkLoad(t *testing.T, sink *recording) {
	t.Helper()
	const perClass = 20 // 40/s for 4 s by 8 classes.
	for _, class := range []string{"get pods", "get nodes", "list pods namespace", "list nodes cluster",
		"create configmaps", "patch configmaps", "update configmaps", "delete configmaps"} {
		labels := sample.Labels{"class": class, "phase": "change"}
		for _, metric := range []string{sample.APIRequest, sample.APISendLag} {
			if n := sink.distribution(metric, labels).Count(); n < perClass-1 || n > perClass+1 {
				t.Errorf("%s has %d values of class %s, want %d", metric, n, class, perClass)
			}
		}
		for _, kind := range []string{"timeout", "throttled", "server", "client", "connection", "unsent", "not-found"} {
			labels := sample.Labels{"class": class, "phase": "change", "kind": kind}
			failed := sink.last(sample.APIErrors, labels)
			// A pod that the rollout deletes right after its name was chosen is not found.
			if failed < 0 || failed > 0 && (kind != "not-found" || class != "get pods") {
				t.Errorf("class %s: %v failures of kind %s", class, failed, kind)
			}
		}
	}
}
