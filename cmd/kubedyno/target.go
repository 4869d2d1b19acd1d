package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// A target names a cluster that exists: one of 'kubedyno up', or one of a kubeconfig.
type target struct {
	name       string
	kubeconfig string
	context    string
}

func (t *target) register(command *cobra.Command) {
	f := command.Flags()
	f.StringVar(&t.name, "cluster", "", "a cluster of 'kubedyno up'")
	f.StringVar(&t.kubeconfig, "kubeconfig", "", "a kubeconfig with the cluster")
	f.StringVar(&t.context, "context", "", "the kubeconfig's context; must be named if its server is not on this machine")
}

// given reports whether a cluster was named.
func (t *target) given() bool { return t.name != "" || t.kubeconfig != "" }

// check finds what is wrong with the flags before anything is built, started or asked.
func (a *app) checkTarget(t target) error {
	switch {
	case t.name != "" && t.kubeconfig != "":
		return invalid(errors.New("--cluster and --kubeconfig both name a cluster: give one"))
	case t.context != "" && t.kubeconfig == "":
		return invalid(errors.New("--context needs --kubeconfig"))
	case t.name != "":
		_, err := a.existingCluster(t.name)
		return err
	case t.kubeconfig != "":
		return invalid(cluster.AttachOptions{Kubeconfig: t.kubeconfig, Context: t.context}.Check())
	}
	return nil
}

// existingCluster returns the folder of a named cluster, if there is one.
func (a *app) existingCluster(name string) (directory string, err error) {
	name, directory, err = a.clusterDirectory([]string{name})
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(directory); errors.Is(err, fs.ErrNotExist) {
		return "", hinted(invalid(fmt.Errorf("there is no cluster %q", name)), a.clustersHint(name, directory))
	}
	return directory, nil
}

// clustersHint says which clusters there are instead.
func (a *app) clustersHint(name, directory string) string {
	entries, err := os.ReadDir(filepath.Dir(directory))
	if err != nil || len(entries) == 0 {
		return fmt.Sprintf("no cluster is up; 'kubedyno up %s' starts one", name)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return fmt.Sprintf("these are up: %s; 'kubedyno up %s' starts one of that name", strings.Join(names, ", "), name)
}

// fileFault words why a file that the user named cannot be read.
func fileFault(what, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the %s: there is no file %q", what, path)
	}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return fmt.Errorf("read the %s: %s is a folder, not a file", what, path)
	}
	return fmt.Errorf("read the %s: %w", what, err)
}
