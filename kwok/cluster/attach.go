package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// attachTimeout bounds the first question to an attached API server.
const attachTimeout = 10 * time.Second

// AttachOptions name an existing cluster.
type AttachOptions struct {
	Kubeconfig string
	Context    string // May be empty only if the server is on loopback.
	Directory  string // For kwok's files.
	Binary     string // The control-plane binary, for kwok.
}

// Attach returns a cluster that somebody else runs. A server that is not on this machine is
// only taken if its context was named: nobody's cluster is loaded by accident. On an error
// nothing is left in the directory.
func Attach(ctx context.Context, options AttachOptions) (*Cluster, error) {
	raw, err := selectContext(options)
	if err != nil {
		return nil, err
	}
	data, err := clientcmd.Write(*raw)
	if err != nil {
		return nil, fmt.Errorf("write the kubeconfig of the context %q: %w", raw.CurrentContext, err)
	}
	c := newCluster(raw.CurrentContext, options.Directory, options.Binary)
	c.attached = true
	if err := c.borrow(func(string) ([]byte, error) { return data, nil }); err != nil {
		return nil, err
	}
	if err := c.greet(ctx); err != nil {
		return nil, errors.Join(err, c.Remove(), c.Stop(ctx))
	}
	return c, nil
}

// Check finds what is wrong with the kubeconfig or the choice of its context, without asking
// any server. Attach does the same.
func (o AttachOptions) Check() error {
	_, err := selectContext(o)
	return err
}

// selectContext returns the chosen context of a kubeconfig, with all its files embedded.
func selectContext(options AttachOptions) (*clientcmdapi.Config, error) {
	raw, err := clientcmd.LoadFromFile(options.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig %s: %w", options.Kubeconfig, err)
	}
	name := options.Context
	if name == "" {
		name = raw.CurrentContext
	}
	if err := checkContext(raw, name, options); err != nil {
		return nil, err
	}
	raw.CurrentContext = name
	if err := clientcmdapi.MinifyConfig(raw); err != nil {
		return nil, fmt.Errorf("read the context %q of %s: %w", name, options.Kubeconfig, err)
	}
	if err := clientcmdapi.FlattenConfig(raw); err != nil {
		return nil, fmt.Errorf("read the credentials in %s: %w", options.Kubeconfig, err)
	}
	return raw, nil
}

func checkContext(raw *clientcmdapi.Config, name string, options AttachOptions) error {
	entry := raw.Contexts[name]
	if entry == nil || raw.Clusters[entry.Cluster] == nil {
		known := strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
		return fmt.Errorf("%s has no usable context %q; it has %s", options.Kubeconfig, name, cmp.Or(known, "none"))
	}
	target := raw.Clusters[entry.Cluster]
	if options.Context == "" && (!isLoopback(target.Server) || target.ProxyURL != "") {
		return fmt.Errorf("the current context %q of %s is a server on another machine (%s): "+
			"name it with --context %[1]s if that is the cluster to load", name, options.Kubeconfig, target.Server)
	}
	return nil
}

func isLoopback(server string) bool {
	parsed, err := url.Parse(server)
	if err != nil {
		return false
	}
	if parsed.Hostname() == "localhost" {
		return true
	}
	address := net.ParseIP(parsed.Hostname())
	return address != nil && address.IsLoopback()
}

// greet asks the API server for its version, so that a dead one is found out at once.
func (c *Cluster) greet(ctx context.Context) error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for %s: %w", config.Host, err)
	}
	ctx, cancel := context.WithTimeout(ctx, attachTimeout)
	defer cancel()
	err = client.RESTClient().Get().AbsPath("/version").MaxRetries(0).Do(ctx).Error()
	switch {
	case apierrors.IsUnauthorized(err) || apierrors.IsForbidden(err):
		return fmt.Errorf("the API server of context %q refuses GET /version: %w; are its credentials still valid?", c.name, err)
	case err != nil:
		return fmt.Errorf("the API server of context %q does not answer: %w; "+
			"is the cluster running, and does 'kubectl --context %[1]s version' work?", c.name, err)
	}
	return nil
}
