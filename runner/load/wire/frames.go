package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"k8s.io/apimachinery/pkg/watch"
)

// MaxFrame is how many bytes one event of a watch may have; client-go's limit too.
const MaxFrame = 16 << 20

// BufferSize is how many bytes of an answer are read ahead.
const BufferSize = 4 << 10

// jsonType is how the API server begins every event. What follows an event's type is passed by
// without parsing it, as the harness must not be what is slow.
const jsonType = `{"type":"`

// NextFrame appends the next event of a watch to frame, which it returns without what separates it
// from the others. It returns io.ErrUnexpectedEOF where the stream ends.
func NextFrame(reader *bufio.Reader, frame []byte, isProtobuf bool) ([]byte, error) {
	if isProtobuf {
		return nextDelimited(reader, frame)
	}
	return nextLine(reader, frame)
}

// EventType returns an event's type, and the code of an ERROR event.
func EventType(frame []byte, isProtobuf bool) (watch.EventType, int, error) {
	if isProtobuf {
		return protobufEventType(frame)
	}
	return jsonEventType(frame)
}

// nextLine appends the next line of JSON to frame, without its end; empty lines are no frames.
func nextLine(reader *bufio.Reader, frame []byte) ([]byte, error) {
	for {
		part, err := reader.ReadSlice('\n')
		if len(frame)+len(part) > MaxFrame {
			return nil, ErrFrameTooLong
		}
		frame = append(frame, part...)
		if err == nil {
			if frame = bytes.TrimSpace(frame); len(frame) > 0 {
				return frame, nil
			}
		} else if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, UnexpectedEnd(err)
		}
	}
}

// ErrFrameTooLong is the error of an event that has more than MaxFrame bytes.
var ErrFrameTooLong = fmt.Errorf("an event has more than %d bytes", MaxFrame)

// nextDelimited appends the next frame to frame: four bytes of length, big-endian, go before it.
func nextDelimited(reader *bufio.Reader, frame []byte) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(reader, prefix[:]); err != nil {
		return nil, UnexpectedEnd(err)
	}
	size := binary.BigEndian.Uint32(prefix[:])
	if size > MaxFrame {
		return nil, ErrFrameTooLong
	}
	// The buffer grows with what arrives, not with what was announced.
	buffer := bytes.NewBuffer(frame)
	if _, err := io.CopyN(buffer, reader, int64(size)); err != nil {
		return nil, UnexpectedEnd(err)
	}
	return buffer.Bytes(), nil
}

// jsonEventType returns an event's type, and the code of an ERROR event.
func jsonEventType(frame []byte) (watch.EventType, int, error) {
	if rest, ok := bytes.CutPrefix(frame, []byte(jsonType)); ok {
		word, _, _ := bytes.Cut(rest, []byte(`"`))
		switch kind := watch.EventType(word); kind {
		case watch.Added, watch.Modified, watch.Deleted, watch.Bookmark:
			return kind, 0, nil
		}
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

// protobufEventType returns an event's type, and the code of an ERROR event. A WatchEvent has no
// envelope of its own; the object in it has one.
func protobufEventType(frame []byte) (watch.EventType, int, error) {
	kind, err := BytesField(frame, fieldWatchEventType)
	if err != nil || watch.EventType(kind) != watch.Error {
		return watch.EventType(kind), 0, err
	}
	extension, err := BytesField(frame, fieldWatchEventObject)
	if err != nil {
		return "", 0, err
	}
	object, err := BytesField(extension, fieldRawExtensionRaw)
	if err != nil {
		return "", 0, err
	}
	status, err := Unwrap(object)
	if err != nil {
		return "", 0, err
	}
	code, err := VarintField(status, fieldStatusCode)
	return watch.Error, failureCode(int64(code)), err
}

// failureCode returns the code of a failure, and 500 for what is none.
func failureCode(code int64) int {
	if code < http.StatusBadRequest || code > 599 {
		return http.StatusInternalServerError
	}
	return int(code)
}
