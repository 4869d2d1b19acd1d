package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// The annotations of objects that a load makes.
const (
	// RevisionAnnotation is what update, patch and apply change, so that no write is without
	// effect: the server skips those. It is there from the start, as a JSON patch cannot add to
	// annotations where there are none: 0 at the creation, and n for the n-th request of the class.
	RevisionAnnotation = "kubedyno.dev/revision"
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

// ownKind returns the kind of the class's own objects; false if it makes none.
func (c Class) ownKind() (kind, bool) {
	if c.Manifest == nil {
		k, ok := kinds[c.Resource.GroupResource()]
		return k, ok
	}
	name, _ := c.Manifest(0)["kind"].(string)
	// The API server replaces no custom resource blindly.
	return kind{name: name, maxSize: MaxAnnotationSize, versioned: c.custom()}, true
}

// custom reports whether Kubernetes itself has no such group.
func (c Class) custom() bool { return !scheme.Scheme.IsGroupRegistered(c.Resource.Group) }

// groupVersionKind is that of the class's own objects.
func (t *targeter) groupVersionKind() schema.GroupVersionKind {
	return t.class.Resource.GroupVersion().WithKind(t.kind.name)
}

// checkKind refuses objects that cannot be rendered in the class's encoding.
func (t *targeter) checkKind() error {
	if !t.owns() || t.class.custom() {
		return nil
	}
	if !scheme.Scheme.Recognizes(t.groupVersionKind()) {
		return fmt.Errorf("%s are not known in the version %s as a %s; use what Kubernetes itself has",
			t.class.Resource.GroupResource(), t.class.Resource.GroupVersion(), t.kind.name)
	}
	if t.class.Manifest == nil {
		return nil
	}
	_, err := typed(&unstructured.Unstructured{Object: t.fromManifest(0, "0")})
	return err
}

// fromManifest renders one of the class's own objects from its manifest.
func (t *targeter) fromManifest(index int, revision string) map[string]any {
	object := unstructured.Unstructured{Object: t.class.Manifest(index)}
	object.SetName(t.name(index))
	object.SetNamespace(t.namespace)
	object.SetLabels(merged(object.GetLabels(), t.labels))
	annotations := map[string]string{RevisionAnnotation: revision}
	if t.payload != "" {
		annotations[payloadAnnotation] = t.payload
	}
	object.SetAnnotations(merged(object.GetAnnotations(), annotations))
	return object.Object
}

// merged adds to a map, which may be nil.
func merged(into, add map[string]string) map[string]string {
	if into == nil {
		into = make(map[string]string, len(add))
	}
	maps.Copy(into, add)
	return into
}

// typed returns the object as the Go type of its kind, which must know all its fields.
func typed(object *unstructured.Unstructured) (runtime.Object, error) {
	result, err := scheme.Scheme.New(object.GroupVersionKind())
	if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, result, true)
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest as a %s: %w", object.GroupVersionKind(), err)
	}
	return result, nil
}

// object renders the class's own object of an index in the class's encoding.
func (t *targeter) object(index int, revision string) []byte {
	if t.class.Manifest != nil {
		object := t.fromManifest(index, revision)
		if t.class.Encoding == JSON {
			return mustJSON(object)
		}
		whole, err := typed(&unstructured.Unstructured{Object: object})
		if err != nil {
			panic(fmt.Sprintf("load: a manifest that newTargeter could read: %v", err))
		}
		return t.encode(whole)
	}
	object, err := scheme.Scheme.New(t.groupVersionKind())
	if err != nil {
		panic(fmt.Sprintf("load: a kind that newTargeter found is gone: %v", err))
	}
	object.GetObjectKind().SetGroupVersionKind(t.groupVersionKind())
	metadata, err := meta.Accessor(object)
	if err != nil {
		panic(fmt.Sprintf("load: %s has no metadata: %v", t.groupVersionKind(), err))
	}
	metadata.SetName(t.name(index))
	metadata.SetNamespace(t.namespace)
	metadata.SetLabels(t.labels)
	annotations := map[string]string{RevisionAnnotation: revision}
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
func (t *targeter) applied(index int, revision string) []byte {
	if t.class.Manifest != nil {
		return mustJSON(t.fromManifest(index, revision))
	}
	return mustJSON(map[string]any{
		"apiVersion": t.class.Resource.GroupVersion().String(),
		"kind":       t.kind.name,
		"metadata": map[string]any{
			"name": t.name(index), "namespace": t.namespace, "labels": t.labels,
			"annotations": map[string]string{RevisionAnnotation: revision},
		},
	})
}

// patch renders a patch of the class's type and returns its media type.
func (t *targeter) patch(revision string) (contentType string, body []byte) {
	change := map[string]any{"metadata": map[string]any{"annotations": map[string]string{RevisionAnnotation: revision}}}
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
