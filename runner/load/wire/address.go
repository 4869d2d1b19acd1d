package wire

import (
	"fmt"
	"net/url"
	"path"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// ServerURL is the address of a group and version.
func ServerURL(config *rest.Config, version schema.GroupVersion) (url.URL, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return url.URL{}, fmt.Errorf("read the TLS settings of %s: %w", config.Host, err)
	}
	apiPath := "/apis"
	if version.Group == "" {
		apiPath = "/api"
	}
	base, versioned, err := rest.DefaultServerURL(config.Host, apiPath, version, tlsConfig != nil)
	if err != nil {
		return url.URL{}, fmt.Errorf("read the server's address: %w", err)
	}
	base.Path = path.Join("/", base.Path, versioned)
	return *base, nil
}
