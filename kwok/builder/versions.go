package builder

import (
	"fmt"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/txtar"
)

// componentModules are the modules that the components other than Kubernetes' own come from.
var componentModules = map[string]string{
	"go.etcd.io/etcd/server/v3":  "etcd",
	"sigs.k8s.io/kwok":           "kwok",
	"sigs.k8s.io/metrics-server": "metrics-server",

	"sigs.k8s.io/custom-metrics-apiserver": "metrics-adapter", // Of which it is the library.
}

// OldestGo returns the oldest Go release that builds the control plane, such as "1.26.4".
func OldestGo() string { return oldestGo }

// ComponentVersions returns the version of every component, by its binary's name, that the
// binary for a Kubernetes version holds, as its pinned module file says.
func ComponentVersions(kubernetes string) (map[string]string, error) {
	name, ok := modFiles[kubernetes]
	if !ok {
		return nil, fmt.Errorf("no pinned module file for Kubernetes %q", kubernetes)
	}
	files := txtar.Parse(archive).Files
	i := slices.IndexFunc(files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("the embedded sources lack %s", name)
	}
	parsed, err := modfile.ParseLax(name, files[i].Data, nil)
	if err != nil {
		return nil, fmt.Errorf("read the embedded %s: %w", name, err)
	}
	versions := map[string]string{
		"kube-apiserver": kubernetes, "kube-controller-manager": kubernetes, "kube-scheduler": kubernetes,
	}
	for _, required := range parsed.Require {
		if component, ok := componentModules[required.Mod.Path]; ok {
			versions[component] = required.Mod.Version
		}
	}
	return versions, nil
}
