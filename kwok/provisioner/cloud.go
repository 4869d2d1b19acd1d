package provisioner

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
)

// cloud makes machines and takes them away.
type cloud interface {
	// create lets the node of an order join the cluster. It is called from several goroutines at once.
	create(ctx context.Context, o *order) error
	// remove takes a node out of the cluster.
	remove(ctx context.Context, node string) error
}

// fakeCloud has the fake nodes of a fleet.
type fakeCloud struct{ options Options }

func (c fakeCloud) create(ctx context.Context, o *order) error {
	name := o.node.Name
	index, err := strconv.Atoi(name[strings.LastIndex(name, "-")+1:]) // As package fleet calls them.
	if err != nil {
		return fmt.Errorf("find the place of node %s in its pool: %w", name, err)
	}
	_, err = c.options.Fleet.Create(ctx, c.options.Client, fleet.CreateOptions{Pools: []string{o.pool.Name}, From: index, Until: index + 1},
		func(seen fleet.Observation) { c.options.Observer.Created(o.pool.Name, seen.Name, seen.Sent) })
	return err
}

func (c fakeCloud) remove(ctx context.Context, node string) error {
	_, err := fleet.Delete(ctx, c.options.Client, fmt.Sprintf("%s,%s=%s", c.options.Selector, corev1.LabelHostname, node), 1)
	return err
}
