package stages

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (run with -update to accept):\n%s", path, diff)
	}
}

func TestRender(t *testing.T) {
	for name, c := range map[string]Config{
		"lease.golden.yaml": {
			NodeSelector: "kubedyno.dev/alive=true",
			NodeLease:    40 * time.Second,
			PodStartup:   lognormal(t, time.Second, 3*time.Second),
		},
		"no-lease.golden.yaml": {NodeSelector: "kubedyno.dev/alive=true"},
		"volumes.golden.yaml":  {NodeSelector: "kubedyno.dev/alive=true", WaitForVolumes: true},
		"stop.golden.yaml":     {NodeSelector: "kubedyno.dev/alive=true", PodStop: lognormal(t, 10*time.Second, 40*time.Second)},
	} {
		got, err := Render(c)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, got)
	}
}

func TestRenderRejects(t *testing.T) {
	for name, c := range map[string]Config{
		"no selector":      {},
		"bad selector":     {NodeSelector: "a=b=c"},
		"half a second":    {NodeSelector: "a=b", NodeLease: 500 * time.Millisecond},
		"negative seconds": {NodeSelector: "a=b", NodeLease: -time.Second},
	} {
		if _, err := Render(c); err == nil {
			t.Errorf("%s: rendered, want an error", name)
		}
	}
}

// TestControllerLeavesNoGap guards against kwok's habit of taking a field that is not
// written as zero: no workers, no pager.
func TestControllerLeavesNoGap(t *testing.T) {
	off := map[string]bool{ // Zero is what is meant here.
		"EnableCRDs": true, "NodeIP": true, "NodeName": true, "NodePort": true, "TLSCertFile": true,
		"TLSPrivateKeyFile": true, "ManageSingleNode": true, "ManageNodesWithAnnotationSelector": true,
		"DisregardStatusWithAnnotationSelector": true, "DisregardStatusWithLabelSelector": true,
		"ServerAddress": true,
	}
	options := reflect.ValueOf(controller(Config{NodeSelector: "a=b", NodeLease: time.Second}).Options)
	for i := range options.NumField() {
		name := options.Type().Field(i).Name
		if options.Field(i).IsZero() != off[name] {
			t.Errorf("%s is %v: decide on it", name, options.Field(i))
		}
	}
}

// TestTemplates plays every *.input.yaml through the template of its stage, as kwok does,
// and compares the patched object.
func TestTemplates(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.input.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, path := range inputs {
		name := strings.TrimSuffix(filepath.Base(path), ".input.yaml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			object, err := yaml.YAMLToJSON(text)
			if err != nil {
				t.Fatal(err)
			}
			stage, _, _ := strings.Cut(name, ".")
			golden(t, name+".output.yaml", play(t, stage, object))
		})
	}
}

// play applies the status patch of a stage to an object.
func play(t *testing.T, stage string, object []byte) []byte {
	t.Helper()
	patch := status(t, stage, object)
	var kind any = corev1.Pod{}
	if strings.HasPrefix(stage, "node") {
		kind = corev1.Node{}
	}
	patched, err := strategicpatch.StrategicMergePatch(object, patch, kind)
	if err != nil {
		t.Fatal(err)
	}
	out, err := yaml.JSONToYAML(patched)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// status renders the template of a stage with kwok's functions, at a fixed time.
func status(t *testing.T, stage string, object []byte) []byte {
	t.Helper()
	functions := template.FuncMap{
		"Now": func() string { return "2026-01-02T03:04:05Z" },
		"Quote": func(v any) (string, error) {
			text, err := json.Marshal(v)
			return string(text), err
		},
		"NodeIPsWith": func(string) []string { return []string{"172.16.0.1"} },
		"PodIPsWith": func(_ string, hostNetwork bool, _, _, _ string) []string {
			if hostNetwork {
				return []string{"172.16.0.1"}
			}
			return []string{"10.0.0.1"}
		},
	}
	text := statusPatch(stage).Patch.Template
	parsed, err := template.New(stage).Funcs(functions).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var data any
	if err := json.Unmarshal(object, &data); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		t.Fatal(err)
	}
	patch, err := yaml.YAMLToJSON(out.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.Bytes())
	}
	return []byte(`{"status":` + string(patch) + `}`)
}
