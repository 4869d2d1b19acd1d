package plan

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// The forecasts of a rollout under quotas, the worst last.
const (
	Delayed = "delayed" // Attempts to make pods are refused, but it finishes.
	Crowded = "crowded" // Attempts are refused while an autoscaler asks for as many pods as it may.
	Stuck   = "stuck"   // It cannot finish while an autoscaler asks for as many pods as it may.
	Never   = "never"   // It cannot finish.
)

// warnQuota says beforehand what a rollout under quotas comes to. Its controllers may make surge
// pods beyond the replicas and may let unavailable ones lack; the quota has room for so many more:
//
//   - no room and none may lack: no pod can be made and none deleted, so the rollout never moves;
//   - less room than the surge and the pods that are stopping: attempts to make pods are refused, and
//     each refusal delays the next one by up to 1,000 s (kubernetes/kubernetes issue 98656). It
//     finishes, at some time;
//   - an autoscaler may ask for more pods than the quota allows: the rollout cannot be complete until
//     it asks for fewer. If the quota allows that many and not the surge beside them, attempts are
//     refused while it asks for them.
func (s *simulation) warnQuota(phase string, w Workload, each int) {
	u := updateOf(w, each, s.Fleet.Nodes())
	need, room := s.room(u.Workload)
	if need == nil || each == 0 {
		return
	}
	resource := fmt.Sprintf("quota %s (%s)", need.Quota, need.Resource)
	s.warnScaled(phase, w, resource, each, each+int(room))
	switch {
	case room < 0:
		s.foresee(phase, u.Workload, Never)
		s.Warnings = append(s.Warnings, fmt.Sprintf("Phase %s cannot finish: %s allows %s fewer pods than there are with workload %s.",
			phase, resource, grouped(int(-room)), w.Name))
	case room < 1 && u.Unavailable == 0:
		s.foresee(phase, u.Workload, Never)
		s.Warnings = append(s.Warnings, fmt.Sprintf("Phase %s cannot finish the rollout of %s: %s has no room for one more pod, "+
			"and maxUnavailable allows none to lack. Allow one to lack, or give the quota room for one.", phase, w.Name, resource))
	case u.Strategy == rollingUpdate && room < float64(u.Objects*s.inTheWay(u, w, each)):
		s.foresee(phase, u.Workload, Delayed)
		s.Warnings = append(s.Warnings, fmt.Sprintf("In phase %s the rollout of %s asks for up to %s pods more than there are, those that "+
			"are stopping among them, and %s has room for %s: attempts are refused, and each refusal delays the next one, up to 1,000 s.",
			phase, w.Name, grouped(u.Objects*s.inTheWay(u, w, each)), resource, grouped(int(room))))
	default:
		s.warnCrowded(phase, w, resource, each+int(room))
	}
}

// warnCrowded says that attempts to make pods are refused once an autoscaler has asked for as many as it
// may, if the quota allows these but not the rollout's surge and stopping pods beside them.
func (s *simulation) warnCrowded(phase string, w Workload, resource string, allowed int) {
	u := updateOf(w, w.MostPods, s.Fleet.Nodes())
	if w.Kind != "Deployment" || w.Count != 1 || w.MostPods == 0 || w.MostPods > allowed || u.Strategy != rollingUpdate ||
		allowed-w.MostPods >= s.inTheWay(u, w, w.MostPods) {
		return
	}
	s.foresee(phase, w.Name, Crowded)
	s.Warnings = append(s.Warnings, fmt.Sprintf("In phase %s the rollout of %s asks for up to %s pods more than its autoscaler, which may ask for %s, "+
		"and %s allows %s: attempts are refused then, and each refusal delays the next one, up to 1,000 s.",
		phase, w.Name, grouped(s.inTheWay(u, w, w.MostPods)), grouped(w.MostPods), resource, grouped(allowed)))
}

// warnScaled says what an autoscaler does to the rollout of the Deployment that it scales, if it may ask
// for more pods than the quota allows: the rollout is complete only with all of them. And maxUnavailable
// is of what it asks for. If the quota allows no more pods than must be available then, no old one may be
// deleted (pkg/controller/deployment/rolling.go, reconcileOldReplicaSets).
func (s *simulation) warnScaled(phase string, w Workload, resource string, each, allowed int) {
	if w.Kind != "Deployment" || w.Count != 1 || w.MostPods <= allowed || allowed < each {
		return
	}
	s.foresee(phase, w.Name, Stuck)
	words := fmt.Sprintf("In phase %s the rollout of %s cannot be complete while its autoscaler asks for more than %s pods, and it may ask for %s: %s allows no more.",
		phase, w.Name, grouped(allowed), grouped(w.MostPods), resource)
	available := func(pods int) int { return pods - updateOf(w, pods, s.Fleet.Nodes()).Unavailable }
	// What must be available does not fall as the pods rise.
	still := allowed + sort.Search(w.MostPods-allowed+1, func(more int) bool { return available(allowed+more) >= allowed })
	if still <= w.MostPods {
		words += fmt.Sprintf(" From %s on it stands still: %s of them must stay available, so that no old one may go.", grouped(still), grouped(available(still)))
	}
	s.Warnings = append(s.Warnings, words+" Give the quota room for more, or lower maxReplicas.")
}

// worse is the worse of two forecasts.
func worse(a, b string) string {
	bestFirst := []string{"", Crowded, Delayed, Stuck, Never}
	if slices.Index(bestFirst, b) > slices.Index(bestFirst, a) {
		return b
	}
	return a
}

// foresee keeps the worst forecast of a workload's rollouts, and of those in each phase.
func (s *simulation) foresee(phase, workload, forecast string) {
	for i := range s.Updates {
		u := &s.Updates[i]
		if u.Workload != workload {
			continue
		}
		if u.Forecasts == nil {
			u.Forecasts = map[string]string{}
		}
		u.Forecasts[phase] = worse(u.Forecasts[phase], forecast)
		u.Forecast = worse(u.Forecast, forecast)
	}
}

// inTheWay is how many pods of an object may count against a quota beyond its replicas: the surge, and
// those that are stopping. In each round as many are deleted, and as many made in their place, as the
// surge and what may lack come to; a deleted pod counts until it is gone and the quota has been
// counted anew, which is after its successor is asked for. Where pods stop at once that is a race: with
// room for the surge and one more, attempts may be refused or not.
//
// Where pods stop more slowly than new ones get ready, several rounds of a Deployment's are stopping at
// once, up to all of its pods. A DaemonSet or StatefulSet waits for a pod to be gone.
func (s *simulation) inTheWay(u Update, w Workload, each int) int {
	rounds := 1
	if stop := s.Fleet.PodStop; stop != nil && u.Kind == "Deployment" {
		seconds, _ := spec.Lookup(w.Render(0), "spec", "minReadySeconds").(int64)
		round := typical(s.Fleet.PodStartup) + time.Duration(seconds)*time.Second
		rounds = max(1, int(math.Ceil(float64(typical(*stop))/float64(max(round, time.Millisecond)))))
	}
	return min(u.Surge+(u.Surge+u.Unavailable)*rounds, max(each, u.Surge))
}

// typical returns what a latency is for most pods, about.
func typical(l spec.Latency) time.Duration {
	switch l.Distribution {
	case "fixed":
		return l.Value
	case "uniform":
		return (l.Min + l.Max) / 2
	case "lognormal":
		return l.Median
	case "quantiles":
		return l.Quantiles[len(l.Quantiles)/2]
	}
	return 0
}

// room returns for how many more pods of a workload its quotas have room beside all pods that are
// there, and which resource that is; nil without quotas.
func (s *simulation) room(workload string) (tightest *Need, room float64) {
	room = math.Inf(1)
	for _, u := range s.Updates {
		if u.Workload != workload {
			continue
		}
		for _, need := range u.Needs {
			if left := math.Floor((need.Hard-s.used(need))/need.Each + rounding); left < room {
				tightest, room = &need, left
			}
		}
	}
	return tightest, room
}

// rounding is what amounts such as 0.1 cores may be off by.
const rounding = 1e-9

// used is what the pods that are there take of a quota's resource.
func (s *simulation) used(need Need) float64 {
	total := 0.0
	for name, pods := range s.pods {
		for _, other := range s.needs[name] {
			if other.Quota == need.Quota && other.Resource == need.Resource {
				total += float64(pods) * other.Each
			}
		}
	}
	return total
}
