package load

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// page is a list of pods with a continue token, as an API server encodes it.
func page(t testing.TB, token string, pods int, streamed bool) []byte {
	t.Helper()
	list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "7", Continue: token}}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
	for range pods {
		list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Name: "p", Annotations: map[string]string{"continue": "no"},
		}})
	}
	var body bytes.Buffer
	err := protobuf.NewSerializerWithOptions(scheme.Scheme, scheme.Scheme, protobuf.SerializerOptions{
		StreamingCollectionsEncoding: streamed,
	}).Encode(list, &body)
	if err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

func TestContinueOf(t *testing.T) {
	long := strings.Repeat("x", maxListMeta+1)
	meta := "\x0a\x04\x1a\x02ab" // Field 1 of a list: a ListMeta with continue "ab".
	for _, test := range []struct {
		name     string
		body     string
		protobuf bool
		want     string
		fault    string
	}{
		{"a JSON page", `{"kind":"PodList","metadata":{"resourceVersion":"7","continue":"abc"},"items":[{}]}`, false, "abc", ""},
		{"a last JSON page", `{"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[{"metadata":{"continue":"no"}}]}`, false, "", ""},
		{"metadata at the end", `{"items":[{"metadata":{"continue":"no"}},[1,{}]],"metadata":{"x":{"continue":"no"},"continue":"abc"}}`, false, "abc", ""},
		{"no metadata", `{}`, false, "", ""},
		{"half a JSON page", `{"items":[{"metadata":{`, false, "", io.ErrUnexpectedEOF.Error()},
		{"no JSON object", `[]`, false, "", "instead of a JSON object"},
		{"a number as token", `{"metadata":{"continue":3}}`, false, "", "no string"},
		{"a long JSON token", `{"metadata":{"continue":"` + long + `"}}`, false, "", "no string of at most"},
		{"an empty body", ``, true, "", io.ErrUnexpectedEOF.Error()},
		{"a protobuf page", string(page(t, "abc", 3, false)), true, "abc", ""},
		{"a protobuf page in a stream", string(page(t, "abc", 3, true)), true, "abc", ""},
		{"a last protobuf page", string(page(t, "", 3, false)), true, "", ""},
		{"no ListMeta", "k8s\x00\x12\x00", true, "", ""},
		{"items before ListMeta", "k8s\x00\x12\x09\x12\x01x" + meta, true, "ab", ""},
		{"a number before ListMeta", "k8s\x00\x12\x08\x18\x05" + meta, true, "ab", ""},
		{"no magic", "k8s\x01\x12\x00", true, "", "does not begin"},
		{"no envelope", "k8s\x00", true, "", io.ErrUnexpectedEOF.Error()},
		{"half a protobuf page", "k8s\x00\x12\x06\x0a\x04\x1a", true, "", io.ErrUnexpectedEOF.Error()},
		{"a group", "k8s\x00\x12\x06\x0b", true, "", "wire type 3"},
		{"a long ListMeta", "k8s\x00\x12\xff\xff\xff\x01\x0a\xff\xff\xff\x01", true, "", "ListMeta has"},
	} {
		got, err := continueOf(strings.NewReader(test.body), test.protobuf)
		if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.fault)
		}
		if got != test.want {
			t.Errorf("%s: continue %q, want %q", test.name, got, test.want)
		}
	}
}

// A reader must survive whatever a server sends, and find the token that Kubernetes wrote.
func FuzzContinueOf(f *testing.F) {
	f.Add(page(f, "abc", 2, false), true, "abc")
	f.Add(page(f, "", 0, true), true, "")
	f.Add([]byte(`{"metadata":{"continue":"abc"},"items":[]}`), false, "a\"b")
	f.Add([]byte(`{"items":[],"metadata":{}}`), false, "x")
	f.Fuzz(func(t *testing.T, body []byte, isProtobuf bool, written string) {
		token, err := continueOf(bytes.NewReader(body), isProtobuf)
		if err != nil && token != "" || len(token) > maxListMeta {
			t.Errorf("a token of %d bytes beside the error %v", len(token), err)
		}
		if errors.Is(err, io.EOF) {
			t.Errorf("the end of the data was passed on as it came: %v", err)
		}
		if !utf8.ValidString(written) || len(written) > maxListMeta/2 {
			return
		}
		body = page(t, written, 1, false)
		if !isProtobuf {
			list := metav1.List{ListMeta: metav1.ListMeta{Continue: written}}
			body = mustJSON(list)
		}
		if token, err := continueOf(bytes.NewReader(body), isProtobuf); token != written || err != nil {
			t.Errorf("continue %q and error %v, want %q", token, err, written)
		}
	})
}
