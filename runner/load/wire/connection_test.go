package wire

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// connectTo makes a connection to a server of its own, whose handler it counts the connections of.
func connectTo(t *testing.T, handler http.HandlerFunc) (c *connection, base string, opened *atomic.Int64) {
	t.Helper()
	opened = new(atomic.Int64)
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ConnState = countNew(opened)
	server.StartTLS()
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = boundDial(t.Context(), nil)
	c = newConnection(t.Context(), transport, *address)
	t.Cleanup(c.close)
	return c, server.URL, opened
}

// A server that closes its connections gracefully, as the API server does with --goaway-chance,
// loses no request: those that it has not looked at are sent again on the next connection.
func TestConnectionIsOpenedAnew(t *testing.T) {
	t.Parallel()
	var served, bodies atomic.Int64
	c, base, opened := connectTo(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) == "text" {
			bodies.Add(1)
		}
		if served.Add(1)%20 == 0 {
			w.Header().Set("Connection", "close") // HTTP/2: GOAWAY.
		}
	})
	const workers, each = 8, 50
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				if err := post(t.Context(), c, base); err != nil {
					t.Errorf("request: %v", err)
				}
			}
		})
	}
	all.Wait()
	if served.Load() != workers*each || bodies.Load() != workers*each {
		t.Errorf("the server served %d requests, %d of them with their body, want %d once each", served.Load(), bodies.Load(), workers*each)
	}
	if n := opened.Load(); n < 2 || n > workers*each/20+1 {
		t.Errorf("%d connections were opened, want one for each that was closed", n)
	}
}

func TestConnectionSaysWhyThereIsNone(t *testing.T) {
	t.Parallel()
	life, end := context.WithCancel(t.Context())
	end()
	transport := &http.Transport{DialContext: boundDial(life, nil)}
	c := newConnection(life, transport, url.URL{Scheme: "https", Host: "127.0.0.1"})
	if err := post(t.Context(), c, "https://127.0.0.1/"); err == nil || !strings.Contains(err.Error(), "connect to 127.0.0.1:443: ") {
		t.Errorf("error %v, want one that says where to", err)
	}
}

func post(ctx context.Context, c *connection, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("text"))
	if err != nil {
		return err
	}
	response, err := c.RoundTrip(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return err
}

func countNew(opened *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
}
