package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// karpenterUser is who Karpenter is to the API server: a service account, so that priority and fairness
// treats what it sends as it would in a cluster.
const karpenterUser = "system:serviceaccount:" + metav1.NamespaceSystem + ":karpenter"

// Limits of making Karpenter's custom resources known.
const (
	definitionsLimit = 10 * time.Second // For its binary to write the definitions.
	definedLimit     = 30 * time.Second // For the API server to serve what they define; 1 s is usual.
)

var definitionResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// karpenterRules are those of its chart (kwok/charts/templates of sigs.k8s.io/karpenter v1.14.0), without
// what leader election needs.
var karpenterRules = []rbacv1.PolicyRule{
	rule("karpenter.kwok.sh", "get list watch patch update", "kwoknodeclasses", "kwoknodeclasses/status"),
	rule("karpenter.sh", "get list watch", "nodepools", "nodepools/status", "nodeclaims", "nodeclaims/status", "nodeoverlays", "nodeoverlays/status"),
	rule("karpenter.sh", "create delete update patch", "nodeclaims", "nodeclaims/status", "nodeclaims/finalizers"),
	rule("karpenter.sh", "update patch", "nodepools", "nodepools/status", "nodepools/finalizers", "nodeoverlays/status"),
	rule("autoscaling.x-k8s.io", "get list watch update patch", "capacitybuffers", "capacitybuffers/status"),
	rule("", "get list watch", "pods", "nodes", "persistentvolumes", "persistentvolumeclaims", "replicationcontrollers", "namespaces", "podtemplates"),
	rule("", "create patch", "events"),
	rule("", "create patch delete update", "nodes"),
	rule("", "create", "pods/eviction"),
	rule("", "delete", "pods"),
	rule("storage.k8s.io", "get list watch", "storageclasses", "csinodes", "volumeattachments"),
	rule("apps", "get list watch", "daemonsets", "deployments", "replicasets", "statefulsets"),
	rule("apiextensions.k8s.io", "list watch", "customresourcedefinitions"),
	rule("policy", "get list watch", "poddisruptionbudgets"),
	rule("coordination.k8s.io", "get list watch delete", "leases"), // Of nodes that are gone.
}

func rule(group, verbs string, resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: strings.Fields(verbs)}
}

// KarpenterOptions say how Karpenter runs.
type KarpenterOptions struct {
	Binary        string // As builder.BuildKarpenter makes it.
	InstanceTypes []byte // As nodetype.Types.Karpenter writes them.
	Settings      Settings
}

// StartKarpenter defines Karpenter's custom resources, runs Karpenter with its kwok provider against the
// cluster and returns when it is ready for NodePools. It belongs to this process and ends with it; the
// definitions stay. The nodes that it makes come to life if a kwok manages them: see StartKwok. On an
// error it does not run.
//
// Only a cluster that ends with its owner takes one: Karpenter's nodes and claims have finalizers that
// nobody would take off once it is gone.
func (c *Cluster) StartKarpenter(ctx context.Context, o KarpenterOptions) error {
	if err := c.canStartKarpenter(); err != nil {
		return err
	}
	if err := os.WriteFile(c.path(instanceTypesFile), o.InstanceTypes, 0o600); err != nil {
		return fmt.Errorf("write Karpenter's instance types: %w", err)
	}
	if err := c.grantKarpenter(ctx); err != nil {
		return fmt.Errorf("grant Karpenter its rights: %w", err)
	}
	if err := c.defineKarpenter(ctx, o.Binary); err != nil {
		return err
	}
	c.karpenter, c.settings[Karpenter] = o.Binary, o.Settings
	if err := c.startLate(ctx, Karpenter); err != nil {
		return err
	}
	return c.writeState()
}

func (c *Cluster) canStartKarpenter() error {
	if c.attached || c.kept != nil || c.detached {
		return fmt.Errorf("the cluster %q does not end with the run: Karpenter's nodes have finalizers that nobody would take off "+
			"after it, so it is only started in a control plane of the run's own", c.name)
	}
	return nil
}

// grantKarpenter returns when Karpenter has its rights, and the API server knows.
func (c *Cluster) grantKarpenter(ctx context.Context) error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "kubedyno:karpenter"}, Rules: karpenterRules}
	binding := clusterRoleBinding(karpenterUser, role.Name)
	return c.untilGranted(ctx, func(ctx context.Context) error {
		if _, err := client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); failed(err) {
			return fmt.Errorf("create the cluster role %s: %w", role.Name, err)
		}
		if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); failed(err) {
			return fmt.Errorf("bind %s to the cluster role %s: %w", karpenterUser, role.Name, err)
		}
		return userMay(ctx, client, authorizationv1.SubjectAccessReviewSpec{
			User: karpenterUser, ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "nodes"},
		})
	})
}

// defineKarpenter creates the definitions that the binary holds, and returns when the API server has
// taken all of them up.
func (c *Cluster) defineKarpenter(ctx context.Context, binary string) error {
	definitions, err := readDefinitions(ctx, binary)
	if err != nil {
		return fmt.Errorf("read the definitions of Karpenter's custom resources: %w", err)
	}
	client, err := c.dynamicClient()
	if err != nil {
		return err
	}
	for _, definition := range definitions {
		if _, err := client.Resource(definitionResource).Create(ctx, definition, metav1.CreateOptions{}); failed(err) {
			return fmt.Errorf("create the definition %s: %w", definition.GetName(), err)
		}
	}
	for _, definition := range definitions {
		if err := awaitDefined(ctx, client, definition); err != nil {
			return err
		}
	}
	return nil
}

func readDefinitions(ctx context.Context, binary string) ([]*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(ctx, definitionsLimit)
	defer cancel()
	command := exec.CommandContext(ctx, binary, "crds")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.Bytes()[:min(stderr.Len(), headLimit)])
	}
	var all []map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("there are none")
	}
	definitions := make([]*unstructured.Unstructured, len(all))
	for i, object := range all {
		delete(object, "status") // An empty one is not what the API server takes.
		definitions[i] = &unstructured.Unstructured{Object: object}
	}
	return definitions, nil
}

// awaitDefined waits until what is defined can be listed, which is a moment after the definition says so.
func awaitDefined(ctx context.Context, client dynamic.Interface, definition *unstructured.Unstructured) error {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	if len(versions) == 0 {
		return fmt.Errorf("the definition %s has no version", definition.GetName())
	}
	first, _ := versions[0].(map[string]any)
	version, _ := first["name"].(string)
	resource := schema.GroupVersionResource{Group: group, Version: version, Resource: plural}
	var last error
	err := wait.PollUntilContextTimeout(ctx, readyInterval, definedLimit, true, func(ctx context.Context) (bool, error) {
		_, last = client.Resource(resource).List(ctx, metav1.ListOptions{Limit: 1})
		return last == nil, nil
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("wait for the API server to serve %s: %w", definition.GetName(), context.Cause(ctx))
	} else if err != nil {
		return fmt.Errorf("the API server did not serve %s within %s: %w", definition.GetName(), definedLimit, last)
	}
	return nil
}

// instanceTypesFile is what Karpenter may choose from.
const instanceTypesFile = "instance-types.json"

func (c *Cluster) karpenterArguments() []string {
	return []string{
		"--disable-leader-election=true",
		fmt.Sprintf("--health-probe-port=%d", c.ports.Karpenter),
		"--instance-types-file-path=" + c.path(instanceTypesFile),
		"--log-level=info",
	}
}

// karpenterVariables are what Karpenter has no flags for.
func (c *Cluster) karpenterVariables() []string {
	return []string{"KUBECONFIG=" + c.kubeconfigOf(string(Karpenter))}
}
