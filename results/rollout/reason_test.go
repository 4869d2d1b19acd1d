package rollout

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/series"
)

// evidence judges a rollout of 40 pods from 0 s to 100 s under a quota of pods.
func evidence(limits Limits, unfinished bool, pods Series, used, hard series.Steps) Evidence {
	e := Evidence{Kind: "Deployment", Unfinished: unfinished, Limits: limits, Pods: pods, Result: Judge(pods, limits, 0, sec(100))}
	if used != nil {
		e.Quotas = []Quota{{Constraint{used, hard, 1}, "q", "pods"}}
		stall := Stalled(pods.Desired, pods.Current, []Constraint{e.Quotas[0].Constraint}, 0, sec(100))
		e.Stall = &stall
	}
	return e
}

func TestWhy(t *testing.T) {
	all := func(pods float64) Series {
		return Series{Desired: steps(0, 40), Current: steps(0, pods), Updated: steps(0, 0), Available: steps(0, pods), Terminating: steps(0, 0)}
	}
	bad := Series{Desired: steps(0, 40), Current: steps(0, 40, 5, 50), Updated: steps(0, 0, 5, 20), Available: steps(0, 40, 5, 30), Terminating: steps(0, 0)}
	stopping := Series{Desired: steps(0, 40), Current: steps(0, 40, 5, 30), Updated: steps(0, 0), Available: steps(0, 40, 5, 30), Terminating: steps(0, 0, 5, 10)}
	stalled := Series{Desired: steps(0, 40), Current: steps(0, 40, 5, 30), Updated: steps(0, 0, 5, 10), Available: steps(0, 40, 5, 30), Terminating: steps(0, 0, 5, 10, 30, 0)}
	moving := Series{Desired: steps(0, 40), Current: steps(0, 40), Updated: steps(0, 0, 10, 1, 20, 2, 30, 3, 40, 4, 50, 5, 60, 6, 70, 7, 80, 8, 99, 9),
		Available: steps(0, 40), Terminating: steps(0, 0)}
	with := func(e Evidence, change func(*Evidence)) Evidence { change(&e); return e }
	refused := func(n, waves float64) func(*Evidence) {
		return func(e *Evidence) { e.Refused, e.Waves = &n, waves }
	}
	stall := evidence(Limits{Unavailable: 10}, true, stalled, steps(0, 40, 30, 30), steps(0, 40))
	for _, test := range []struct {
		name   string
		e      Evidence
		cause  Cause
		waited string
		avoid  string
	}{
		{"deadlock", evidence(Limits{Surge: 1}, true, all(40), steps(0, 40), steps(0, 40)), Deadlock,
			"For 100 s it waited for room for one more pod, which nothing frees: 40 of 40 pods of quota q were used, and none may lack (maxUnavailable: 0).",
			"Allow one pod to lack (maxUnavailable: 1), or give the quota room for one (pods: 41)."},
		{"more wanted than the quota allows", evidence(Limits{UnavailablePercent: 25, SurgePercent: 25}, true, all(10), steps(0, 10), steps(0, 10)), Deadlock,
			"For 100 s it could make no pod (10 of 10 pods of quota q were used) and delete none: 40 were wanted, of which 30 must stay available, and 10 were.",
			"Give the quota room for the pods that are wanted (pods: 40), or want fewer: maxReplicas, if an autoscaler asks for them."},
		{"back-off", with(stall, refused(7, 2)), BackOff,
			"For 70 s the quota had room for 10 more pods, 10 were missing, and none was made. Attempts had been refused before (at least 7): a replica set " +
				"waits longer after each one, up to 1,000 s, and is not woken when the quota is freed (kubernetes/kubernetes#98656).",
			"Give the quota room for the surge and for pods that are stopping (pods: 60), or let pods stop faster."},
		{"back-off, pods that stop for long", with(stall, refused(7, 50)), BackOff, "", "Give the quota room for the surge and for pods that are stopping (pods: 80), or let pods stop faster."},
		{"back-off of a StatefulSet", with(with(stall, refused(7, 0)), func(e *Evidence) { e.Kind = "StatefulSet" }), BackOff, "a controller waits longer", "(pods: 80)"},
		{"room and nothing refused", with(stall, refused(0, 2)), Unknown, "For 70 s the quota had room for 10 more pods, 10 were missing, and none was made.", ""},
		{"room and nothing known of refusals", stall, Unknown, "none was made.", ""},
		{"room and pods that no LimitRange takes", with(stall, func(e *Evidence) { e.Otherwise = map[string]float64{"limit-range": 5, "other": 1} }), Refused,
			"For 70 s it waited for pods that admission refused (limit-range: at least 5, other: at least 1).", "Mend what the pods request"},
		{"a LimitRange without a quota", with(evidence(Limits{Surge: 1}, true, all(40), nil, nil), func(e *Evidence) { e.Otherwise = map[string]float64{"limit-range": 5} }), Refused,
			"For 100 s it waited", "LimitRange"},
		{"stopping", with(evidence(Limits{Unavailable: 10}, false, stopping, steps(0, 40), steps(0, 40)), refused(3, 2)), Stopping,
			"For 95 s it waited for 10 pods that were stopping: 40 of 40 pods of quota q were used.", "(pods: 60)"},
		{"a bad version", with(evidence(Limits{Unavailable: 10, Surge: 10}, true, bad, nil, nil), func(e *Evidence) { e.Deadlines = 1 }), NotReady,
			"For 95 s it waited for pods of the new version to become available: none of the 20 did. Its progress deadline was exceeded.",
			"Roll back (kubectl rollout undo), or mend the new version's image or readiness. A shorter progressDeadlineSeconds reports it sooner, and does no more."},
		{"no nodes", with(evidence(Limits{Unavailable: 10, Surge: 10}, true, bad, nil, nil), func(e *Evidence) { e.NoNode = steps(0, 0, 10, 18) }), Unschedulable,
			"For 95 s it waited for 20 pods to become available; 18 pods of the run had no node.", "more or larger nodes"},
		{"not known", with(evidence(Limits{Unavailable: 10}, true, all(40), nil, nil), refused(4, 0)), Unknown,
			"For 100 s nothing moved: of 40 pods wanted there were 40, 0 of the new version, 40 available and 0 being deleted. Quotas refused attempts to make pods (at least 4).", ""},
		{"given up under way", evidence(Limits{Unavailable: 10}, true, moving, nil, nil), Unknown,
			"It was not complete after 100 s, and still going on: nothing moved for 19 s at most.", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Why(test.e)
			if r == nil || r.Cause != test.cause {
				t.Fatalf("reason %+v, want %s", r, test.cause)
			}
			if !strings.Contains(r.Waited, test.waited) || !strings.Contains(r.Avoid, test.avoid) || test.avoid == "" && r.Avoid != "" {
				t.Errorf("sentences (-want +got):\n%s", cmp.Diff([]string{test.waited, test.avoid}, []string{r.Waited, r.Avoid}))
			}
		})
	}
	if r := Why(evidence(Limits{Unavailable: 10}, false, moving, nil, nil)); r != nil {
		t.Errorf("reason %+v of a rollout that is complete and never stood still", r)
	}
	if r := Why(Evidence{Unfinished: true}); r != nil {
		t.Errorf("reason %+v of a rollout of which nothing is known", r)
	}
}

// TestWhyBesideOthers has a quota that other pods use 5 of, and one of cores with room enough.
func TestWhyBesideOthers(t *testing.T) {
	pods := Series{Desired: steps(0, 40), Current: steps(0, 40), Updated: steps(0, 0), Available: steps(0, 40), Terminating: steps(0, 0)}
	e := evidence(Limits{Surge: 1}, true, pods, steps(0, 45), steps(0, 45))
	e.Quotas = append(e.Quotas, Quota{Constraint{steps(0, 10), steps(0, 10), 0.25}, "c", "requests.cpu"},
		Quota{Constraint{steps(0, 1<<30), steps(0, 2<<30), 1 << 20}, "m", "requests.memory"})
	if r := Why(e); r.Cause != Deadlock || !strings.Contains(r.Avoid, "(pods: 46, requests.cpu: 10250m)") {
		t.Errorf("reason %+v", r)
	}
	if got := e.giveRoom(sec(50)); got != "Give the quota room for the surge and for pods that are stopping (pods: 86, requests.cpu: 20250m), or let pods stop faster." {
		t.Errorf("room %q", got)
	}
}
