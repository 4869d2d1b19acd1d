package snapshot

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A selected says which labels of pods make a difference to what anything selects; no others are kept.
type selected struct {
	keys   map[string]bool            // With any value: something asks whether they are there, or for the same value.
	values map[string]map[string]bool // With these values, by key.
	all    bool                       // Something selects all pods of a namespace.
}

// selectedBy returns what the rules of all pods select.
func selectedBy(pods []pod) selected {
	s := selected{keys: map[string]bool{}, values: map[string]map[string]bool{}}
	for _, p := range pods {
		eachSelector(p.spec, s.add)
		eachSelector(p.spec, func(selector *metav1.LabelSelector, _ []string) { s.all = s.all || empty(selector) })
	}
	return s
}

func empty(s *metav1.LabelSelector) bool { return len(s.MatchLabels)+len(s.MatchExpressions) == 0 }

// add takes a selector in, and the keys of labels whose values it takes from the pod that has it.
func (s selected) add(selector *metav1.LabelSelector, keys []string) {
	value := func(key, value string) {
		if s.values[key] == nil {
			s.values[key] = map[string]bool{}
		}
		s.values[key][value] = true
	}
	for key, v := range selector.MatchLabels {
		value(key, v)
	}
	for _, e := range selector.MatchExpressions {
		if len(e.Values) == 0 {
			s.keys[e.Key] = true
		}
		for _, v := range e.Values {
			value(e.Key, v)
		}
	}
	for _, key := range keys {
		s.keys[key] = true
	}
}

// has reports whether a label makes a difference.
func (s selected) has(key, value string) bool {
	return !ofController(key) && (s.keys[key] || s.values[key][value])
}

// eachSelector calls use with the selectors of pods in a pod's rules.
func eachSelector(spec corev1.PodSpec, use func(selector *metav1.LabelSelector, keys []string)) {
	term := func(t corev1.PodAffinityTerm) {
		if t.LabelSelector != nil {
			use(t.LabelSelector, slices.Concat(t.MatchLabelKeys, t.MismatchLabelKeys))
		}
	}
	both := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
		for _, t := range required {
			term(t)
		}
		for _, t := range preferred {
			term(t.PodAffinityTerm)
		}
	}
	if a := spec.Affinity; a != nil && a.PodAffinity != nil {
		both(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if a := spec.Affinity; a != nil && a.PodAntiAffinity != nil {
		both(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	for _, c := range spec.TopologySpreadConstraints {
		if c.LabelSelector != nil {
			use(c.LabelSelector, c.MatchLabelKeys)
		}
	}
}

// A translator writes the rules of one pod in new names.
type translator struct {
	names
	selected selected
	kind     string
	lost     bool // A rule had no counterpart and was left out.
}

// labels returns the labels of a pod that anything selects.
func (t *translator) labels(of map[string]string) map[string]string {
	labels := map[string]string{}
	for _, key := range sortedKeys(of) {
		if t.selected.has(key, of[key]) {
			labels[t.of("key", key)] = t.of("value", of[key])
		}
	}
	return labels
}

// spec returns the rules of a pod.
func (t *translator) spec(of corev1.PodSpec) corev1.PodSpec {
	spec := corev1.PodSpec{
		NodeSelector: t.nodeSelector(of.NodeSelector), Affinity: t.affinity(of.Affinity), Tolerations: t.tolerations(of.Tolerations),
		Containers: []corev1.Container{{Ports: of.Containers[0].Ports}},
	}
	for _, c := range of.TopologySpreadConstraints {
		if spread, ok := t.spread(c); ok {
			spec.TopologySpreadConstraints = append(spec.TopologySpreadConstraints, spread)
		} else {
			t.lost = true
		}
	}
	return spec
}

func (t *translator) nodeSelector(of map[string]string) map[string]string {
	selector := map[string]string{}
	for _, key := range sortedKeys(of) {
		values, ok := t.nodeValues(key, of[key])
		if !ok || len(values) != 1 {
			t.lost = true
			continue
		}
		selector[t.nodeKey(key)] = values[0]
	}
	if len(selector) == 0 {
		return nil
	}
	return selector
}

// tolerations leaves out those that admission and the DaemonSet controller add again.
func (t *translator) tolerations(of []corev1.Toleration) []corev1.Toleration {
	var all []corev1.Toleration
	for _, o := range of {
		if passing(o.Key) {
			continue
		}
		if !oneOf(o.Operator, "", corev1.TolerationOpEqual, corev1.TolerationOpExists) ||
			!oneOf(o.Effect, "", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute) {
			t.lost = true
			continue
		}
		all = append(all, corev1.Toleration{Key: t.taintKey(o.Key), Operator: o.Operator, Value: t.of("value", o.Value),
			Effect: o.Effect, TolerationSeconds: o.TolerationSeconds})
	}
	slices.SortStableFunc(all, func(a, b corev1.Toleration) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
	})
	return all
}

func (t *translator) affinity(of *corev1.Affinity) *corev1.Affinity {
	if of == nil {
		return nil
	}
	a := corev1.Affinity{}
	if n := of.NodeAffinity; n != nil {
		a.NodeAffinity = t.nodeAffinity(n)
	}
	if p := of.PodAffinity; p != nil {
		required, preferred := t.podTerms(p.RequiredDuringSchedulingIgnoredDuringExecution), t.weighted(p.PreferredDuringSchedulingIgnoredDuringExecution)
		if len(required)+len(preferred) > 0 {
			a.PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: required, PreferredDuringSchedulingIgnoredDuringExecution: preferred}
		}
	}
	if p := of.PodAntiAffinity; p != nil {
		required, preferred := t.podTerms(p.RequiredDuringSchedulingIgnoredDuringExecution), t.weighted(p.PreferredDuringSchedulingIgnoredDuringExecution)
		if len(required)+len(preferred) > 0 {
			a.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: required, PreferredDuringSchedulingIgnoredDuringExecution: preferred}
		}
	}
	if a == (corev1.Affinity{}) {
		return nil
	}
	return &a
}

func (t *translator) nodeAffinity(of *corev1.NodeAffinity) *corev1.NodeAffinity {
	a := &corev1.NodeAffinity{}
	if required := of.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
		var terms []corev1.NodeSelectorTerm
		free := false // One of the terms has nothing left, so that any node will do.
		for _, term := range required.NodeSelectorTerms {
			translated, ok := t.nodeTerm(term)
			if free = free || !ok; ok {
				terms = append(terms, translated)
			}
		}
		if !free && len(terms) > 0 {
			a.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{NodeSelectorTerms: terms}
		}
	}
	for _, preferred := range of.PreferredDuringSchedulingIgnoredDuringExecution {
		if term, ok := t.nodeTerm(preferred.Preference); ok {
			a.PreferredDuringSchedulingIgnoredDuringExecution = append(a.PreferredDuringSchedulingIgnoredDuringExecution,
				corev1.PreferredSchedulingTerm{Weight: preferred.Weight, Preference: term})
		}
	}
	if a.RequiredDuringSchedulingIgnoredDuringExecution == nil && len(a.PreferredDuringSchedulingIgnoredDuringExecution) == 0 {
		return nil
	}
	return a
}

// nodeTerm translates a term; ok is false if nothing is left of it. What the DaemonSet controller says of
// the very node of each pod is no loss: it says so again.
func (t *translator) nodeTerm(of corev1.NodeSelectorTerm) (term corev1.NodeSelectorTerm, ok bool) {
	t.lost = t.lost || len(of.MatchFields) > 0 && t.kind != daemonSet
	for _, e := range of.MatchExpressions {
		if !oneOf(e.Operator, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn, corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist) {
			t.lost = true
			continue
		}
		translated := corev1.NodeSelectorRequirement{Operator: e.Operator}
		whole := true
		for _, value := range e.Values {
			values, known := t.nodeValues(e.Key, value)
			whole = whole && known
			translated.Values = append(translated.Values, values...)
		}
		if !whole {
			t.lost = true
			continue
		}
		translated.Key = t.nodeKey(e.Key)
		term.MatchExpressions = append(term.MatchExpressions, translated)
	}
	return term, len(term.MatchExpressions) > 0
}

func (t *translator) podTerms(of []corev1.PodAffinityTerm) []corev1.PodAffinityTerm {
	var all []corev1.PodAffinityTerm
	for _, o := range of {
		if term, ok := t.podTerm(o); ok {
			all = append(all, term)
		} else {
			t.lost = true
		}
	}
	return all
}

func (t *translator) weighted(of []corev1.WeightedPodAffinityTerm) []corev1.WeightedPodAffinityTerm {
	var all []corev1.WeightedPodAffinityTerm
	for _, o := range of {
		if term, ok := t.podTerm(o.PodAffinityTerm); ok {
			all = append(all, corev1.WeightedPodAffinityTerm{Weight: o.Weight, PodAffinityTerm: term})
		} else {
			t.lost = true
		}
	}
	return all
}

// podTerm translates a term; ok is false if it selects by what the scenario does not have: labels of
// namespaces, or those that controllers give to single pods.
func (t *translator) podTerm(of corev1.PodAffinityTerm) (term corev1.PodAffinityTerm, ok bool) {
	selector, ok := t.selector(of.LabelSelector, slices.Concat(of.MatchLabelKeys, of.MismatchLabelKeys))
	if s := of.NamespaceSelector; !ok || s != nil && !empty(s) {
		return term, false
	}
	term = corev1.PodAffinityTerm{LabelSelector: selector, TopologyKey: t.nodeKey(of.TopologyKey),
		MatchLabelKeys: t.matchKeys(of.MatchLabelKeys), MismatchLabelKeys: t.matchKeys(of.MismatchLabelKeys)}
	if of.NamespaceSelector != nil {
		term.NamespaceSelector = &metav1.LabelSelector{}
	}
	for _, namespace := range of.Namespaces {
		term.Namespaces = append(term.Namespaces, t.of("ns", namespace))
	}
	return term, true
}

func (t *translator) spread(of corev1.TopologySpreadConstraint) (spread corev1.TopologySpreadConstraint, ok bool) {
	selector, ok := t.selector(of.LabelSelector, of.MatchLabelKeys)
	if !ok || !oneOf(of.WhenUnsatisfiable, corev1.DoNotSchedule, corev1.ScheduleAnyway) {
		return spread, false
	}
	for _, policy := range []*corev1.NodeInclusionPolicy{of.NodeAffinityPolicy, of.NodeTaintsPolicy} {
		if policy != nil && !oneOf(*policy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore) {
			return spread, false
		}
	}
	return corev1.TopologySpreadConstraint{MaxSkew: of.MaxSkew, TopologyKey: t.nodeKey(of.TopologyKey), WhenUnsatisfiable: of.WhenUnsatisfiable,
		LabelSelector: selector, MinDomains: of.MinDomains, NodeAffinityPolicy: of.NodeAffinityPolicy, NodeTaintsPolicy: of.NodeTaintsPolicy,
		MatchLabelKeys: t.matchKeys(of.MatchLabelKeys)}, true
}

// selector translates a selector of pods. The API server adds to it the values of the labels that
// matchLabelKeys name, and would add them again (KEP-3633); these keys are left out.
func (t *translator) selector(of *metav1.LabelSelector, added []string) (*metav1.LabelSelector, bool) {
	if of == nil {
		return nil, true
	}
	s := &metav1.LabelSelector{}
	for _, key := range sortedKeys(of.MatchLabels) {
		if slices.Contains(added, key) {
			continue
		}
		if ofController(key) {
			return nil, false
		}
		if s.MatchLabels == nil {
			s.MatchLabels = map[string]string{}
		}
		s.MatchLabels[t.of("key", key)] = t.of("value", of.MatchLabels[key])
	}
	for _, e := range of.MatchExpressions {
		if slices.Contains(added, e.Key) {
			continue
		}
		if ofController(e.Key) || !oneOf(e.Operator, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist) {
			return nil, false
		}
		translated := metav1.LabelSelectorRequirement{Key: t.of("key", e.Key), Operator: e.Operator}
		for _, value := range e.Values {
			translated.Values = append(translated.Values, t.of("value", value))
		}
		s.MatchExpressions = append(s.MatchExpressions, translated)
	}
	return s, true
}

// matchKeys translates keys whose values a pod shares with those that it is matched with. The controllers'
// own are there in the scenario too, where the pods have such a controller.
func (t *translator) matchKeys(of []string) []string {
	var keys []string
	for _, key := range of {
		ours := key == "pod-template-hash" && t.kind == deployment || key == "controller-revision-hash" && oneOf(t.kind, statefulSet, daemonSet)
		switch {
		case ours:
			keys = append(keys, key)
		case ofController(key):
			t.lost = true
		default:
			keys = append(keys, t.of("key", key))
		}
	}
	return keys
}

// A class is a priority that pods have beside that of the system's classes.
type class struct {
	value int32
	never bool // It does not evict others.
}

// system are the classes that every cluster has.
var system = []string{"system-cluster-critical", "system-node-critical"}

// classOf returns the class of a pod; none is that of pods without one.
func classOf(spec corev1.PodSpec) (c class, none bool) {
	if spec.Priority != nil {
		c.value = *spec.Priority
	}
	c.never = spec.PreemptionPolicy != nil && *spec.PreemptionPolicy == corev1.PreemptNever
	return c, c == class{} || slices.Contains(system, spec.PriorityClassName)
}

// priorities ranks the classes of pods. Only their order is kept, and which are below 0, where pods
// without a class are.
func priorities(pods []pod) (names map[class]string, values map[string]class) {
	names, values = map[class]string{}, map[string]class{}
	var all []class
	for _, p := range pods {
		if c, none := classOf(p.spec); !none && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b class) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(fmt.Sprint(a.never), fmt.Sprint(b.never)))
	})
	var levels []int32
	for _, c := range all {
		levels = append(levels, c.value)
	}
	levels = append(levels, 0)
	slices.Sort(levels)
	levels = slices.Compact(levels)
	zero := slices.Index(levels, 0)
	for i, c := range all {
		names[c] = fmt.Sprintf("priority-%d", i+1)
		values[names[c]] = class{value: int32(slices.Index(levels, c.value)-zero) * 1000, never: c.never}
	}
	return names, values
}
