// Package scripted is an API server for tests of watches: it speaks just enough of the
// Kubernetes list and watch protocol, over HTTP/2 and TLS, to bring a client what a test scripts
// at the moments it scripts, and to fail in the ways in which real servers and networks do.
//
// It notes by the test's own clock when it really sent each event, so that what a client makes of
// it is compared with what happened and not with what was planned.
package scripted

import (
	"context"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// An Object is an API object as JSON decodes it, with metadata and a name in it.
type Object = map[string]any

// Options change how a Server behaves. The zero value is a recent server without delays.
type Options struct {
	// NoInitialEvents refuses watches that ask for the state first, as older servers do, so that
	// clients list and then watch.
	NoInitialEvents bool
	// Lag is the pause before each change is delivered.
	Lag time.Duration
}

// A Sent is an event that a watch was sent.
type Sent struct {
	Type, Collection, Name string
	Version                int
	Initial                bool // Part of the state that begins a watch.
	// Began is right before the event was written, Flushed when the connection had taken it. No
	// client can have seen it before Began.
	Began, Flushed sample.Offset
}

// A Step is something that happens at a moment after Play was called.
type Step struct {
	At time.Duration
	Do func()
}

// Play does the steps in the order in which they are given, each not before its moment. It
// returns early if ctx ends.
func Play(ctx context.Context, steps ...Step) {
	began := time.Now()
	for _, step := range steps {
		timer := time.NewTimer(step.At - time.Since(began))
		select {
		case <-timer.C:
			step.Do()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// Put creates or changes an object in a collection, such as /api/v1/pods.
func (s *Server) Put(collection string, o Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(collection, o)
}

func (s *Server) put(collection string, o Object) Object {
	name := nameOf(o)
	key, kind := path.Join(collection, name), "MODIFIED"
	if s.objects[key] == nil {
		kind = "ADDED"
	}
	s.version++
	o["metadata"].(Object)["resourceVersion"] = strconv.Itoa(s.version)
	s.objects[key] = clone(o)
	s.tell(event{version: s.version, collection: collection, Type: kind, Object: clone(o)})
	return o
}

// Delete removes an object.
func (s *Server) Delete(collection, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := path.Join(collection, name)
	o := clone(s.objects[key])
	delete(s.objects, key)
	s.version++
	o["metadata"].(Object)["resourceVersion"] = strconv.Itoa(s.version)
	s.tell(event{version: s.version, collection: collection, Type: "DELETED", Object: o})
}

// Bookmark tells the watches of a collection that they are up to date.
func (s *Server) Bookmark(collection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.tell(event{version: s.version, collection: collection, Type: "BOOKMARK", Object: bookmark(collection, s.version, false)})
}

// Repeat sends the newest event of an object once more, as it was.
func (s *Server) Repeat(collection, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Backward(s.history) {
		if e.collection == collection && nameOf(e.Object) == name {
			s.tell(e)
			return
		}
	}
}

// Expire forgets all history, what was not sent yet with it: open watches are sent an error 410
// and end, later ones that ask for what was before are refused with 410.
func (s *Server) Expire(collection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.oldest = s.version
	s.tell(event{version: s.version, collection: collection, Type: "ERROR", Object: expired()})
}

// Forget forgets all history and ends open watches without a word, so that clients learn by the
// status 410 of their next request that they have to begin anew.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.oldest = s.version
	s.epoch++
	s.changed.Broadcast()
}

// Drop closes every TCP connection, in the middle of whatever goes on there.
func (s *Server) Drop() { s.listener.CloseClientConnections() }

// Cut ends all watches and refuses requests with the status 429 until Restore.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.down = true
	s.changed.Broadcast()
}

// Restore answers again; with expired, watches cannot go on from where they were.
func (s *Server) Restore(expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
	if expired {
		s.version++
		s.oldest = s.version
	}
}

// Stall lets no watch send anything until Release; the connections stay open.
func (s *Server) Stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = true
}

// Release ends a stall.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = false
	s.changed.Broadcast()
}

// Counts returns how many watches and lists were answered.
func (s *Server) Counts() (watches, lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watches, s.lists
}

// Sent returns the events that watches were sent so far, in the order of their sending.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

func (s *Server) tell(e event) {
	s.history = append(s.history, e)
	s.changed.Broadcast()
}
