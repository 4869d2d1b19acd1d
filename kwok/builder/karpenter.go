package builder

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/txtar"
)

// karpenterModule is the module whose version is Karpenter's.
const karpenterModule = "sigs.k8s.io/karpenter"

// karpenterArchive holds the files of kwok/karpenter, embedded for the reasons that archive is.
//
//go:embed karpenter.txtar
var karpenterArchive []byte

// KarpenterVersion returns the version of Karpenter that can be built, such as v1.14.0.
func KarpenterVersion() (string, error) {
	files := txtar.Parse(karpenterArchive).Files
	i := slices.IndexFunc(files, func(f txtar.File) bool { return f.Name == "go.mod" })
	if i < 0 {
		return "", fmt.Errorf("the embedded sources of Karpenter lack go.mod")
	}
	parsed, err := modfile.ParseLax("go.mod", files[i].Data, nil)
	if err != nil {
		return "", fmt.Errorf("read the embedded go.mod of Karpenter: %w", err)
	}
	for _, required := range parsed.Require {
		if required.Mod.Path == karpenterModule {
			return required.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("the embedded go.mod of Karpenter does not require %s", karpenterModule)
}

// FindKarpenter returns the path of the binary of Karpenter with its kwok provider, and whether it has
// been built.
func (b *Builder) FindKarpenter(ctx context.Context) (path string, built bool, err error) {
	target, err := b.karpenter(ctx)
	if err != nil {
		return "", false, err
	}
	return target.find()
}

// BuildKarpenter compiles Karpenter with its kwok provider unless it is there already, as Build does the
// control plane, and returns its path. A cold build takes a few minutes.
func (b *Builder) BuildKarpenter(ctx context.Context) (string, error) {
	target, err := b.karpenter(ctx)
	if err != nil {
		return "", err
	}
	return b.build(ctx, target)
}

// karpenter says where Karpenter is built. Without the version that the flags set, it calls itself
// "unspecified" in the user agent by which the API server's logs know it.
func (b *Builder) karpenter(ctx context.Context) (*target, error) {
	version, err := KarpenterVersion()
	if err != nil {
		return nil, err
	}
	sources, toolchain, err := b.unpack(ctx, "karpenter", "Karpenter", karpenterArchive)
	if err != nil {
		return nil, err
	}
	t := &target{words: "Karpenter " + version, modFile: "go.mod", sources: sources, flags: []string{
		"-trimpath", "-buildvcs=false", "-ldflags=-s -w -X " + karpenterModule + "/pkg/operator.Version=" + version}}
	t.binary = t.path(version, "karpenter", karpenterArchive, toolchain)
	return t, nil
}
