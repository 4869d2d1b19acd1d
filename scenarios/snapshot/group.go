package snapshot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// prefixes are the kinds that the scenario tells apart, and what their workloads are called.
var prefixes = map[string]string{deployment: "app", statefulSet: "stateful", daemonSet: "daemon", job: "job", bare: "pod"}

// kinds is the order in which workloads are written: pods on every node come first.
var kinds = []string{daemonSet, deployment, statefulSet, job, bare}

// A group is objects of one kind with equal pods.
type group struct {
	name    string
	kind    string
	rules   shape
	key     string // The rules as text.
	takes   amount
	objects int
	each    int // Pods of each object; not known of a DaemonSet.
	pods    int
}

// A shape is everything about a pod but what it requests, in new names.
type shape struct {
	Namespace string            // Empty where it makes no difference.
	Labels    map[string]string // Without the one that an object finds its pods by.
	Spec      corev1.PodSpec
}

// shaped is a pod in new names.
type shaped struct {
	kind, owner string
	rules       shape
	key         string
	takes       amount
}

// translate gives all pods new names.
func (s *Snapshot) translate(classes map[class]string) []shaped {
	slices.SortStableFunc(s.pods, func(a, b pod) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.owner, b.owner))
	})
	chosen := selectedBy(s.pods)
	all := make([]shaped, 0, len(s.pods))
	for _, p := range s.pods {
		t := translator{names: s.names, selected: chosen, kind: p.kind}
		rules := shape{Labels: t.labels(p.labels), Spec: t.spec(p.spec)}
		selects := false
		eachSelector(rules.Spec, func(_ *metav1.LabelSelector, _ []string) { selects = true })
		if selects || chosen.all || len(rules.Labels) > 0 {
			rules.Namespace = s.names.of("ns", p.namespace)
		}
		if c, none := classOf(p.spec); !none {
			rules.Spec.PriorityClassName = classes[c]
		} else if slices.Contains(system, p.spec.PriorityClassName) {
			rules.Spec.PriorityClassName = p.spec.PriorityClassName
		}
		if t.lost {
			s.left.rules++
		}
		all = append(all, shaped{p.kind, p.namespace + "/" + p.owner, rules, textOf(rules), p.takes})
	}
	return all
}

func textOf(rules shape) string {
	text, err := json.Marshal(rules)
	if err != nil {
		panic(fmt.Sprintf("encode the rules of a pod: %v", err)) // They are plain data.
	}
	return string(text)
}

// A part is the equal pods of one owner.
type part struct {
	owner, kind, key string
	takes            amount
}

// groups puts equal pods of an owner together, and then owners of equal pods.
func (s *Snapshot) groups(pods []shaped) []group {
	owned, rules := map[part]int{}, map[string]shape{}
	for _, p := range pods {
		owner := p.owner
		if p.kind == job || p.kind == bare {
			owner = "" // They are written one by one.
		}
		owned[part{owner, p.kind, p.key, p.takes}]++
		rules[p.key] = p.rules
	}
	s.oneShape(owned)
	type like struct {
		kind, key string
		takes     amount
		each      int
	}
	by := map[like]*group{}
	for p, n := range owned {
		id, objects := like{p.kind, p.key, p.takes, n}, 1
		switch p.kind {
		case daemonSet:
			id.each = 0
		case job, bare:
			id.each, objects = 1, n
		}
		if by[id] == nil {
			by[id] = &group{kind: p.kind, rules: rules[p.key], key: p.key, takes: p.takes, each: id.each}
		}
		by[id].objects += objects
		by[id].pods += n
	}
	var all []group
	for _, g := range by {
		all = append(all, *g)
	}
	order(all)
	return all
}

// oneShape gives all pods of a DaemonSet the shape of most of them: while one is updated there are two,
// and two DaemonSets in its place would both have a pod on every node.
func (s *Snapshot) oneShape(owned map[part]int) {
	total, most := map[string]int{}, map[string]part{}
	for p, n := range owned {
		if p.kind != daemonSet {
			continue
		}
		total[p.owner] += n
		known, there := most[p.owner]
		if by := cmp.Compare(n, owned[known]); !there || by > 0 || by == 0 && p.before(known) {
			most[p.owner] = p
		}
	}
	for owner, p := range most {
		s.left.rolling += total[owner] - owned[p]
	}
	for p := range owned {
		if p.kind == daemonSet && most[p.owner] != p {
			delete(owned, p)
		}
	}
	for owner, p := range most {
		owned[p] = total[owner]
	}
}

// before orders parts that have as many pods, so that the same cluster gives the same scenario.
func (p part) before(q part) bool {
	return cmp.Or(cmp.Compare(p.key, q.key), cmp.Compare(p.takes.milliCPU, q.takes.milliCPU), cmp.Compare(p.takes.bytes, q.takes.bytes),
		cmp.Compare(p.takes.limitMilliCPU, q.takes.limitMilliCPU), cmp.Compare(p.takes.limitBytes, q.takes.limitBytes)) < 0
}

// order sorts groups by kind, and the largest first.
func order(all []group) {
	slices.SortFunc(all, func(a, b group) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.kind), slices.Index(kinds, b.kind)), cmp.Compare(b.pods, a.pods),
			cmp.Compare(b.takes.milliCPU, a.takes.milliCPU), cmp.Compare(b.takes.bytes, a.takes.bytes),
			cmp.Compare(b.takes.limitMilliCPU, a.takes.limitMilliCPU), cmp.Compare(b.takes.limitBytes, a.takes.limitBytes),
			cmp.Compare(a.key, b.key), cmp.Compare(a.each, b.each))
	})
}
