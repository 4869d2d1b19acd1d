package builder

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"strings"
	"syscall"
)

// oldestGo is the oldest Go release that builds the control plane, as its go.mod says.
const oldestGo = "1.26.4"

func checkGo(found string) error {
	if !version.IsValid(found) {
		return nil // A development build of Go; go.mod has the last word.
	}
	if version.Compare(found, "go"+oldestGo) < 0 {
		return fmt.Errorf("the Go toolchain on the PATH is %s, and the control plane needs Go %s or newer: "+
			"install it from https://go.dev/dl, or unset GOTOOLCHAIN=local so that go fetches it", found, oldestGo)
	}
	return nil
}

// causes maps words in the go command's output to what the user can do about it.
var causes = []struct {
	words  []string
	remedy string
}{
	{[]string{"no space left on device", "disk quota exceeded", "file too large"}, diskFull},
	{[]string{"requires go >="},
		"the Go toolchain is too old: install a newer one, or unset GOTOOLCHAIN=local"},
	{[]string{"checksum mismatch", "SECURITY ERROR"},
		"a module's content is not what kubedyno was released with: the proxy is broken or tampered with"},
	{[]string{"module lookup disabled", "no such host", "connection refused", "connection reset", "i/o timeout",
		"proxyconnect", "network is unreachable", "TLS handshake timeout", "certificate signed by unknown authority",
		"reading http"},
		"the Go module proxy could not be reached or lacks a module: check 'go env GOPROXY' and the network; " +
			"with a filled module cache no network is needed"},
	{[]string{"signal: killed", "cannot allocate memory", "out of memory"},
		"the compiler was killed, most likely for want of memory: about 3 GB are needed"},
	{[]string{"permission denied", "read-only file system"},
		"the go command may not write one of its folders: check 'go env GOCACHE GOMODCACHE'"},
}

const diskFull = "the disk is full: about 6 GB are needed for a first build; free some, or move the Go build cache " +
	"(GOCACHE), the module cache (GOMODCACHE) or kubedyno's cache (--cache-dir) to another disk"

// explain returns why a go command ended: because ctx did, or for a cause of its own.
func explain(ctx context.Context, err error, output string) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return diagnose(err, output)
}

// diagnose puts the remedy, if the cause is a known one, before what the go command printed.
func diagnose(err error, output string) error {
	if err == nil {
		return nil
	}
	output = strings.TrimSpace(output)
	text := err.Error() + "\n" + output
	detail := err
	if output != "" {
		detail = fmt.Errorf("%w\n%s", err, output)
	}
	for _, cause := range causes {
		for _, words := range cause.words {
			if strings.Contains(text, words) {
				return fmt.Errorf("%s: %w", cause.remedy, detail)
			}
		}
	}
	return detail
}

// diagnoseFile puts the remedy before an error in kubedyno's own cache.
func diagnoseFile(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%s: %w", diskFull, err)
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("kubedyno's cache is not writable; choose another with --cache-dir: %w", err)
	}
	return err
}
