package builder

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFollowCountsPackages(t *testing.T) {
	output := strings.Join([]string{
		"internal/goarch",
		"go: downloading k8s.io/api v0.37.2",
		"k8s.io/api/core/v1",
		"# k8s.io/api/apps/v1",
		"types.go:3:1: syntax error",
		strings.Repeat("x", 2<<10) + " long",
		mainPackage,
	}, "\n")
	var got []Progress
	b := Builder{Progress: func(p Progress) { got = append(got, p) }}
	printed := b.follow(strings.NewReader(output), 9)
	want := []Progress{{Compiling, 1, 9}, {Compiling, 2, 9}, {Linking, 3, 9}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	for _, words := range []string{"# k8s.io/api/apps/v1\n", "types.go:3:1: syntax error\n"} {
		if !strings.Contains(printed, words) {
			t.Errorf("%q is missing from %q", words, printed)
		}
	}
}

// FuzzFollow checks that no output stops the reading or is kept beyond the limit.
func FuzzFollow(f *testing.F) {
	f.Add("a/b\n# a/b\nx.go:1:1: no\n", 3)
	f.Add(strings.Repeat("long ", 1<<19), 1)
	f.Fuzz(func(t *testing.T, output string, total int) {
		last := 0
		b := Builder{Progress: func(p Progress) {
			if p.Done != last+1 || p.Total != total {
				t.Errorf("%+v after %d", p, last)
			}
			last = p.Done
		}}
		reader := strings.NewReader(output)
		if printed := b.follow(reader, total); len(printed) > outputLimit {
			t.Errorf("%d bytes were kept", len(printed))
		}
		if reader.Len() > 0 {
			t.Errorf("%d bytes were not read: the compiler would block", reader.Len())
		}
	})
}

func TestWithoutDownloads(t *testing.T) {
	got := withoutDownloads("go: downloading a v1.0.0\ngo: a@v1.0.0: no such host\n")
	if want := "go: a@v1.0.0: no such host\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckGo(t *testing.T) {
	for version, ok := range map[string]bool{
		"go1.26.8": true, "go1.26": false, "go1.27rc1": true, "go1.30.1": true, "go1.26.4-X:nodwarf5": true,
		"devel go1.27-0123456789 Mon Jan 1": true, // go.mod has the last word.
		"go1.25.1":                          false, "go1.9": false,
	} {
		if err := checkGo(version); (err == nil) != ok {
			t.Errorf("%s: %v, want it taken: %v", version, err, ok)
		}
	}
}

func TestBinaryIsNamedAfterAllThatDeterminesIt(t *testing.T) {
	toolchain := []string{"go1.26.8", "v1", "v8.0", "", "off"}
	path := func(kubernetes, modFile string, settings ...string) string {
		return locate(kubernetes, modFile, "/cache/controlplane/sources", settings).binary
	}
	base := path("v1.37.2", "go.mod", toolchain...)
	if again := path("v1.37.2", "go.mod", toolchain...); again != base {
		t.Errorf("the same target is %s and %s", base, again)
	}
	seen := map[string]string{base: "the base"}
	add := func(what, path string) {
		if other, ok := seen[path]; ok {
			t.Errorf("%s has the path of %s: %s", what, other, path)
		}
		seen[path] = what
	}
	add("another version", path("v1.36.3", "go.mod", toolchain...))
	add("another module file", path("v1.37.2", "other.mod", toolchain...))
	for i, setting := range toolchainSettings {
		changed := append([]string{}, toolchain...)
		changed[i] += "x"
		add("another "+setting, path("v1.37.2", "go.mod", changed...))
	}
	if !strings.HasPrefix(base, "/cache/controlplane/v1.37.2-") {
		t.Errorf("the binary is %s, outside the cache", base)
	}
}

func TestVersionsHaveModuleFiles(t *testing.T) {
	if got, want := len(Versions()), len(modFiles); got != want {
		t.Errorf("%d versions, %d module files", got, want)
	}
	for _, version := range Versions() {
		if modFiles[version] == "" || !strings.Contains(string(archive), "-- "+modFiles[version]+" --") {
			t.Errorf("%s has no module file in the archive", version)
		}
	}
}
