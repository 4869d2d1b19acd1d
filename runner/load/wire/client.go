package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
)

// The settings of connections.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	keepAlive        = 90 * time.Second
	warmTimeout      = 10 * time.Second
)

// errOver is the answer to dials after the end of a client.
var errOver = errors.New("the client is over")

// A Client spreads requests over a fixed number of connections in turn. Its connections are cut
// when the context it was made with ends, which ends every request in flight.
type Client struct {
	connections []*connection
	transports  []http.RoundTripper // The connections with the credentials.
	next        atomic.Uint64
}

// NewClient makes a client for the server and credentials of config, with no rate limit. It
// makes its own connections, as client-go would share one among all of them.
func NewClient(ctx context.Context, config *rest.Config, connections int) (*Client, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("read the server's address: %w", err)
	}
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, fmt.Errorf("read the TLS settings of %s: %w", config.Host, err)
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         boundDial(ctx, config.Dial),
		TLSClientConfig:     tlsConfig,
		ForceAttemptHTTP2:   true,
		DisableCompression:  config.DisableCompression,
		TLSHandshakeTimeout: handshakeTimeout,
	}
	if config.Proxy != nil {
		transport.Proxy = config.Proxy
	}
	c := &Client{}
	for range connections {
		connection := newConnection(ctx, transport, *base)
		wrapped, err := rest.HTTPWrappersForConfig(config, connection)
		if err != nil {
			return nil, fmt.Errorf("read the credentials for %s: %w", config.Host, err)
		}
		c.connections = append(c.connections, connection)
		c.transports = append(c.transports, wrapped)
	}
	return c, nil
}

// RoundTrip sends a request on the next connection.
func (c *Client) RoundTrip(request *http.Request) (*http.Response, error) {
	turn := c.next.Add(1) % uint64(len(c.transports))
	return c.transports[turn].RoundTrip(request)
}

// On returns one connection; numbers beyond the last begin anew. A request for which the server
// allows no further stream on it waits.
func (c *Client) On(connection int) http.RoundTripper {
	return c.transports[connection%len(c.transports)]
}

// Close closes the connections.
func (c *Client) Close() {
	for _, connection := range c.connections {
		connection.close()
	}
}

// Warm opens every connection with one request, as the requests of a long-lived client do not
// pay for a handshake either. What goes wrong here goes wrong in the load too, where it counts.
func (c *Client) Warm(ctx context.Context, address string) {
	ctx, cancel := context.WithTimeout(ctx, warmTimeout)
	defer cancel()
	var all sync.WaitGroup
	for _, transport := range c.transports {
		all.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return
			}
			response, err := transport.RoundTrip(request)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		})
	}
	all.Wait()
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// boundDial makes connections that are closed when life ends.
func boundDial(life context.Context, dial dialFunc) dialFunc {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		if life.Err() != nil {
			return nil, errOver
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(life, func() { _ = conn.Close() })
		return conn, nil
	}
}
