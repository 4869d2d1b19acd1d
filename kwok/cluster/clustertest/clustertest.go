// Package clustertest starts the real control plane for integration tests.
package clustertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// Binary returns the control-plane binary, and compiles it on the first call on a machine,
// which takes minutes.
func Binary(ctx context.Context) (string, error) {
	b, err := newBuilder()
	if err != nil {
		return "", err
	}
	return b.Build(ctx, builder.DefaultKubernetes)
}

// Karpenter returns the binary of Karpenter, and compiles it on the first call on a machine, which
// takes minutes.
func Karpenter(ctx context.Context) (string, error) {
	b, err := newBuilder()
	if err != nil {
		return "", err
	}
	return b.BuildKarpenter(ctx)
}

func newBuilder() (*builder.Builder, error) {
	cache := os.Getenv("KUBEDYNO_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(user, "kubedyno")
	}
	return &builder.Builder{Cache: cache}, nil
}

// Main runs the tests of a package beside one control plane, which use gets before they
// begin, and returns the exit code for os.Exit.
func Main(m *testing.M, use func(*cluster.Cluster)) int {
	ctx := context.Background()
	directory, err := os.MkdirTemp("", "kubedyno-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(directory)
	c, err := start(ctx, directory)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the control plane for the tests:", err)
		return 1
	}
	use(c)
	code := m.Run()
	if err := c.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stop the control plane of the tests:", err)
		return 1
	}
	return code
}

func start(ctx context.Context, directory string) (*cluster.Cluster, error) {
	binary, err := Binary(ctx)
	if err != nil {
		return nil, err
	}
	return cluster.Start(ctx, cluster.Options{Name: "test", Directory: directory, Binary: binary})
}
