package cluster

import (
	"fmt"
	"net"
)

// loopback is the only address that any component listens on.
const loopback = "127.0.0.1"

// Ports are the TCP ports of a cluster.
type Ports struct {
	Etcd              int `json:"etcd"`
	EtcdPeer          int `json:"etcdPeer"`
	APIServer         int `json:"apiServer"`
	ControllerManager int `json:"controllerManager"`
	Scheduler         int `json:"scheduler"`
	Kwok              int `json:"kwok"`
	MetricsServer     int `json:"metricsServer"`
	MetricsAdapter    int `json:"metricsAdapter"`
	Karpenter         int `json:"karpenter"`
}

// freePorts asks the kernel for ports that nobody listens on. All are held until all are
// found, so they differ; another program can still take one before its component does, and
// Start then tries again with others.
func freePorts() (Ports, error) {
	var ports Ports
	wanted := []*int{&ports.EtcdPeer}
	for _, component := range components {
		wanted = append(wanted, ports.of(component))
	}
	for _, port := range wanted {
		listener, err := net.Listen("tcp", loopback+":0")
		if err != nil {
			return Ports{}, fmt.Errorf("find a free port on %s: %w", loopback, err)
		}
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// of returns where the port is that a component serves on.
func (p *Ports) of(component Component) *int {
	return map[Component]*int{
		Etcd: &p.Etcd, APIServer: &p.APIServer, ControllerManager: &p.ControllerManager, Scheduler: &p.Scheduler,
		Kwok: &p.Kwok, MetricsServer: &p.MetricsServer, MetricsAdapter: &p.MetricsAdapter,
		Karpenter: &p.Karpenter,
	}[component]
}
