package census

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// serve answers as an API server that has one node and so many pods in each of the namespaces a and b,
// and refuses what is not a GET. It returns the paths that were asked for.
func serve(t *testing.T, pods int, refuse string) (*rest.Config, *[]string) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		answer := func(code int, object any) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			json.NewEncoder(w).Encode(object)
		}
		failed := func(code int, reason metav1.StatusReason) {
			answer(code, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: int32(code), Reason: reason})
		}
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		switch path := r.URL.Path; {
		case r.Method != http.MethodGet || refuse != "" && strings.HasSuffix(path, refuse):
			failed(403, metav1.StatusReasonForbidden)
		case path == "/api/v1/namespaces/a" || path == "/api/v1/namespaces/b":
			answer(200, corev1.Namespace{TypeMeta: metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"}})
		case path == "/api/v1/nodes":
			answer(200, corev1.NodeList{TypeMeta: metav1.TypeMeta{Kind: "NodeList", APIVersion: "v1"}, Items: make([]corev1.Node, 1)})
		case strings.HasSuffix(path, "/pods") && limit > 0:
			list := corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
			for i := from; i < min(from+limit, pods); i++ {
				list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i)}})
			}
			if from+limit < pods {
				list.Continue = fmt.Sprint(from + limit)
			}
			answer(200, list)
		default:
			failed(404, metav1.StatusReasonNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return &rest.Config{Host: server.URL, QPS: -1}, &asked
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name       string
		namespaces []string
		pods       int
		asked      []string
	}{
		{"all namespaces in pages", nil, 1001, []string{"GET /api/v1/nodes", "GET /api/v1/pods", "GET /api/v1/pods", "GET /api/v1/pods"}},
		{"some namespaces", []string{"b", "a"}, 2, []string{"GET /api/v1/namespaces/b", "GET /api/v1/namespaces/a", "GET /api/v1/nodes",
			"GET /api/v1/namespaces/b/pods", "GET /api/v1/namespaces/a/pods"}},
	} {
		config, asked := serve(t, c.pods, "")
		nodes, seen := 0, map[string]int{}
		err := Read(t.Context(), config, Options{Namespaces: c.namespaces, Node: func(*corev1.Node) { nodes++ }, Pod: func(p *corev1.Pod) { seen[p.Name]++ }})
		if err != nil || nodes != 1 || len(seen) != c.pods || seen["0"] != max(1, len(c.namespaces)) {
			t.Errorf("%s: %d nodes, %d pods (%v)", c.name, nodes, len(seen), err)
		}
		if diff := cmp.Diff(c.asked, *asked); diff != "" {
			t.Errorf("%s asked for (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestReadFails(t *testing.T) {
	nothing := Options{Node: func(*corev1.Node) {}, Pod: func(*corev1.Pod) {}}
	config, _ := serve(t, 1, "/pods")
	if err := Read(t.Context(), config, nothing); !apierrors.IsForbidden(err) || !strings.HasPrefix(err.Error(), "list the pods of all namespaces: ") {
		t.Errorf("pods refused: %v", err)
	}
	o := nothing
	o.Namespaces = []string{"a", "c"}
	config, _ = serve(t, 1, "")
	if absent, is := errors.AsType[*NoNamespace](Read(t.Context(), config, o)); !is || absent.Name != "c" {
		t.Errorf("no namespace: %v", absent)
	}
	o.Namespaces = []string{"a"}
	config, asked := serve(t, 1, "/namespaces/a")
	if err := Read(t.Context(), config, o); err != nil || len(*asked) != 3 {
		t.Errorf("a namespace that may not be read, but its pods may: %v", err)
	}
	if err := pages(t.Context(), 9, func(context.Context, metav1.ListOptions) (*corev1.PodList, error) {
		return &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "x"}, Items: make([]corev1.Pod, 5)}, nil
	}, func(l *corev1.PodList) int { return len(l.Items) }); !errors.Is(err, ErrTooMany) {
		t.Errorf("a list without an end: %v", err)
	}
}
