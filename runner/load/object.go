package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// The annotations of objects that a load makes.
const (
	// revisionAnnotation is what update, patch and apply change, so that no write is without
	// effect: the server skips those. It is there from the start, as a JSON patch cannot add to
	// annotations where there are none.
	revisionAnnotation = "kubedyno.dev/revision"
	// payloadAnnotation carries the payload of objects that have no data.
	payloadAnnotation = "kubedyno.dev/payload"
)

// payloadKey is the payload's key in the data of configmaps and secrets.
const payloadKey = "payload"

// The limits of Class.Size, in bytes.
const (
	// MaxSize is the most that the API server takes as the data of a configmap or secret.
	MaxSize = 1 << 20
	// MaxAnnotationSize is the limit for other objects, whose payload is an annotation: the
	// API server takes 256 KiB of annotations, and 1 KiB is for keys and the other ones.
	MaxAnnotationSize = 255 << 10
)

// A kind is a namespaced kind whose objects need nothing but a name.
type kind struct {
	name      string
	versioned bool // The server refuses to replace it without a resourceVersion.
	maxSize   int  // Of the payload.
}

// kinds are the resources of which a class makes objects of its own.
var kinds = map[schema.GroupResource]kind{
	{Resource: "configmaps"}:                                {name: "ConfigMap", maxSize: MaxSize},
	{Resource: "secrets"}:                                   {name: "Secret", maxSize: MaxSize},
	{Resource: "serviceaccounts"}:                           {name: "ServiceAccount", maxSize: MaxAnnotationSize},
	{Group: "rbac.authorization.k8s.io", Resource: "roles"}: {name: "Role", maxSize: MaxAnnotationSize},
	{Group: "coordination.k8s.io", Resource: "leases"}:      {name: "Lease", maxSize: MaxAnnotationSize, versioned: true},
}

// payload returns that many bytes of text, the same for the same class in every run. It is random,
// so that it compresses no better than base64 does.
func payload(size, class int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	random := rand.New(rand.NewPCG(uint64(class), uint64(size)))
	text := make([]byte, size)
	for i := range text {
		text[i] = letters[random.IntN(len(letters))]
	}
	return string(text)
}

// groupVersionKind is that of the class's own objects.
func (t *targeter) groupVersionKind() schema.GroupVersionKind {
	return t.class.Resource.GroupVersion().WithKind(kinds[t.class.Resource.GroupResource()].name)
}

// object renders one of the class's own objects in the class's encoding.
func (t *targeter) object(name, revision string) []byte {
	object, err := scheme.Scheme.New(t.groupVersionKind())
	if err != nil {
		panic(fmt.Sprintf("load: a kind that newTargeter found is gone: %v", err))
	}
	object.GetObjectKind().SetGroupVersionKind(t.groupVersionKind())
	metadata, err := meta.Accessor(object)
	if err != nil {
		panic(fmt.Sprintf("load: %s has no metadata: %v", t.groupVersionKind(), err))
	}
	metadata.SetName(name)
	metadata.SetNamespace(t.namespace)
	metadata.SetLabels(t.labels)
	annotations := map[string]string{revisionAnnotation: revision}
	metadata.SetAnnotations(annotations)
	if t.payload != "" {
		switch object := object.(type) {
		case *corev1.ConfigMap:
			object.Data = map[string]string{payloadKey: t.payload}
		case *corev1.Secret:
			object.Data = map[string][]byte{payloadKey: []byte(t.payload)}
		default:
			annotations[payloadAnnotation] = t.payload
		}
	}
	return t.encode(object)
}

func (t *targeter) encode(object runtime.Object) []byte {
	if t.class.Encoding == JSON {
		return mustJSON(object)
	}
	var body bytes.Buffer
	if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(object, &body); err != nil {
		panic(fmt.Sprintf("load: %s cannot be written as protobuf: %v", t.groupVersionKind(), err))
	}
	return body.Bytes()
}

// applied renders what a server-side apply says about one of the class's own objects. JSON is YAML.
func (t *targeter) applied(name, revision string) []byte {
	return mustJSON(map[string]any{
		"apiVersion": t.class.Resource.GroupVersion().String(),
		"kind":       kinds[t.class.Resource.GroupResource()].name,
		"metadata": map[string]any{
			"name": name, "namespace": t.namespace, "labels": t.labels,
			"annotations": map[string]string{revisionAnnotation: revision},
		},
	})
}

// patch renders a patch of the class's type and returns its media type.
func (t *targeter) patch(revision string) (contentType string, body []byte) {
	change := map[string]any{"metadata": map[string]any{"annotations": map[string]string{revisionAnnotation: revision}}}
	switch t.class.PatchType {
	case JSONPatch:
		return jsonPatchType, mustJSON([]map[string]string{{
			"op": "add", "path": "/metadata/annotations/kubedyno.dev~1revision", "value": revision,
		}})
	case StrategicPatch:
		return strategicPatchType, mustJSON(change)
	}
	return mergePatchType, mustJSON(change)
}

func mustJSON(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("load: strings and maps cannot be written as JSON: %v", err))
	}
	return body
}
