package packing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unavailable is how the scheduler begins what it says of a pod that fits nowhere
// (k8s.io/kubernetes, pkg/scheduler/framework, FitError).
var unavailable = regexp.MustCompile(`^0/([0-9]+) nodes are available: `)

// counted is one of the reasons that follow, with the number of nodes that have it.
var counted = regexp.MustCompile(`^[0-9]+ (.+)$`)

// afterReasons begin what the scheduler says after the reasons: what its PostFilter plugins, which
// would evict other pods or free devices, came to.
var afterReasons = []string{". preemption:", ". no new claims to deallocate", ". still not schedulable", ". not found"}

// mostReason bounds a reason's length, as some name labels and taints at length.
const mostReason = 160

// NodesSeen returns how many nodes the scheduler had tried when it wrote the message; ok is false if
// it does not say.
func NodesSeen(message string) (nodes int, ok bool) {
	found := unavailable.FindStringSubmatch(message)
	if found == nil {
		return 0, false
	}
	nodes, err := strconv.Atoi(found[1])
	return nodes, err == nil
}

// Reason returns why a pod is pending without the numbers of nodes, so that pods with the same reasons
// add up: "0/3 nodes are available: 2 Insufficient cpu, 1 Too many pods. preemption: ..." is
// "Insufficient cpu, Too many pods". A pod of which the scheduler has said nothing was not tried.
func Reason(message string) string {
	if message == "" {
		return "not tried by the scheduler yet"
	}
	text := unavailable.ReplaceAllString(message, "")
	for _, after := range afterReasons {
		text, _, _ = strings.Cut(text, after)
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	var reasons []string
	for part := range strings.SplitSeq(text, ", ") {
		if found := counted.FindStringSubmatch(part); found != nil {
			part = found[1]
		}
		if !slices.Contains(reasons, part) {
			reasons = append(reasons, part)
		}
	}
	slices.Sort(reasons)
	all := strings.Join(reasons, ", ")
	if len(all) > mostReason {
		all = strings.ToValidUTF8(all[:mostReason], "") + "…"
	}
	return all
}
