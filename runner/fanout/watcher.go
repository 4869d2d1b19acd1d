package fanout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// streams counts what became of the streams of all watchers.
type streams struct {
	opened   atomic.Int64 // The first of each watcher.
	ended    atomic.Int64
	resumed  atomic.Int64
	relisted atomic.Int64
	refused  atomic.Int64
}

// errGone says that a watch's resourceVersion is too old for the server.
var errGone = errors.New("the resourceVersion is gone")

// A watcher is one watch, whatever streams it takes. It is used by one goroutine at a time.
type watcher struct {
	*Fanout
	number  int
	version []byte // Of the last event.
	stream  *http.Response
	cancel  context.CancelFunc // Ends the stream.
	began   time.Time          // When the stream was last asked for.
}

// open opens a stream at the watcher's version. It reports whether, after an error, it is worth
// trying again.
func (w *watcher) open() (again bool, err error) {
	w.began = time.Now()
	ctx, cancel := context.WithCancel(w.life)
	query := url.Values{"watch": {"true"}, "allowWatchBookmarks": {"true"}, "resourceVersion": {string(w.version)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.address+"?"+query.Encode(), nil)
	if err != nil {
		cancel()
		return false, err
	}
	request.Header.Set("Accept", wire.AcceptTypes)
	if w.options.Encoding == load.JSON {
		request.Header.Set("Accept", wire.JSONType)
	}
	impatience := time.AfterFunc(openTimeout, cancel)
	stream, err := w.client.On(w.number % w.options.Connections).RoundTrip(request)
	impatience.Stop()
	if err != nil {
		cancel()
		return w.life.Err() == nil, err
	}
	if stream.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(stream.Body, wire.MaxErrorBody))
		cancel()
		if stream.StatusCode == http.StatusGone {
			return false, errGone
		}
		return wire.Retriable(stream.StatusCode), fmt.Errorf("%s: %s", stream.Status, body)
	}
	w.stream, w.cancel = stream, cancel
	return false, nil
}

// follow reads events until the life of the watches ends.
func (w *watcher) follow() {
	for {
		err := w.read()
		_ = w.stream.Body.Close()
		w.cancel()
		if w.life.Err() != nil {
			return
		}
		w.streams.ended.Add(1)
		if !w.reopen(errors.Is(err, errGone)) {
			return
		}
	}
}

// reopen opens the stream again, at its version or, if that is gone, at the newest state. It tries
// until it succeeds or the life of the watches ends, and reports which.
func (w *watcher) reopen(gone bool) bool {
	for relisted := false; ; {
		select {
		case <-time.After(time.Until(w.began.Add(resumePause))):
		case <-w.life.Done():
			return false
		}
		var err error
		if gone {
			w.began = time.Now()
			var version string
			if version, _, err = wire.NewestVersion(w.life, w.lists, w.address); err == nil {
				w.version, gone, relisted = []byte(version), false, true
			}
		}
		if err == nil {
			_, err = w.open()
		}
		switch {
		case err == nil && relisted:
			w.streams.relisted.Add(1)
			return true
		case err == nil:
			w.streams.resumed.Add(1)
			return true
		case w.life.Err() != nil:
			return false
		case errors.Is(err, errGone):
			gone = true
		default:
			w.streams.refused.Add(1)
		}
	}
}

// read books the events of the stream until it ends, and returns why it did.
func (w *watcher) read() error {
	isProtobuf := wire.IsProtobuf(w.stream)
	reader := bufio.NewReaderSize(w.stream.Body, wire.BufferSize)
	var frame []byte
	for {
		var err error
		if frame, err = wire.NextFrame(reader, frame[:0], isProtobuf); err != nil {
			return err
		}
		at := w.options.Clock.Now()
		if err := w.event(frame, isProtobuf, at); err != nil {
			return err
		}
	}
}

// event books one event.
func (w *watcher) event(frame []byte, isProtobuf bool, at sample.Offset) error {
	kind, code, err := wire.EventType(frame, isProtobuf)
	switch {
	case err != nil:
		return fmt.Errorf("read an event of a watch: %w", err)
	case kind == watch.Error && code == http.StatusGone:
		return errGone
	case kind == watch.Error:
		return fmt.Errorf("the server ended a watch with the code %d", code)
	}
	metadata, err := wire.EventMetadata(frame, isProtobuf, load.RevisionAnnotation)
	if err != nil {
		return fmt.Errorf("read the metadata of an event of a watch: %w", err)
	}
	if len(metadata.ResourceVersion) > 0 {
		w.version = append(w.version[:0], metadata.ResourceVersion...)
	}
	object, ok := w.objectOf(metadata.Name)
	if !ok || kind != watch.Added && kind != watch.Modified {
		return nil // A bookmark, or an object of someone else.
	}
	revision, err := strconv.ParseUint(string(metadata.Annotation), 10, 64)
	if err != nil {
		return nil
	}
	w.books.arrived(w.number, object, revision, at)
	return nil
}

// objectOf returns the number of a probe object.
func (w *watcher) objectOf(name []byte) (int, bool) {
	digits, ok := bytes.CutPrefix(name, []byte(load.ObjectPrefix(w.options.Name, 0)+"-"))
	if !ok {
		return 0, false
	}
	number, err := strconv.Atoi(string(digits))
	return number, err == nil && number >= 0 && number < w.options.Objects
}
