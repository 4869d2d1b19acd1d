package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// frames are events as an API server encodes them: each object by the serializer of objects, the
// event around it by that of streams, in the frames of the encoding.
func frames(t testing.TB, isProtobuf bool, events ...watch.Event) []byte {
	t.Helper()
	var stream bytes.Buffer
	var objects, outer runtime.Encoder
	var frame io.Writer
	if isProtobuf {
		objects = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
		outer = protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme)
		frame = protobuf.LengthDelimitedFramer.NewFrameWriter(&stream)
	} else {
		objects = json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{})
		outer, frame = objects, json.Framer.NewFrameWriter(&stream)
	}
	for _, event := range events {
		var object, whole bytes.Buffer
		if err := objects.Encode(event.Object, &object); err != nil {
			t.Fatal(err)
		}
		err := outer.Encode(&metav1.WatchEvent{
			Type: string(event.Type), Object: runtime.RawExtension{Raw: object.Bytes()},
		}, &whole)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := frame.Write(whole.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	return stream.Bytes()
}

func pod(name string, annotations map[string]string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}}
	pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return pod
}

func statusEvent(code int32) watch.Event {
	status := &metav1.Status{Status: metav1.StatusFailure, Message: "gone", Code: code}
	status.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Status"))
	return watch.Event{Type: watch.Error, Object: status}
}

var (
	endMark = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	// decoy has the mark where it means nothing.
	decoy = watch.Event{Type: watch.Added, Object: pod("decoy", endMark)}
	added = watch.Event{Type: watch.Added, Object: pod(strings.Repeat("long", 3*wire.BufferSize), nil)}
	early = watch.Event{Type: watch.Bookmark, Object: pod("", nil)}
	end   = watch.Event{Type: watch.Bookmark, Object: pod("", endMark)}
)

func TestReadInitialEvents(t *testing.T) {
	for _, test := range []struct {
		name   string
		events []watch.Event
		code   int
		fault  error
	}{
		{"a whole state", []watch.Event{added, decoy, early, added, end}, http.StatusOK, nil},
		{"no objects", []watch.Event{end}, http.StatusOK, nil},
		{"changes after the state", []watch.Event{end, statusEvent(410)}, http.StatusOK, nil},
		{"an error", []watch.Event{added, statusEvent(410)}, http.StatusGone, nil},
		{"an error without a code", []watch.Event{statusEvent(0)}, http.StatusInternalServerError, nil},
		{"an error of no error", []watch.Event{statusEvent(-200)}, http.StatusInternalServerError, nil},
		{"no bookmark", []watch.Event{added, decoy, early}, 0, io.ErrUnexpectedEOF},
		{"nothing", nil, 0, io.ErrUnexpectedEOF},
	} {
		for _, isProtobuf := range []bool{false, true} {
			code, err := readInitialEvents(bytes.NewReader(frames(t, isProtobuf, test.events...)), isProtobuf)
			if code != test.code || !errors.Is(err, test.fault) {
				t.Errorf("%s (protobuf %t): %d and error %v, want %d and %v",
					test.name, isProtobuf, code, err, test.code, test.fault)
			}
		}
	}
}

func TestFramesThatAreNone(t *testing.T) {
	for _, test := range []struct {
		name       string
		stream     io.Reader
		isProtobuf bool
		want       string
	}{
		{"a long line", io.LimitReader(endless{}, 2*wire.MaxFrame), false, wire.ErrFrameTooLong.Error()},
		{"a long frame", strings.NewReader("\x7f\xff\xff\xff"), true, wire.ErrFrameTooLong.Error()},
		{"half a frame", strings.NewReader("\x00\x00\x00\x09abc"), true, io.ErrUnexpectedEOF.Error()},
		{"half a length", strings.NewReader("\x00"), true, io.ErrUnexpectedEOF.Error()},
		{"half a line", strings.NewReader(`{"type":"BOOK`), false, io.ErrUnexpectedEOF.Error()},
		{"no JSON", strings.NewReader("\n\nhello\n"), false, "invalid character"},
		{"no protobuf", strings.NewReader("\x00\x00\x00\x01\xff"), true, "read an event"},
		{"an error that is no object", strings.NewReader("\x00\x00\x00\x07\x0a\x05ERROR"), true, "does not begin"},
	} {
		_, err := readInitialEvents(test.stream, test.isProtobuf)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

// endless is a line that never ends.
type endless struct{}

func (endless) Read(buffer []byte) (int, error) {
	for i := range buffer {
		buffer[i] = 'x'
	}
	return len(buffer), nil
}

// A reader must survive whatever a server sends, and end with the code of a failure, with 200, or
// with an error.
func FuzzReadInitialEvents(f *testing.F) {
	for _, isProtobuf := range []bool{false, true} {
		f.Add(frames(f, isProtobuf, early, decoy, end), isProtobuf)
		f.Add(frames(f, isProtobuf, statusEvent(410)), isProtobuf)
	}
	f.Add([]byte("\x00\x00\x00\x01\xff"), true)
	f.Fuzz(func(t *testing.T, stream []byte, isProtobuf bool) {
		code, err := readInitialEvents(bytes.NewReader(stream), isProtobuf)
		switch {
		case err != nil && code == 0 && !errors.Is(err, io.EOF):
		case err == nil && code == http.StatusOK && bytes.Contains(stream, []byte(metav1.InitialEventsAnnotationKey)):
		case err == nil && code >= 400 && code <= 599:
		default:
			t.Errorf("code %d and error %v of %s", code, err, fmt.Sprintf("%q", stream))
		}
	})
}
