package main

import (
	"context"
	"errors"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// buildKarpenter returns the path of the binary of Karpenter, and builds it if need be.
func (a *app) buildKarpenter(ctx context.Context) (string, error) {
	cache, err := a.cacheDirectory()
	if err != nil {
		return "", err
	}
	version, err := builder.KarpenterVersion()
	if err != nil {
		return "", err
	}
	b := builder.Builder{Cache: cache}
	return a.built(ctx, &b, buildable{
		words: "Karpenter", version: version, takes: "2 to 5 minutes",
		find: b.FindKarpenter, build: b.BuildKarpenter,
	})
}

// checkKarpenter refuses Karpenter where its nodes would stay, and node types that it cannot be offered.
func (r *run) checkKarpenter() error {
	if r.plan.Cluster.Karpenter == nil {
		return nil
	}
	if r.flags.target.name != "" || r.flags.target.kubeconfig != "" {
		return hinted(invalid(errors.New("spec.cluster.karpenter: Karpenter's nodes have finalizers that nobody would take off after the run, "+
			"so it needs a control plane that ends with the run")), "leave out --cluster and --kubeconfig")
	}
	_, err := engine.InstanceTypes(r.plan)
	return invalid(err)
}
