package slo

import (
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Scalability is the name of the set of objectives that Scalability objectives make. Its version
// changes with its limits or with what is judged.
const Scalability = "sig-scalability/v1"

// The limits of the SLOs of Kubernetes SIG-Scalability, in seconds, as of August 2026.
const (
	scalabilityMutating   = 1.0
	scalabilityReadOne    = 1.0
	scalabilityReadMany   = 30.0 // Of scope namespace and cluster.
	scalabilityPodStartup = 5.0
)

// percentileSamples is how many samples a p99 needs: 10 beyond it.
const percentileSamples = 1000

// A Traffic is what a run will do that the SLOs of SIG-Scalability speak of.
type Traffic struct {
	Requests []TrafficClass
	Pods     []TrafficPods
}

// A TrafficClass is a class of requests. Streaming requests, which the SLOs leave out, are not
// among them.
type TrafficClass struct {
	Verb, Resource, Scope string
	Expected              float64 // How many requests the run will send.
}

// TrafficPods are the pods of a stateless workload.
type TrafficPods struct {
	Workload string
	Expected float64
}

// ScalabilityObjectives returns the objectives of the set for what a run will do: one for every
// verb, resource and scope of requests, and one for the startup of each stateless workload's
// pods. Two things differ from the official text, both to the strict side:
//
//   - API latency is measured at the client, from the intended send time. The official figure is
//     the API server's own and leaves out webhooks and priority-and-fairness queues.
//   - The official SLO is the p99 of 5-minute windows over a cluster-day. A run has one window.
//     Where it is too short for a p99, the maximum is judged, which no p99 exceeds.
//
// Custom resources are left out, as in the official text. Pod startup here ends with Ready as the
// harness's watch sees it; the fake nodes pull no images and run no init containers. The official
// prerequisite of at most 20 pod and request changes a second is not held to.
func ScalabilityObjectives(t Traffic) []Objective {
	var all []Objective
	for _, class := range merged(t.Requests) {
		limit, words := scalabilityReadMany, "read-only API calls of scope "+class.Scope
		switch {
		case mutating(class.Verb):
			limit, words = scalabilityMutating, "mutating API calls"
		case class.Scope == "resource":
			limit, words = scalabilityReadOne, "read-only API calls of one object"
		}
		all = append(all, scalability(sample.APIRequest, class.Expected, limit, words,
			sample.Labels{"verb": class.Verb, "resource": class.Resource, "scope": class.Scope}))
	}
	for _, pods := range t.Pods {
		all = append(all, scalability(sample.PodStartup, pods.Expected, scalabilityPodStartup,
			"startup of stateless pods", sample.Labels{"workload": pods.Workload}))
	}
	return all
}

func scalability(metric string, expected, limit float64, words string, where sample.Labels) Objective {
	o := Objective{Metric: metric, Statistic: "p99", Where: where, Most: &limit,
		Source: "SIG-Scalability SLO (" + Scalability + "), " + words}
	if expected < percentileSamples {
		o.Statistic = Max
		o.Source += "; the maximum, as the run is too short for a p99"
	}
	return o
}

// merged adds up the classes that differ in what the SLOs do not look at, without custom resources.
func merged(classes []TrafficClass) []TrafficClass {
	var all []TrafficClass
	for _, class := range classes {
		if CustomResource(class.Resource) {
			continue
		}
		same := slices.IndexFunc(all, func(c TrafficClass) bool {
			return c.Verb == class.Verb && c.Resource == class.Resource && c.Scope == class.Scope
		})
		if same < 0 {
			all = append(all, class)
			continue
		}
		all[same].Expected += class.Expected
	}
	return all
}

func mutating(verb string) bool { return verb != "get" && verb != "list" }

// CustomResource reports whether a resource, such as deployments.apps or deployments.apps/scale,
// belongs to no group of Kubernetes itself: those have no dot, such as apps, or end in .k8s.io.
func CustomResource(resource string) bool {
	resource, _, _ = strings.Cut(resource, "/")
	_, group, _ := strings.Cut(resource, ".")
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io")
}
