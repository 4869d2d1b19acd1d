package wire

import (
	"bytes"
	"errors"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// ProtobufMagic is what every protobuf object of Kubernetes begins with; a runtime.Unknown follows.
const ProtobufMagic = "k8s\x00"

// FieldUnknownRaw is the field number of the object in a runtime.Unknown.
const FieldUnknownRaw = 2

// The field numbers of the messages that are read.
const (
	fieldWatchEventType   = 1 // WatchEvent
	fieldWatchEventObject = 2
	fieldRawExtensionRaw  = 1 // RawExtension
	fieldStatusCode       = 6 // Status
)

// BytesField returns the last value of a field that has a length; nil if there is none.
func BytesField(message []byte, want protowire.Number) ([]byte, error) {
	var found []byte
	err := eachField(message, want, protowire.BytesType, func(value []byte) {
		found, _ = protowire.ConsumeBytes(value)
	})
	return found, err
}

// VarintField returns the last value of a number; 0 if there is none.
func VarintField(message []byte, want protowire.Number) (uint64, error) {
	var found uint64
	err := eachField(message, want, protowire.VarintType, func(value []byte) {
		found, _ = protowire.ConsumeVarint(value)
	})
	return found, err
}

// eachField calls visit with every value of that number and type in a message.
func eachField(message []byte, want protowire.Number, wantType protowire.Type, visit func(value []byte)) error {
	for len(message) > 0 {
		number, kind, tagSize := protowire.ConsumeTag(message)
		if tagSize < 0 {
			return protowire.ParseError(tagSize)
		}
		size := protowire.ConsumeFieldValue(number, kind, message[tagSize:])
		if size < 0 {
			return protowire.ParseError(size)
		}
		if number == want && kind == wantType {
			visit(message[tagSize : tagSize+size])
		}
		message = message[tagSize+size:]
	}
	return nil
}

// Unwrap returns the message in the envelope of a protobuf object.
func Unwrap(object []byte) ([]byte, error) {
	envelope, ok := bytes.CutPrefix(object, []byte(ProtobufMagic))
	if !ok {
		return nil, errors.New("an object does not begin as protobuf of Kubernetes does")
	}
	return BytesField(envelope, FieldUnknownRaw)
}

// UnexpectedEnd says that data ended too early, where its reader only says that it ended.
func UnexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
