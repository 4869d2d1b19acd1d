package load

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// maxListMeta is how many bytes of a page's ListMeta are kept, the continue token among them.
const maxListMeta = 64 << 10

// The field numbers of the messages that are read.
const (
	fieldListMeta = 1 // every list
	fieldContinue = 3 // ListMeta
)

// continueOf reads the continue token of one page of a list; empty if it is the last page. It
// keeps nothing else of the page and may leave the rest of the body unread.
func continueOf(body io.Reader, isProtobuf bool) (string, error) {
	read := jsonContinue
	if isProtobuf {
		read = protobufContinue
	}
	token, err := read(body)
	if err != nil {
		return "", fmt.Errorf("read the continue token of a page: %w", err)
	}
	return token, nil
}

// jsonContinue finds metadata.continue in a JSON list.
func jsonContinue(body io.Reader) (string, error) {
	decoder := json.NewDecoder(body)
	token := ""
	err := eachMember(decoder, func(key string) (bool, error) {
		if key != "metadata" {
			return false, skipValue(decoder)
		}
		return true, eachMember(decoder, func(key string) (bool, error) {
			if key != "continue" {
				return false, skipValue(decoder)
			}
			value, err := decoder.Token()
			if err != nil {
				return true, wire.UnexpectedEnd(err)
			}
			text, ok := value.(string)
			if !ok || len(text) > maxListMeta {
				return true, fmt.Errorf("continue is no string of at most %d bytes", maxListMeta)
			}
			token = text
			return true, nil
		})
	})
	return token, err
}

// eachMember reads a JSON object and calls visit in front of every value, until visit is done.
func eachMember(decoder *json.Decoder, visit func(key string) (done bool, err error)) error {
	opening, err := decoder.Token()
	if err != nil {
		return wire.UnexpectedEnd(err)
	}
	if opening != json.Delim('{') {
		return fmt.Errorf("%v instead of a JSON object", opening)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return wire.UnexpectedEnd(err)
		}
		if done, err := visit(fmt.Sprint(key)); done || err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return wire.UnexpectedEnd(err)
}

// skipValue passes one JSON value by, one token at a time.
func skipValue(decoder *json.Decoder) error {
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return wire.UnexpectedEnd(err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// protobufContinue finds ListMeta.continue in a protobuf list.
func protobufContinue(body io.Reader) (string, error) {
	reader := bufio.NewReaderSize(body, wire.BufferSize)
	var magic [len(wire.ProtobufMagic)]byte
	if _, err := io.ReadFull(reader, magic[:]); err != nil {
		return "", wire.UnexpectedEnd(err)
	}
	if string(magic[:]) != wire.ProtobufMagic {
		return "", errors.New("the answer does not begin as protobuf of Kubernetes does")
	}
	if _, err := seekField(reader, wire.FieldUnknownRaw); err != nil {
		return "", wire.UnexpectedEnd(err)
	}
	size, err := seekField(reader, fieldListMeta)
	if errors.Is(err, io.EOF) {
		return "", nil // A list without ListMeta.
	}
	if err != nil {
		return "", err
	}
	if size > maxListMeta {
		return "", fmt.Errorf("the ListMeta has %d bytes, more than %d", size, maxListMeta)
	}
	meta := make([]byte, size)
	if _, err := io.ReadFull(reader, meta); err != nil {
		return "", wire.UnexpectedEnd(err)
	}
	token, err := wire.BytesField(meta, fieldContinue)
	return string(token), err
}

// seekField reads a protobuf message until the value of that field, which has a length, and
// returns the length. It returns io.EOF where the message ends without the field.
func seekField(reader *bufio.Reader, want protowire.Number) (uint64, error) {
	for {
		tag, err := binary.ReadUvarint(reader)
		if err != nil {
			return 0, err
		}
		number, kind := protowire.DecodeTag(tag)
		if number < protowire.MinValidNumber {
			return 0, fmt.Errorf("%d is no protobuf tag", tag)
		}
		var size uint64
		switch kind {
		case protowire.VarintType:
			_, err = binary.ReadUvarint(reader)
		case protowire.Fixed32Type:
			size = 4
		case protowire.Fixed64Type:
			size = 8
		case protowire.BytesType:
			size, err = binary.ReadUvarint(reader)
			if err == nil && number == want {
				return size, nil
			}
		default:
			err = fmt.Errorf("protobuf wire type %d is not in use by Kubernetes", kind)
		}
		if err == nil && size > math.MaxInt64 {
			err = fmt.Errorf("a field of %d bytes is no protobuf", size)
		}
		if err == nil {
			_, err = io.CopyN(io.Discard, reader, int64(size))
		}
		if err != nil {
			return 0, wire.UnexpectedEnd(err)
		}
	}
}
