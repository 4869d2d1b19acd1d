package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// The limits of what happens before and after the timed part.
const (
	setupParallel = 16
	setupTimeout  = 60 * time.Second // Of one request.
	cleanupLimit  = 5 * time.Minute
)

// Prepare checks the options and creates the objects that the classes work on: Class.Objects
// each, and for a delete class one for each request. Every one carries Options.Labels. When it
// fails, what it created is removed.
func Prepare(ctx context.Context, options Options) (*Attack, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Attack{options: options}
	if a.schedules, err = options.schedules(); err != nil {
		return nil, err
	}
	for i, class := range options.Classes {
		t, err := newTargeter(options, i)
		if err != nil {
			return nil, fmt.Errorf("load class %q: %w", class.Name, err)
		}
		if err := t.choose(options, a.schedules[i].Count()); err != nil {
			return nil, fmt.Errorf("load class %q: %w", class.Name, err)
		}
		a.targeters = append(a.targeters, t)
	}
	err = a.createObjects(ctx)
	if err == nil {
		err = a.lookUpVersions(ctx)
	}
	if err == nil {
		err = a.lookUpFlows(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.Cleanup(context.WithoutCancel(ctx)))
	}
	return a, nil
}

// choose settles the names of the objects that the class works on in so many requests.
func (t *targeter) choose(options Options, requests uint64) error {
	if !t.owns() {
		if options.Names != nil {
			t.refresh(options.Names(t.class.Resource))
		}
		if !t.class.ofMany() && len(*t.names.Load()) == 0 {
			return fmt.Errorf("the run has no %s to %s; create some before the load",
				t.class.Resource.GroupResource(), t.class.Verb)
		}
		return nil
	}
	count := t.class.Objects
	switch t.class.Verb {
	case Create:
		if t.class.Subresource == "" {
			return nil
		}
	case Delete:
		count = int(min(requests, MaxObjects+1))
	}
	if !t.class.ofMany() && count < 1 {
		return errors.New("needs at least one object of its own")
	}
	if count > MaxObjects {
		return fmt.Errorf("needs %d objects, more than %d; lower the rate, the duration or the objects",
			count, MaxObjects)
	}
	names := make([]string, count)
	for i := range names {
		names[i] = t.name(i)
	}
	t.names.Store(&names)
	return nil
}

// createObjects creates the objects of all classes, several at a time.
func (a *Attack) createObjects(ctx context.Context) error {
	return a.withClient(ctx, func(ctx context.Context, c *http.Client) error {
		group, ongoing := errgroup.WithContext(ctx)
		group.SetLimit(setupParallel)
		for _, t := range a.targeters {
			if !t.owns() {
				continue
			}
			for i, name := range *t.names.Load() {
				if ongoing.Err() != nil {
					break
				}
				group.Go(func() error {
					err := send(ongoing, c, t.create(i), http.StatusConflict)
					if err != nil {
						return fmt.Errorf("create %s %s/%s: %w", t.class.Resource.Resource, t.namespace, name, err)
					}
					return nil
				})
			}
		}
		return errors.Join(group.Wait(), ctx.Err())
	})
}

// lookUpVersions finds out where the watches begin.
func (a *Attack) lookUpVersions(ctx context.Context) error {
	return a.withClient(ctx, func(ctx context.Context, c *http.Client) error {
		for _, t := range a.targeters {
			if t.class.Verb != Watch {
				continue
			}
			err := wire.Persist(ctx, func() (bool, error) { return t.lookUpVersion(ctx, c) })
			if err != nil {
				return fmt.Errorf("load class %q: look up the resourceVersion of %s to watch from: %w",
					t.class.Name, t.class.Resource.GroupResource(), err)
			}
		}
		return nil
	})
}

// Cleanup removes every object that the load made, one request for each resource. It takes
// five minutes at most.
func (a *Attack) Cleanup(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	return a.withClient(ctx, func(ctx context.Context, c *http.Client) error {
		var faults []error
		done := map[schema.GroupVersionResource]bool{}
		for _, t := range a.targeters {
			resource := t.class.Resource
			if !t.owns() || done[resource] {
				continue
			}
			done[resource] = true
			if err := send(ctx, c, t.deleteAll(), http.StatusNotFound); err != nil {
				faults = append(faults, fmt.Errorf("delete the %s of load %s: %w",
					resource.Resource, a.options.Name, err))
			}
		}
		return errors.Join(faults...)
	})
}

// withClient lends out a client that ends when use returns.
func (a *Attack) withClient(ctx context.Context, use func(context.Context, *http.Client) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := wire.NewClient(ctx, a.options.Config, 1)
	if err != nil {
		return err
	}
	defer c.Close()
	return use(ctx, &http.Client{Transport: c, Timeout: setupTimeout})
}

// send sends one request outside the timed part until it succeeds or is answered with the
// tolerated code. Throttling, server errors and broken connections are tried again.
func send(ctx context.Context, c *http.Client, target vegeta.Target, tolerated int) error {
	return wire.Persist(ctx, func() (bool, error) { return sendOnce(ctx, c, target, tolerated) })
}

// sendOnce reports whether it is worth trying again, and why.
func sendOnce(ctx context.Context, c *http.Client, target vegeta.Target, tolerated int) (bool, error) {
	request, err := target.Request()
	if err != nil {
		return false, err
	}
	request.Header.Set("Accept", jsonType) // A protobuf error would not be readable.
	response, err := c.Do(request.WithContext(ctx))
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, wire.MaxErrorBody))
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
	}
	switch code := response.StatusCode; {
	case err != nil:
		return ctx.Err() == nil, err
	case code < http.StatusBadRequest || code == tolerated:
		return false, nil
	default:
		return wire.Retriable(code), fmt.Errorf("%s: %s", response.Status, body)
	}
}
