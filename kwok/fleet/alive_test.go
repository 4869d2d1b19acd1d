package fleet

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// TestCreatePart creates a pool's nodes in two parts, each once.
func TestCreatePart(t *testing.T) {
	s := newServer()
	f := newFleet(t, run, pool(10))
	for i, part := range []CreateOptions{{Until: 3}, {From: 3, Until: 10}} {
		got, err := f.Create(t.Context(), s.client(t), part, nil)
		if want := (Created{Nodes: part.Until - part.From}); err != nil || got != want {
			t.Errorf("part %d: created %+v (%v), want %+v", i, got, err, want)
		}
		if _, there := s.nodes["m-3"]; there != (i == 1) || len(s.nodes) != part.Until {
			t.Errorf("after part %d there are %d nodes, m-3 among them: %t", i, len(s.nodes), there)
		}
	}
	for _, wrong := range []CreateOptions{{From: -1}, {From: 5, Until: 4}, {Until: 11}} {
		if _, err := f.Create(t.Context(), s.client(t), wrong, nil); err == nil {
			t.Errorf("nodes from %d to before %d were taken", wrong.From, wrong.Until)
		}
	}
}

func TestKillAndRevive(t *testing.T) {
	s := newServer()
	f := newFleet(t, run, pool(4))
	client := s.client(t)
	if _, err := f.Create(t.Context(), client, CreateOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	s.fault = func(s *server, w http.ResponseWriter, r *http.Request, name string) bool {
		node, has := s.nodes[name]
		if r.Method != http.MethodPatch || !has {
			return false
		}
		if s.calls["PATCH "+name] == 1 { // A busy server is asked again.
			status(w, 503, "")
			return true
		}
		var patch corev1.Node
		if err := json.NewDecoder(r.Body).Decode(&patch); err != nil {
			status(w, 400, err.Error())
			return true
		}
		node.Labels[AliveLabel] = patch.Labels[AliveLabel]
		json.NewEncoder(w).Encode(node)
		return true
	}
	var mutex sync.Mutex
	sent := map[string]time.Time{}
	observe := func(name string, at time.Time) {
		mutex.Lock()
		defer mutex.Unlock()
		sent[name] = at
	}
	alive := func() (all string) {
		for _, name := range []string{"m-0", "m-1", "m-2", "m-3"} {
			all += s.nodes[name].Labels[AliveLabel] + " "
		}
		return all
	}
	if err := Kill(t.Context(), client, []string{"m-1", "m-3"}, observe); err != nil {
		t.Fatal(err)
	}
	if got := alive(); got != "true false true false " || len(sent) != 2 || sent["m-1"].IsZero() {
		t.Errorf("alive: %s; observed %v", got, sent)
	}
	if err := Revive(t.Context(), client, []string{"m-3"}, nil); err != nil {
		t.Fatal(err)
	}
	if got := alive(); got != "true false true true " {
		t.Errorf("alive: %s", got)
	}
	if err := Kill(t.Context(), client, []string{"other"}, nil); err == nil {
		t.Error("a node that is not there was killed")
	}
}
