package load

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// maxPages is how many pages a paged list may have; more is a server that never comes to an end.
const maxPages = 10_000

// What the recorder is told about a request in nanoseconds: how long it waited for a free stream of
// its connection, and how long after that the answer's header came. These headers are put on the
// response on its way to vegeta and are on no wire.
const (
	waitedHeader    = "Kubedyno-Waited"
	firstByteHeader = "Kubedyno-First-Byte"
)

// errUnsent is the error of a request that did not leave.
var errUnsent = errors.New("the request was not sent")

var errTooManyPages = fmt.Errorf("the list has more than %d pages", maxPages)

// traffic counts the bytes of a class.
type traffic struct {
	received atomic.Int64 // Of answers, decompressed and without headers.
	sent     atomic.Int64 // Of request bodies.
}

// An operation sends the requests of one class. To vegeta an operation is one request, whose
// latency is that of the whole: of all pages of a list, or of a watch as far as it is read.
type operation struct {
	next   http.RoundTripper
	target *targeter
}

// RoundTrip carries one operation out. Where it takes more than one answer, the body of what it
// returns is empty, and the code is the first one that is a failure, or that of the last answer.
func (o *operation) RoundTrip(request *http.Request) (*http.Response, error) {
	revision := takeRevision(request)
	began := time.Now()
	var waited atomic.Int64 // Until the first of its requests left; 0 if none did.
	response, err := o.send(request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		// It is called when the first header is encoded, and so before any byte is written: the
		// server may have seen the request before WroteHeaders is called.
		WroteHeaderField: func(string, []string) {
			if waited.Load() == 0 {
				waited.Store(int64(time.Since(began)))
			}
		},
	})))
	if err != nil && waited.Load() == 0 {
		return nil, fmt.Errorf("%w: %w", errUnsent, err)
	}
	if err != nil {
		return nil, err
	}
	firstByte := int64(time.Since(began)) - waited.Load()
	class := o.target.class
	switch {
	case response.StatusCode != http.StatusOK:
	case class.Verb == Watch:
		err = finish(response)
	case class.Mode == WatchList:
		err = readWatchList(response)
	case class.Mode == Paged:
		response, err = o.followPages(request, response)
	}
	if err != nil {
		return nil, err
	}
	response.Header.Set(waitedHeader, strconv.FormatInt(waited.Load(), 10))
	response.Header.Set(firstByteHeader, strconv.FormatInt(firstByte, 10))
	if revision != "" {
		response.Header.Set(revisionHeader, revision)
	}
	if class.Verb == Watch && response.StatusCode == http.StatusGone {
		o.target.tooOldVersion(request.URL.Query().Get("resourceVersion"))
	}
	return response, nil
}

// send sends one HTTP request and counts its bytes and those of the answer.
func (o *operation) send(request *http.Request) (*http.Response, error) {
	o.target.traffic.sent.Add(max(request.ContentLength, 0))
	response, err := o.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = countedBody{response.Body, &o.target.traffic.received}
	return response, nil
}

// countedBody adds what is read from a body to a count.
type countedBody struct {
	io.ReadCloser
	count *atomic.Int64
}

// Read reads from the body.
func (b countedBody) Read(buffer []byte) (int, error) {
	n, err := b.ReadCloser.Read(buffer)
	b.count.Add(int64(n))
	return n, err
}

// followPages reads a page and requests the ones after it until one is the last or fails.
func (o *operation) followPages(request *http.Request, page *http.Response) (*http.Response, error) {
	for range maxPages {
		token, err := continueOf(page.Body, wire.IsProtobuf(page))
		if err == nil {
			_, err = io.Copy(io.Discard, page.Body) // So that the connection can be used again.
		}
		if err = errors.Join(err, finish(page)); err != nil {
			return nil, err
		}
		if token == "" {
			return page, nil
		}
		following := request.Clone(request.Context())
		query := following.URL.Query()
		query.Set("continue", token)
		following.URL.RawQuery = query.Encode()
		if page, err = o.send(following); err != nil {
			return nil, err
		}
		if page.StatusCode != http.StatusOK {
			return page, nil
		}
	}
	return nil, errors.Join(errTooManyPages, finish(page))
}

// readWatchList reads a watch until the whole state was sent, and closes it. An ERROR event
// becomes the answer's code, as a list would have had it.
func readWatchList(response *http.Response) error {
	code, err := readInitialEvents(response.Body, wire.IsProtobuf(response))
	if err = errors.Join(err, finish(response)); err != nil {
		return err
	}
	if code != http.StatusOK {
		response.StatusCode = code
		response.Status = strconv.Itoa(code) + " " + http.StatusText(code)
	}
	return nil
}

// finish closes a response's body, and leaves an empty one to who reads it next.
func finish(response *http.Response) error {
	err := response.Body.Close()
	response.Body, response.ContentLength = http.NoBody, 0
	return err
}

// readQuery is the query of a get, list or watch.
func (t *targeter) readQuery() string {
	query := url.Values{}
	if t.class.LabelSelector != "" {
		query.Set("labelSelector", t.class.LabelSelector)
	}
	if t.class.FieldSelector != "" {
		query.Set("fieldSelector", t.class.FieldSelector)
	}
	switch {
	case t.class.Verb == Watch:
		query.Set("watch", "true")
		query.Set("allowWatchBookmarks", "true")
		query.Set("resourceVersion", *t.version.Load())
	case t.class.Mode == WatchList:
		query.Set("watch", "true")
		query.Set("allowWatchBookmarks", "true")
		query.Set("sendInitialEvents", "true")
		query.Set("resourceVersionMatch", "NotOlderThan")
	case t.class.Mode == Paged:
		query.Set("limit", strconv.Itoa(t.class.PageSize))
	case t.class.Mode == Cached:
		query.Set("resourceVersion", "0")
	}
	return query.Encode()
}
