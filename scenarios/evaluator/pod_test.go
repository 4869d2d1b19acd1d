package evaluator

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// amountsOf makes a list of names and quantities.
func amountsOf(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

func container(name string, requests, limits corev1.ResourceList) corev1.Container {
	return corev1.Container{Name: name, Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits}}
}

func sidecar(name string, requests corev1.ResourceList) corev1.Container {
	always, c := corev1.ContainerRestartPolicyAlways, container(name, requests, nil)
	c.RestartPolicy = &always
	return c
}

// same compares lists by amount: 1 and 1000m are the same.
func same(t *testing.T, what string, want, got corev1.ResourceList) {
	t.Helper()
	text := func(list corev1.ResourceList) map[string]string {
		all := map[string]string{}
		for name, amount := range list {
			all[string(name)] = amount.AsDec().String()
		}
		return all
	}
	if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestPodRequests(t *testing.T) {
	cpu := func(amount string) corev1.ResourceList { return amountsOf("cpu", amount) }
	status := func(name, allocated, actual string) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, AllocatedResources: cpu(allocated),
			Resources: &corev1.ResourceRequirements{Requests: cpu(actual)}}
	}
	resize := func(reason string) []corev1.PodCondition {
		return []corev1.PodCondition{{Type: corev1.PodResizePending, Reason: reason}}
	}
	main := []corev1.Container{container("main", cpu("100m"), nil)}
	for name, test := range map[string]struct {
		pod  corev1.Pod
		want string // "" for none at all.
	}{
		"containers add up": {corev1.Pod{Spec: corev1.PodSpec{Containers: append(main, container("other", cpu("50m"), nil))}}, "150m"},
		"none is no amount": {corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{container("main", nil, nil)}}}, ""},
		"an init container that takes less does not count": {corev1.Pod{Spec: corev1.PodSpec{Containers: main,
			InitContainers: []corev1.Container{container("init", cpu("90m"), nil)}}}, "100m"},
		"one that takes more counts instead, the largest of several": {corev1.Pod{Spec: corev1.PodSpec{Containers: main,
			InitContainers: []corev1.Container{container("init", cpu("300m"), nil), container("next", cpu("200m"), nil)}}}, "300m"},
		"sidecars count beside the containers": {corev1.Pod{Spec: corev1.PodSpec{Containers: main,
			InitContainers: []corev1.Container{sidecar("side", cpu("40m"))}}}, "140m"},
		"and beside the init containers after them": {corev1.Pod{Spec: corev1.PodSpec{Containers: main,
			InitContainers: []corev1.Container{sidecar("side", cpu("40m")), container("init", cpu("200m"), nil)}}}, "240m"},
		"not beside those before them": {corev1.Pod{Spec: corev1.PodSpec{Containers: main,
			InitContainers: []corev1.Container{container("init", cpu("200m"), nil), sidecar("side", cpu("40m"))}}}, "200m"},
		"a pod's own replace them, even if less": {corev1.Pod{Spec: corev1.PodSpec{Containers: main,
			Resources: &corev1.ResourceRequirements{Requests: cpu("70m")}}}, "70m"},
		"overhead comes on top":           {corev1.Pod{Spec: corev1.PodSpec{Containers: main, Overhead: cpu("5m")}}, "105m"},
		"also where nothing is requested": {corev1.Pod{Spec: corev1.PodSpec{Overhead: cpu("5m")}}, "5m"},
		"a resize downwards counts once it is done": {corev1.Pod{Spec: corev1.PodSpec{Containers: main},
			Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{status("main", "100m", "400m")}}}, "400m"},
		"one upwards at once": {corev1.Pod{Spec: corev1.PodSpec{Containers: main},
			Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{status("main", "50m", "50m")}}}, "100m"},
		"one that is infeasible does not count": {corev1.Pod{Spec: corev1.PodSpec{Containers: main}, Status: corev1.PodStatus{
			Conditions: resize(corev1.PodReasonInfeasible), ContainerStatuses: []corev1.ContainerStatus{status("main", "50m", "60m")}}}, "60m"},
		"one that is deferred does": {corev1.Pod{Spec: corev1.PodSpec{Containers: main}, Status: corev1.PodStatus{
			Conditions: resize(corev1.PodReasonDeferred), ContainerStatuses: []corev1.ContainerStatus{status("main", "50m", "60m")}}}, "100m"},
	} {
		t.Run(name, func(t *testing.T) {
			want := corev1.ResourceList{}
			if test.want != "" {
				want = cpu(test.want)
			}
			before := test.pod.DeepCopy()
			same(t, "requests", want, podRequests(&test.pod))
			if diff := cmp.Diff(before, &test.pod); diff != "" {
				t.Errorf("the pod was changed:\n%s", diff)
			}
		})
	}
}

func TestPodLimits(t *testing.T) {
	pod := corev1.Pod{Spec: corev1.PodSpec{
		Containers: []corev1.Container{container("main", nil, amountsOf("cpu", "1")), container("other", nil, amountsOf("memory", "1Gi"))},
		Overhead:   amountsOf("cpu", "100m", "ephemeral-storage", "1Gi"),
	}}
	same(t, "overhead only where there is a limit", amountsOf("cpu", "1100m", "memory", "1Gi"), podLimits(&pod))
	pod.Spec.Resources = &corev1.ResourceRequirements{Limits: amountsOf("memory", "3Gi", "ephemeral-storage", "9Gi")}
	same(t, "the pod's own", amountsOf("cpu", "1100m", "memory", "3Gi"), podLimits(&pod))
}

func TestPodUsage(t *testing.T) {
	pod := corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{container("main",
		amountsOf("cpu", "100m", "memory", "1Gi", "ephemeral-storage", "2Gi", "hugepages-2Mi", "4Mi", "example.com/gpu", "2",
			"deviceclass.resource.kubernetes.io/gpu", "1"),
		amountsOf("cpu", "1", "memory", "2Gi", "ephemeral-storage", "3Gi", "hugepages-2Mi", "4Mi", "example.com/gpu", "2"))}}}
	all := amountsOf("count/pods", "1", "pods", "1", "cpu", "100m", "requests.cpu", "100m", "memory", "1Gi", "requests.memory", "1Gi",
		"ephemeral-storage", "2Gi", "requests.ephemeral-storage", "2Gi", "hugepages-2Mi", "4Mi", "requests.hugepages-2Mi", "4Mi",
		"requests.example.com/gpu", "2", "limits.cpu", "1", "limits.memory", "2Gi", "limits.ephemeral-storage", "3Gi")
	object := amountsOf("count/pods", "1")
	deleted := func(p *corev1.Pod, ago time.Duration, grace int64) {
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &metav1.Time{Time: now.Add(-ago)}, &grace
	}
	for name, test := range map[string]struct {
		change func(*corev1.Pod)
		want   corev1.ResourceList
	}{
		"every resource":            {func(*corev1.Pod) {}, all},
		"pending":                   {func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending }, all},
		"succeeded":                 {func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }, object},
		"failed":                    {func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }, object},
		"being deleted":             {func(p *corev1.Pod) { deleted(p, -time.Second, 30) }, all},
		"overdue":                   {func(p *corev1.Pod) { deleted(p, 30*time.Second, 30) }, all},
		"overdue by its grace":      {func(p *corev1.Pod) { deleted(p, 31*time.Second, 30) }, object},
		"overdue, grace is unknown": {func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: now.Add(-time.Hour)} }, all},
	} {
		changed := pod.DeepCopy()
		test.change(changed)
		same(t, name, test.want, podUsage(changed, now))
	}
	same(t, "by its spec", all, PodUsage(pod.Spec))
}

func TestDefaulted(t *testing.T) {
	item := corev1.LimitRangeItem{Type: corev1.LimitTypeContainer}
	with := func(change func(*corev1.LimitRangeItem)) []corev1.LimitRangeSpec {
		changed := item
		change(&changed)
		return []corev1.LimitRangeSpec{{Limits: []corev1.LimitRangeItem{changed}}}
	}
	defaults := with(func(i *corev1.LimitRangeItem) {
		i.Default, i.DefaultRequest = amountsOf("cpu", "200m"), amountsOf("cpu", "100m")
	})
	for name, test := range map[string]struct {
		requests, limits corev1.ResourceList
		ranges           []corev1.LimitRangeSpec
		want, wantLimits corev1.ResourceList
	}{
		"a limit becomes the request":      {nil, amountsOf("cpu", "1"), nil, amountsOf("cpu", "1"), amountsOf("cpu", "1")},
		"what is stated stays":             {amountsOf("cpu", "1m"), amountsOf("cpu", "2m"), defaults, amountsOf("cpu", "1m"), amountsOf("cpu", "2m")},
		"defaults":                         {nil, nil, defaults, amountsOf("cpu", "100m"), amountsOf("cpu", "200m")},
		"the limit comes first":            {nil, amountsOf("cpu", "1"), defaults, amountsOf("cpu", "1"), amountsOf("cpu", "1")},
		"the default limit is the request": {nil, nil, with(func(i *corev1.LimitRangeItem) { i.Default = amountsOf("cpu", "3") }), amountsOf("cpu", "3"), amountsOf("cpu", "3")},
		"the most is both":                 {nil, nil, with(func(i *corev1.LimitRangeItem) { i.Max = amountsOf("cpu", "4") }), amountsOf("cpu", "4"), amountsOf("cpu", "4")},
		"the least is the request":         {nil, nil, with(func(i *corev1.LimitRangeItem) { i.Min = amountsOf("cpu", "5m") }), amountsOf("cpu", "5m"), nil},
		"of pods there are no defaults": {nil, nil, with(func(i *corev1.LimitRangeItem) {
			i.Type, i.Max = corev1.LimitTypePod, amountsOf("cpu", "4")
		}), nil, nil},
	} {
		pod := corev1.PodSpec{Containers: []corev1.Container{container("main", maps.Clone(test.requests), maps.Clone(test.limits))}}
		got := Defaulted(pod, test.ranges).Containers[0].Resources
		same(t, name+": requests", test.want, got.Requests)
		same(t, name+": limits", test.wantLimits, got.Limits)
	}
	own := corev1.PodSpec{Resources: &corev1.ResourceRequirements{Limits: amountsOf("cpu", "1", "memory", "1Gi")},
		Containers: []corev1.Container{container("main", amountsOf("cpu", "100m"), nil)}}
	same(t, "a pod's own limit, where no container requests", amountsOf("memory", "1Gi"), Defaulted(own, nil).Resources.Requests)
}

func TestUnstated(t *testing.T) {
	full, empty := container("main", amountsOf("cpu", "1", "memory", "1Gi"), nil), container("other", nil, nil)
	hard := amountsOf("requests.cpu", "1", "cpu", "1", "limits.memory", "1Gi", "pods", "1", "requests.ephemeral-storage", "1Gi", "requests.example.com/gpu", "1")
	for name, test := range map[string]struct {
		pod  corev1.PodSpec
		want []corev1.ResourceName
	}{
		"a limit":           {corev1.PodSpec{Containers: []corev1.Container{full}}, []corev1.ResourceName{"limits.memory"}},
		"of one container":  {corev1.PodSpec{Containers: []corev1.Container{full, empty}}, []corev1.ResourceName{"cpu", "limits.memory", "requests.cpu"}},
		"an init container": {corev1.PodSpec{Containers: []corev1.Container{full}, InitContainers: []corev1.Container{empty}}, []corev1.ResourceName{"cpu", "limits.memory", "requests.cpu"}},
		"a pod's own": {corev1.PodSpec{Containers: []corev1.Container{empty},
			Resources: &corev1.ResourceRequirements{Requests: amountsOf("cpu", "1")}}, nil},
	} {
		if diff := cmp.Diff(test.want, Unstated(hard, test.pod)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
