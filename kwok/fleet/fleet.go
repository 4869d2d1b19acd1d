// Package fleet makes fake nodes: what a node of each type looks like to Kubernetes, and how
// thousands of them are created and removed quickly.
//
// It keeps no node alive; a kwok controller does that for every node with the AliveLabel.
//
//	f, err := fleet.New([]fleet.Pool{{Name: "m", NodeType: "m6i.2xlarge", Count: 5000}},
//		fleet.Options{Labels: map[string]string{"kubedyno.dev/run": id}})
//	_, err = f.Create(ctx, client, fleet.CreateOptions{}, nil)
//	_, err = fleet.Delete(ctx, client, "kubedyno.dev/run="+id, 0)
//
// The client's own limits are its owner's: set rest.Config.QPS to -1, or it will pace the
// requests in place of the API server.
package fleet

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
)

// Labels and annotations of every node.
const (
	// PoolLabel holds the name of the node's pool.
	PoolLabel = "kubedyno.dev/pool"
	// AliveLabel is "true" on a node that kwok keeps alive. Any other value takes its
	// heartbeat away, as a loss of power does.
	AliveLabel = "kubedyno.dev/alive"
	// AliveSelector selects the nodes to be kept alive.
	AliveSelector = AliveLabel + "=true"

	fakeAnnotation    = "kwok.x-k8s.io/node"
	metricsAnnotation = "metrics.k8s.io/resource-metrics-path"
)

// Every node has a pod range of its own, because kwok's address pool knows no upper bound:
// nodes that shared one would hand out each other's addresses. 10.0.0.0/8 holds 2^(23-8) =
// 32,768 ranges of /23 with 510 usable addresses each, more than twice the 234 pods of the
// largest type in the catalog; 10,000 nodes take 30% of it. Nodes themselves are counted up
// from 172.16.0.1 in 172.16.0.0/12, where 1,048,574 fit.
const (
	podRangeBits = 23
	// MaxNodes is how many nodes a fleet can have, so that every pod address is unique.
	MaxNodes = 1 << (podRangeBits - 8)
	// MaxPodsPerNode is how many pod addresses a node has: 1<<(32-podRangeBits) - 2.
	MaxPodsPerNode = nodetype.MostPods
)

// A Pool is a group of equal nodes, called <Name>-0, <Name>-1 and so on.
type Pool struct {
	Name     string            // A DNS label.
	NodeType string            // One of the types that Options name.
	Count    int               // How many nodes.
	Zones    []string          // Zones that the nodes are spread over in turn; by default zone-a, zone-b, zone-c.
	Labels   map[string]string // Further node labels.
	Taints   []corev1.Taint    // Node taints.
}

// Options are what all nodes of a fleet have in common.
type Options struct {
	Labels  map[string]string // Further labels, such as the run's, by which Delete finds the nodes.
	Types   nodetype.Types    // The node types that pools can have; by default those of the catalog.
	Version string            // The kubelet version that the nodes report, such as v1.37.2.
	Kubelet Kubelet           // Where metrics-server finds the nodes' usage; none by default.
	// Annotations are further ones of every node.
	Annotations map[string]string
}

// Kubelet is the address that nodes report as their kubelet's. All may share one: the path
// tells them apart. metrics-server needs --kubelet-preferred-address-types=Hostname and
// --kubelet-use-node-status-port.
type Kubelet struct {
	Host string // Reported as the node's Hostname; by default the node's name.
	Port int32  // The port; 0 for none.
	Path string // The path of the resource metrics, in which {node} stands for the node's name.
}

// A Fleet is a set of pools whose nodes have distinct names and addresses. It is immutable.
type Fleet struct {
	pools   []placed
	options Options
}

// placed is a pool with its type and the number of nodes in the pools before it.
type placed struct {
	Pool
	kind   nodetype.Type
	offset int
}

// New checks the pools and gives their nodes their places.
func New(pools []Pool, o Options) (*Fleet, error) {
	f := &Fleet{options: o}
	offset := 0
	if f.options.Types == nil {
		var err error
		if f.options.Types, err = nodetype.Catalog(); err != nil {
			return nil, err
		}
	}
	for _, p := range pools {
		kind, ok := f.options.Types.Find(p.NodeType)
		if !ok {
			return nil, fmt.Errorf("pool %s: there is no node type %q", p.Name, p.NodeType)
		}
		if faults := validation.IsDNS1123Label(p.Name); len(faults) > 0 {
			return nil, fmt.Errorf("pool %q: %s", p.Name, strings.Join(faults, "; "))
		}
		if slices.ContainsFunc(f.pools, func(q placed) bool { return q.Name == p.Name }) {
			return nil, fmt.Errorf("pool %s is listed twice: rename one", p.Name)
		}
		if p.Count < 0 || p.Count > MaxNodes-offset {
			return nil, fmt.Errorf("pool %s: %d nodes: want 0 to %d, for %d in all pools have addresses", p.Name, p.Count, MaxNodes-offset, MaxNodes)
		}
		if len(p.Zones) == 0 {
			p.Zones = []string{"zone-a", "zone-b", "zone-c"}
		}
		f.pools = append(f.pools, placed{Pool: p, kind: kind, offset: offset})
		offset += p.Count
	}
	return f, nil
}

// Type returns the node type of a pool.
func (f *Fleet) Type(pool string) (nodetype.Type, bool) {
	i := slices.IndexFunc(f.pools, func(p placed) bool { return p.Name == pool })
	if i < 0 {
		return nodetype.Type{}, false
	}
	return f.pools[i].kind, true
}

// Named returns the node type of a name that pools could have.
func (f *Fleet) Named(nodeType string) (nodetype.Type, bool) { return f.options.Types.Find(nodeType) }

// Size is the number of nodes in the pools of these names, or in all pools for none.
func (f *Fleet) Size(pools ...string) int {
	n := 0
	for _, p := range f.pools {
		if len(pools) == 0 || slices.Contains(pools, p.Name) {
			n += p.Count
		}
	}
	return n
}

// Node returns the node of a pool at an index, from 0 to before the pool's Count, as a
// kubelet would register it: complete but for its conditions, which kwok reports once it
// keeps the node alive. The API server keeps the status of a node on creation, so that one
// request makes it.
func (f *Fleet) Node(pool string, index int) (*corev1.Node, error) {
	i := slices.IndexFunc(f.pools, func(p placed) bool { return p.Name == pool })
	if i < 0 {
		return nil, fmt.Errorf("node %s-%d: the fleet has no pool %q", pool, index, pool)
	}
	if index < 0 || index >= f.pools[i].Count {
		return nil, fmt.Errorf("node %s-%d: the pool has %d nodes", pool, index, f.pools[i].Count)
	}
	return f.pools[i].node(index, f.options), nil
}

func (p placed) node(index int, o Options) *corev1.Node {
	name := p.Name + "-" + strconv.Itoa(index)
	zone := p.Zones[index%len(p.Zones)]
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Labels:      p.labels(name, zone, o.Labels),
			Annotations: map[string]string{fakeAnnotation: "fake"},
		},
		Spec: corev1.NodeSpec{
			PodCIDR:    podRange(p.offset + index),
			PodCIDRs:   []string{podRange(p.offset + index)},
			ProviderID: "kubedyno://" + p.kind.Provider + "/" + zone + "/" + name,
			Taints:     slices.Clone(p.Taints),
		},
		Status: corev1.NodeStatus{
			Capacity:    capacity(p.kind),
			Allocatable: allocatable(p.kind),
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: address(p.offset + index)},
				{Type: corev1.NodeHostName, Address: name},
			},
			NodeInfo: info(p.kind, name, o.Version),
		},
	}
	maps.Copy(node.Annotations, o.Annotations)
	o.Kubelet.apply(node)
	return node
}

func (p placed) labels(name, zone string, extra map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, p.Labels)
	maps.Copy(all, extra)
	maps.Copy(all, map[string]string{
		"type":                         "kwok",
		PoolLabel:                      p.Name,
		AliveLabel:                     "true",
		corev1.LabelHostname:           name,
		corev1.LabelInstanceTypeStable: p.kind.Name,
		corev1.LabelArchStable:         p.kind.Arch,
		corev1.LabelOSStable:           "linux",
		corev1.LabelTopologyRegion:     p.kind.Region,
		corev1.LabelTopologyZone:       zone,
	})
	return all
}

// apply points the node at the endpoint.
func (k Kubelet) apply(node *corev1.Node) {
	if k.Host != "" {
		node.Status.Addresses[1].Address = k.Host
	}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = k.Port
	if k.Path != "" {
		node.Annotations[metricsAnnotation] = strings.ReplaceAll(k.Path, "{node}", node.Name)
	}
}

func capacity(t nodetype.Type) corev1.ResourceList {
	return resources(int64(t.VCPU)*1000, t.MemoryMiB, t.MaxPods, nodetype.DiskGiB)
}

// allocatable keeps back a tenth of the disk, as the kubelet does before it evicts pods.
func allocatable(t nodetype.Type) corev1.ResourceList {
	return resources(t.AllocatableMilliCPU, t.AllocatableMiB, t.MaxPods, nodetype.AllocatableDiskGiB)
}

func resources(milliCPU, memoryMiB int64, pods int, diskGiB int64) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewMilliQuantity(milliCPU, resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(memoryMiB<<20, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(int64(pods), resource.DecimalSI),
		corev1.ResourceEphemeralStorage: *resource.NewQuantity(diskGiB<<30, resource.BinarySI),
	}
}

func info(t nodetype.Type, name, version string) corev1.NodeSystemInfo {
	return corev1.NodeSystemInfo{
		MachineID:               name,
		SystemUUID:              name,
		BootID:                  name,
		KernelVersion:           "kubedyno",
		OSImage:                 "kubedyno",
		ContainerRuntimeVersion: "kubedyno://0",
		KubeletVersion:          version,
		OperatingSystem:         "linux",
		Architecture:            t.Arch,
	}
}

// podRange is the pod range of the node with this number in the fleet.
func podRange(number int) string {
	return netip.PrefixFrom(offsetFrom([4]byte{10}, number<<(32-podRangeBits)), podRangeBits).String()
}

// address is the internal address of the node with this number in the fleet.
func address(number int) string {
	return offsetFrom([4]byte{172, 16}, number+1).String()
}

// offsetFrom adds n to an IPv4 address.
func offsetFrom(base [4]byte, n int) netip.Addr {
	v := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	v += uint32(n)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}
