package evaluator

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// serviceUsage counts a node port for every port of a service that has them, whether it is allocated
// yet or not; a load balancer that may do without has only those that it was given.
func serviceUsage(service *corev1.Service) corev1.ResourceList {
	nodePorts, balancers := 0, int64(0)
	switch service.Spec.Type {
	case corev1.ServiceTypeNodePort:
		nodePorts = len(service.Spec.Ports)
	case corev1.ServiceTypeLoadBalancer:
		nodePorts, balancers = len(service.Spec.Ports), 1
		if allocate := service.Spec.AllocateLoadBalancerNodePorts; allocate != nil && !*allocate {
			nodePorts = 0
			for _, port := range service.Spec.Ports {
				if port.NodePort != 0 {
					nodePorts++
				}
			}
		}
	}
	return corev1.ResourceList{
		"count/services":                     one(),
		corev1.ResourceServices:              one(),
		corev1.ResourceServicesNodePorts:     *resource.NewQuantity(int64(nodePorts), resource.DecimalSI),
		corev1.ResourceServicesLoadBalancers: *resource.NewQuantity(balancers, resource.DecimalSI),
	}
}

// claimUsage counts the storage that a claim requests, or what is already allocated if that is more,
// in whole bytes; that of its storage class as well.
func claimUsage(claim *corev1.PersistentVolumeClaim) corev1.ResourceList {
	usage := corev1.ResourceList{"count/persistentvolumeclaims": one(), corev1.ResourcePersistentVolumeClaims: one()}
	prefix := storageClass(claim)
	if prefix != "" {
		prefix += storageClassSuffix
		usage[corev1.ResourceName(prefix)+corev1.ResourcePersistentVolumeClaims] = one()
	}
	storage, requested := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if !requested {
		return usage
	}
	if allocated, ok := claim.Status.AllocatedResources[corev1.ResourceStorage]; ok && allocated.Cmp(storage) > 0 {
		storage = allocated
	}
	storage = storage.DeepCopy()
	storage.RoundUp(0)
	usage[corev1.ResourceRequestsStorage] = storage
	if prefix != "" {
		usage[corev1.ResourceName(prefix)+corev1.ResourceRequestsStorage] = storage
	}
	return usage
}

// storageClass is that of the older annotation, if there is one.
func storageClass(claim *corev1.PersistentVolumeClaim) string {
	if class, there := claim.Annotations[corev1.BetaStorageClassAnnotation]; there {
		return class
	}
	if claim.Spec.StorageClassName != nil {
		return *claim.Spec.StorageClassName
	}
	return ""
}

// attributesClasses are the volume attributes classes that a claim asks for, has, and is changed to.
func attributesClasses(claim *corev1.PersistentVolumeClaim) []string {
	var names []string
	for _, name := range []*string{claim.Spec.VolumeAttributesClassName, claim.Status.CurrentVolumeAttributesClassName} {
		if name != nil {
			names = append(names, *name)
		}
	}
	if claim.Status.ModifyVolumeStatus != nil {
		names = append(names, claim.Status.ModifyVolumeStatus.TargetVolumeAttributesClassName)
	}
	return names
}
