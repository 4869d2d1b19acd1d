package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/runner/action"
)

// scriptLimit is how long a script waits for anything; all of it takes seconds.
const scriptLimit = time.Minute

// TestScriptsOnControlPlane runs whole runs on the real control plane, and ends them in every
// way: by themselves, by signals, by the loss of a component and by a disk that takes no more.
func TestScriptsOnControlPlane(t *testing.T) {
	if testing.Short() {
		t.Skip("starts control planes")
	}
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script", "controlplane"), RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error { return setUp(env, binary) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "begin": begin, "until": until, "send": send, "limitfiles": limitFiles,
			"ended": hasEnded, "clean": clean, "objects": objects, "emptyfolder": emptyFolder,
		},
	})
}

// A session is the kubedyno that a script has begun.
type session struct {
	command        *exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan struct{}
}

type sessionKey struct{}

// setUp gives a script a cache of its own that has the user's control-plane binaries, so that
// its clusters and runs are nobody else's, and the scenario that all scripts run.
func setUp(env *testscript.Env, binary string) error {
	cache := filepath.Join(env.WorkDir, "cache")
	if err := os.Mkdir(cache, 0o700); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Dir(filepath.Dir(binary)), filepath.Join(cache, "controlplane")); err != nil {
		return err
	}
	scenario, err := os.ReadFile(filepath.Join("testdata", "tiny.yaml"))
	if err != nil {
		return err
	}
	s := &session{}
	env.Values[sessionKey{}] = s
	env.Defer(func() { killAll(env.WorkDir) }) // Whatever the script forgot.
	env.Setenv("KUBEDYNO_CACHE", cache)
	return os.WriteFile(filepath.Join(env.WorkDir, "tiny.yaml"), scenario, 0o600)
}

// begin is "begin ARGUMENT...": it starts kubedyno and does not wait for its end.
func begin(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(sessionKey{}).(*session)
	program, err := exec.LookPath("kubedyno")
	ts.Check(err)
	s.stdout.Reset()
	s.stderr.Reset()
	s.command = exec.Command(program, args...)
	s.command.Dir = ts.MkAbs(".")
	s.command.Env = append(os.Environ(), "KUBEDYNO_CACHE="+ts.Getenv("KUBEDYNO_CACHE"))
	s.command.Stdout, s.command.Stderr = &s.stdout, &s.stderr
	ts.Check(s.command.Start())
	s.ended = make(chan struct{})
	go func() {
		_ = s.command.Wait()
		close(s.ended)
	}()
}

// until is "until FILE TEXT": it waits for a text in a file that kubedyno writes.
func until(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(sessionKey{}).(*session)
	eventually(ts, fmt.Sprintf("%q is in %s", args[1], args[0]), func() bool {
		select {
		case <-s.ended:
			ts.Fatalf("kubedyno ended before %q was in %s; it printed\n%s%s", args[1], args[0], &s.stdout, &s.stderr)
		default:
		}
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(data), args[1])
	})
}

// send is "send SIGNAL [COMPONENT]": it sends a signal to the kubedyno that was begun, or to a
// component of the control plane.
func send(ts *testscript.TestScript, _ bool, args []string) {
	signal := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[0]]
	pid := ts.Value(sessionKey{}).(*session).command.Process.Pid
	if len(args) > 1 {
		pid = 0
		for _, p := range processes(ts.Getenv("WORK")) {
			if len(p.arguments) > 1 && p.arguments[1] == args[1] {
				pid = p.pid
			}
		}
	}
	if pid == 0 {
		ts.Fatalf("there is no process %s", args[1])
	}
	ts.Check(syscall.Kill(pid, signal))
}

// limitFiles is "limitfiles BYTES": from now on the kubedyno that was begun can write no file
// beyond that size, as if the disk were full. The control plane has limits of its own.
func limitFiles(ts *testscript.TestScript, _ bool, args []string) {
	const resourceFileSize = 1 // RLIMIT_FSIZE
	size, err := strconv.ParseUint(args[0], 10, 64)
	ts.Check(err)
	limit := syscall.Rlimit{Cur: size, Max: size}
	pid := ts.Value(sessionKey{}).(*session).command.Process.Pid
	_, _, number := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(pid), resourceFileSize,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if number != 0 {
		ts.Fatalf("limit the files of process %d: %v", pid, number)
	}
}

// hasEnded is "ended CODE": it waits for the end of the kubedyno that was begun and puts what it
// printed into the files stdout.txt and stderr.txt. A CODE of -1 stands for a signal.
func hasEnded(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(sessionKey{}).(*session)
	select {
	case <-s.ended:
	case <-time.After(scriptLimit):
		ts.Fatalf("kubedyno has not ended within %s", scriptLimit)
	}
	ts.Check(os.WriteFile(ts.MkAbs("stdout.txt"), s.stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("stderr.txt"), s.stderr.Bytes(), 0o600))
	if got := strconv.Itoa(s.command.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("kubedyno ended with exit code %s, want %s; it printed\n%s%s", got, args[0], &s.stdout, &s.stderr)
	}
}

// clean is the script command that checks that no process is left.
func clean(ts *testscript.TestScript, _ bool, _ []string) {
	eventually(ts, "no process is left", func() bool { return len(processes(ts.Getenv("WORK"))) == 0 })
}

// emptyFolder is "emptyfolder FOLDER": it checks that nothing is in a folder that exists.
func emptyFolder(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s is not empty: %v", args[0], entries)
	}
}

// objects is "objects KUBECONFIG NAMESPACES NODES": it checks how many objects of runs are in a
// cluster. NAMESPACES and NODES are numbers.
func objects(ts *testscript.TestScript, _ bool, args []string) {
	config, err := clientcmd.BuildConfigFromFlags("", ts.MkAbs(strings.TrimSpace(ts.ReadFile(args[0]))))
	ts.Check(err)
	client, err := kubernetes.NewForConfig(config)
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), scriptLimit)
	defer cancel()
	namespaces, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: action.RunLabel})
	ts.Check(err)
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	ts.Check(err)
	got := []string{strconv.Itoa(len(namespaces.Items)), strconv.Itoa(len(nodes.Items))}
	if !slices.Equal(got, args[1:]) {
		ts.Fatalf("there are %s namespaces of runs and %s nodes, want %s and %s", got[0], got[1], args[1], args[2])
	}
}

func eventually(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(scriptLimit); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited %s until %s; the processes are %v", scriptLimit, what, processes(ts.Getenv("WORK")))
		}
	}
}

// A process is one that works in a script's folder.
type process struct {
	pid       int
	arguments []string
}

func processes(folder string) []process {
	var found []process
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || !worksIn(pid, folder) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		arguments := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
		found = append(found, process{pid, arguments[:min(len(arguments), 2)]})
	}
	return found
}

// worksIn reports whether any thread of a process still works in a folder. A thread that is
// ending lets go of it after its files, so a process without such a thread holds no lock.
func worksIn(pid int, folder string) bool {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/cwd", pid))
	for _, link := range links {
		if where, err := os.Readlink(link); err == nil && strings.HasPrefix(where+"/", folder+"/") {
			return true
		}
	}
	return false
}

func killAll(folder string) {
	for _, p := range processes(folder) {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}
