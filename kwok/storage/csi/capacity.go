package csi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
)

// boundless is told of a class without a limit, in bytes: the scheduler takes a class of which nothing
// is told for one without any room, once the driver tells of capacity at all.
const boundless = int64(1) << 62

// errNoRoom is what a call comes to that asks for more storage than there is.
var errNoRoom = errors.New("the storage is full")

// A placement is where a volume is: the value of the label that its class's topology goes by.
type placement struct {
	class, place string
	bytes        int64
}

// rooms keeps account of the storage that classes have in each place. It holds at most as many entries
// as there are volumes and places of the run.
type rooms struct {
	queue workqueue.TypedRateLimitingInterface[string] // Places whose CSIStorageCapacity may be old; nil if none has a limit.
	mutex sync.Mutex
	held  map[string]placement // Volumes that are being made, by name, until the watch shows them.
	told  map[string]int64     // What was last written, by class and place.
}

// limited reports whether any class has only so much storage.
func limited(classes []Class) bool {
	return slices.ContainsFunc(classes, func(c Class) bool { return c.Capacity > 0 })
}

// label is that of nodes by which the places of a class differ; empty if it has one for all.
func (c *Class) label() string {
	switch c.Topology {
	case Zone:
		return corev1.LabelTopologyZone
	case Node:
		return corev1.LabelHostname
	}
	return ""
}

// placeOf returns where a volume is.
func (c *Class) placeOf(volume *corev1.PersistentVolume) string {
	if c.label() == "" || volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
		return ""
	}
	for _, term := range volume.Spec.NodeAffinity.Required.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			if e.Key == c.label() && len(e.Values) > 0 {
				return e.Values[0]
			}
		}
	}
	return ""
}

// free returns how many bytes a class has left in a place, beside the volume of that name.
func (d *Driver) free(c *Class, place, beside string) int64 {
	if c.Capacity == 0 {
		return boundless
	}
	left := c.Capacity
	made, _ := d.volumes.List(labels.Everything()) // A cache does not fail.
	for _, volume := range made {
		delete(d.rooms.held, volume.Name)
		if volume.Spec.StorageClassName == c.Name && volume.Name != beside && c.placeOf(volume) == place {
			left -= volume.Spec.Capacity.Storage().Value()
		}
	}
	for name, held := range d.rooms.held {
		if name != beside && held.class == c.Name && held.place == place {
			left -= held.bytes
		}
	}
	return left
}

// reserve takes room for the volume of a claim. An error says that there is not enough.
func (d *Driver) reserve(claim *corev1.PersistentVolumeClaim, c *Class, place string) error {
	if c.Capacity == 0 {
		return nil
	}
	asked := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	d.rooms.mutex.Lock()
	defer d.rooms.mutex.Unlock()
	if left := d.free(c, place, volumeName(claim)); asked.Value() > left {
		return fmt.Errorf("%w: %s are left for class %s%s, less than %s", errNoRoom, resource.NewQuantity(max(left, 0), resource.BinarySI), c.Name, where(place), &asked)
	}
	d.rooms.held[volumeName(claim)] = placement{class: c.Name, place: place, bytes: asked.Value()}
	d.retell(c, place)
	return nil
}

func where(place string) string {
	if place == "" {
		return ""
	}
	return " in " + place
}

// release gives the room of a volume back that is not made after all.
func (d *Driver) release(volume string) {
	d.rooms.mutex.Lock()
	defer d.rooms.mutex.Unlock()
	if held, ok := d.rooms.held[volume]; ok {
		delete(d.rooms.held, volume)
		d.retell(d.lanes[held.class][Provision].class, held.place)
	}
}

// roomy returns the places that have room for a claim; all if none has.
func (d *Driver) roomy(claim *corev1.PersistentVolumeClaim, c *Class, places []string) []string {
	if c.Capacity == 0 {
		return places
	}
	asked := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	d.rooms.mutex.Lock()
	defer d.rooms.mutex.Unlock()
	var with []string
	for _, place := range places {
		if d.free(c, place, volumeName(claim)) >= asked.Value() {
			with = append(with, place)
		}
	}
	if len(with) == 0 {
		return places
	}
	return with
}

// refuse tells of a claim for which there is no room. Where the scheduler has chosen the place it is
// asked for another one, as external-provisioner does.
func (d *Driver) refuse(ctx context.Context, claim *corev1.PersistentVolumeClaim, cause error) error {
	fault := d.tell(ctx, claim, "ProvisioningFailed", cause)
	if claim.Annotations[selectedNodeAnnotation] == "" {
		return errors.Join(cause, fault)
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:null}}}`, selectedNodeAnnotation)
	_, err := d.Sidecars.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		fault = errors.Join(fault, fmt.Errorf("ask for another node for claim %s/%s: %w", claim.Namespace, claim.Name, err))
	}
	return errors.Join(cause, fault)
}

// retell has the room of a class in a place written anew, if any is.
func (d *Driver) retell(c *Class, place string) {
	if d.rooms.queue != nil {
		d.rooms.queue.Add(c.Name + "/" + place)
	}
}

// retellNode does so for the places of a node.
func (d *Driver) retellNode(node *corev1.Node) {
	for i := range d.Classes {
		c := &d.Classes[i]
		if len(c.Zones) == 0 || slices.Contains(c.Zones, node.Labels[c.label()]) {
			d.retell(c, node.Labels[c.label()])
		}
	}
}

// tellRoom writes how much storage a class has in a place.
func (d *Driver) tellRoom(ctx context.Context, key string) error {
	name, place, _ := strings.Cut(key, "/")
	class := d.lanes[name][Provision].class
	d.rooms.mutex.Lock()
	left := max(d.free(class, place, ""), 0)
	last, known := d.rooms.told[key]
	d.rooms.mutex.Unlock()
	if known && last == left {
		return nil
	}
	object := &storagev1.CSIStorageCapacity{ObjectMeta: d.meta(capacityName(name, place)), StorageClassName: name,
		NodeTopology: &metav1.LabelSelector{}, Capacity: resource.NewQuantity(left, resource.BinarySI)}
	object.Namespace = d.Namespace
	if class.label() != "" {
		object.NodeTopology.MatchLabels = map[string]string{class.label(): place}
	}
	capacities := d.Sidecars.StorageV1().CSIStorageCapacities(d.Namespace)
	_, err := capacities.Create(ctx, object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		patch := fmt.Sprintf(`{"capacity":%q}`, object.Capacity.String())
		_, err = capacities.Patch(ctx, object.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	}
	if err != nil {
		return fmt.Errorf("tell how much storage class %s has%s: %w", name, where(place), err)
	}
	d.rooms.mutex.Lock()
	defer d.rooms.mutex.Unlock()
	d.rooms.told[key] = left
	return nil
}

// capacityName is what the object of a class in a place is called; both are parts of names already.
func capacityName(class, place string) string {
	if place == "" {
		return class
	}
	return class + "." + strings.ToLower(place)
}

// volumeGone gives the room of a volume back.
func (d *Driver) volumeGone(object any) {
	volume := object.(*corev1.PersistentVolume)
	if lanes := d.lanes[volume.Spec.StorageClassName]; lanes != nil {
		class := lanes[Provision].class
		d.retell(class, class.placeOf(volume))
		d.wakeClaims(class)
	}
}

// wakeClaims looks again at the claims of a class that wait for room.
func (d *Driver) wakeClaims(class *Class) {
	if class.Capacity == 0 || !class.Immediate {
		return
	}
	claims, _ := d.claims.List(labels.Everything()) // A cache does not fail.
	for _, claim := range claims {
		if claim.Spec.StorageClassName != nil && *claim.Spec.StorageClassName == class.Name {
			d.claimChanged(claim)
		}
	}
}

func newRooms(classes []Class) *rooms {
	r := &rooms{held: map[string]placement{}, told: map[string]int64{}}
	if limited(classes) {
		r.queue = newQueue(kubeletPause, kubeletLongest)
	}
	return r
}
