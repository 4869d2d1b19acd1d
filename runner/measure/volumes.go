package measure

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/volumes"
)

// selectedNode is the annotation by which the scheduler asks for the volume of a claim whose class waits
// for the first consumer (k8s.io/component-helpers, storage/volume, AnnSelectedNode).
const selectedNode = "volume.kubernetes.io/selected-node"

// VolumesOptions say whose volumes to measure.
type VolumesOptions struct {
	Run
	Config *rest.Config
	// Label and Value are the run's label: of its pods, whose claims are the run's, and of claims
	// that the run makes itself.
	Label, Value string
}

// Volumes measures volumes, whichever driver provides them: from claims, attachments and pods, by the
// moments at which the watches bring their changes. All claims and attachments of the cluster are watched,
// as those of the run do not all have its label; of what is not the run's only the number of volumes of a
// node is written.
type Volumes struct {
	options    VolumesOptions
	followings []*following

	mu     sync.Mutex
	ledger *volumes.Ledger
}

// StartVolumes begins to watch and returns when what exists is known. The watches end with ctx; Close must
// be called all the same.
func StartVolumes(ctx context.Context, options VolumesOptions) (*Volumes, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch volumes: %w", err)
	}
	v := newVolumes(options)
	core, storage := client.CoreV1(), client.StorageV1()
	everything := labelled("")
	for _, w := range []struct {
		what     string
		lw       *cache.ListWatch
		expected runtime.Object
		store    follower
	}{
		{"storageclasses", listWatch(storage.StorageClasses(), everything), &storagev1.StorageClass{}, v.classes()},
		{"csinodes", listWatch(storage.CSINodes(), everything), &storagev1.CSINode{}, v.nodes()},
		{"persistentvolumeclaims", listWatch(core.PersistentVolumeClaims(""), everything), &corev1.PersistentVolumeClaim{}, v.claims()},
		{"volumeattachments", listWatch(storage.VolumeAttachments(), everything), &storagev1.VolumeAttachment{}, v.attachments()},
		{"pods with volumes", listWatch(core.Pods(""), labelled(options.Label+"="+options.Value)), &corev1.Pod{}, v.pods()},
	} {
		f := follow(ctx, options.Run, w.what, w.lw, w.expected, w.store)
		v.followings = append(v.followings, f)
		if err := f.waitSynced(ctx, w.what); err != nil {
			v.stop()
			return nil, err
		}
	}
	v.followings[0].also(ctx, func(ctx context.Context) { every(ctx, v.write) })
	return v, nil
}

func newVolumes(options VolumesOptions) *Volumes {
	return &Volumes{options: options, ledger: volumes.New(volumes.Options{Sink: options.Sink, Phase: options.phase})}
}

// Close stops watching and records as censored what has not got there: claims that are not bound, volumes
// that are not attached or detached, pods that are not Ready. Only the first call has an effect.
func (v *Volumes) Close() {
	v.stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, doubt := range v.ledger.Close(v.options.Clock.Now()) {
		v.options.warn(doubt)
	}
}

func (v *Volumes) stop() {
	for _, f := range v.followings {
		f.stop()
	}
}

func (v *Volumes) write() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ledger.Write(v.options.Clock.Now())
}

// classes follows StorageClasses. Whether a class waits does not change, so its end is of no interest.
func (v *Volumes) classes() follower {
	return &joined[*storagev1.StorageClass]{volumes: v, seen: func(c *storagev1.StorageClass, _ volumes.Moment) {
		mode := c.VolumeBindingMode
		v.ledger.Class(c.Name, mode != nil && *mode == storagev1.VolumeBindingWaitForFirstConsumer)
	}, gone: func(string, volumes.Moment) {}}
}

// nodes follows how many volumes nodes may have.
func (v *Volumes) nodes() follower {
	names := map[string]string{} // By UID.
	return &joined[*storagev1.CSINode]{volumes: v, seen: func(n *storagev1.CSINode, _ volumes.Moment) {
		limits := map[string]int{}
		for _, driver := range n.Spec.Drivers {
			if driver.Allocatable != nil && driver.Allocatable.Count != nil {
				limits[driver.Name] = int(*driver.Allocatable.Count)
			}
		}
		names[string(n.UID)] = intern(n.Name)
		v.ledger.Limits(intern(n.Name), limits)
	}, gone: func(uid string, _ volumes.Moment) {
		v.ledger.Limits(names[uid], nil)
		delete(names, uid)
	}}
}

func (v *Volumes) claims() follower {
	return &joined[*corev1.PersistentVolumeClaim]{volumes: v, gone: v.ledger.ClaimGone, seen: func(c *corev1.PersistentVolumeClaim, now volumes.Moment) {
		seen := volumes.Claim{UID: string(c.UID), Name: c.Namespace + "/" + c.Name, Volume: c.Spec.VolumeName,
			Selected: c.Annotations[selectedNode] != "", Bound: c.Status.Phase == corev1.ClaimBound,
			Own: c.Labels[v.options.Label] == v.options.Value}
		if c.Spec.StorageClassName != nil {
			seen.Class = intern(*c.Spec.StorageClassName)
		}
		v.ledger.Claim(seen, now)
	}}
}

func (v *Volumes) attachments() follower {
	return &joined[*storagev1.VolumeAttachment]{volumes: v, gone: v.ledger.AttachmentGone, seen: func(a *storagev1.VolumeAttachment, now volumes.Moment) {
		if a.Spec.Source.PersistentVolumeName == nil {
			return // An inline volume, which has no claim.
		}
		v.ledger.Attachment(volumes.Attachment{UID: string(a.UID), Volume: *a.Spec.Source.PersistentVolumeName, Node: intern(a.Spec.NodeName),
			Driver: intern(a.Spec.Attacher), Attached: a.Status.Attached, Deleting: a.DeletionTimestamp != nil,
			AttachError: errorWords(a.Status.AttachError), DetachError: errorWords(a.Status.DetachError)}, now)
	}}
}

// errorWords tell errors apart: a driver that tries again writes the same words at another time.
func errorWords(e *storagev1.VolumeError) string {
	if e == nil {
		return ""
	}
	return e.Time.String() + " " + e.Message
}

func (v *Volumes) pods() follower {
	return &joined[*corev1.Pod]{volumes: v, gone: v.ledger.PodGone, seen: func(p *corev1.Pod, now volumes.Moment) {
		if claims := claimsOf(p); len(claims) > 0 {
			level := levelOf(p)
			v.ledger.Pod(volumes.Pod{UID: string(p.UID), Workload: intern(p.Labels[WorkloadLabel]), Node: intern(p.Spec.NodeName), Claims: claims,
				Running: level >= levelRunning, Ready: level == levelReady, Message: pendingWords(p),
				Ended: p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed}, now)
		}
	}}
}

// claimsOf returns the claims that a pod has, as namespace/name. That of an ephemeral volume is named after
// the pod and the volume.
func claimsOf(p *corev1.Pod) []string {
	var claims []string
	for i := range p.Spec.Volumes {
		switch volume := &p.Spec.Volumes[i]; {
		case volume.PersistentVolumeClaim != nil:
			claims = append(claims, p.Namespace+"/"+volume.PersistentVolumeClaim.ClaimName)
		case volume.Ephemeral != nil:
			claims = append(claims, p.Namespace+"/"+p.Name+"-"+volume.Name)
		}
	}
	return claims
}

// pendingWords are what the scheduler says of a pod that it cannot place.
func pendingWords(p *corev1.Pod) string {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

// joined follows one of the watches. It says of every change when it happened, as far as the watch knows.
type joined[T metav1.Object] struct {
	volumes *Volumes
	seen    func(T, volumes.Moment)
	gone    func(uid string, now volumes.Moment)

	present map[string]struct{} // UIDs.
	late    bool                // What comes next comes late.
	since   sample.Offset       // When the watch had last brought something, if it does.
}

// doubt says whether what comes next comes late, and when the watch had last brought something.
func (j *joined[T]) doubt(late bool, since sample.Offset) { j.late, j.since = late, since }

// moment is now.
func (j *joined[T]) moment() volumes.Moment {
	return volumes.Moment{At: j.volumes.options.Clock.Now(), After: j.since, Late: j.late}
}

// Add takes an object that is new, or new to this watch.
func (j *joined[T]) Add(object any) error { return j.Update(object) }

// Update takes an object that has changed.
func (j *joined[T]) Update(object any) error {
	now := j.moment()
	j.volumes.mu.Lock()
	defer j.volumes.mu.Unlock()
	j.observe(object.(T), now)
	return nil
}

func (j *joined[T]) observe(object T, now volumes.Moment) {
	if j.present == nil {
		j.present = map[string]struct{}{}
	}
	j.present[string(object.GetUID())] = struct{}{}
	j.seen(object, now)
}

// Delete takes an object that is gone.
func (j *joined[T]) Delete(object any) error {
	now := j.moment()
	j.volumes.mu.Lock()
	defer j.volumes.mu.Unlock()
	uid := string(object.(T).GetUID())
	delete(j.present, uid)
	j.gone(uid, now)
	return nil
}

// Replace takes the state of everything, at the start and after a watch could not be resumed. What differs
// from what is known happened some time before.
func (j *joined[T]) Replace(list []any, _ string) error {
	now := j.moment()
	now.Late = true
	j.volumes.mu.Lock()
	defer j.volumes.mu.Unlock()
	listed := make(map[string]struct{}, len(list))
	for _, object := range list {
		listed[string(object.(T).GetUID())] = struct{}{}
		j.observe(object.(T), now)
	}
	for uid := range j.present {
		if _, there := listed[uid]; !there {
			j.gone(uid, now)
		}
	}
	j.present = listed
	return nil
}
