package cluster

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// The users that kubedyno's own processes are, to the API server.
const (
	harnessUser = "kubedyno:harness"
	kwokUser    = "kubedyno:kwok"
)

// kubeconfigUsers are the identities that get a kubeconfig of their own.
var kubeconfigUsers = []string{"admin", "harness", "controller-manager", "scheduler", "kwok", string(MetricsServer), string(MetricsAdapter), string(Karpenter)}

// writeKubeconfigs writes one kubeconfig per user, with everything embedded, readable by this
// user only.
func (c *Cluster) writeKubeconfigs() error {
	for _, user := range kubeconfigUsers {
		if err := c.writeKubeconfig(user); err != nil {
			return fmt.Errorf("write the kubeconfig of %s: %w", user, err)
		}
	}
	return nil
}

func (c *Cluster) writeKubeconfig(user string) error {
	config := clientcmdapi.NewConfig()
	name := "kubedyno-" + c.name
	config.Clusters[name] = &clientcmdapi.Cluster{
		Server:               c.url(c.ports.APIServer),
		CertificateAuthority: c.certificate("ca"),
	}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{
		ClientCertificate: c.certificate(user),
		ClientKey:         c.key(user),
	}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		return err
	}
	return clientcmd.WriteToFile(*config, c.kubeconfigOf(user))
}
