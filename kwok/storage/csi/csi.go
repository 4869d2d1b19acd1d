// Package csi is a CSI driver without storage: it stands for external-provisioner, external-attacher
// and external-resizer, for the cloud behind them, and for the volume manager of the fake nodes'
// kubelets. The persistent-volume and attach/detach controllers and the scheduler are the real ones.
//
//	driver, err := csi.Start(ctx, csi.Options{Sidecars: sidecars, Kubelets: kubelets, Classes: classes,
//		Labels: map[string]string{"kubedyno.dev/run": id}})
//	defer driver.Close()
//
// It keeps nothing that is not in the API server: a driver that is started anew goes on where the
// last one was ended, with what was under way beginning again.
//
// What it does for a claim, beside the controllers:
//
//   - it makes the volume once the scheduler has chosen a node, or at once, after the provision delay;
//   - it tells in the node's status that the volume is in use, as a kubelet does before it mounts;
//   - it attaches the VolumeAttachment that the attach/detach controller makes, after the attach delay;
//   - it sets ConditionAttached on the pod once all its volumes are in the node's volumesAttached;
//   - once the pod is gone the volume is in use no more, the controller deletes the VolumeAttachment,
//     and it ends after the detach delay. A node that is not alive tells nothing: its volumes stay in
//     use until the controller detaches them by force, after 6 minutes or by the out-of-service taint.
package csi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"

	"github.com/kubedyno/kubedyno/kwok/stages"
)

const (
	// Name is what CSIDriver objects, StorageClasses and volumes call the driver.
	Name = "csi.kubedyno.dev"
	// ConditionAttached is True on a pod that waits for its volumes once all are attached.
	ConditionAttached = stages.VolumesCondition
	// ManagedAnnotation is on nodes whose volumes the attach/detach controller attaches, as a kubelet
	// puts it there.
	ManagedAnnotation = "volumes.kubernetes.io/controller-managed-attach-detach"
)

// kubeletWorkers is how many nodes are looked at at once. Real kubelets do not wait for one another.
const kubeletWorkers = 32

// maxTroubles is how many failed requests are told.
const maxTroubles = 10

// Options describe a driver. Observe, Trouble and Limit may be nil.
type Options struct {
	// Sidecars is the client of provisioner, attacher and resizer; Kubelets is that of the nodes.
	Sidecars, Kubelets kubernetes.Interface
	Classes            []Class
	// Namespace is where CSIStorageCapacity objects are, if a class has a capacity.
	Namespace string
	// Labels are the run's: on everything that the driver makes, and on everything that it acts on
	// but VolumeAttachments, which it knows by their volumes.
	Labels map[string]string
	// Limit returns how many volumes a node of a type can have; 0 is no limit.
	Limit   func(nodeType string) int
	Observe func(Attempt)
	// Trouble is told of requests that failed, the first maxTroubles of them.
	Trouble func(error)
}

// Clients returns the clients of a driver: that of the sidecars keeps to a rate of requests, as theirs
// do (--kube-api-qps, --kube-api-burst), while every kubelet is its own client and none is held back.
func Clients(config *rest.Config, qps float64, burst int) (sidecars, kubelets kubernetes.Interface, err error) {
	limited, free := rest.CopyConfig(config), rest.CopyConfig(config)
	limited.UserAgent, free.UserAgent = "kubedyno-csi", "kubedyno-kubelet"
	limited.RateLimiter, free.RateLimiter = nil, nil
	limited.QPS, limited.Burst, free.QPS = float32(qps), burst, -1
	if sidecars, err = kubernetes.NewForConfig(limited); err == nil {
		kubelets, err = kubernetes.NewForConfig(free)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("make the clients of the CSI driver: %w", err)
	}
	return sidecars, kubelets, nil
}

// A Driver is one that runs.
type Driver struct {
	Options
	lanes    map[string]map[Operation]*lane // By class.
	kubelets workqueue.TypedRateLimitingInterface[string]

	nodes       corelisters.NodeLister
	claims      corelisters.PersistentVolumeClaimLister
	volumes     corelisters.PersistentVolumeLister
	attachments storagelisters.VolumeAttachmentLister
	pods        cache.Indexer // By node and by claim.
	attachedBy  cache.Indexer // VolumeAttachments by volume.

	cancel   context.CancelFunc
	running  sync.WaitGroup
	troubles atomic.Int64
	machines machines
	rooms    *rooms
}

// Start makes the driver's objects and returns when it is at work. It ends with ctx; Close must be
// called all the same. An object of another run that is in the way is an error.
func Start(ctx context.Context, o Options) (*Driver, error) {
	if len(o.Labels) == 0 {
		return nil, errors.New("start the CSI driver: it needs labels, or it would act on objects of others")
	}
	if o.Observe == nil {
		o.Observe = func(Attempt) {}
	}
	d := &Driver{Options: o, lanes: map[string]map[Operation]*lane{}, kubelets: newQueue(kubeletPause, kubeletLongest), rooms: newRooms(o.Classes)}
	for i := range o.Classes {
		if err := o.Classes[i].Check(); err != nil {
			d.shutDown()
			return nil, err
		}
		d.addLanes(&o.Classes[i])
	}
	if err := d.register(ctx); err != nil {
		d.shutDown()
		return nil, err
	}
	ctx, d.cancel = context.WithCancel(klog.NewContext(ctx, logr.Discard()))
	if err := d.watch(ctx); err != nil {
		d.Close()
		return nil, err
	}
	for _, lanes := range d.lanes {
		for _, l := range lanes {
			d.running.Go(func() { serve(ctx, l.queue, l.class.Parallelism, d.noting(l.attempt)) })
		}
	}
	d.running.Go(func() { serve(ctx, d.kubelets, kubeletWorkers, d.noting(d.syncNode)) })
	if d.rooms.queue != nil {
		d.running.Go(func() { serve(ctx, d.rooms.queue, 1, d.noting(d.tellRoom)) })
	}
	return d, nil
}

// Close ends the driver; what is under way is given up and left to the next one. A nil Driver has
// nothing to end.
func (d *Driver) Close() {
	if d == nil {
		return
	}
	d.cancel()
	d.running.Wait()
	d.shutDown()
}

// shutDown ends the queues, which have goroutines of their own from the beginning.
func (d *Driver) shutDown() {
	d.kubelets.ShutDown()
	if d.rooms.queue != nil {
		d.rooms.queue.ShutDown()
	}
	for _, lanes := range d.lanes {
		for _, l := range lanes {
			l.queue.ShutDown()
		}
	}
}

func (d *Driver) addLanes(c *Class) {
	var throttle flowcontrol.RateLimiter
	if c.Rate > 0 {
		throttle = flowcontrol.NewTokenBucketRateLimiter(float32(c.Rate), c.Burst)
	}
	lanes := map[Operation]*lane{}
	for o, begin := range map[Operation]func(context.Context, string) (*task, error){
		Provision: d.provision, Delete: d.remove, Attach: d.attach, Detach: d.detach, Resize: d.resize,
	} {
		lanes[o] = newLane(c, o, throttle)
		lanes[o].begin, lanes[o].observe = begin, d.Observe
	}
	lanes[Attach].after = d.attachEnded
	d.lanes[c.Name] = lanes
}

// noting tells the troubles of work. A call that fails as the scenario asks for is none, nor is a full storage.
func (d *Driver) noting(work func(context.Context, string) error) func(context.Context, string) error {
	return func(ctx context.Context, key string) error {
		err := work(ctx, key)
		if err != nil && ctx.Err() == nil && !errors.Is(err, errInjected) && !errors.Is(err, errNoRoom) && d.Trouble != nil && d.troubles.Add(1) <= maxTroubles {
			d.Trouble(fmt.Errorf("CSI driver: %w", err))
		}
		return err
	}
}

// selector selects the run's objects.
func (d *Driver) selector() string { return labels.SelectorFromSet(d.Labels).String() }
