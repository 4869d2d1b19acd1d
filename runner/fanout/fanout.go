// Package fanout measures how long it takes until many watchers have seen a write.
//
// Each watcher is a stream of its own, read as it is: the clock is taken when a frame is
// complete, and of the frame nothing is decoded but the object's name, its resourceVersion and the
// number of the write. The writes are updates of a few probe objects in turn, an open-loop load
// (package load) that does not know of the watchers; its latency and send lag are those of every
// load (api_*).
//
// A watcher's delay counts from the write's acknowledgement (watch_delivery_seconds) and from the
// moment at which the write was to be sent (watch_staleness_seconds); the last watcher's is that
// of the write (watch_fanout_seconds). An event that came before its write was acknowledged has
// no delay. One that never came is censored: it counts as the time from the acknowledgement until
// the watchers were closed, DrainLimit after the last answer at the latest.
//
// The books must balance: acknowledged writes times watchers are the events expected, and each is
// delivered or missing in the end. A write that failed, or whose answer was lost, expects nothing;
// its events are counted apart.
//
// As an informer does, a watcher asks for bookmarks, goes on at its last resourceVersion when the
// server ends its stream, and begins at the newest state when that version is gone (410). What a
// watcher skips in doing so is missing.
//
//	f, err := fanout.Prepare(ctx, options) // opens the watches and makes the objects
//	result, err := f.Run(ctx)
//	err = f.Cleanup(ctx)
package fanout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// The limits of a fan-out.
const (
	// DrainLimit is how long after the last answer to a write its events may come.
	DrainLimit = 10 * time.Second
	// MaxEvents is how many events may be expected in all: each costs a bit of memory.
	MaxEvents = 100_000_000

	openParallel = 16               // Watches opened at a time, so that the server is not flooded.
	openTimeout  = 60 * time.Second // Until a watch's header is there.
	readyLimit   = 60 * time.Second // Until every watcher has seen the creation of every object.
	resumePause  = 200 * time.Millisecond
	pollPause    = 10 * time.Millisecond
)

// Options describe one fan-out.
type Options struct {
	Config      *rest.Config // The server and the credentials. Its rate limits have no effect.
	Namespace   string
	Name        string                      // As load.Options.Name.
	Resource    schema.GroupVersionResource // A kind that a load makes objects of.
	Watchers    int
	Connections int     // HTTP/2 connections of the watches; they are spread over them evenly.
	Objects     int     // Probe objects, updated in turn.
	Rate        float64 // Updates per second.
	Size        int     // Bytes of payload in each object.
	Duration    time.Duration
	Timeout     time.Duration // The longest that an update may take.
	Encoding    string        // load.Protobuf or load.JSON.
	Phase       string
	Labels      map[string]string // Put on every object created.
	Seed        uint64
	Clock       sample.Clock
	Sink        sample.Sink
	Drain       time.Duration // 0 means DrainLimit.
}

// A Result counts what a fan-out did. Expected = Delivered + Missing.
type Result struct {
	Writes         int64 // Updates that were acknowledged.
	Failed         int64 // Updates that were not.
	Expected       int64 // Writes times watchers.
	Delivered      int64
	Missing        int64
	Duplicate      int64
	Unacknowledged int64 // Events of updates that were not acknowledged.
	Ended          int64 // Streams that the server or the network ended.
	Resumed        int64
	Relisted       int64
	Refused        int64 // Tries to open a stream again that failed.
}

// A Fanout is a set of open watches and the updates that they are to see. Run it once.
type Fanout struct {
	options Options
	address string // Of the collection.
	client  *wire.Client
	lists   *http.Client
	books   *ledger
	streams streams
	attack  *load.Attack

	life     context.Context // Of the watches.
	end      context.CancelFunc
	watching sync.WaitGroup
}

// check refuses what cannot run.
func (o Options) check() error {
	switch {
	case o.Config == nil || o.Sink == nil:
		return errors.New("fanout: Config and Sink are required")
	case o.Watchers < 1 || o.Connections < 1 || o.Objects < 1:
		return fmt.Errorf("fanout: %d watchers, %d connections and %d objects: each must be at least 1",
			o.Watchers, o.Connections, o.Objects)
	case o.writes()*float64(o.Watchers) > MaxEvents:
		return fmt.Errorf("fanout: %.0f writes for %d watchers are more than %d events; lower the rate, the duration or the watchers",
			o.writes(), o.Watchers, MaxEvents)
	}
	return nil
}

// writes is the most that a schedule of the options may send.
func (o Options) writes() float64 { return math.Ceil(o.Rate*o.Duration.Seconds()) + 1 }

// Prepare opens the watches, creates the objects and waits until every watcher has seen all of
// them, which proves that each delivers before the first update. The watches end with ctx. When
// it fails, what it made is removed.
func Prepare(ctx context.Context, options Options) (*Fanout, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	if options.Drain == 0 {
		options.Drain = DrainLimit
	}
	address, err := collection(options)
	if err != nil {
		return nil, err
	}
	f := &Fanout{options: options, address: address}
	f.books = newLedger(options.Watchers, options.Objects, uint64(options.writes()))
	f.life, f.end = context.WithCancel(ctx)
	if err := f.begin(ctx); err != nil {
		f.close()
		return nil, errors.Join(err, f.Cleanup(context.WithoutCancel(ctx)))
	}
	return f, nil
}

func (f *Fanout) begin(ctx context.Context) error {
	o := f.options
	var err error
	// The last connection is for lists, as the others may have no stream to spare.
	if f.client, err = wire.NewClient(f.life, o.Config, o.Connections+1); err != nil {
		return err
	}
	f.lists = &http.Client{Transport: f.client.On(o.Connections), Timeout: openTimeout}
	if err := f.open(ctx); err != nil {
		return err
	}
	f.attack, err = load.Prepare(ctx, load.Options{
		Config: o.Config, Namespace: o.Namespace, Name: o.Name, Duration: o.Duration, Timeout: o.Timeout,
		Classes: []load.Class{{
			Name: "update " + o.Resource.Resource + " watched", Verb: load.Update, Resource: o.Resource,
			Scope: load.ScopeResource, Rate: o.Rate, Objects: o.Objects, Size: o.Size, Encoding: o.Encoding,
		}},
		Phase: o.Phase, Labels: o.Labels, Seed: o.Seed, Clock: o.Clock, Sink: o.Sink, Connections: 1,
		Answered: func(a load.Answer) { f.books.answered(a) },
	})
	if err != nil {
		return err
	}
	if !f.await(ctx, readyLimit, f.books.ready) {
		return errors.Join(ctx.Err(), fmt.Errorf("only %d of %d watchers of %s delivered the creation of all objects within %s",
			f.books.readyWatchers(), o.Watchers, o.Resource.Resource, readyLimit))
	}
	return nil
}

// open opens the watches, all from the same state.
func (f *Fanout) open(ctx context.Context) error {
	version := ""
	err := wire.Persist(ctx, func() (again bool, err error) {
		version, again, err = wire.NewestVersion(ctx, f.lists, f.address)
		return again, err
	})
	if err != nil {
		return fmt.Errorf("look up the resourceVersion of %s to watch from: %w", f.options.Resource.Resource, err)
	}
	group, ongoing := errgroup.WithContext(ctx)
	group.SetLimit(openParallel)
	for i := range f.options.Watchers {
		if ongoing.Err() != nil {
			break
		}
		group.Go(func() error {
			w := &watcher{Fanout: f, number: i, version: []byte(version)}
			if err := wire.Persist(ongoing, w.open); err != nil {
				return fmt.Errorf("open watch %d of %d on %s: %w", i+1, f.options.Watchers, f.options.Resource.Resource, err)
			}
			f.streams.opened.Add(1)
			f.watching.Go(w.follow)
			return nil
		})
	}
	return errors.Join(group.Wait(), ctx.Err())
}

// Run sends the updates, waits until every watcher has seen them or the drain limit has passed,
// and closes the watches. It returns what was counted, with ctx's error if it was interrupted.
func (f *Fanout) Run(ctx context.Context) (Result, error) {
	recorder := f.record()
	sent, err := f.attack.Run(ctx)
	if err == nil {
		f.await(ctx, f.options.Drain, f.books.settled)
	}
	f.close()
	f.books.finish(f.options.Clock.Now())
	recorder.stop()
	result := f.books.result()
	for _, class := range sent.Classes {
		for _, n := range class.Failed {
			result.Failed += n
		}
	}
	result.Ended, result.Resumed = f.streams.ended.Load(), f.streams.resumed.Load()
	result.Relisted, result.Refused = f.streams.relisted.Load(), f.streams.refused.Load()
	if err == nil && ctx.Err() != nil {
		err = fmt.Errorf("fanout %s was interrupted: %w", f.options.Name, context.Cause(ctx))
	}
	return result, err
}

// close ends the watches and waits until they have ended.
func (f *Fanout) close() {
	f.end()
	f.watching.Wait()
	if f.client != nil {
		f.client.Close()
	}
}

// Cleanup removes the objects that Prepare made.
func (f *Fanout) Cleanup(ctx context.Context) error {
	if f.attack == nil {
		return nil
	}
	return f.attack.Cleanup(ctx)
}

// await waits until done, for at most that long, and reports whether it was.
func (f *Fanout) await(ctx context.Context, limit time.Duration, done func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pollPause)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return done()
		}
	}
	return true
}

// collection is the address of the objects to watch.
func collection(o Options) (string, error) {
	address, err := wire.ServerURL(o.Config, o.Resource.GroupVersion())
	if err != nil {
		return "", err
	}
	return address.JoinPath("namespaces", o.Namespace, o.Resource.Resource).String(), nil
}
