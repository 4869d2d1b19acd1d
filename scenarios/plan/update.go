package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// The strategies of updates, as apps/v1 names them.
const (
	rollingUpdate = "RollingUpdate"
	recreate      = "Recreate"
	onDelete      = "OnDelete"
)

// An Update is how the objects of a workload are updated.
type Update struct {
	Workload string `json:"workload"`
	Kind     string `json:"kind"`
	Strategy string `json:"strategy"` // RollingUpdate, Recreate or OnDelete.
	Objects  int    `json:"objects"`
	// Unavailable and Surge are how many pods of each object the strategy allows to lack and to
	// be too many. Percentages are of the replicas that the manifest has.
	Unavailable int `json:"unavailable"`
	Surge       int `json:"surge"`
	// UnavailablePercent and SurgePercent are what one Deployment's strategy states as percentages,
	// which follow its replicas; 0 where it states numbers.
	UnavailablePercent int    `json:"unavailablePercent,omitempty"`
	SurgePercent       int    `json:"surgePercent,omitempty"`
	Needs              []Need `json:"needs,omitempty"` // Of the quotas in the way of its pods.
	// Forecast is Never, Stuck, Delayed or Crowded if a quota is in the way of a rollout, else empty.
	Forecast string `json:"forecast,omitempty"`
	// Forecasts are those of its rollouts by phase, without the phases in which none is in the way;
	// Forecast is the worst of them.
	Forecasts map[string]string `json:"forecasts,omitempty"`
}

// updates lists the workloads that rollout actions are about, in the order of their names.
func (p *Plan) updates(s spec.Spec) []Update {
	rolled := map[string]bool{}
	for _, phase := range s.Phases {
		for _, a := range phase.Actions {
			if a.Rollout != nil {
				rolled[a.Rollout.Workload] = true
			}
		}
	}
	var all []Update
	for _, name := range slices.Sorted(maps.Keys(rolled)) {
		if w, ok := p.Workloads[name]; ok {
			u := updateOf(w, w.PodsEach, p.Fleet.Nodes())
			u.Needs = p.needs[name]
			all = append(all, u)
		}
	}
	return all
}

// updateOf resolves the strategy of a workload whose objects have so many replicas, as its controller does: a Deployment's surge is
// rounded up and what may be unavailable down, and if both are 0 one pod may be unavailable
// (pkg/controller/deployment/util, ResolveFenceposts); a DaemonSet's are both rounded up, of the
// nodes; a StatefulSet's maxUnavailable is rounded down, and at least 1.
func updateOf(w Workload, replicas, nodes int) Update {
	object := w.Render(0)
	u := Update{Workload: w.Name, Kind: w.Kind, Objects: w.Count, Strategy: rollingUpdate}
	key := "updateStrategy"
	if w.Kind == "Deployment" {
		key = "strategy"
	}
	if named, ok := spec.Lookup(object, "spec", key, "type").(string); ok {
		u.Strategy = named
	}
	unavailable := spec.Lookup(object, "spec", key, "rollingUpdate", "maxUnavailable")
	surge := spec.Lookup(object, "spec", key, "rollingUpdate", "maxSurge")
	switch {
	case u.Strategy == recreate:
		u.Unavailable = replicas
	case u.Strategy == onDelete:
	case w.Kind == "Deployment":
		u.Unavailable = pods(cmp.Or(unavailable, any("25%")), replicas, false)
		u.Surge = pods(cmp.Or(surge, any("25%")), replicas, true)
		if u.Unavailable == 0 && u.Surge == 0 {
			u.Unavailable = 1
		}
		if u.Objects == 1 {
			u.UnavailablePercent, u.SurgePercent = percentage(cmp.Or(unavailable, any("25%"))), percentage(cmp.Or(surge, any("25%")))
		}
	case w.Kind == "DaemonSet":
		u.Unavailable = pods(cmp.Or(unavailable, any(int64(1))), nodes, true)
		u.Surge = pods(cmp.Or(surge, any(int64(0))), nodes, true)
	case w.Kind == "StatefulSet":
		u.Unavailable = max(1, pods(cmp.Or(unavailable, any(int64(1))), replicas, false))
	}
	return u
}

// pods resolves a number or a percentage of a number of pods. What is neither counts as 0: the API
// server refuses it.
func pods(value any, of int, up bool) int {
	switch value := value.(type) {
	case int64:
		return int(value)
	case string:
		if up {
			return (of*percentage(value) + 99) / 100
		}
		return of * percentage(value) / 100
	}
	return 0
}

// percentage is the number in "25%"; 0 for what is no percentage.
func percentage(value any) int {
	text, _ := value.(string)
	number, found := strings.CutSuffix(text, "%")
	percent, err := strconv.Atoi(number)
	if err != nil || !found {
		return 0
	}
	return percent
}
