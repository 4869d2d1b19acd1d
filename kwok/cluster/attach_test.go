//go:build unix

package cluster_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

func TestAttachToALoopbackServer(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Attach(t.Context(), cluster.AttachOptions{Kubeconfig: shared.Kubeconfig(), Directory: directory})
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != "kubedyno-test" {
		t.Errorf("the cluster is called %q, want the context's name", c.Name())
	}
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientOf(t, config).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Error(err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Remove(); err != nil {
		t.Error(err)
	}
	if version := clientOf(t, configOf(t, shared, "admin")).RESTClient().Get().AbsPath("/version").Do(t.Context()); version.Error() != nil {
		t.Errorf("the attached cluster did not survive: %v", version.Error())
	}
}

// kubeconfigFor writes a kubeconfig whose current context, "there", is the given server.
func kubeconfigFor(t *testing.T, target clientcmdapi.Cluster) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &target
	config.Contexts["there"] = &clientcmdapi.Context{Cluster: "c"}
	config.CurrentContext = "there"
	path := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAttachRefuses checks that a refusal says why, leaves nothing, and comes before the
// server of a context that was not named hears anything.
func TestAttachRefuses(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage")
	write(t, garbage, "\x00\x01 apiVersion: [")
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	asked := make(chan net.Conn, 1)
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	go func() {
		if connection, err := proxy.Accept(); err == nil {
			connection.Close()
			asked <- connection
		}
	}()
	remote := clientcmdapi.Cluster{Server: "https://production.example.com", ProxyURL: "http://" + proxy.Addr().String()}
	tunnel := clientcmdapi.Cluster{Server: "https://localhost", ProxyURL: remote.ProxyURL}
	for name, test := range map[string]struct {
		kubeconfig, context string
		want                string
	}{
		"no file":         {"/does/not/exist", "", "no such file"},
		"garbage":         {garbage, "", "read the kubeconfig"},
		"unknown context": {shared.Kubeconfig(), "production", `no usable context "production"; it has kubedyno-test`},
		"no context":      {os.DevNull, "", `no usable context ""`},
		"dead server":     {kubeconfigFor(t, clientcmdapi.Cluster{Server: "https://" + dead.Addr().String()}), "", "does not answer"},
		"another machine": {kubeconfigFor(t, remote), "", "--context there"},
		"through a proxy": {kubeconfigFor(t, tunnel), "", "--context there"},
		"bad credentials": {kubeconfigWithToken(t), "", "are its credentials still valid"},
	} {
		directory := filepath.Join(t.TempDir(), "run")
		before := descriptors(t)
		_, err := cluster.Attach(t.Context(), cluster.AttachOptions{
			Kubeconfig: test.kubeconfig, Context: test.context, Directory: directory,
		})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if _, err := os.Lstat(directory); !os.IsNotExist(err) {
			t.Errorf("%s: the directory is still there: %v", name, err)
		}
		if name != "bad credentials" { // client-go keeps its connection for the next client.
			awaitDescriptors(t, before)
		}
	}
	select {
	case <-asked:
		t.Error("a server on another machine was asked though its context was not named")
	default:
	}
	// The listener does hear those who name the context.
	_, err = cluster.Attach(t.Context(), cluster.AttachOptions{
		Kubeconfig: kubeconfigFor(t, remote), Context: "there", Directory: filepath.Join(t.TempDir(), "run"),
	})
	if <-asked; err == nil {
		t.Error("attached to nothing")
	}
}

// kubeconfigWithToken writes a kubeconfig of the shared cluster whose token is not valid.
func kubeconfigWithToken(t *testing.T) string {
	t.Helper()
	admin, err := clientcmd.LoadFromFile(shared.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	path := kubeconfigFor(t, *admin.Clusters["kubedyno-test"])
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: fmt.Sprintf("%032d", 0)}
	config.Contexts["there"].AuthInfo = "u"
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
