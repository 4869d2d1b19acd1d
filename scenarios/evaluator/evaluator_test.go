package evaluator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func selector(scope corev1.ResourceQuotaScope, operator corev1.ScopeSelectorOperator, values ...string) corev1.ResourceQuotaSpec {
	return corev1.ResourceQuotaSpec{ScopeSelector: &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{
		{ScopeName: scope, Operator: operator, Values: values}}}}
}

func scopes(names ...corev1.ResourceQuotaScope) corev1.ResourceQuotaSpec {
	return corev1.ResourceQuotaSpec{Scopes: names}
}

func TestPodInScope(t *testing.T) {
	deadline, never := int64(0), int64(-1)
	plain := corev1.PodSpec{Containers: []corev1.Container{container("main", nil, nil)}}
	with := func(change func(*corev1.PodSpec)) corev1.PodSpec {
		pod := *plain.DeepCopy()
		change(&pod)
		return pod
	}
	classed := with(func(p *corev1.PodSpec) { p.PriorityClassName = "high" })
	term := func(t corev1.PodAffinityTerm) corev1.PodSpec {
		return with(func(p *corev1.PodSpec) {
			p.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
				PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{PodAffinityTerm: t}}}}
		})
	}
	const priority = corev1.ResourceQuotaScopePriorityClass
	for name, test := range map[string]struct {
		quota corev1.ResourceQuotaSpec
		pod   corev1.PodSpec
		want  bool
	}{
		"no scope":                       {scopes(), plain, true},
		"terminating: a deadline of 0":   {scopes("Terminating"), with(func(p *corev1.PodSpec) { p.ActiveDeadlineSeconds = &deadline }), true},
		"terminating: a deadline before": {scopes("Terminating"), with(func(p *corev1.PodSpec) { p.ActiveDeadlineSeconds = &never }), false},
		"terminating: none":              {scopes("Terminating"), plain, false},
		"not terminating":                {scopes("NotTerminating"), plain, true},
		"best effort":                    {scopes("BestEffort"), plain, true},
		"best effort: amounts of 0":      {scopes("BestEffort"), with(func(p *corev1.PodSpec) { p.Containers[0].Resources.Requests = amountsOf("cpu", "0") }), true},
		"best effort: other resources":   {scopes("BestEffort"), with(func(p *corev1.PodSpec) { p.Containers[0].Resources.Requests = amountsOf("ephemeral-storage", "1Gi") }), true},
		"best effort: a limit":           {scopes("BestEffort"), with(func(p *corev1.PodSpec) { p.Containers[0].Resources.Limits = amountsOf("memory", "1Gi") }), false},
		"best effort: of an init container": {scopes("BestEffort"), with(func(p *corev1.PodSpec) {
			p.InitContainers = []corev1.Container{container("init", amountsOf("cpu", "1"), nil)}
		}), false},
		"best effort: the pod's own":         {scopes("BestEffort"), with(func(p *corev1.PodSpec) { p.Resources = &corev1.ResourceRequirements{Limits: amountsOf("cpu", "1")} }), false},
		"not best effort":                    {scopes("NotBestEffort"), plain, false},
		"all of several":                     {scopes("BestEffort", "NotTerminating"), plain, true},
		"not one of several":                 {scopes("BestEffort", "Terminating"), plain, false},
		"priority: listed":                   {scopes(priority), plain, false},
		"priority: Exists":                   {selector(priority, "Exists"), classed, true},
		"priority: DoesNotExist":             {selector(priority, "DoesNotExist"), plain, true},
		"priority: DoesNotExist, there is":   {selector(priority, "DoesNotExist"), classed, false},
		"priority: In":                       {selector(priority, "In", "low", "high"), classed, true},
		"priority: In, another":              {selector(priority, "In", "low"), classed, false},
		"priority: In, none":                 {selector(priority, "In", "low"), plain, false},
		"priority: NotIn":                    {selector(priority, "NotIn", "high"), classed, false},
		"priority: NotIn holds without one":  {selector(priority, "NotIn", "high"), plain, true},
		"affinity: none":                     {scopes("CrossNamespacePodAffinity"), plain, false},
		"affinity: the pod's own namespace":  {scopes("CrossNamespacePodAffinity"), term(corev1.PodAffinityTerm{TopologyKey: "zone"}), false},
		"affinity: another namespace":        {scopes("CrossNamespacePodAffinity"), term(corev1.PodAffinityTerm{Namespaces: []string{"other"}}), true},
		"affinity: an empty selector is all": {scopes("CrossNamespacePodAffinity"), term(corev1.PodAffinityTerm{NamespaceSelector: &metav1.LabelSelector{}}), true},
		"volume attributes: never a pod":     {selector("VolumeAttributesClass", "DoesNotExist"), plain, false},
	} {
		if got := PodInScope(test.quota, test.pod); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
	known := &corev1.Pod{Spec: with(func(p *corev1.PodSpec) { p.Containers[0].Resources.Requests = amountsOf("cpu", "1") }),
		Status: corev1.PodStatus{QOSClass: corev1.PodQOSBestEffort}}
	if !bestEffort(known) {
		t.Error("the class that the status has is not taken")
	}
}

func TestClaimInScope(t *testing.T) {
	fast, slow := "fast", "slow"
	plain := &corev1.PersistentVolumeClaim{}
	changing := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{VolumeAttributesClassName: &fast},
		Status: corev1.PersistentVolumeClaimStatus{CurrentVolumeAttributesClassName: &slow}}
	const class = corev1.ResourceQuotaScopeVolumeAttributesClass
	for name, test := range map[string]struct {
		quota corev1.ResourceQuotaSpec
		claim *corev1.PersistentVolumeClaim
		want  bool
	}{
		"no scope":                      {scopes(), plain, true},
		"a scope of pods":               {scopes("NotTerminating"), plain, false},
		"Exists":                        {selector(class, "Exists"), plain, false},
		"In, what it asks for":          {selector(class, "In", fast), changing, true},
		"In, what it has":               {selector(class, "In", slow), changing, true},
		"NotIn, if one is not":          {selector(class, "NotIn", fast), changing, true},
		"NotIn, if both are":            {selector(class, "NotIn", fast, slow), changing, false},
		"NotIn, without one":            {selector(class, "NotIn", fast), plain, true},
		"DoesNotExist":                  {selector(class, "DoesNotExist"), plain, true},
		"DoesNotExist, there are":       {selector(class, "DoesNotExist"), changing, false},
		"what it is to be changed into": {selector(class, "In", "next"), &corev1.PersistentVolumeClaim{Status: corev1.PersistentVolumeClaimStatus{ModifyVolumeStatus: &corev1.ModifyVolumeStatus{TargetVolumeAttributesClassName: "next"}}}, true},
	} {
		if got := claimInScopes(scopesOf(test.quota), test.claim); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

func TestServiceUsage(t *testing.T) {
	no := false
	ports := []corev1.ServicePort{{Port: 80}, {Port: 443, NodePort: 30443}}
	for name, test := range map[string]struct {
		spec                 corev1.ServiceSpec
		nodePorts, balancers string
	}{
		"inside":                          {corev1.ServiceSpec{Type: "ClusterIP", Ports: ports}, "0", "0"},
		"node ports, allocated or not":    {corev1.ServiceSpec{Type: "NodePort", Ports: ports}, "2", "0"},
		"a load balancer has both":        {corev1.ServiceSpec{Type: "LoadBalancer", Ports: ports}, "2", "1"},
		"or those that it was given only": {corev1.ServiceSpec{Type: "LoadBalancer", Ports: ports, AllocateLoadBalancerNodePorts: &no}, "1", "1"},
	} {
		same(t, name, amountsOf("count/services", "1", "services", "1", "services.nodeports", test.nodePorts, "services.loadbalancers", test.balancers),
			serviceUsage(&corev1.Service{Spec: test.spec}))
	}
}

func TestClaimUsage(t *testing.T) {
	gold := "gold"
	claim := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &gold,
		Resources: corev1.VolumeResourceRequirements{Requests: amountsOf("storage", "1000000500m")}}}
	used := func(class, storage string) corev1.ResourceList {
		return amountsOf("count/persistentvolumeclaims", "1", "persistentvolumeclaims", "1", "requests.storage", storage,
			class+".storageclass.storage.k8s.io/persistentvolumeclaims", "1",
			class+".storageclass.storage.k8s.io/requests.storage", storage)
	}
	same(t, "whole bytes", used("gold", "1000001"), claimUsage(claim))
	claim.Status.AllocatedResources = amountsOf("storage", "5")
	same(t, "less is allocated", used("gold", "1000001"), claimUsage(claim))
	claim.Status.AllocatedResources = amountsOf("storage", "2Gi")
	same(t, "more is allocated", used("gold", "2Gi"), claimUsage(claim))
	claim.Annotations = map[string]string{corev1.BetaStorageClassAnnotation: "old"}
	same(t, "the annotation comes first", used("old", "2Gi"), claimUsage(claim))
	same(t, "without class and size", amountsOf("count/persistentvolumeclaims", "1", "persistentvolumeclaims", "1"),
		claimUsage(&corev1.PersistentVolumeClaim{}))
}

func TestDeviceUsage(t *testing.T) {
	exact := func(class string, mode resourcev1.DeviceAllocationMode, n int64) resourcev1.DeviceRequest {
		return resourcev1.DeviceRequest{Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: class, AllocationMode: mode, Count: n}}
	}
	sub := func(class string, n int64) resourcev1.DeviceSubRequest {
		return resourcev1.DeviceSubRequest{DeviceClassName: class, AllocationMode: "ExactCount", Count: n}
	}
	claim := &resourcev1.ResourceClaim{Spec: resourcev1.ResourceClaimSpec{Devices: resourcev1.DeviceClaim{Requests: []resourcev1.DeviceRequest{
		exact("gpu", "ExactCount", 2), exact("nic", "All", 0), exact("gpu", "Odd", 7),
		{FirstAvailable: []resourcev1.DeviceSubRequest{sub("gpu", 1), sub("gpu", 3), sub("fpga", 1)}},
	}}}}
	same(t, "devices", amountsOf("count/resourceclaims.resource.k8s.io", "1", "gpu.deviceclass.resource.k8s.io/devices", "5",
		"nic.deviceclass.resource.k8s.io/devices", "32", "fpga.deviceclass.resource.k8s.io/devices", "1"), deviceUsage(claim))
}

// TestTally counts what every resource that a quota can name is about.
func TestTally(t *testing.T) {
	hard := amountsOf("pods", "9", "count/pods", "9", "cpu", "9", "limits.memory", "9", "requests.hugepages-2Mi", "9", "hugepages-1Gi", "9",
		"requests.example.com/gpu", "9", "services.nodeports", "9", "gold.storageclass.storage.k8s.io/requests.storage", "9",
		"secrets", "9", "count/secrets", "9", "count/deployments.apps", "9",
		"count/events", "9", "count/events.events.k8s.io", "9", "example.com/gpu", "9", "limits.example.com/gpu", "9", "odd", "9",
		"gpu.deviceclass.resource.k8s.io/devices", "9", "requests.deviceclass.resource.kubernetes.io/gpu", "9", "x.storageclass.storage.k8s.io/odd", "9")
	tally := NewTally(corev1.ResourceQuotaSpec{Hard: hard}, now)
	secrets, deployments := schema.GroupResource{Resource: "secrets"}, schema.GroupResource{Group: "apps", Resource: "deployments"}
	if diff := cmp.Diff([]schema.GroupResource{deployments, Claims, Pods, DeviceClaims, secrets, Services}, tally.Asks(),
		cmp.Comparer(func(a, b schema.GroupResource) bool { return a == b })); diff != "" {
		t.Errorf("asks for (-want +got):\n%s", diff)
	}
	for range 3 {
		tally.Pod(&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{container("main", amountsOf("cpu", "1.1"), nil)}}})
	}
	tally.Objects(secrets, 7)
	tally.Service(&corev1.Service{Spec: corev1.ServiceSpec{Type: "NodePort", Ports: make([]corev1.ServicePort, 2)}})
	tally.Claim(&corev1.PersistentVolumeClaim{})
	tally.DeviceClaim(&resourcev1.ResourceClaim{})
	tally.Forget(deployments, "unread")
	same(t, "used", amountsOf("pods", "3", "count/pods", "3", "cpu", "3.3", "limits.memory", "0", "requests.hugepages-2Mi", "0", "hugepages-1Gi", "0",
		"requests.example.com/gpu", "0", "services.nodeports", "2", "gold.storageclass.storage.k8s.io/requests.storage", "0",
		"gpu.deviceclass.resource.k8s.io/devices", "0", "secrets", "7", "count/secrets", "7"), tally.Used())
	want := map[corev1.ResourceName]string{"count/deployments.apps": "unread"}
	for _, name := range []corev1.ResourceName{"count/events", "count/events.events.k8s.io", "example.com/gpu", "limits.example.com/gpu", "odd",
		"requests.deviceclass.resource.kubernetes.io/gpu", "x.storageclass.storage.k8s.io/odd"} {
		want[name] = Unknown
	}
	if diff := cmp.Diff(want, tally.Uncounted()); diff != "" {
		t.Errorf("uncounted (-want +got):\n%s", diff)
	}
}

// TestTallyWithScopes: a quota with a scope counts the pods in it, and nothing else.
func TestTallyWithScopes(t *testing.T) {
	quota := scopes("BestEffort")
	quota.Hard = amountsOf("pods", "9", "services", "9", "count/secrets", "9", "persistentvolumeclaims", "9", "count/resourceclaims.resource.k8s.io", "9")
	tally := NewTally(quota, now)
	tally.Pod(&corev1.Pod{})
	tally.Pod(&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{container("main", amountsOf("cpu", "1"), nil)}}})
	tally.Service(&corev1.Service{})
	tally.Claim(&corev1.PersistentVolumeClaim{})
	tally.DeviceClaim(&resourcev1.ResourceClaim{})
	tally.Objects(schema.GroupResource{Resource: "secrets"}, 7)
	same(t, "used", amountsOf("pods", "1", "services", "0", "count/secrets", "0", "persistentvolumeclaims", "0",
		"count/resourceclaims.resource.k8s.io", "0"), tally.Used())
}
