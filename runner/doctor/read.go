package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// What Read measures, and how long it may take.
const (
	syncs     = 50
	syncBytes = 4 << 10
	syncLimit = 10 * time.Second // Of all fsyncs together.
	sleeps    = 200
	sleep     = time.Millisecond
	goLimit   = 10 * time.Second
	dialLimit = 2 * time.Second
)

// Read finds the facts of this machine, with the cache folder at a path. It takes about a second:
// most of it are sleeps whose ends are timed. It contacts nothing but loopback. What belongs to
// kubedyno's set-up (Clusters, ControlPlane, OldestGo) is left to the caller.
func Read(ctx context.Context, cache string) Facts {
	f := Facts{OS: runtime.GOOS, CPUs: runtime.NumCPU(), Cache: cache}
	readSystem(&f, "/")
	f.Loopback = tryLoopback(ctx)
	f.Sleeps = timeSleeps(ctx)
	f.Fsyncs, f.CacheErr = timeFsyncs(ctx, cache)
	f.Leftovers = countFolders(filepath.Join(cache, "runs"))
	f.Go = goRelease(ctx)
	if path, err := exec.LookPath("kubectl"); err == nil {
		f.Kubectl = path
	}
	return f
}

// tryLoopback connects to a port of its own.
func tryLoopback(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen on 127.0.0.1: %w", err)
	}
	defer listener.Close()
	dialer := net.Dialer{Timeout: dialLimit}
	connection, err := dialer.DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return fmt.Errorf("connect to 127.0.0.1: %w", err)
	}
	return connection.Close()
}

// timeSleeps returns how much longer than asked each sleep took.
func timeSleeps(ctx context.Context) []time.Duration {
	var late []time.Duration
	for range sleeps {
		if ctx.Err() != nil {
			break
		}
		began := time.Now()
		time.Sleep(sleep)
		late = append(late, time.Since(began)-sleep)
	}
	return late
}

// timeFsyncs appends to a file in the cache folder, as etcd does to its log, and removes it.
func timeFsyncs(ctx context.Context, cache string) (took []time.Duration, err error) {
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, fmt.Errorf("make the cache folder: %w", err)
	}
	file, err := os.CreateTemp(cache, ".doctor-*")
	if err != nil {
		return nil, fmt.Errorf("write into the cache folder: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block, began := make([]byte, syncBytes), time.Now()
	for range syncs {
		if ctx.Err() != nil || time.Since(began) > syncLimit {
			break
		}
		start := time.Now()
		if _, err := file.Write(block); err != nil {
			return took, fmt.Errorf("write into the cache folder: %w", err)
		}
		if err := file.Sync(); err != nil {
			return took, fmt.Errorf("sync a file of the cache folder: %w", err)
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func countFolders(directory string) int {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return 0
	}
	n := 0
	for _, entry := range entries {
		if entry.IsDir() {
			n++
		}
	}
	return n
}

// goRelease asks the toolchain on the PATH for its release, without letting it fetch another.
func goRelease(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, goLimit)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	command.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GOPROXY=off")
	output, err := command.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}
