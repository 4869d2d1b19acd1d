package measure

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

const (
	runLabel   = "kubedyno.dev/run"
	testDriver = "csi.example.com"
)

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "bench", Name: name, UID: types.UID("uid-" + name)}
}

func classOf(name string, mode storagev1.VolumeBindingMode) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: named(name), VolumeBindingMode: &mode}
}

// claimOf is a claim: created, selected or bound.
func claimOf(name, class, reached string) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}, ObjectMeta: named(name),
		Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class}}
	if reached != "created" && class == "lazy" {
		c.Annotations = map[string]string{selectedNode: "node-1"}
	}
	if reached == "bound" {
		c.Spec.VolumeName, c.Status.Phase = "pv-"+name, corev1.ClaimBound
	}
	return c
}

// podOf is a pod of the run with a claim that it names and an ephemeral volume.
func podOf(name string, reached level, message string) *corev1.Pod {
	p := seen(name, reached)
	p.Labels[runLabel] = "r-1"
	p.Spec.Volumes = []corev1.Volume{
		{Name: "none", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-" + name}}},
		{Name: "tmp", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}},
	}
	if message != "" {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: message}}
	}
	return p
}

func attachmentOf(claim string, attached bool, failure string) *storagev1.VolumeAttachment {
	volume := "pv-" + claim
	a := &storagev1.VolumeAttachment{ObjectMeta: named("at-" + claim), Spec: storagev1.VolumeAttachmentSpec{Attacher: testDriver,
		NodeName: "node-1", Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &volume}}}
	a.Status.Attached = attached
	if failure != "" {
		a.Status.AttachError = &storagev1.VolumeError{Message: failure}
	}
	return a
}

// volumeStores are the stores of the five watches in virtual time, beginning with a list of nothing.
type volumeStores struct {
	v                                          *Volumes
	sink                                       *recording
	classes, nodes, claims, attachments, podsV follower
}

func volumesAt(t *testing.T, script func(s *volumeStores)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		sink := &recording{}
		v := newVolumes(VolumesOptions{Run: Run{Clock: sample.StartClock(), Sink: sink, Phase: func() string { return "up" }}, Label: runLabel, Value: "r-1"})
		s := &volumeStores{v, sink, v.classes(), v.nodes(), v.claims(), v.attachments(), v.pods()}
		time.Sleep(time.Second)
		for _, store := range []follower{s.classes, s.nodes, s.claims, s.attachments, s.podsV} {
			_ = store.Replace(nil, "")
		}
		_ = s.classes.Add(classOf("fast", storagev1.VolumeBindingImmediate))
		_ = s.classes.Add(classOf("lazy", storagev1.VolumeBindingWaitForFirstConsumer))
		script(s)
	})
}

// at lets so many seconds pass and takes a change.
func (s *volumeStores) at(seconds int, store follower, change any) {
	time.Sleep(time.Duration(seconds) * time.Second)
	_ = store.Update(change)
}

// misses lets so many seconds pass in which a watch brings nothing; what comes next may be from then.
func (s *volumeStores) misses(seconds int, store follower) {
	since := s.v.options.Clock.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	store.(doubter).doubt(true, since)
}

// TestVolumesOfAPod follows a pod with two volumes: of one that is asked for at once, and of an ephemeral one of
// a class that waits for the pod.
func TestVolumesOfAPod(t *testing.T) {
	volumesAt(t, func(s *volumeStores) {
		limit := int32(8)
		s.at(0, s.nodes, &storagev1.CSINode{ObjectMeta: named("node-1"), Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{
			{Name: testDriver, Allocatable: &storagev1.VolumeNodeResources{Count: &limit}}}}})
		const unbound = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/1 nodes are available."
		s.at(1, s.claims, claimOf("data-a", "fast", "created"))
		s.at(1, s.podsV, podOf("a", levelCreated, unbound))
		s.at(0, s.claims, claimOf("a-tmp", "lazy", "created"))
		s.v.write()
		if n := s.sink.last(sample.VolumePendingPods, sample.Labels{"reason": "pod has unbound immediate PersistentVolumeClaims"}); n != 1 {
			t.Errorf("%v pods are pending because of their claims, want 1", n)
		}
		s.at(3, s.claims, claimOf("data-a", "fast", "bound")) // 4 s after it was asked for.
		s.at(1, s.claims, claimOf("a-tmp", "lazy", "selected"))
		s.at(2, s.claims, claimOf("a-tmp", "lazy", "bound")) // 2 s.
		s.at(1, s.podsV, podOf("a", levelScheduled, ""))     // 7 s after its creation: 2 s provision, the rest schedule.
		s.at(1, s.attachments, attachmentOf("data-a", false, ""))
		s.at(0, s.attachments, attachmentOf("a-tmp", false, ""))
		s.at(1, s.attachments, attachmentOf("data-a", false, "too many volumes"))
		s.at(1, s.attachments, attachmentOf("a-tmp", true, ""))
		s.at(4, s.attachments, attachmentOf("data-a", true, "")) // 6 s after it was seen, 7 s after the pod had a node.
		s.at(2, s.podsV, podOf("a", levelRunning, ""))
		s.at(1, s.podsV, podOf("a", levelReady, ""))
		gone := attachmentOf("data-a", true, "")
		gone.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		s.at(9, s.attachments, gone)
		time.Sleep(3 * time.Second)
		_ = s.attachments.Delete(gone)
		s.v.Close()
		s.v.Close() // Nothing is written twice.

		checkTimes(t, s.sink, sample.VolumeProvision, sample.Labels{"class": "fast", "phase": "up"}, 1, 4, 4)
		checkTimes(t, s.sink, sample.VolumeProvision, sample.Labels{"class": "lazy"}, 1, 2, 2)
		checkTimes(t, s.sink, sample.VolumeAttach, sample.Labels{"class": "fast"}, 1, 6, 6)
		checkTimes(t, s.sink, sample.VolumeAttach, sample.Labels{"class": "lazy"}, 1, 2, 2)
		checkTimes(t, s.sink, sample.VolumeDetach, nil, 1, 3, 3)
		for stage, seconds := range map[string]float64{"schedule": 5, "provision": 2, "attach": 7, "start": 2, "ready": 1} {
			checkTimes(t, s.sink, sample.PodVolumeStage, sample.Labels{"workload": "web", "stage": stage}, 1, seconds, seconds)
		}
		for operation, want := range map[string]float64{"attach": 1, "detach": 0} { // None is a value, too.
			if got := s.sink.last(sample.VolumeErrors, sample.Labels{"class": "fast", "operation": operation}); got != want {
				t.Errorf("%v errors of %s, want %v", got, operation, want)
			}
		}
		for metric, want := range map[string]float64{sample.NodeVolumes: 1, sample.NodeVolumesAllowed: 8,
			sample.NodeVolumesShare: 0.125, sample.VolumePendingPods: 0} {
			if got := s.sink.last(metric, nil); got != want {
				t.Errorf("%s is %v, want %v", metric, got, want)
			}
		}
		if w := s.sink.warnings(); len(w) > 0 {
			t.Errorf("warnings %q", w)
		}
	})
}

// TestVolumesAfterAGap: what happened while a watch was interrupted counts from when it was last known not
// to have happened, and is doubted.
func TestVolumesAfterAGap(t *testing.T) {
	volumesAt(t, func(s *volumeStores) {
		s.at(1, s.podsV, podOf("a", levelCreated, ""))
		s.at(0, s.claims, claimOf("data-a", "fast", "created"))
		s.misses(10, s.claims) // Its end and the other claim's life.
		_ = s.claims.Replace([]any{claimOf("data-a", "fast", "bound"), claimOf("a-tmp", "fast", "bound")}, "")
		s.at(0, s.podsV, podOf("a", levelScheduled, ""))
		s.at(1, s.attachments, attachmentOf("data-a", false, ""))
		s.misses(5, s.attachments) // The watch goes on; that it was attached comes late.
		s.at(0, s.attachments, attachmentOf("data-a", true, ""))
		s.at(1, s.podsV, podOf("a", levelReady, ""))
		s.misses(10, s.attachments)
		_ = s.attachments.Replace(nil, "")
		s.v.Close()
		checkTimes(t, s.sink, sample.VolumeProvision, nil, 2, 10, 10)
		checkTimes(t, s.sink, sample.VolumeAttach, nil, 1, 5, 5)
		checkTimes(t, s.sink, sample.VolumeDetach, nil, 1, 10, 10)
		checkTimes(t, s.sink, sample.PodVolumeStage, nil, 0, 0, 0)
		if w := s.sink.warnings(); len(w) != 2 {
			t.Errorf("warnings %q, want one of 4 upper bounds and one of a pod without stages", w)
		}
	})
}

// The collections of a scripted server.
const (
	claimsPath      = "/api/v1/persistentvolumeclaims"
	allPodsPath     = "/api/v1/pods"
	attachmentsPath = "/apis/storage.k8s.io/v1/volumeattachments"
	classesPath     = "/apis/storage.k8s.io/v1/storageclasses"
)

// TestVolumesOverTheWire measures what a server really sends, with a relist in between: a pod whose volume is
// bound and attached, things of others, and a claim of the run that is never bound.
func TestVolumesOverTheWire(t *testing.T) {
	clock, sink, relists := sample.StartClock(), &recording{}, &Relists{}
	server := scripted.NewServer(clock, scripted.Options{})
	t.Cleanup(server.Close)
	put := func(path, version, kind string, o metav1.Object) {
		raw := decoded(t, o)
		raw["apiVersion"], raw["kind"] = version, kind
		server.Put(path, raw)
	}
	claim := func(c *corev1.PersistentVolumeClaim) { put(claimsPath, "v1", "PersistentVolumeClaim", c) }
	put(classesPath, "storage.k8s.io/v1", "StorageClass", classOf("fast", storagev1.VolumeBindingImmediate))
	v, err := StartVolumes(t.Context(), VolumesOptions{Run: Run{Clock: clock, Sink: sink, Relists: relists}, Config: server.Config, Label: runLabel, Value: "r-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)

	own := claimOf("never", "fast", "created")
	own.Labels = map[string]string{runLabel: "r-1"}
	claim(own)
	claim(claimOf("of-others", "fast", "created"))
	claim(claimOf("data-a", "fast", "created"))
	put(allPodsPath, "v1", "Pod", podOf("a", levelCreated, ""))
	state := func(state string) func() bool {
		return func() bool { return sink.last(sample.VolumesByState, sample.Labels{"state": state}) == 1 }
	}
	eventually(t, "2 claims of the run that ask for a volume", func() bool {
		return sink.last(sample.VolumesByState, sample.Labels{"class": "fast", "state": "asked"}) == 2
	})
	claim(claimOf("data-a", "fast", "bound"))
	eventually(t, "one that is bound", state("bound"))
	put(allPodsPath, "v1", "Pod", podOf("a", levelScheduled, ""))
	put(attachmentsPath, "storage.k8s.io/v1", "VolumeAttachment", attachmentOf("data-a", false, ""))
	eventually(t, "one that is attaching", state("attaching"))
	put(attachmentsPath, "storage.k8s.io/v1", "VolumeAttachment", attachmentOf("data-a", true, ""))
	put(allPodsPath, "v1", "Pod", podOf("a", levelReady, ""))
	eventually(t, "one that is attached", state("attached"))
	eventually(t, "stages of the pod", func() bool {
		h := sink.distribution(sample.PodVolumeStage, sample.Labels{"stage": "attach"})
		return h.Count() == 1
	})
	server.Expire(claimsPath)
	eventually(t, "a new list", func() bool { return relists.Count() == 1 })
	server.Delete(attachmentsPath, "at-data-a")
	eventually(t, "a volume that was detached", func() bool {
		h := sink.distribution(sample.VolumeDetach, nil)
		return h.Count() == 1
	})
	v.Close()
	provision, attach := sink.distribution(sample.VolumeProvision, nil), sink.distribution(sample.VolumeAttach, nil)
	if provision.Count() != 2 || sink.censored(sample.VolumeProvision) != 1 || attach.Count() != 1 || sink.censored(sample.VolumeAttach) != 0 {
		t.Errorf("%d provisioned, %d of them censored, %d attached, %d of them censored; want 2, 1, 1 and 0",
			provision.Count(), sink.censored(sample.VolumeProvision), attach.Count(), sink.censored(sample.VolumeAttach))
	}
}

// decoded is an object as a server sends it.
func decoded(t *testing.T, o any) scripted.Object {
	t.Helper()
	raw, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
