package snapshot

import (
	"fmt"
	"time"
)

// comment is the head of the scenario: what it is, how to run it, and what is not in it.
func (s *Snapshot) comment(w scenario) []string {
	lines := []string{
		fmt.Sprintf("%s: the pods of a cluster and its nodes, read on %s by kubedyno snapshot.", w.options.Name, w.options.Taken.UTC().Format(time.RFC3339)),
		"",
		"    kubedyno plan FILE",
		"    kubedyno run FILE",
		"",
		fmt.Sprintf("%d pods are written as %d workloads, and %d nodes as %d pools. Equal pods are one workload; all that a pod", len(s.pods), len(w.groups), len(s.nodes), len(w.pools)),
		"requests is in one container. All names are new, and the same thing has the same name everywhere.",
		"Labels are there only where a rule of placement refers to them, and namespaces only where such rules",
		"are within one. Of the order of priorities only the order is kept.",
		"",
		growthWords(w.growth),
	}
	if w.options.Fit {
		lines = append(lines, fmt.Sprintf("The run finds how many nodes %s needs; the cluster has %d. It tries at most twice as many, or 10.", w.fitted(), w.pools[0].Count))
	} else {
		lines = append(lines, fmt.Sprintf("The nodes are all there before the pods. The figures of packing are those of %s, the largest pool.", w.fitted()))
	}
	lines = append(lines, "", "What is not in it, or otherwise than in the cluster:")
	for _, line := range s.leftOut() {
		lines = append(lines, "- "+line)
	}
	return lines
}

func growthWords(g Growth) string {
	if g == (Growth{}) {
		return "The sums of all requests are those of the cluster."
	}
	return fmt.Sprintf("To have fewer workloads, pods got the requests of larger ones: in sum %.2f%% more CPU and %.2f%% more memory.", 100*g.CPU, 100*g.Memory)
}

// leftOut says what the scenario does not have of the cluster.
func (s *Snapshot) leftOut() []string {
	l := s.left
	var lines []string
	say := func(n int, format string, more ...any) {
		if n > 0 {
			lines = append(lines, fmt.Sprintf(format, append([]any{n}, more...)...))
		}
	}
	say(l.completed, "%d pods that have ended")
	say(l.terminating, "%d pods that are being deleted")
	say(l.static, "%d static pods, which kubelets start by themselves; they request %dm CPU and %dMi memory of the nodes",
		l.staticTake.milliCPU, l.staticTake.bytes>>20)
	say(l.windows, "%d pods for Windows")
	say(l.volumes, "the volume claims of %d pods; nothing here stands in for volumes, their zones and their number on a node")
	say(l.devices, "what %d pods request beside CPU and memory, such as disk, huge pages or devices; fake nodes have none to give")
	say(l.gated, "the scheduling gates of %d pods, which are scheduled at once here")
	say(l.schedulers, "the schedulers of %d pods that name another one than the default")
	say(l.custom, "the owners of %d pods, of kinds that only the cluster knows; they are Deployments here")
	say(l.rolling, "the other shapes of %d pods of DaemonSets, which were being updated; all pods of one have the shape of most")
	say(l.rules, "a rule of placement of %d pods, of a kind that has no counterpart: names of nodes, regions, labels of namespaces or of single pods, comparisons")
	say(l.windowsNodes, "%d nodes with Windows")
	say(l.otherNodes, "%d nodes of another architecture than amd64 and arm64, or with nothing for pods")
	say(l.unready, "the state of %d nodes that were cordoned or not ready; all are ready here")
	return append(lines, "objects without pods, and replicas of a Deployment that have no pod",
		"how much pods really use, and what an autoscaler of nodes would do")
}
