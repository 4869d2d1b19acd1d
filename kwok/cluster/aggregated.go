package cluster

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
)

// metricsNamespace is where metrics-server is by its manifests.
const metricsNamespace = metav1.NamespaceSystem

// availableLimit bounds the wait until the API server has asked a component for what it serves:
// at once, and when that failed again after 5 s and more.
const availableLimit = 30 * time.Second

var (
	services    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
)

// An aggregated component serves APIs to which the API server passes requests on. Its name is also
// that of its Service, its certificate and its kubeconfig.
type aggregated struct {
	component Component
	user      string // Who it is to the API server.
	apis      []aggregatedAPI
}

// An aggregatedAPI is one group and version with its priorities.
type aggregatedAPI struct {
	schema.GroupVersion
	groupPriority, versionPriority int64
}

func (a aggregatedAPI) name() string { return a.Version + "." + a.Group }

func (a aggregatedAPI) path() string { return "/apis/" + a.Group + "/" + a.Version }

// aggregatedComponents are all that StartMetricsServer and StartMetricsAdapter start. The users are
// service accounts, so that priority and fairness treats what they send as it would in a cluster.
// The priorities are those of metrics-server's and of prometheus-adapter's manifests.
var aggregatedComponents = []aggregated{
	{MetricsServer, "system:serviceaccount:kube-system:metrics-server", []aggregatedAPI{
		{schema.GroupVersion{Group: "metrics.k8s.io", Version: "v1beta1"}, 100, 100}}},
	{MetricsAdapter, "system:serviceaccount:kube-system:metrics-adapter", []aggregatedAPI{
		{schema.GroupVersion{Group: "custom.metrics.k8s.io", Version: "v1beta2"}, 100, 200},
		{schema.GroupVersion{Group: "custom.metrics.k8s.io", Version: "v1beta1"}, 100, 100},
		{schema.GroupVersion{Group: "external.metrics.k8s.io", Version: "v1beta1"}, 100, 100}}},
}

func aggregatedOf(component Component) aggregated {
	for _, a := range aggregatedComponents {
		if a.component == component {
			return a
		}
	}
	return aggregated{}
}

func (a aggregated) name() string { return string(a.component) }

// host is the name by which the API server verifies the component's certificate.
func (a aggregated) host() string { return a.name() + "." + metricsNamespace + ".svc" }

// startAggregated runs a component, tells the API server what it serves, and returns when the API
// server passes requests on to it. On an error it does not run. A cluster that somebody else runs
// is refused: its API server would not reach this process.
func (c *Cluster) startAggregated(ctx context.Context, component Component, labels map[string]string) error {
	a := aggregatedOf(component)
	if c.attached {
		return fmt.Errorf("the cluster %q is not kubedyno's: %s can only be started beside a control plane that kubedyno runs", c.name, component)
	}
	if _, err := os.Stat(c.home().kubeconfigOf(a.name())); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the cluster %q was started by a kubedyno that knew no %s: 'kubedyno down %[1]s' and start it anew", c.name, component)
	}
	var err error
	if c.kept != nil {
		if c.prober, err = c.kept.newProber(); err != nil {
			return err
		}
	}
	client, err := c.dynamicClient()
	if err != nil {
		return err
	}
	if err := a.checkOwn(ctx, client, labels); err != nil {
		return err
	}
	c.labels[component] = labels
	if err := c.startLate(ctx, component); err != nil {
		return err
	}
	if err := c.register(ctx, client, a, labels); err != nil {
		return errors.Join(err, c.stopComponent(context.WithoutCancel(ctx), component))
	}
	return c.writeState()
}

// home returns the cluster that has the keys: this one, or the detached one that it uses.
func (c *Cluster) home() *Cluster {
	if c.kept != nil {
		return c.kept
	}
	return c
}

func (c *Cluster) dynamicClient() (*dynamic.DynamicClient, error) {
	config, err := c.RESTConfig()
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", config.Host, err)
	}
	return client, nil
}

// checkOwn returns an error if the cluster has one of the APIs and it lacks one of the labels.
func (a aggregated) checkOwn(ctx context.Context, client dynamic.Interface, labels map[string]string) error {
	for _, api := range a.apis {
		found, err := client.Resource(apiServices).Get(ctx, api.name(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		} else if err != nil {
			return fmt.Errorf("look for the APIService %s: %w", api.name(), err)
		}
		for key, value := range labels {
			if found.GetLabels()[key] != value {
				return fmt.Errorf("the cluster has a %s of another run (APIService %s, labels %v): "+
					"wait until that has ended, or remove what it left with 'kubedyno cleanup'", a.component, api.name(), found.GetLabels())
			}
		}
	}
	return nil
}

// register tells the API server where the APIs are served, and returns when all are.
func (c *Cluster) register(ctx context.Context, client dynamic.Interface, a aggregated, labels map[string]string) error {
	authority, err := os.ReadFile(c.home().certificate("ca"))
	if err != nil {
		return fmt.Errorf("load the authority ca: %w", err)
	}
	o := metav1.ApplyOptions{FieldManager: "kubedyno", Force: true}
	service := object("v1", "Service", a.name(), labels, map[string]any{
		"type": string(corev1.ServiceTypeExternalName), "externalName": "localhost",
	})
	service.SetNamespace(metricsNamespace)
	if _, err := client.Resource(services).Namespace(metricsNamespace).Apply(ctx, a.name(), service, o); err != nil {
		return fmt.Errorf("create the Service of %s: %w", a.component, err)
	}
	for _, api := range a.apis {
		announced := object("apiregistration.k8s.io/v1", "APIService", api.name(), labels, map[string]any{
			"service": map[string]any{"name": a.name(), "namespace": metricsNamespace, "port": int64(*c.ports.of(a.component))},
			"group":   api.Group, "version": api.Version,
			"groupPriorityMinimum": api.groupPriority, "versionPriority": api.versionPriority,
			"caBundle": base64.StdEncoding.EncodeToString(authority),
		})
		if _, err := client.Resource(apiServices).Apply(ctx, api.name(), announced, o); err != nil {
			return fmt.Errorf("create the APIService %s: %w", api.name(), err)
		}
	}
	for _, api := range a.apis {
		if err := awaitAvailable(ctx, client, api.name()); err != nil {
			return err
		}
	}
	return nil
}

func object(apiVersion, kind, name string, labels map[string]string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "spec": spec}}
	o.SetName(name)
	o.SetLabels(labels)
	return o
}

func awaitAvailable(ctx context.Context, client dynamic.Interface, api string) error {
	said := errors.New("it has said nothing yet")
	err := wait.PollUntilContextTimeout(ctx, readyInterval, availableLimit, true, func(ctx context.Context) (bool, error) {
		found, err := client.Resource(apiServices).Get(ctx, api, metav1.GetOptions{})
		if err != nil {
			said = err
			return false, nil
		}
		status, message := availability(found)
		if status != "" {
			said = errors.New(message)
		}
		return status == string(metav1.ConditionTrue), nil
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("wait for the API server to serve %s: %w", api, context.Cause(ctx))
	} else if err != nil {
		return fmt.Errorf("the API server did not serve %s within %s: %w", api, availableLimit, said)
	}
	return nil
}

// availability returns the status and the message of the condition Available; "" if there is none.
func availability(api *unstructured.Unstructured) (status, message string) {
	conditions, _, _ := unstructured.NestedSlice(api.Object, "status", "conditions")
	for _, one := range conditions {
		if condition, ok := one.(map[string]any); ok && condition["type"] == "Available" {
			status, _ = condition["status"].(string)
			message, _ = condition["message"].(string)
		}
	}
	return status, message
}

// aggregatedArguments are the flags that all aggregated components have.
func (c *Cluster) aggregatedArguments(component Component) []string {
	home, name := c.home(), string(component)
	kubeconfig := home.kubeconfigOf(name)
	return []string{
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=" + loopback,
		fmt.Sprintf("--secure-port=%d", *c.ports.of(component)),
		"--tls-cert-file=" + home.certificate(name),
		"--tls-private-key-file=" + home.key(name),
	}
}
