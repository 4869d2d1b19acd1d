package wire

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The field numbers of the metadata that are read.
const (
	fieldMetadata        = 1 // Every object.
	fieldName            = 1 // ObjectMeta
	fieldResourceVersion = 6
	fieldAnnotations     = 12
	fieldEntryKey        = 1 // An entry of a map.
	fieldEntryValue      = 2
)

// Metadata is what little is read of the object in an event. The slices are parts of the frame.
type Metadata struct {
	Name            []byte
	ResourceVersion []byte
	Annotation      []byte // The value of the one that was asked for; nil without it.
}

// EventMetadata reads the metadata of the object in an event that is no ERROR.
func EventMetadata(frame []byte, isProtobuf bool, annotation string) (Metadata, error) {
	if isProtobuf {
		return protobufMetadata(frame, annotation)
	}
	return jsonMetadata(frame, annotation)
}

// jsonMetadata finds keys without parsing what is around them: as quotes within text are escaped,
// a key in quotes with a colon behind it is nothing but a key, and the first keys of those names
// are those of the metadata, which stands before all else in an object.
func jsonMetadata(frame []byte, annotation string) (Metadata, error) {
	_, metadata, found := bytes.Cut(frame, []byte(`"metadata":{`))
	if !found {
		return Metadata{}, fmt.Errorf("an event has no metadata")
	}
	return Metadata{
		Name:            jsonText(metadata, "name"),
		ResourceVersion: jsonText(metadata, "resourceVersion"),
		Annotation:      jsonText(metadata, annotation),
	}, nil
}

// jsonText returns the text behind the first key of that name, escapes and all; nil without it.
func jsonText(object []byte, key string) []byte {
	_, rest, found := bytes.Cut(object, []byte(`"`+key+`":"`))
	if !found {
		return nil
	}
	text, _, found := bytes.Cut(rest, []byte(`"`))
	if !found {
		return nil
	}
	return text
}

// protobufMetadata walks down to the metadata and leaves the rest of the object unread.
func protobufMetadata(frame []byte, annotation string) (Metadata, error) {
	extension, err := BytesField(frame, fieldWatchEventObject)
	if err != nil {
		return Metadata{}, err
	}
	raw, err := BytesField(extension, fieldRawExtensionRaw)
	if err != nil {
		return Metadata{}, err
	}
	object, err := Unwrap(raw)
	if err != nil {
		return Metadata{}, err
	}
	metadata, err := BytesField(object, fieldMetadata)
	if err != nil {
		return Metadata{}, err
	}
	var found Metadata
	if found.Name, err = BytesField(metadata, fieldName); err != nil {
		return Metadata{}, err
	}
	if found.ResourceVersion, err = BytesField(metadata, fieldResourceVersion); err != nil {
		return Metadata{}, err
	}
	found.Annotation, err = mapEntry(metadata, fieldAnnotations, annotation)
	return found, err
}

// mapEntry returns the value of a key in a map of text; nil without it.
func mapEntry(message []byte, field protowire.Number, key string) ([]byte, error) {
	var value []byte
	var faulty error
	err := eachField(message, field, protowire.BytesType, func(encoded []byte) {
		entry, _ := protowire.ConsumeBytes(encoded)
		name, err := BytesField(entry, fieldEntryKey)
		if err == nil && string(name) == key {
			value, err = BytesField(entry, fieldEntryValue)
		}
		if err != nil {
			faulty = err
		}
	})
	if err == nil {
		err = faulty
	}
	return value, err
}
