package cluster

import (
	"fmt"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
)

// Client-side limits of the controller manager and the scheduler, in requests per second. The
// upstream defaults (20 and 50) would measure the limiter and not the control plane: 5,000
// pods at 20/s take 250 s. SIG-Scalability's own tests raise them too, to 100.
const (
	controllerQPS, controllerBurst = 500, 1000
	schedulerQPS, schedulerBurst   = 500, 1000
)

// etcdQuota is etcd's database limit in bytes: 8 GiB, the largest that etcd recommends.
const etcdQuota = 8 << 30

// arguments returns the command line of a component, without settings.
func (c *Cluster) arguments(component Component) []string {
	switch component {
	case Etcd:
		return c.etcdArguments()
	case APIServer:
		return c.apiServerArguments()
	case ControllerManager:
		return c.controllerManagerArguments()
	case Scheduler:
		return c.schedulerArguments()
	case MetricsServer:
		return c.metricsServerArguments()
	case MetricsAdapter:
		return c.metricsAdapterArguments()
	case Karpenter:
		return c.karpenterArguments()
	default:
		return c.kwokArguments()
	}
}

func (c *Cluster) etcdArguments() []string {
	client, peer := c.url(c.ports.Etcd), c.url(c.ports.EtcdPeer)
	arguments := []string{
		"--name=kubedyno",
		"--data-dir=" + c.path(etcdFolder),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=kubedyno=" + peer,
		"--cert-file=" + c.certificate("etcd"),
		"--key-file=" + c.key("etcd"),
		"--trusted-ca-file=" + c.certificate("etcd-ca"),
		"--client-cert-auth=true",
		"--peer-cert-file=" + c.certificate("etcd"),
		"--peer-key-file=" + c.key("etcd"),
		"--peer-trusted-ca-file=" + c.certificate("etcd-ca"),
		"--peer-client-cert-auth=true",
		fmt.Sprintf("--quota-backend-bytes=%d", etcdQuota),
		"--log-level=warn",
	}
	if c.disk.Kind == disk.NoSync {
		arguments = append(arguments, "--unsafe-no-fsync")
	}
	return arguments
}

func (c *Cluster) apiServerArguments() []string {
	return []string{
		"--bind-address=" + loopback,
		"--advertise-address=" + loopback,
		"--endpoint-reconciler-type=none", // Its endpoint would be a loopback address, which it refuses.
		fmt.Sprintf("--secure-port=%d", c.ports.APIServer),
		"--etcd-servers=" + c.url(c.ports.Etcd),
		"--etcd-cafile=" + c.certificate("etcd-ca"),
		"--etcd-certfile=" + c.certificate("etcd-client"),
		"--etcd-keyfile=" + c.key("etcd-client"),
		"--tls-cert-file=" + c.certificate("serving"),
		"--tls-private-key-file=" + c.key("serving"),
		"--client-ca-file=" + c.certificate("ca"),
		"--requestheader-client-ca-file=" + c.certificate("front-proxy-ca"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.certificate("front-proxy-client"),
		"--proxy-client-key-file=" + c.key("front-proxy-client"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + c.key("service-account"),
		"--service-account-key-file=" + c.path("pki", "service-account.pub"),
		"--service-cluster-ip-range=10.96.0.0/12",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--enable-priority-and-fairness=true",
	}
}

func (c *Cluster) controllerManagerArguments() []string {
	kubeconfig := c.kubeconfigOf("controller-manager")
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=" + loopback,
		fmt.Sprintf("--secure-port=%d", c.ports.ControllerManager),
		"--tls-cert-file=" + c.certificate("serving"),
		"--tls-private-key-file=" + c.key("serving"),
		"--leader-elect=false",
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + c.key("service-account"),
		"--root-ca-file=" + c.certificate("ca"),
		"--cluster-signing-cert-file=" + c.certificate("ca"),
		"--cluster-signing-key-file=" + c.key("ca"),
		fmt.Sprintf("--kube-api-qps=%d", controllerQPS),
		fmt.Sprintf("--kube-api-burst=%d", controllerBurst),
	}
}

func (c *Cluster) schedulerArguments() []string {
	kubeconfig := c.kubeconfigOf("scheduler")
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=" + loopback,
		fmt.Sprintf("--secure-port=%d", c.ports.Scheduler),
		"--tls-cert-file=" + c.certificate("serving"),
		"--tls-private-key-file=" + c.key("serving"),
		"--leader-elect=false",
		fmt.Sprintf("--kube-api-qps=%d", schedulerQPS),
		fmt.Sprintf("--kube-api-burst=%d", schedulerBurst),
	}
}

func (c *Cluster) kwokArguments() []string {
	return []string{
		"--kubeconfig=" + c.kubeconfigOf("kwok"),
		"--config=" + c.path("kwok.yaml"),
		fmt.Sprintf("--server-address=%s:%d", loopback, c.ports.Kwok),
		"-v=WARN", // INFO logs every lease and every patch.
	}
}
