package load

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
	idleTimeout      = 90 * time.Second
	warmTimeout      = 10 * time.Second
)

// errLoadOver is the answer to dials after the end of a load.
var errLoadOver = errors.New("the load is over")

// A client spreads requests over several connections in turn. Its connections are cut when
// the context it was made with ends, which ends every request in flight.
type client struct {
	transports []http.RoundTripper
	closers    []*http.Transport
	next       atomic.Uint64
}

// newClient makes a client for the server and credentials of config, with no rate limit. It
// makes its own transports, as client-go would share one connection among all of them.
func newClient(ctx context.Context, config *rest.Config, connections, maxIdle int) (*client, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, fmt.Errorf("read the TLS settings of %s: %w", config.Host, err)
	}
	proxy := config.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	c := &client{}
	for range connections {
		transport := &http.Transport{
			Proxy:               proxy,
			DialContext:         boundDial(ctx, config.Dial),
			ForceAttemptHTTP2:   true,
			DisableCompression:  config.DisableCompression,
			MaxIdleConnsPerHost: maxIdle,
			IdleConnTimeout:     idleTimeout,
			TLSHandshakeTimeout: handshakeTimeout,
		}
		if tlsConfig != nil {
			transport.TLSClientConfig = tlsConfig.Clone()
		}
		wrapped, err := rest.HTTPWrappersForConfig(config, transport)
		if err != nil {
			return nil, fmt.Errorf("read the credentials for %s: %w", config.Host, err)
		}
		c.transports = append(c.transports, wrapped)
		c.closers = append(c.closers, transport)
	}
	return c, nil
}

// RoundTrip sends a request on the next connection.
func (c *client) RoundTrip(request *http.Request) (*http.Response, error) {
	turn := c.next.Add(1) % uint64(len(c.transports))
	return c.transports[turn].RoundTrip(request)
}

// close closes the connections that are idle; those in use end with the client's context.
func (c *client) close() {
	for _, transport := range c.closers {
		transport.CloseIdleConnections()
	}
}

// warm opens every connection with one request, as the requests of a long-lived client do not
// pay for a handshake either. What goes wrong here goes wrong in the load too, where it counts.
func (c *client) warm(ctx context.Context, address string) {
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
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: idleTimeout}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		if life.Err() != nil {
			return nil, errLoadOver
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(life, func() { _ = conn.Close() })
		return conn, nil
	}
}
