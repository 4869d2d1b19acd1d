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

// What metrics-server is called: by its manifests, and by its certificate and kubeconfig here.
const (
	metricsIdentity  = "metrics-server"
	metricsService   = "metrics-server"
	metricsNamespace = metav1.NamespaceSystem
	metricsAPI       = "v1beta1.metrics.k8s.io"
	metricsPath      = "/apis/metrics.k8s.io/v1beta1"
)

// metrics-server refuses a request timeout of more than 0.9 times its resolution; its default is 10 s.
const (
	requestShare   = 0.9
	requestTimeout = 10 * time.Second
)

// availableLimit bounds the wait until the API server has asked metrics-server for what it serves:
// at once, and when that failed again after 5 s and more.
const availableLimit = 30 * time.Second

var (
	services    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
)

// MetricsServerOptions say how metrics-server runs.
type MetricsServerOptions struct {
	Resolution time.Duration // How often it reads the nodes; 10 s at least.
	Settings   Settings
	// Labels are on the Service and the APIService by which the API server finds it. They tell
	// those of one run from those of another, whose metrics-server is never replaced.
	Labels map[string]string
}

// StartMetricsServer runs metrics-server against the cluster and returns when the API server serves
// metrics.k8s.io from it. It reads nodes by plain HTTP at their Hostname and the port in their
// status. It belongs to this process and ends with it; its Service and APIService stay. After it was
// lost it can be started again. On an error none is left running. A cluster that somebody else runs
// is refused: its API server would not reach this process.
func (c *Cluster) StartMetricsServer(ctx context.Context, o MetricsServerOptions) error {
	if c.attached {
		return fmt.Errorf("the cluster %q is not kubedyno's: metrics-server can only be started beside a control plane that kubedyno runs", c.name)
	}
	if _, err := os.Stat(c.home().kubeconfigOf(metricsIdentity)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the cluster %q was started by a kubedyno that knew no metrics-server: 'kubedyno down %[1]s' and start it anew", c.name)
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
	if err := checkOwn(ctx, client, o.Labels); err != nil {
		return err
	}
	c.resolution, c.metricsLabels, c.settings[MetricsServer] = o.Resolution, o.Labels, o.Settings
	if err := c.startLate(ctx, MetricsServer); err != nil {
		return err
	}
	if err := c.register(ctx, client, o.Labels); err != nil {
		return errors.Join(err, c.stopComponent(context.WithoutCancel(ctx), MetricsServer))
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

// checkOwn returns an error if the cluster has a metrics API that lacks one of the labels.
func checkOwn(ctx context.Context, client dynamic.Interface, labels map[string]string) error {
	found, err := client.Resource(apiServices).Get(ctx, metricsAPI, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look for the APIService %s: %w", metricsAPI, err)
	}
	for key, value := range labels {
		if found.GetLabels()[key] != value {
			return fmt.Errorf("the cluster has a metrics-server of another run (APIService %s, labels %v): "+
				"wait until that has ended, or remove what it left with 'kubedyno cleanup'", metricsAPI, found.GetLabels())
		}
	}
	return nil
}

// register tells the API server where metrics.k8s.io is served, and returns when it is.
func (c *Cluster) register(ctx context.Context, client dynamic.Interface, labels map[string]string) error {
	authority, err := os.ReadFile(c.home().certificate("ca"))
	if err != nil {
		return fmt.Errorf("load the authority ca: %w", err)
	}
	o := metav1.ApplyOptions{FieldManager: "kubedyno", Force: true}
	service := object("v1", "Service", metricsService, labels, map[string]any{
		"type": string(corev1.ServiceTypeExternalName), "externalName": "localhost",
	})
	service.SetNamespace(metricsNamespace)
	if _, err := client.Resource(services).Namespace(metricsNamespace).Apply(ctx, metricsService, service, o); err != nil {
		return fmt.Errorf("create the Service of metrics-server: %w", err)
	}
	api := object("apiregistration.k8s.io/v1", "APIService", metricsAPI, labels, map[string]any{
		"service": map[string]any{"name": metricsService, "namespace": metricsNamespace, "port": int64(c.ports.MetricsServer)},
		"group":   "metrics.k8s.io", "version": "v1beta1",
		"groupPriorityMinimum": int64(100), "versionPriority": int64(100), // As in its manifests.
		"caBundle": base64.StdEncoding.EncodeToString(authority),
	})
	if _, err := client.Resource(apiServices).Apply(ctx, metricsAPI, api, o); err != nil {
		return fmt.Errorf("create the APIService %s: %w", metricsAPI, err)
	}
	return awaitAvailable(ctx, client)
}

func object(apiVersion, kind, name string, labels map[string]string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "spec": spec}}
	o.SetName(name)
	o.SetLabels(labels)
	return o
}

func awaitAvailable(ctx context.Context, client dynamic.Interface) error {
	said := errors.New("it has said nothing yet")
	err := wait.PollUntilContextTimeout(ctx, readyInterval, availableLimit, true, func(ctx context.Context) (bool, error) {
		found, err := client.Resource(apiServices).Get(ctx, metricsAPI, metav1.GetOptions{})
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
		return fmt.Errorf("wait for the API server to serve %s: %w", metricsAPI, context.Cause(ctx))
	} else if err != nil {
		return fmt.Errorf("the API server did not serve %s within %s: %w", metricsAPI, availableLimit, said)
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

func (c *Cluster) metricsServerArguments() []string {
	home := c.home()
	kubeconfig := home.kubeconfigOf(metricsIdentity)
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=" + loopback,
		fmt.Sprintf("--secure-port=%d", c.ports.MetricsServer),
		"--tls-cert-file=" + home.certificate(metricsIdentity),
		"--tls-private-key-file=" + home.key(metricsIdentity),
		"--kubelet-preferred-address-types=Hostname",
		"--kubelet-use-node-status-port",
		"--deprecated-kubelet-completely-insecure", // Plain HTTP, which never leaves loopback.
		"--metric-resolution=" + c.resolution.String(),
		"--kubelet-request-timeout=" + min(requestTimeout, time.Duration(requestShare*float64(c.resolution))).String(),
	}
}
