package compare

import (
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
)

// TestFactsHide holds what of the set-up is published as it is, and what is not.
func TestFactsHide(t *testing.T) {
	values := map[string]string{"nodes": "100", "image": "registry.k8s.io/pause:3.10", "ratio": "1:2", "duration": "1h30m", "type": "m5.large", "flag": "a,b=c"}
	for _, hidden := range []string{"http://x.example:9090", "/etc/kubernetes", "~/x", `C:\x`, "10.0.0.1", "x.example:443", "localhost"} {
		values["hidden "+hidden] = hidden
	}
	values["apiToken"], values["mail"] = "hunter2", "a@b"
	facts := map[string]string{}
	for _, fact := range Facts(Run{Manifest: bundle.Manifest{Parameters: values}}) {
		facts[fact.Name] = fact.Value
	}
	seen := map[string]bool{}
	for name, value := range values {
		got := facts["parameter "+name]
		switch {
		case strings.HasPrefix(name, "hidden "):
			if !strings.HasPrefix(got, "digest ") || seen[got] {
				t.Errorf("%q is kept as %q", value, got)
			}
			seen[got] = true
		case name == "apiToken" || name == "mail":
			if got != "not kept" {
				t.Errorf("%q is kept as %q", value, got)
			}
		case name == "image" || name == "ratio": // May be an address with a port; a digest tells them apart as well.
		case got != value:
			t.Errorf("%q is kept as %q", value, got)
		}
	}
}

// TestBaselineSide holds that what a kept run does not say is no difference, and that it is said how
// old it is.
func TestBaselineSide(t *testing.T) {
	base, other := runsOf("base", 1, 1.1, 1.2, 1.3), runsOf("new", 1, 1.1, 1.2, 1.3)
	for i := range base {
		other[i].Manifest.Parameters = map[string]string{"url": "http://x.example"}
		base[i].Manifest.Parameters = other[i].Manifest.Parameters
		base[i].Facts, base[i].Baseline = Facts(base[i]), "main"
		base[i].Manifest.Parameters = nil
		other[i].Manifest.Started = other[i].Manifest.Started.AddDate(0, 0, 12)
	}
	c := compared(t, base, other, usual())
	if len(c.Setup) != 0 {
		t.Errorf("set-up differs: %+v", c.Setup)
	}
	if want := "The base is the baseline main, whose runs were measured 11 days before the new ones, in another session"; len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], want) {
		t.Errorf("warnings %q, want %q", c.Warnings, want)
	}
	base[0].Facts = append(base[0].Facts[1:], Fact{"CPUs", Machine, "64"})
	if _, err := Sides(base, other, usual()); err == nil || !strings.Contains(err.Error(), "not of the same machine") {
		t.Errorf("another machine: %v", err)
	}
}

func TestApartWords(t *testing.T) {
	for d, want := range map[time.Duration]string{50 * 24 * time.Hour: "50 days before the new ones", 47 * time.Hour: "47 hours before the new ones",
		119 * time.Minute: "119 minutes before the new ones", -3 * time.Hour: "3 hours after the first of the new ones", 5 * time.Second: "5 s before the new ones"} {
		if got := apartWords(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
