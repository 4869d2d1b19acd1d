package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxOpenings is how many connections are opened for one request: the server may close each one,
// with the promise that the request was not looked at.
const maxOpenings = 3

// A connection is one HTTP/2 connection to the server, opened anew when it was lost. A request for
// which it has no free stream waits, as in any client that has one connection. It does not open
// another one: http.Transport does, one for every request that waits, and what their handshakes
// take from a busy machine makes more requests wait.
type connection struct {
	life      context.Context // Ends the connection.
	transport *http.Transport
	scheme    string
	address   string
	current   chan *http.ClientConn // Holds the connection, nil before the first request.
}

func newConnection(life context.Context, transport *http.Transport, base url.URL) *connection {
	c := &connection{life: life, transport: transport, scheme: base.Scheme, address: hostPort(base),
		current: make(chan *http.ClientConn, 1)}
	c.current <- nil
	return c
}

// hostPort is the address of a server, with the port of its scheme if it names none.
func hostPort(base url.URL) string {
	if base.Port() != "" {
		return base.Host
	}
	if base.Scheme == "http" {
		return base.Host + ":80"
	}
	return base.Host + ":443"
}

// RoundTrip sends a request.
func (c *connection) RoundTrip(request *http.Request) (*http.Response, error) {
	var lost *http.ClientConn
	for openings := 1; ; openings++ {
		conn, err := c.open(request.Context(), lost)
		if err != nil {
			return nil, err
		}
		response, err := conn.RoundTrip(request)
		if err == nil || !untouched(err) || openings == maxOpenings {
			return response, err
		}
		if request, err = again(request); err != nil {
			return nil, err
		}
		lost = conn
	}
}

// again returns a request with its body from the beginning.
func again(request *http.Request) (*http.Request, error) {
	if request.GetBody == nil {
		return request, nil
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, fmt.Errorf("read the body of %s %s again: %w", request.Method, request.URL.Path, err)
	}
	request = request.Clone(request.Context())
	request.Body = body
	return request, nil
}

// open returns the connection. Unless there is one, and it is not the lost one, it is opened.
func (c *connection) open(ctx context.Context, lost *http.ClientConn) (*http.ClientConn, error) {
	var conn *http.ClientConn
	select {
	case conn = <-c.current:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	var err error
	if conn == nil || conn == lost || conn.Err() != nil {
		drain(conn)
		// Others wait for this connection too, so it is not this request's end that ends it.
		limited, cancel := context.WithTimeout(c.life, dialTimeout+handshakeTimeout)
		defer cancel()
		if conn, err = c.transport.NewClientConn(limited, c.scheme, c.address); err != nil {
			conn, err = nil, fmt.Errorf("connect to %s: %w", c.address, err)
		}
	}
	c.current <- conn
	return conn, err
}

// untouched reports whether the server has promised not to have looked at a request, because it
// was closing the connection. net/http has no names for the errors.
func untouched(err error) bool {
	return strings.Contains(err.Error(), "client conn not usable") ||
		strings.Contains(err.Error(), "received Server's graceful shutdown GOAWAY")
}

// drain closes a connection that takes no more requests once its last one has ended.
func drain(conn *http.ClientConn) {
	if conn != nil {
		conn.SetStateHook(func(conn *http.ClientConn) {
			if conn.InFlight() == 0 {
				_ = conn.Close()
			}
		})
	}
}

// close closes the connection when it is idle; one in use ends with its life.
func (c *connection) close() {
	conn := <-c.current
	if conn != nil {
		_ = conn.Close()
	}
	c.current <- nil
}
