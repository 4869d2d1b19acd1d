//go:build unix

package cluster_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// fakeMode makes the test binary stand in for the control-plane binary, to misbehave in ways
// that the real one does not on demand:
//
//	serve       healthy at once, ends at SIGTERM
//	stubborn    as serve, but ignores SIGTERM
//	exit        says so and ends
//	never       runs and is never healthy
//	taken       finds its port taken
//	taken-once  finds its port taken, the first time that the file in fakeMark is not there
const (
	fakeMode = "KUBEDYNO_TEST_FAKE"
	fakeMark = "KUBEDYNO_TEST_FAKE_MARK"
)

func fake(mode, component string, arguments []string) int {
	switch mode {
	case "exit":
		fmt.Println("the fake", component, "ends")
		return 3
	case "never":
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		<-terminated
		return 0
	case "taken-once":
		mark, err := os.OpenFile(os.Getenv(fakeMark), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			break
		}
		mark.Close()
		fallthrough
	case "taken":
		fmt.Println("listen tcp 127.0.0.1:1: bind: address already in use")
		return 1
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	}
	fmt.Println(serveFake(component, arguments))
	return 1
}

// serveFake answers every GET with 200 and every POST with what was posted, but for questions about
// rights: those are in force from the second one on.
func serveFake(component string, arguments []string) error {
	flags := make(map[string]string)
	for _, argument := range arguments {
		name, value, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
		flags[name] = value
	}
	var asked atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/subjectaccessreviews") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":%t}}`, asked.Add(1) > 1)
			return
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.Copy(w, r.Body)
	})
	if component == string(cluster.Kwok) {
		return http.ListenAndServe(flags["server-address"], handler)
	}
	address, certificate, key := "127.0.0.1:"+flags["secure-port"], flags["tls-cert-file"], flags["tls-private-key-file"]
	if component == string(cluster.Etcd) {
		client, err := url.Parse(flags["listen-client-urls"])
		if err != nil {
			return err
		}
		address, certificate, key = client.Host, flags["cert-file"], flags["key-file"]
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return http.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}}), handler)
}

// fakes returns options for a cluster of fakes that serve, apart from those given.
func fakes(t *testing.T, directory string, modes map[cluster.Component]string) cluster.Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	options := cluster.Options{
		Name: "fake", Directory: directory, Binary: self,
		Settings: make(map[cluster.Component]cluster.Settings),
	}
	for _, component := range []cluster.Component{cluster.Etcd, cluster.APIServer, cluster.ControllerManager, cluster.Scheduler} {
		options.Settings[component] = fakeSettings(directory, modes[component])
	}
	return options
}

func fakeSettings(directory, mode string) cluster.Settings {
	if mode == "" {
		mode = "serve"
	}
	return cluster.Settings{Env: map[string]string{fakeMode: mode, fakeMark: directory + ".mark"}}
}
