package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckSettings(t *testing.T) {
	flag := func(name string) Settings { return Settings{Flags: map[string]string{name: "x"}} }
	variable := func(name string) Settings { return Settings{Env: map[string]string{name: "x"}} }
	for name, test := range map[string]struct {
		component Component
		settings  Settings
		want      string // Of the fault; empty for none.
	}{
		"a flag":              {APIServer, flag("max-requests-inflight"), ""},
		"a variable":          {Etcd, variable("GOGC"), ""},
		"the address":         {APIServer, flag("bind-address"), "kubedyno's own"},
		"the address, spelt":  {APIServer, flag("bind_address"), "kubedyno's own"},
		"another listener":    {Etcd, flag("listen-metrics-urls"), "kubedyno's own"},
		"a whole file":        {Etcd, flag("config-file"), "kubedyno's own"},
		"peers without certs": {Etcd, flag("peer-client-cert-auth"), "kubedyno's own"},
		"dashes":              {Scheduler, flag("--v"), "without dashes"},
		"no name":             {Scheduler, flag(""), "without dashes"},
		"two in one":          {Scheduler, flag("v=2 --bind-address"), "without dashes"},
		"the lifeline":        {Kwok, variable("KUBEDYNO_LIFELINE_FD"), "kubedyno's own"},
		"Karpenter's port":    {Karpenter, flag("health-probe-port"), "kubedyno's own"},
		"Karpenter's batches": {Karpenter, flag("batch-idle-duration"), ""},
		"Karpenter's cluster": {Karpenter, variable("KUBECONFIG"), "kubedyno's own"},
		"no component":        {"kubelet", Settings{}, "there is no component"},
	} {
		faults := CheckSettings(map[Component]Settings{test.component: test.settings})
		switch {
		case test.want == "" && len(faults) > 0:
			t.Errorf("%s: got %v, want no fault", name, faults)
		case test.want != "" && (len(faults) != 1 || !strings.Contains(faults[0].Error(), test.want)):
			t.Errorf("%s: got %v, want one fault with %q", name, faults, test.want)
		}
	}
}

// TestAddressesAreReserved keeps every argument that names an address or a port in the
// list of the reserved ones.
func TestAddressesAreReserved(t *testing.T) {
	c := newCluster("test", t.TempDir(), "")
	for _, component := range []Component{Etcd, APIServer, ControllerManager, Scheduler, Kwok, MetricsServer, MetricsAdapter, Karpenter} {
		for _, argument := range c.arguments(component) {
			name, value, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
			if !strings.Contains(value, loopback) && name != "secure-port" {
				continue
			}
			faults := CheckSettings(map[Component]Settings{component: {Flags: map[string]string{name: "x"}}})
			if len(faults) == 0 {
				t.Errorf("--%s of %s may be replaced", name, component)
			}
		}
	}
}

func TestMergeReplacesEqualNames(t *testing.T) {
	own := []string{"--a-b=1", "-v=WARN", "--c=3"}
	got := merge(own, Settings{Flags: map[string]string{"a_b": "9", "v": "2", "d": "4"}})
	want := []string{"--c=3", "--a_b=9", "--d=4", "--v=2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnusableStateIsNoRunningCluster(t *testing.T) {
	for _, text := range []string{``, `null`, `{}`, `{"processes":[{}]}`, `{"processes":[{"component":"etcd","pid":1}]}`} {
		directory := t.TempDir()
		for name, data := range map[string]string{stateFile: text, ownerFile: ""} {
			if err := os.WriteFile(filepath.Join(directory, name), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if status, err := Inspect(directory); err == nil && status.Running() {
			t.Errorf("%q: a cluster without processes runs", text)
		}
		if err := Down(t.Context(), directory); err != nil {
			t.Errorf("%q: it cannot be removed: %v", text, err)
		}
	}
}
