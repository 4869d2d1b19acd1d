package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/runner/census"
	"github.com/kubedyno/kubedyno/scenarios/snapshot"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// defaultMost is how many workloads a snapshot has at most, if no other number is asked for: few enough
// to be read, and enough for nearly all clusters to be written without a change of requests.
const defaultMost = 500

// A snapshotQuery is what the flags of snapshot ask for.
type snapshotQuery struct {
	target     target
	namespaces []string
	all        bool
	within     percent
	out        string
	options    snapshot.Options
}

func newSnapshotCommand(a *app) *cobra.Command {
	var q snapshotQuery
	command := &cobra.Command{
		Use:   "snapshot",
		Short: "Write a scenario with the pods and nodes of a cluster, without its names",
		Long: `Reads the pods and nodes of a cluster that you name, and writes a scenario that puts as many
pods with the same requests and the same rules of placement on as many equal fake nodes. It
lists pods and nodes, reads nothing else, and never writes to the cluster.

Names, labels, annotations, images, commands, environments and volumes are not in the
scenario. What rules of placement refer to is called key-1, value-1, ns-1, zone-1 and so on,
the same thing the same everywhere. Machine types keep their names if the catalog has them
(kubedyno nodetypes). The head of the file says what was left out.`,
		Example: `  kubedyno snapshot --kubeconfig ~/.kube/config --context production --out mine.yaml
  kubedyno snapshot --kubeconfig ~/.kube/config --context production --namespace web --namespace api --out - | kubedyno plan -
  kubedyno snapshot --cluster lab --fit --out mine.yaml   # how many nodes do these pods need?
  kubedyno run mine.yaml                                  # then: on fake nodes, by a scheduler of its own`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			q.options.Within = float64(q.within)
			if err := a.checkSnapshot(q); err != nil {
				return err
			}
			return a.takeSnapshot(c.Context(), q)
		},
	}
	q.target.register(command)
	f := command.Flags()
	f.StringArrayVar(&q.namespaces, "namespace", nil, "only the pods of this namespace; may be repeated (default: those of all)")
	f.BoolVar(&q.all, "all-namespaces", false, "the pods of all namespaces, as without --namespace")
	f.StringVar(&q.options.Name, "name", "snapshot", "the scenario's name")
	f.StringVar(&q.out, "out", "snapshot.yaml", "the file to write, which must not exist; - for standard output")
	f.BoolVar(&q.options.Fit, "fit", false, "let the run find how many nodes of the largest pool the pods need")
	f.IntVar(&q.options.Most, "most", defaultMost, "the most workloads to write")
	f.Var(&q.within, "within", "by how much all requests may grow, such as 2%, so that there are few enough workloads (default 0%)")
	return command
}

// checkSnapshot finds what is wrong with the flags before a cluster is asked.
func (a *app) checkSnapshot(q snapshotQuery) error {
	if !q.target.given() {
		return hinted(invalid(errors.New("no cluster was named")),
			"name one with --kubeconfig FILE [--context NAME], or one of 'kubedyno up' with --cluster")
	}
	if wrong := validation.IsDNS1123Label(q.options.Name); len(wrong) > 0 {
		return invalid(fmt.Errorf("--name %q is no name for a scenario: %s", q.options.Name, wrong[0]))
	}
	if q.options.Most < 1 || q.options.Most > spec.MaxWorkloads {
		return invalid(fmt.Errorf("--most %d: must be a whole number from 1 to %d", q.options.Most, spec.MaxWorkloads))
	}
	if q.all && len(q.namespaces) > 0 {
		return invalid(errors.New("--namespace and --all-namespaces both say whose pods: give one"))
	}
	for i, name := range q.namespaces {
		if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
			return invalid(fmt.Errorf("--namespace %q is no namespace: %s", name, wrong[0]))
		}
		if slices.Contains(q.namespaces[:i], name) {
			return invalid(fmt.Errorf("--namespace %s is given twice", name))
		}
	}
	if q.out != "-" {
		if _, err := os.Lstat(q.out); err == nil {
			return hinted(invalid(fmt.Errorf("%s exists already", q.out)), "name another file with --out, or remove it")
		}
		if info, err := os.Stat(filepath.Dir(q.out)); err != nil || !info.IsDir() {
			return invalid(fmt.Errorf("write %s: there is no folder %s", q.out, filepath.Dir(q.out)))
		}
	}
	return a.checkTarget(q.target)
}

// takeSnapshot reads the cluster and writes the scenario.
func (a *app) takeSnapshot(ctx context.Context, q snapshotQuery) error {
	types, err := nodetype.Catalog()
	if err != nil {
		return err
	}
	for _, t := range types {
		q.options.Catalog = append(q.options.Catalog, snapshot.Type{Name: t.Name, Arch: t.Arch, VCPU: t.VCPU,
			MilliCPU: t.AllocatableMilliCPU, MiB: t.AllocatableMiB, Pods: t.MaxPods,
			PricePerHour: t.PricePerHour, SpotPerHour: t.SpotPerHour, Region: t.Region, Date: t.Date})
	}
	q.options.Taken = time.Now()
	s := snapshot.New()
	from, err := a.readCluster(ctx, q, s)
	if err != nil {
		return err
	}
	written, err := s.Write(q.options)
	if err != nil {
		return a.snapshotFault(err, from, q)
	}
	if err := a.keepSnapshot(q.out, written.Text); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%d pods became %d workloads, and %d nodes are in %d pools.\n", written.Pods, written.Workloads, written.Nodes, written.Pools)
	if g := written.Growth; g != (snapshot.Growth{}) {
		fmt.Fprintf(a.stderr, "All requests together grew by %.2f%% of CPU and %.2f%% of memory.\n", 100*g.CPU, 100*g.Memory)
	}
	fmt.Fprintln(a.stderr, "Left out, or otherwise than in the cluster:")
	for _, line := range written.LeftOut {
		fmt.Fprintln(a.stderr, "  "+line)
	}
	if q.out != "-" {
		fmt.Fprintf(a.stderr, "Look through %s before you hand it on; 'kubedyno plan %[1]s' says what a run would do.\n", q.out)
	}
	return nil
}

// readCluster gives the objects of the cluster to a snapshot and returns the cluster's name.
func (a *app) readCluster(ctx context.Context, q snapshotQuery, into *snapshot.Snapshot) (name string, err error) {
	cache, err := a.cacheDirectory()
	if err != nil {
		return "", err
	}
	directory, err := os.MkdirTemp("", "kubedyno-snapshot-")
	if err != nil {
		return "", environment(err)
	}
	defer os.RemoveAll(directory)
	var c *cluster.Cluster
	if q.target.name != "" {
		c, err = cluster.Open(filepath.Join(cache, "clusters", q.target.name), directory, "")
	} else {
		c, err = cluster.Attach(ctx, cluster.AttachOptions{Kubeconfig: q.target.kubeconfig, Context: q.target.context, Directory: directory})
	}
	if err != nil {
		return "", environment(err)
	}
	config, err := c.RESTConfig()
	if err != nil {
		return "", environment(err)
	}
	fmt.Fprintf(a.stderr, "Reading the pods and nodes of %s at %s.\n", c.Name(), config.Host)
	err = census.Read(ctx, config, census.Options{Namespaces: q.namespaces, Node: into.AddNode, Pod: into.AddPod})
	if _, absent := errors.AsType[*census.NoNamespace](err); absent {
		return "", hinted(invalid(fmt.Errorf("read the cluster %s: %w", c.Name(), err)), "'kubectl get namespaces' lists those that there are")
	}
	switch {
	case err == nil:
		return c.Name(), nil
	case apierrors.IsForbidden(err):
		return "", hinted(environment(fmt.Errorf("read the cluster %s: %w", c.Name(), err)),
			"a snapshot needs to list pods and nodes, such as a ClusterRole with the verb list on both allows")
	case errors.Is(err, census.ErrTooMany):
		return "", hinted(invalid(fmt.Errorf("read the cluster %s: %w", c.Name(), err)), "take fewer pods with --namespace")
	}
	return "", environment(fmt.Errorf("read the cluster %s: %w", c.Name(), err))
}

// snapshotFault says what can be done about a cluster that no scenario can be made of.
func (a *app) snapshotFault(err error, from string, q snapshotQuery) error {
	err = invalid(fmt.Errorf("make a scenario of the cluster %s: %w", from, err))
	tooMany, isTooMany := errors.AsType[*snapshot.TooMany](err)
	_, faulty := errors.AsType[spec.Faults](err)
	switch {
	case errors.Is(err, snapshot.ErrNoPods) && len(q.namespaces) > 0:
		return hinted(err, "pods that have ended, static pods and those of DaemonSets do not count; name other namespaces, or none for all")
	case errors.Is(err, snapshot.ErrNoPods):
		return hinted(err, "pods that have ended, static pods and those of DaemonSets do not count; is this the cluster you mean?")
	case errors.Is(err, snapshot.ErrNoNodes):
		return hinted(err, "nodes need Linux, amd64 or arm64, and something allocatable; is this the cluster you mean?")
	case isTooMany && tooMany.Growth >= 0 && tooMany.Growth <= 1:
		return hinted(err, fmt.Sprintf("allow that with --within %.1f%%, raise --most, or take fewer pods with --namespace", 100*tooMany.Growth+0.1))
	case isTooMany:
		return hinted(err, "raise --most, or take fewer pods with --namespace")
	case faulty:
		return hinted(err, "if it is too large, lower --most or take fewer pods with --namespace; else this is a bug of kubedyno")
	}
	return err
}

// keepSnapshot writes the scenario to a new file, or to standard output.
func (a *app) keepSnapshot(out string, text []byte) error {
	if out == "-" {
		_, err := a.stdout.Write(text)
		return environment(err)
	}
	file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return environment(fmt.Errorf("write the scenario: %w", err))
	}
	_, err = file.Write(text)
	return environment(errors.Join(err, file.Close()))
}

// percent is a flag's value such as 2%, kept as a share.
type percent float64

func (p *percent) String() string { return "" }
func (p *percent) Type() string   { return "percent" }

func (p *percent) Set(text string) error {
	var share float64
	var rest string
	if n, _ := fmt.Sscanf(text, "%f%s", &share, &rest); n != 2 || rest != "%" || !(share >= 0 && share <= 100) {
		return errors.New("must be a percentage from 0% to 100%, such as 2%")
	}
	*p = percent(share / 100)
	return nil
}
