package doctor

import (
	"fmt"
	"go/version"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The limits of the disk. etcd's own guidance is a 99th percentile of fsync below 10 ms
// (etcd documentation, "Hardware recommendations" and FAQ); the median of a few is far below
// that on a disk that keeps to it.
const (
	littleDisk = 5 << 30 // A run's records and etcd's data, with room for a second control plane.
	leastDisk  = 1 << 30
	slowSync   = 10 * time.Millisecond
	worstSync  = 50 * time.Millisecond
)

func diskFree(f Facts) Check {
	c := Check{Name: "Disk space", State: OK}
	if f.DiskFree == nil {
		return unknown(c.Name, f)
	}
	c.Found = fmt.Sprintf("%s free for the cache %s", sample.Format(float64(*f.DiskFree), sample.Bytes), f.Cache)
	switch {
	case *f.DiskFree < leastDisk:
		c.State = Bad
		c.Meaning = "etcd stops taking writes when its disk is full, and a run ends when it cannot record."
		c.Cure = "Free some, or name another folder with --cache-dir or $KUBEDYNO_CACHE."
	case *f.DiskFree < littleDisk:
		c.State = Look
		c.Meaning = "Enough for a run; a first build of a control plane takes about 6 GB."
		c.Cure = "Free some, or name another folder with --cache-dir or $KUBEDYNO_CACHE."
	}
	return c
}

// diskSync judges the median: so few fsyncs have no 99th percentile.
func diskSync(f Facts) Check {
	c := Check{Name: "Disk fsync", State: OK}
	if f.CacheErr != nil {
		c.State, c.Found = Bad, f.CacheErr.Error()
		c.Meaning = "Control planes keep their data there."
		c.Cure = "Make the folder writable, or name another with --cache-dir or $KUBEDYNO_CACHE."
		return c
	}
	median, longest := quantile(f.Fsyncs, 0.5), quantile(f.Fsyncs, 1)
	c.Found = fmt.Sprintf("4 KiB take %s (median), %s (longest of %d)", seconds(median), seconds(longest), len(f.Fsyncs))
	const cure = "Put the cache on a local SSD with --cache-dir, or on tmpfs where the disk is not what you measure."
	switch {
	case median > worstSync:
		c.State, c.Cure = Bad, cure
		c.Meaning = "Every write to the API server waits for etcd's fsync; figures would be those of this disk."
	case median > slowSync || longest > worstSync:
		c.State, c.Cure = Look, cure
		c.Meaning = "Every write to the API server waits for etcd's fsync, which should take less than 10 ms at the 99th percentile."
	}
	return c
}

// CanBuild reports whether the toolchain builds the control plane as it is. A development build of
// Go, which has no release, is taken to.
func (f Facts) CanBuild() bool {
	return f.Go != "" && (!version.IsValid(f.Go) || version.Compare(f.Go, "go"+f.OldestGo) >= 0)
}

// goToolchain is needed by builds, and to find what was built.
func goToolchain(f Facts) Check {
	c := Check{Name: "Go toolchain", State: OK, Found: f.Go}
	switch {
	case f.Go == "":
		c.State, c.Found = Bad, "none on the PATH"
		c.Meaning = "The control plane is built from source, and found again by the toolchain that built it."
		c.Cure = "Install Go " + f.OldestGo + " or newer from https://go.dev/dl, or run on a cluster of yours with --kubeconfig."
	case !f.CanBuild():
		c.State = Look
		c.Meaning = "The control plane needs Go " + f.OldestGo + " or newer; go fetches it when it builds, unless GOTOOLCHAIN=local."
		c.Cure = "Install Go " + f.OldestGo + " or newer from https://go.dev/dl."
	}
	return c
}

func controlPlane(f Facts) Check {
	c := Check{Name: "Control plane", State: OK, Found: "Kubernetes " + f.ControlPlane.Kubernetes + " is built"}
	switch {
	case f.ControlPlane.Built:
	case f.ControlPlane.Path == "":
		c.State, c.Found = Unknown, "not known without a Go toolchain that can build it"
	default:
		c.State, c.Found = Look, "Kubernetes "+f.ControlPlane.Kubernetes+" is not built yet"
		c.Meaning = "The first run builds it, which takes 5 to 15 minutes on 2 cores and a Go module proxy (not contacted now) or a filled module cache."
		c.Cure = "kubedyno controlplane build"
	}
	return c
}

func clusters(f Facts) Check {
	c := Check{Name: "Clusters", State: OK, Found: "none is up"}
	var up, broken []string
	for _, one := range f.Clusters {
		if one.Running {
			up = append(up, one.Name)
		} else {
			broken = append(broken, one.Name)
		}
	}
	if len(up)+len(broken) == 0 {
		return c
	}
	c.State, c.Found = Look, strings.Join(append(labelled("up: ", up), labelled("broken: ", broken)...), "; ")
	c.Meaning = "A cluster that is up uses CPU and memory, beside a run on another one too."
	c.Cure = "kubedyno down " + append(broken, up...)[0]
	return c
}

func labelled(label string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{label + strings.Join(names, ", ")}
}

func leftovers(f Facts) Check {
	c := Check{Name: "Left over", State: OK, Found: "nothing"}
	var parts []string
	if f.Leftovers > 0 {
		parts = append(parts, fmt.Sprintf("folders of runs in the cache: %d", f.Leftovers))
	}
	if f.Processes != nil && *f.Processes > 0 && len(f.Clusters) == 0 {
		parts = append(parts, fmt.Sprintf("processes of control planes: %d", *f.Processes))
	}
	if len(parts) > 0 {
		c.State, c.Found = Look, strings.Join(parts, ", ")
		c.Meaning = "Either a run is going on, which disturbs another one, or one was killed."
		c.Cure = "Wait for the run; 'kubedyno cleanup' removes what killed ones left."
	}
	return c
}

func kubectl(f Facts) Check {
	if f.Kubectl == "" {
		return Check{Name: "kubectl", State: OK, Found: "none; it is of use to look into a cluster, and nothing needs it"}
	}
	return Check{Name: "kubectl", State: OK, Found: f.Kubectl}
}
