package query

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	f := startFake(t)
	var many []map[string]string
	for range MaxSeries + 1 {
		many = append(many, map[string]string{})
	}
	f.instant = func(expr string) (int, string) {
		switch expr {
		case "typo(":
			return http.StatusBadRequest, refusal("bad_data", `invalid parameter "query": 1:6: parse error: unclosed left parenthesis`)
		case "joined":
			return http.StatusUnprocessableEntity, refusal("execution", "found duplicate series "+strings.Repeat("x", 2*maxReason))
		case "ranged":
			return http.StatusOK, success("matrix", []any{})
		case "many":
			return http.StatusOK, vector(many...)
		case "native":
			return http.StatusOK, success("vector", []any{map[string]any{"metric": map[string]string{},
				"histogram": [2]any{1, map[string]any{"count": "1", "sum": "1", "buckets": []any{}}}}})
		case "none":
			return http.StatusOK, vector()
		case "scalar":
			return http.StatusOK, success("scalar", [2]any{1, "1"})
		}
		return http.StatusOK, vector(map[string]string{"a": "b"})
	}
	server, err := Open(f.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ask := func(exprs ...string) ([]string, error) {
		var queries []Query
		for _, expr := range exprs {
			queries = append(queries, Query{Name: "of " + expr, Expr: expr})
		}
		return server.Check(t.Context(), queries)
	}
	empty, err := ask("fine", "none", "scalar")
	if diff := cmp.Diff([]string{"of none"}, empty); diff != "" || err != nil {
		t.Errorf("good queries: %v (-want +got):\n%s", err, diff)
	}
	_, err = ask("typo(", "fine", "ranged", "many", "native", "joined")
	want := `query "of typo(" cannot be used: Prometheus says: invalid parameter "query": 1:6: parse error: unclosed left parenthesis
query "of ranged" cannot be used: it gives a matrix, not numbers at a moment; a range needs a function around it, such as rate
query "of many" cannot be used: it gives 21 series, more than 20; put them together with sum by (…), or take topk
query "of native" cannot be used: it gives native histograms; take one figure of them, such as histogram_quantile
query "of joined" cannot be used: Prometheus says: found duplicate series ` + strings.Repeat("x", maxReason-24) + "…"
	if err == nil || err.Error() != want || !errors.Is(err, ErrRefused) {
		t.Errorf("bad queries (-want +got):\n%s", cmp.Diff(want, err.Error()))
	}
}

func TestCheckWithoutPrometheus(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"login":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "client error: 401"},
		"website": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "it does not answer as Prometheus does: invalid"},
		"clock": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(vector())) },
			"it answers time() with a vector"},
		"dead": {nil, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			other := httptest.NewServer(test.handler)
			defer other.Close()
			if test.handler == nil {
				other.Close()
			}
			server, err := Open(other.URL, "")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			_, err = server.Check(t.Context(), []Query{{Name: "q", Expr: "x", Step: time.Second}})
			if err == nil || errors.Is(err, ErrRefused) || !strings.HasPrefix(err.Error(), "ask the Prometheus at "+other.URL) ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	f := startFake(t)
	server, err := Open(f.URL, file)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, token := range []string{"first", "second"} {
		write(token + "\n")
		if _, err := server.Check(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Bearer first", "Bearer second"}, f.tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	for _, text := range []string{"", "\n", "se cret", "se\ncret", "secrét"} {
		write(text)
		if _, err := Open(f.URL, file); err == nil || strings.Contains(err.Error(), "cr") {
			t.Errorf("the token %q: %v", text, err)
		}
	}
	if _, err := Open(f.URL, file+"2"); err == nil {
		t.Error("a token file that is not there")
	}
}

// TestTokenStays makes sure that a server cannot send the token on to another.
func TestTokenStays(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := Open(first.URL, file)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := server.Check(t.Context(), nil); err == nil || asked {
		t.Errorf("the other was asked: %t, %v", asked, err)
	}
}

func TestCheckAddress(t *testing.T) {
	for address, good := range map[string]bool{
		"http://127.0.0.1:9090": true, "https://prometheus.example/below/": true, "http://[::1]:9090": true,
		"": false, "127.0.0.1:9090": false, "localhost:9090": false, "ftp://host": false, "http://": false, "http://:9090": false,
		"http://user:secret@host": false, "http://secret@host": false, "http://user:sec#ret@host": false,
		"http://host?token=secret": false, "http://host#secret": false, "http://user:secret@ho st": false, "http://host:port": false,
	} {
		err := CheckAddress(address)
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), "sec") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("http://127.0.0.1:9090")
	f.Add("http://user:secret@host")
	f.Fuzz(func(t *testing.T, address string) {
		if CheckAddress(address) != nil {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Hostname() == "" {
			t.Errorf("%q is taken: %v, %v", address, u, err)
		}
		server, err := Open(address, "")
		if err != nil {
			t.Fatal(err)
		}
		server.Close()
	})
}
