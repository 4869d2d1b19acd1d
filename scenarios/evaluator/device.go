package evaluator

import (
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// deviceUsage counts the devices that a claim of dynamic resource allocation asks for, by class. One that
// takes all there are counts as the most that a claim can be given, and of alternatives the largest
// of each class counts.
func deviceUsage(claim *resourcev1.ResourceClaim) corev1.ResourceList {
	usage := corev1.ResourceList{"count/resourceclaims.resource.k8s.io": one()}
	for _, request := range claim.Spec.Devices.Requests {
		most := map[string]int64{}
		if exact := request.Exactly; exact != nil {
			most[exact.DeviceClassName] = devices(exact.AllocationMode, exact.Count)
		}
		for _, sub := range request.FirstAvailable {
			most[sub.DeviceClassName] = max(most[sub.DeviceClassName], devices(sub.AllocationMode, sub.Count))
		}
		for class, n := range most {
			sum(usage, corev1.ResourceList{corev1.ResourceName(class + corev1.ResourceClaimsPerClass): *resource.NewQuantity(n, resource.DecimalSI)})
		}
	}
	return usage
}

func devices(mode resourcev1.DeviceAllocationMode, count int64) int64 {
	switch mode {
	case resourcev1.DeviceAllocationModeExactCount:
		return count
	case resourcev1.DeviceAllocationModeAll:
		return resourcev1.AllocationResultsMaxSize
	}
	return 0
}
