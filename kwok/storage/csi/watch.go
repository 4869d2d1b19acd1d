package csi

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// The names of the indices.
const (
	byNode   = "node"
	byClaim  = "claim"
	byVolume = "volume"
)

// watch starts the watches and returns when all that exists is known. They end with ctx.
func (d *Driver) watch(ctx context.Context) error {
	own := informers.NewSharedInformerFactoryWithOptions(d.Kubelets, 0, informers.WithTransform(lean),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = d.selector() }))
	// The attach/detach controller puts no label on what it makes.
	all := informers.NewSharedInformerFactoryWithOptions(d.Sidecars, 0, informers.WithTransform(lean))
	nodes, pods := own.Core().V1().Nodes(), own.Core().V1().Pods().Informer()
	claims, volumes := own.Core().V1().PersistentVolumeClaims(), own.Core().V1().PersistentVolumes()
	attachments := all.Storage().V1().VolumeAttachments()
	d.nodes, d.claims, d.volumes, d.attachments = nodes.Lister(), claims.Lister(), volumes.Lister(), attachments.Lister()
	for informer, indexers := range map[cache.SharedIndexInformer]cache.Indexers{
		pods:                   {byNode: nodeOfPod, byClaim: claimsOfPod},
		attachments.Informer(): {byVolume: volumeOfAttachment},
	} {
		if err := informer.AddIndexers(indexers); err != nil {
			return fmt.Errorf("index what the CSI driver watches: %w", err)
		}
	}
	d.pods, d.attachedBy = pods.GetIndexer(), attachments.Informer().GetIndexer()
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandlerFuncs{
		nodes.Informer():       d.following(d.nodeChanged, d.nodeGone),
		pods:                   d.following(d.podChanged, d.podGone),
		claims.Informer():      d.following(d.claimChanged, nil),
		volumes.Informer():     d.following(d.volumeChanged, d.volumeGone),
		attachments.Informer(): d.following(d.attachmentChanged, d.attachmentGone),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("watch for the CSI driver: %w", err)
		}
	}
	for _, factory := range []informers.SharedInformerFactory{own, all} {
		factory.StartWithContext(ctx)
		d.running.Go(func() { <-ctx.Done(); factory.Shutdown() })
	}
	for _, factory := range []informers.SharedInformerFactory{own, all} {
		if err := factory.WaitForCacheSyncWithContext(ctx).Err; err != nil {
			return fmt.Errorf("begin to watch for the CSI driver: %w", err)
		}
	}
	return nil
}

// lean drops what the driver does not read.
func lean(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
	if pod, ok := object.(*corev1.Pod); ok {
		pod.Spec.Containers, pod.Spec.InitContainers, pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses = nil, nil, nil, nil
	}
	return object, nil
}

// following calls changed with every object that is new or has changed, and gone, if not nil, with
// those that are gone.
func (d *Driver) following(changed, gone func(any)) cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    changed,
		UpdateFunc: func(_, latest any) { changed(latest) },
		DeleteFunc: func(object any) {
			if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			if gone != nil {
				gone(object)
			}
		},
	}
}

func (d *Driver) nodeChanged(object any) {
	node := object.(*corev1.Node)
	d.kubelets.Add(node.Name)
	d.retellNode(node)
}

func (d *Driver) nodeGone(object any) { d.machines.forget(object.(*corev1.Node).Name) }

func (d *Driver) podChanged(object any) {
	if pod := object.(*corev1.Pod); pod.Spec.NodeName != "" && waits(pod) {
		d.kubelets.Add(pod.Spec.NodeName)
	}
}

func (d *Driver) podGone(object any) {
	d.machines.forgetPod(object.(*corev1.Pod).UID)
	d.podChanged(object)
}

func (d *Driver) claimChanged(object any) {
	key, err := cache.MetaNamespaceKeyFunc(object)
	if err != nil {
		return
	}
	claim, class := d.claim(key)
	switch {
	case claim == nil:
	case d.wantsVolume(claim, class):
		d.lanes[class.Name][Provision].queue.Add(key)
	case outgrown(claim):
		d.lanes[class.Name][Resize].queue.Add(key)
	}
	d.wakePods(key)
}

// wakePods looks at the nodes of the pods that use a claim.
func (d *Driver) wakePods(claim string) {
	pods, _ := d.pods.ByIndex(byClaim, claim) // There is such an index.
	for _, pod := range pods {
		d.podChanged(pod)
	}
}

func (d *Driver) volumeChanged(object any) {
	volume := object.(*corev1.PersistentVolume)
	lanes := d.lanes[volume.Spec.StorageClassName]
	if lanes == nil {
		return
	}
	d.retell(lanes[Provision].class, lanes[Provision].class.placeOf(volume))
	if released(volume) {
		lanes[Delete].queue.Add(volume.Name)
	}
	for _, attachment := range d.attachmentsOf(volume.Name) {
		d.review(attachment)
	}
	if ref := volume.Spec.ClaimRef; ref != nil {
		d.wakePods(ref.Namespace + "/" + ref.Name)
	}
}

func (d *Driver) attachmentChanged(object any) { d.review(object.(*storagev1.VolumeAttachment).Name) }

func (d *Driver) attachmentGone(object any) {
	for _, name := range volumesOfAttachment(object) {
		if volume, err := d.volumes.Get(name); err == nil {
			d.volumeChanged(volume)
		}
	}
}

// attachmentsOf returns the names of the VolumeAttachments of a volume.
func (d *Driver) attachmentsOf(volume string) []string {
	names, _ := d.attachedBy.IndexKeys(byVolume, volume) // There is such an index.
	return names
}

func nodeOfPod(object any) ([]string, error) {
	if pod := object.(*corev1.Pod); pod.Spec.NodeName != "" && waits(pod) {
		return []string{pod.Spec.NodeName}, nil
	}
	return nil, nil
}

func claimsOfPod(object any) ([]string, error) {
	var keys []string
	pod := object.(*corev1.Pod)
	for _, name := range claimNames(pod) {
		keys = append(keys, pod.Namespace+"/"+name)
	}
	return keys, nil
}

func volumeOfAttachment(object any) ([]string, error) { return volumesOfAttachment(object), nil }

// volumesOfAttachment returns the volume of a VolumeAttachment, if it is the driver's.
func volumesOfAttachment(object any) []string {
	a := object.(*storagev1.VolumeAttachment)
	if a.Spec.Attacher != Name || a.Spec.Source.PersistentVolumeName == nil {
		return nil
	}
	return []string{*a.Spec.Source.PersistentVolumeName}
}
