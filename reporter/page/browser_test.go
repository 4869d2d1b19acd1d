package page

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestInBrowser opens an example of every page in Chromium: nothing on the console, no request, every figure
// to be seen without JavaScript too, no serious violation of accessibility in light and in dark, and
// what the script adds works. It needs Node.js, npm and Chromium; KUBEDYNO_BROWSER=required, as CI
// sets it, makes their absence a failure.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a browser")
	}
	t.Parallel()
	chromium := program(t, "chromium", "chromium-browser", "google-chrome")
	node, npm := program(t, "node"), program(t, "npm")
	directory := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "check.mjs"} {
		data, err := os.ReadFile(filepath.Join("browser", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = directory
	if out, err := install.CombinedOutput(); err != nil {
		missing(t, "npm ci failed: "+err.Error()+"\n"+string(out))
	}
	arguments := []string{"check.mjs", chromium, os.Getenv("KUBEDYNO_SCREENSHOTS")}
	for name, page := range pages(t) {
		file := filepath.Join(directory, name+".html")
		if err := os.WriteFile(file, page, 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, file)
	}
	check := exec.CommandContext(t.Context(), node, arguments...)
	var out, complaints bytes.Buffer
	check.Dir, check.Stdout, check.Stderr = directory, &out, &complaints
	if err := check.Run(); err != nil {
		t.Fatalf("the pages could not be opened: %v\n%s", err, complaints.String())
	}
	var faults []string
	if err := json.Unmarshal(out.Bytes(), &faults); err != nil {
		t.Fatalf("the browser's answer %q: %v", out.String(), err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// program finds the first of the programs, or ends the test.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, names[0]+" is not installed")
	return ""
}

// missing skips the test, or fails it where it has to run.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("KUBEDYNO_BROWSER") == "required" {
		t.Fatal(why)
	}
	t.Skip(why + "; the pages are not opened in a browser")
}
