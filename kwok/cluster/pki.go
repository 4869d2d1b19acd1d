package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificateLife is how long a cluster's certificates last; a cluster is thrown away long
// before.
const certificateLife = 365 * 24 * time.Hour

// An authority signs certificates with a key that exists only in one cluster's directory.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// An identity is one certificate to be issued.
type identity struct {
	file   string
	name   string   // The common name: the user, to the API server.
	groups []string // The organisations: the user's groups.
	server bool     // Whether it serves on loopback, too.
	hosts  []string // Further names that it serves by.
}

// identities are the certificates of the cluster's own authority. The harness is a plain
// user with a cluster-admin binding and not a member of system:masters, whose requests would
// bypass priority and fairness. kwok belongs to system:nodes, so that priority and fairness
// treats what it sends as it treats kubelets.
var identities = []identity{
	{file: "serving", name: "kubedyno", server: true},
	{file: "admin", name: "kubernetes-admin", groups: []string{"system:masters"}},
	{file: "harness", name: harnessUser},
	{file: "controller-manager", name: "system:kube-controller-manager"},
	{file: "scheduler", name: "system:kube-scheduler"},
	{file: "kwok", name: kwokUser, groups: []string{"system:nodes"}},
	aggregatedIdentity(MetricsServer),
	aggregatedIdentity(MetricsAdapter),
	{file: string(Karpenter), name: karpenterUser, groups: serviceAccountGroups},
}

// serviceAccountGroups are those of every service account of the system's namespace.
var serviceAccountGroups = []string{"system:serviceaccounts", "system:serviceaccounts:" + metricsNamespace}

func aggregatedIdentity(component Component) identity {
	a := aggregatedOf(component)
	return identity{file: a.name(), name: a.user, server: true, hosts: []string{a.host()},
		groups: serviceAccountGroups}
}

// etcdIdentities are signed by an authority of etcd's own: with that of the cluster, every user
// with a certificate could read the whole database past the API server.
var etcdIdentities = []identity{
	{file: "etcd", name: "etcd", server: true},
	{file: "etcd-client", name: "kube-apiserver-etcd-client"},
}

// proxyIdentities let the API server vouch for users to aggregated API servers.
var proxyIdentities = []identity{{file: "front-proxy-client", name: "front-proxy-client"}}

// writePKI makes all keys and certificates of a cluster anew, readable by this user only.
func writePKI(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	for _, authority := range []struct {
		file       string
		identities []identity
	}{
		{"ca", identities},
		{"etcd-ca", etcdIdentities},
		{"front-proxy-ca", proxyIdentities},
	} {
		a, err := newAuthority(directory, authority.file, "kubedyno-"+authority.file)
		if err != nil {
			return err
		}
		for _, id := range authority.identities {
			if err := a.issue(directory, id); err != nil {
				return fmt.Errorf("issue the certificate %s: %w", id.file, err)
			}
		}
	}
	return writeServiceAccountKeys(directory)
}

func newAuthority(directory, file, name string) (*authority, error) {
	key, err := newKey(directory, file)
	if err != nil {
		return nil, err
	}
	template := certificateTemplate(name, nil)
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the authority %s: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{certificate, key}, writePEM(filepath.Join(directory, file+".crt"), "CERTIFICATE", der)
}

func (a *authority) issue(directory string, id identity) error {
	key, err := newKey(directory, id.file)
	if err != nil {
		return err
	}
	template := certificateTemplate(id.name, id.groups)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if id.server {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		template.IPAddresses = []net.IP{net.ParseIP(loopback), net.ParseIP("10.96.0.1")}
		template.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
		template.DNSNames = append(template.DNSNames, id.hosts...)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(directory, id.file+".crt"), "CERTIFICATE", der)
}

func certificateTemplate(name string, groups []string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // Never fails since Go 1.24.
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		NotBefore:    now.Add(-time.Hour), // A clock that was set back must not make it invalid.
		NotAfter:     now.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func newKey(directory, file string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(filepath.Join(directory, file+".key"), "EC PRIVATE KEY", der)
}

func writeServiceAccountKeys(directory string) error {
	key, err := newKey(directory, "service-account")
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(directory, "service-account.pub"), "PUBLIC KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
