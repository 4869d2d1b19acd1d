package cluster

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"k8s.io/client-go/rest"
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
// only taken if its context was named: nobody's cluster is loaded by accident.
func Attach(ctx context.Context, options AttachOptions) (*Cluster, error) {
	raw, err := clientcmd.LoadFromFile(options.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
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
	c := newCluster(name, options.Directory, options.Binary)
	if err := c.makeFolders(); err != nil {
		return nil, err
	}
	own := c.path("kubeconfigs", "attached.yaml")
	if err := clientcmd.WriteToFile(*raw, own); err != nil {
		return nil, fmt.Errorf("write the kubeconfig of the context %q: %w", name, err)
	}
	if err := c.borrow(func(string) string { return own }); err != nil {
		return nil, err
	}
	return c, c.greet(ctx, raw)
}

func checkContext(raw *clientcmdapi.Config, name string, options AttachOptions) error {
	entry := raw.Contexts[name]
	if entry == nil || raw.Clusters[entry.Cluster] == nil {
		var names []string
		for known := range raw.Contexts {
			names = append(names, known)
		}
		return fmt.Errorf("%s has no usable context %q; it has %q", options.Kubeconfig, name, names)
	}
	server := raw.Clusters[entry.Cluster].Server
	if options.Context == "" && !isLoopback(server) {
		return fmt.Errorf("the current context %q of %s is a server on another machine (%s): "+
			"name it with --context %[1]s if that is the cluster to load", name, options.Kubeconfig, server)
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
func (c *Cluster) greet(ctx context.Context, raw *clientcmdapi.Config) error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("make a client for %s: %w", config.Host, err)
	}
	client.Timeout = attachTimeout
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+"/version", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		_ = os.RemoveAll(c.directory)
		return fmt.Errorf("the API server of context %q does not answer: %w; "+
			"is the cluster running, and does 'kubectl --context %[1]s version' work?", raw.CurrentContext, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the API server of context %q answered %s to GET /version: are its credentials still valid?",
			raw.CurrentContext, response.Status)
	}
	return nil
}
