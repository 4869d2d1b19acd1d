package load

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// maxFrame is how many bytes one event of a watch may have; client-go's limit too.
const maxFrame = 16 << 20

// jsonAdded is how the API server begins nearly every event before the bookmark. Such a frame is
// passed by without parsing it, as the harness must not be what is slow.
const jsonAdded = `{"type":"ADDED",`

// readInitialEvents reads a watch until the bookmark that says that the whole state was sent.
// It returns the code of an ERROR event if that came instead, and otherwise 200.
func readInitialEvents(body io.Reader, isProtobuf bool) (int, error) {
	next, parse := nextLine, parseJSONEvent
	if isProtobuf {
		next, parse = nextDelimited, parseProtobufEvent
	}
	reader := bufio.NewReaderSize(body, wireBuffer)
	var frame []byte
	for {
		var err error
		if frame, err = next(reader, frame[:0]); err != nil {
			return 0, fmt.Errorf("read a watch up to the bookmark %s: %w", metav1.InitialEventsAnnotationKey, err)
		}
		kind, code, err := parse(frame)
		switch {
		case err != nil:
			return 0, fmt.Errorf("read an event of a watch: %w", err)
		case kind == watch.Error:
			return code, nil
		case kind == watch.Bookmark && bytes.Contains(frame, []byte(metav1.InitialEventsAnnotationKey)):
			return http.StatusOK, nil
		}
	}
}

// nextLine appends the next line of JSON to frame, without its end; empty lines are no frames.
func nextLine(reader *bufio.Reader, frame []byte) ([]byte, error) {
	for {
		part, err := reader.ReadSlice('\n')
		if len(frame)+len(part) > maxFrame {
			return nil, errFrameTooLong
		}
		frame = append(frame, part...)
		if err == nil {
			if frame = bytes.TrimSpace(frame); len(frame) > 0 {
				return frame, nil
			}
		} else if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, unexpectedEnd(err)
		}
	}
}

var errFrameTooLong = fmt.Errorf("an event has more than %d bytes", maxFrame)

// nextDelimited appends the next frame to frame: four bytes of length, big-endian, go before it.
func nextDelimited(reader *bufio.Reader, frame []byte) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(reader, prefix[:]); err != nil {
		return nil, unexpectedEnd(err)
	}
	size := binary.BigEndian.Uint32(prefix[:])
	if size > maxFrame {
		return nil, errFrameTooLong
	}
	// The buffer grows with what arrives, not with what was announced.
	buffer := bytes.NewBuffer(frame)
	if _, err := io.CopyN(buffer, reader, int64(size)); err != nil {
		return nil, unexpectedEnd(err)
	}
	return buffer.Bytes(), nil
}

// parseJSONEvent returns an event's type, and the code of an ERROR event.
func parseJSONEvent(frame []byte) (watch.EventType, int, error) {
	if bytes.HasPrefix(frame, []byte(jsonAdded)) {
		return watch.Added, 0, nil
	}
	var event struct {
		Type   watch.EventType `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(frame, &event); err != nil || event.Type != watch.Error {
		return event.Type, 0, err
	}
	var status struct {
		Code int64 `json:"code"`
	}
	err := json.Unmarshal(event.Object, &status)
	return watch.Error, failureCode(status.Code), err
}

// parseProtobufEvent returns an event's type, and the code of an ERROR event. A WatchEvent has no
// envelope of its own; the object in it has one.
func parseProtobufEvent(frame []byte) (watch.EventType, int, error) {
	kind, err := bytesField(frame, fieldWatchEventType)
	if err != nil || watch.EventType(kind) != watch.Error {
		return watch.EventType(kind), 0, err
	}
	extension, err := bytesField(frame, fieldWatchEventObject)
	if err != nil {
		return "", 0, err
	}
	object, err := bytesField(extension, fieldRawExtensionRaw)
	if err != nil {
		return "", 0, err
	}
	status, err := unwrap(object)
	if err != nil {
		return "", 0, err
	}
	code, err := varintField(status, fieldStatusCode)
	return watch.Error, failureCode(int64(code)), err
}

// failureCode returns the code of a failure, and 500 for what is none.
func failureCode(code int64) int {
	if code < http.StatusBadRequest || code > 599 {
		return http.StatusInternalServerError
	}
	return int(code)
}
