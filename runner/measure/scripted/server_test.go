package scripted

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const nodes = "/api/v1/nodes"

func node(name string) Object {
	return Object{"apiVersion": "v1", "kind": "Node", "metadata": Object{"name": name}}
}

func start(t *testing.T, options Options) (*Server, typed.NodeInterface) {
	t.Helper()
	s := NewServer(sample.StartClock(), options)
	t.Cleanup(s.Close)
	client, err := kubernetes.NewForConfig(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	return s, client.CoreV1().Nodes()
}

func open(t *testing.T, api typed.NodeInterface, options metav1.ListOptions) watch.Interface {
	t.Helper()
	w, err := api.Watch(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return w
}

// next takes one event and says what it is; "end" is the end of the watch.
func next(t *testing.T, w watch.Interface) string {
	t.Helper()
	select {
	case e, ok := <-w.ResultChan():
		if !ok {
			return "end"
		}
		if n, isNode := e.Object.(*corev1.Node); isNode {
			return string(e.Type) + " " + n.Name
		}
		return string(e.Type)
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
		return ""
	}
}

func expect(t *testing.T, w watch.Interface, want ...string) {
	t.Helper()
	for _, event := range want {
		if got := next(t, w); got != event {
			t.Fatalf("event %q, want %q", got, event)
		}
	}
}

func TestListAndWatch(t *testing.T) {
	s, api := start(t, Options{})
	s.Put(nodes, node("a"))
	list, err := api.List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Name != "a" {
		t.Fatalf("list %v, %v; want the node a", list, err)
	}
	w := open(t, api, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	before := s.clock.Now()
	s.Put(nodes, node("a"))
	s.Put(nodes, node("b"))
	s.Repeat(nodes, "b")
	s.Bookmark(nodes)
	s.Delete(nodes, "a")
	expect(t, w, "MODIFIED a", "ADDED b", "ADDED b", "BOOKMARK ", "DELETED a")
	after := s.clock.Now()
	again := open(t, api, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	expect(t, again, "MODIFIED a", "ADDED b", "ADDED b", "BOOKMARK ", "DELETED a")
	for i, e := range s.Sent() {
		if e.Initial || i < 5 && (e.Began < before || e.Began > after) {
			t.Errorf("sent %+v, want a change sent from %v to %v", e, before, after)
		}
	}
	if watches, lists := s.Counts(); watches != 2 || lists != 1 {
		t.Errorf("%d watches and %d lists, want 2 and 1", watches, lists)
	}
}

func TestInitialEvents(t *testing.T) {
	yes := true
	options := metav1.ListOptions{SendInitialEvents: &yes, AllowWatchBookmarks: true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
	s, api := start(t, Options{})
	s.Put(nodes, node("a"))
	w := open(t, api, options)
	expect(t, w, "ADDED a", "BOOKMARK ")
	s.Put(nodes, node("b"))
	expect(t, w, "ADDED b")
	initial := slices.DeleteFunc(s.Sent(), func(e Sent) bool { return !e.Initial })
	if len(initial) != 2 {
		t.Errorf("initial events %+v, want the node and the bookmark", initial)
	}
	_, old := start(t, Options{NoInitialEvents: true})
	if _, err := old.Watch(t.Context(), options); !apierrors.IsInvalid(err) {
		t.Errorf("error %v of an old server, want that the option is invalid", err)
	}
}

func TestFaults(t *testing.T) {
	s, api := start(t, Options{})
	s.Put(nodes, node("a"))
	from := metav1.ListOptions{ResourceVersion: "1"}
	refused := func(expected func(error) bool) {
		t.Helper()
		if _, err := api.Watch(t.Context(), from); !expected(err) {
			t.Errorf("error %v of a watch that must be refused", err)
		}
	}
	w := open(t, api, from)
	s.Stall()
	s.Put(nodes, node("a"))
	s.Expire(nodes)
	s.Release()
	expect(t, w, "ERROR", "end")
	refused(apierrors.IsResourceExpired)

	from.ResourceVersion = "3"
	w = open(t, api, from)
	s.Forget()
	expect(t, w, "end")
	refused(apierrors.IsResourceExpired)

	from.ResourceVersion = "4"
	w = open(t, api, from)
	s.Cut()
	expect(t, w, "end")
	refused(apierrors.IsTooManyRequests)
	s.Restore(false)
	w = open(t, api, from)
	s.Put(nodes, node("b"))
	expect(t, w, "ADDED b")
	s.Drop()
	for got := next(t, w); got != "end"; got = next(t, w) {
		if got != "ERROR" {
			t.Errorf("event %q of a broken connection", got)
		}
	}
	w = open(t, api, from)
	expect(t, w, "ADDED b")
}

func TestItIsHTTP2(t *testing.T) {
	s, _ := start(t, Options{})
	client, err := rest.HTTPClientFor(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	response, err := client.Get(s.Config.Host + nodes)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.ProtoMajor != 2 || response.StatusCode != http.StatusOK {
		t.Errorf("%s %s, want 200 over HTTP/2", response.Proto, response.Status)
	}
}

func TestPlay(t *testing.T) {
	began, done := time.Now(), 0
	var took []time.Duration
	note := func() { took = append(took, time.Since(began)) }
	Play(t.Context(), Step{10 * time.Millisecond, note}, Step{30 * time.Millisecond, note})
	if len(took) != 2 || took[0] < 10*time.Millisecond || took[1] < 30*time.Millisecond {
		t.Errorf("steps at %v, want none before 10 and 30 ms", took)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("over"))
	Play(ctx, Step{time.Hour, func() { done++ }})
	if done != 0 {
		t.Error("a step was done after the end")
	}
}
