package wire

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

const revision = "kubedyno.dev/revision"

// event is an event as an API server encodes it, in its frame.
func event(t testing.TB, isProtobuf bool, kind watch.EventType, object runtime.Object) []byte {
	t.Helper()
	var objects, outer runtime.Encoder
	var stream bytes.Buffer
	var frame io.Writer
	if isProtobuf {
		objects = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
		outer = protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme)
		frame = protobuf.LengthDelimitedFramer.NewFrameWriter(&stream)
	} else {
		objects = json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{})
		outer, frame = objects, json.Framer.NewFrameWriter(&stream)
	}
	encoded, err := runtime.Encode(objects, object)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := runtime.Encode(outer, &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: encoded}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := frame.Write(whole); err != nil {
		t.Fatal(err)
	}
	return stream.Bytes()
}

func configMap(metadata metav1.ObjectMeta, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"}, ObjectMeta: metadata, Data: data}
}

// decoys are the keys that are looked for, where they mean nothing.
var decoys = map[string]string{"name": "x", "resourceVersion": "9", revision: "9", "text": `"name":"y","resourceVersion":"8","` + revision + `":"8"`}

func TestEventMetadata(t *testing.T) {
	for _, test := range []struct {
		name                     string
		kind                     watch.EventType
		object                   *corev1.ConfigMap
		called, version, written string
	}{
		{"a write", watch.Modified, configMap(metav1.ObjectMeta{Name: "probe-0-7", Namespace: "bench", ResourceVersion: "421",
			Labels:      map[string]string{"a": "b"},
			Annotations: map[string]string{"a.dev/text": decoys["text"], revision: "12"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m", Operation: "Update", FieldsType: "FieldsV1",
				FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:` + revision + `":{}}}}`)}},
		}, decoys), "probe-0-7", "421", "12"},
		{"no annotation", watch.Added, configMap(metav1.ObjectMeta{Name: "root", ResourceVersion: "3"}, nil), "root", "3", ""},
		{"a bookmark", watch.Bookmark, configMap(metav1.ObjectMeta{ResourceVersion: "77"}, nil), "", "77", ""},
	} {
		for _, isProtobuf := range []bool{false, true} {
			frame, err := NextFrame(bufio.NewReader(bytes.NewReader(event(t, isProtobuf, test.kind, test.object))), nil, isProtobuf)
			if err != nil {
				t.Fatal(err)
			}
			kind, _, err := EventType(frame, isProtobuf)
			if err != nil || kind != test.kind {
				t.Errorf("%s (protobuf %t): type %s and error %v", test.name, isProtobuf, kind, err)
			}
			got, err := EventMetadata(frame, isProtobuf, revision)
			want := []string{test.called, test.version, test.written}
			if diff := cmp.Diff(want, []string{string(got.Name), string(got.ResourceVersion), string(got.Annotation)}); diff != "" || err != nil {
				t.Errorf("%s (protobuf %t): error %v, metadata (-want +got):\n%s", test.name, isProtobuf, err, diff)
			}
		}
	}
}

// An event of an unusual spelling is read as JSON is.
func TestEventTypeOfAnyJSON(t *testing.T) {
	for text, want := range map[string]watch.EventType{
		`{"type":"ADDED","object":`:       watch.Added, // Passed by without being read.
		`{"object":{},"type":"MODIFIED"}`: watch.Modified,
		`{"type":"DELET\u0045D"}`:         watch.Deleted,
		`{ "type" : "BOOKMARK" }`:         watch.Bookmark,
	} {
		if got, _, err := EventType([]byte(text), false); got != want || err != nil {
			t.Errorf("%s is %s, error %v, want %s", text, got, err, want)
		}
	}
}

// Whatever a server sends, its metadata are parts of the frame or an error.
func FuzzEventMetadata(f *testing.F) {
	object := configMap(metav1.ObjectMeta{Name: "a", ResourceVersion: "1", Annotations: map[string]string{revision: "5"}}, decoys)
	f.Add(event(f, true, watch.Modified, object)[4:], true)
	f.Add(event(f, false, watch.Modified, object), false)
	f.Add([]byte(`{"metadata":{"name":"`), false)
	f.Add([]byte("\x12\x01"), true)
	f.Fuzz(func(t *testing.T, frame []byte, isProtobuf bool) {
		got, err := EventMetadata(frame, isProtobuf, revision)
		if err != nil {
			return
		}
		for _, part := range [][]byte{got.Name, got.ResourceVersion, got.Annotation} {
			if !bytes.Contains(frame, part) {
				t.Errorf("%q is no part of %q", part, frame)
			}
		}
	})
}
