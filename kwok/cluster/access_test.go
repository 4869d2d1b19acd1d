//go:build unix

package cluster_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// root returns the directory of a cluster.
func root(c *cluster.Cluster) string { return filepath.Dir(filepath.Dir(c.Kubeconfig())) }

// configOf returns the access of one user of a cluster.
func configOf(t *testing.T, c *cluster.Cluster, user string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(root(c), "kubeconfigs", user+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func clientOf(t *testing.T, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestKwokMayDoOnlyWhatItNeeds(t *testing.T) {
	ctx := t.Context()
	kwok := clientOf(t, configOf(t, shared, "kwok"))
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "intruder"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
	}
	for name, try := range map[string]func() error{
		"create a pod": func() error {
			_, err := kwok.CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{})
			return err
		},
		"list secrets": func() error { _, err := kwok.CoreV1().Secrets("").List(ctx, metav1.ListOptions{}); return err },
		"create a node": func() error {
			_, err := kwok.CoreV1().Nodes().Create(ctx, &corev1.Node{}, metav1.CreateOptions{})
			return err
		},
	} {
		if err := try(); !apierrors.IsForbidden(err) {
			t.Errorf("kwok may %s: got %v, want forbidden", name, err)
		}
	}
	if _, err := kwok.CoreV1().Pods("").List(ctx, metav1.ListOptions{}); err != nil {
		t.Errorf("kwok may not list pods: %v", err)
	}
}

// TestHarnessIsSubjectToPriorityAndFairness checks that it is no system:masters, whose
// requests are exempt, and may still do everything.
func TestHarnessIsSubjectToPriorityAndFairness(t *testing.T) {
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client := clientOf(t, config)
	self, err := client.AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	user := self.Status.UserInfo
	if user.Username != "kubedyno:harness" || !slices.Equal(user.Groups, []string{"system:authenticated"}) {
		t.Errorf("the harness is %s in %v", user.Username, user.Groups)
	}
	if _, err := client.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Errorf("the harness is no administrator: %v", err)
	}
}

// TestRequestsMatchTheirFlowSchemas asks the API server how it classified requests.
func TestRequestsMatchTheirFlowSchemas(t *testing.T) {
	schemas, err := clientOf(t, configOf(t, shared, "admin")).FlowcontrolV1().FlowSchemas().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]string)
	for _, schema := range schemas.Items {
		names[string(schema.UID)] = schema.Name
	}
	for _, test := range []struct{ user, verb, path, want string }{
		{"kwok", http.MethodGet, "/api/v1/pods", "system-nodes"},
		{"kwok", http.MethodPatch, "/api/v1/nodes/none/status", "system-node-high"},
		{"kwok", http.MethodGet, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/none", "system-node-high"},
		{"metrics-server", http.MethodGet, "/api/v1/pods", "kube-system-service-accounts"},
		{"harness", http.MethodGet, "/api/v1/pods", "global-default"},
		{"admin", http.MethodGet, "/api/v1/pods", "exempt"},
	} {
		config := configOf(t, shared, test.user)
		client, err := rest.HTTPClientFor(config)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), test.verb, config.Host+test.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/merge-patch+json")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := names[response.Header.Get("X-Kubernetes-PF-FlowSchema-UID")]; got != test.want {
			t.Errorf("%s %s of %s matched the flow schema %q, want %q", test.verb, test.path, test.user, got, test.want)
		}
	}
}

func TestAnonymousRequestsAreRefused(t *testing.T) {
	config := rest.AnonymousClientConfig(configOf(t, shared, "admin"))
	err := clientOf(t, config).RESTClient().Get().AbsPath("/api").Do(t.Context()).Error()
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		t.Errorf("an anonymous GET /api: got %v, want 401 or 403", err)
	}
}

// TestEtcdRefusesEveryoneButTheAPIServer tries without a certificate and with one that the
// API server accepts.
func TestEtcdRefusesEveryoneButTheAPIServer(t *testing.T) {
	address := listenAddress(t, shared, cluster.Etcd)
	for user, want := range map[string]bool{"": false, "kwok": false, "admin": false, "etcd-client": true} {
		config := &tls.Config{InsecureSkipVerify: true} // The test asks for the server's opinion of the client.
		if user != "" {
			pair, err := tls.LoadX509KeyPair(filepath.Join(root(shared), "pki", user+".crt"), filepath.Join(root(shared), "pki", user+".key"))
			if err != nil {
				t.Fatal(err)
			}
			// Presented whatever authorities the server names.
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		err := get(t.Context(), config, address+"/version")
		if (err == nil) != want {
			t.Errorf("etcd and a client with the certificate %q: %v, want it served: %v", user, err, want)
		}
	}
}

func get(ctx context.Context, config *tls.Config, url string) error {
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", response.Status)
	}
	return nil
}

// listenAddress returns the URL that etcd was told to listen on.
func listenAddress(t *testing.T, c *cluster.Cluster, component cluster.Component) string {
	t.Helper()
	for _, p := range c.Processes() {
		for _, argument := range p.Arguments {
			if url, ok := strings.CutPrefix(argument, "--listen-client-urls="); ok && p.Component == component {
				return url
			}
		}
	}
	t.Fatalf("%s has no address", component)
	return ""
}

// TestEverythingListensOnLoopbackOnly looks at the sockets of every component's process.
func TestEverythingListensOnLoopbackOnly(t *testing.T) {
	for _, p := range shared.Processes() {
		sockets := socketsOf(t, p.PID)
		listening := 0
		for _, table := range []string{"tcp", "tcp6"} {
			for _, address := range listeners(t, p.PID, table, sockets) {
				listening++
				if address != "0100007F" && address != "00000000000000000000000001000000" {
					t.Errorf("%s listens on %s (%s)", p.Component, address, table)
				}
			}
		}
		if listening == 0 {
			t.Errorf("%s listens nowhere: the test looks in the wrong place", p.Component)
		}
	}
}

// socketsOf returns the inodes of a process's sockets.
func socketsOf(t *testing.T, pid int) []string {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(links) == 0 {
		t.Skip("there is no /proc to find sockets in")
	}
	var inodes []string
	for _, link := range links {
		target, _ := os.Readlink(link)
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes
}

// listeners returns the hexadecimal addresses on which the given sockets listen.
func listeners(t *testing.T, pid int, table string, sockets []string) []string {
	t.Helper()
	file, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
	if os.IsNotExist(err) {
		return nil // IPv6 is off.
	} else if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const stateListen = "0A"
	var addresses []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == stateListen && slices.Contains(sockets, fields[9]) {
			address, _, _ := strings.Cut(fields[1], ":")
			addresses = append(addresses, address)
		}
	}
	return addresses
}
