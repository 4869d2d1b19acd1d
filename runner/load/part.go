package load

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	authenticationv1 "k8s.io/api/authentication/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tokenSeconds is how long a token is asked to be good for, as the kubelet asks for those of pods.
const tokenSeconds = 3607

// label is the resource as results name it: with its subresource, such as deployments.apps/scale.
func (c Class) label() string {
	label := c.Resource.GroupResource().String()
	if c.Subresource != "" {
		label += "/" + c.Subresource
	}
	return label
}

// checkSubresource refuses verbs that the subresource does not have, and writes that would change
// what others count on.
func (c Class) checkSubresource() error {
	verbs, known := map[string][]string{
		Status: {Get, Update, Patch}, Scale: {Get, Update, Patch}, Token: {Create},
	}[c.Subresource]
	_, own := c.ownKind()
	switch {
	case !known:
		return fmt.Errorf("the subresource %q is none of status, scale, token", c.Subresource)
	case !slices.Contains(verbs, c.Verb):
		return fmt.Errorf("the subresource %s has the verbs %v, not %q", c.Subresource, verbs, c.Verb)
	case c.Subresource == Token && c.label() != "serviceaccounts/token":
		return errors.New("only serviceaccounts have tokens")
	case c.Subresource == Scale && c.Verb != Get && !own:
		return errors.New("writes of the scale need objects of the class's own, as others' pods are counted; give it a manifest")
	case c.Subresource == Status && c.Verb == Update && (!own || c.custom()):
		return errors.New("an update of the status needs objects of the class's own that can be replaced blindly; use patch")
	case c.PatchType != "" && c.PatchType != MergePatch && (c.Subresource == Scale || c.custom()):
		return fmt.Errorf("%s takes no %s patch here; use merge", c.label(), c.PatchType)
	}
	return nil
}

// checkManifest refuses objects that a load cannot make or write down.
func (c Class) checkManifest() error {
	own, _ := c.ownKind()
	switch {
	case c.Manifest == nil:
		return nil
	case own.name == "":
		return errors.New("the manifest has no kind")
	case c.Global:
		return fmt.Errorf("%s are in no namespace, where the names of two runs' objects would clash", c.Resource.GroupResource())
	case c.custom() && c.Encoding == Protobuf:
		return fmt.Errorf("the API server has no protobuf for %s; use json", c.Resource.GroupResource())
	}
	return nil
}

// part makes request seq, which is about a subresource of an object.
func (t *targeter) part(seq uint64, index int, name string) vegeta.Target {
	address := func(query string) string {
		return t.url(t.namespace, path.Join(name, t.class.Subresource), query)
	}
	if t.class.Verb == Get {
		return t.plain(http.MethodGet, address(t.readQuery()))
	}
	method, contentType := http.MethodPatch, mergePatchType
	var body []byte
	switch {
	case t.class.Subresource == Token:
		method, contentType, body = http.MethodPost, t.bodyType(), t.tokenRequest()
	case t.class.Subresource == Scale && t.class.Verb == Update:
		method, contentType, body = http.MethodPut, jsonType, t.scale(name, t.replicas(seq))
	case t.class.Subresource == Scale:
		body = mustJSON(map[string]any{"spec": map[string]any{"replicas": t.replicas(seq)}})
	case t.class.Verb == Update:
		method, contentType = http.MethodPut, t.bodyType()
		body = t.object(index, strconv.FormatUint(seq+1, 10))
	case t.class.custom():
		// Of a custom resource the server takes nothing but .status here. What controllers write
		// there first of all is the generation they have seen.
		body = mustJSON(map[string]any{"status": map[string]any{"observedGeneration": seq + 1}})
	default:
		contentType, body = t.patch(strconv.FormatUint(seq+1, 10))
	}
	return t.write(method, address(""), contentType, body)
}

// replicas changes with every request for the same object, as writes without effect are skipped.
func (t *targeter) replicas(seq uint64) int32 {
	turn := seq / uint64(max(len(*t.names.Load()), 1))
	return int32(1 + turn%2)
}

func (t *targeter) scale(name string, replicas int32) []byte {
	return mustJSON(&autoscalingv1.Scale{
		TypeMeta:   metav1.TypeMeta{APIVersion: autoscalingv1.SchemeGroupVersion.String(), Kind: "Scale"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: t.namespace},
		Spec:       autoscalingv1.ScaleSpec{Replicas: replicas},
	})
}

func (t *targeter) tokenRequest() []byte {
	seconds := int64(tokenSeconds)
	return t.encode(&authenticationv1.TokenRequest{
		TypeMeta: metav1.TypeMeta{APIVersion: authenticationv1.SchemeGroupVersion.String(), Kind: "TokenRequest"},
		Spec:     authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds},
	})
}
