//go:build linux && (amd64 || arm64)

package disk

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// workVariable makes the test binary sync a file: the value is a work as JSON.
const workVariable = "KUBEDYNO_TEST_WORK"

type work struct {
	File           string
	Threads, Calls int  // Calls of each thread.
	Signals        bool // Whether the threads are sent signals meanwhile.
}

// span is when a call was made and when it was over, since the work began.
type span struct{ From, To time.Duration }

func TestMain(m *testing.M) {
	if IsShim(os.Args) {
		os.Exit(Shim(os.Args))
	}
	if text := os.Getenv(workVariable); text != "" {
		var w work
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			panic(err)
		}
		w.do()
		return
	}
	goleak.VerifyTestMain(m)
}

// do syncs and writes the spans of all calls.
func (w work) do() {
	file, err := os.Create(w.File)
	if err != nil {
		panic(err)
	}
	var all sync.WaitGroup
	var mutex sync.Mutex
	var spans []span
	began, done := time.Now(), make(chan struct{})
	for range w.Threads {
		all.Go(func() {
			runtime.LockOSThread()
			if w.Signals {
				go pester(unix.Gettid(), done)
			}
			for i := range w.Calls {
				_, _ = file.WriteAt([]byte("x"), int64(i))
				from := time.Since(began)
				if err := file.Sync(); err != nil {
					panic(err)
				}
				mutex.Lock()
				spans = append(spans, span{from, time.Since(began)})
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	close(done)
	_ = json.NewEncoder(os.Stdout).Encode(spans)
}

// pester sends a thread a signal every millisecond.
func pester(thread int, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
			_ = unix.Tgkill(os.Getpid(), thread, unix.SIGURG)
		}
	}
}

// carryOut does the work on a disk and returns what the process saw and what the supervisor did.
func carryOut(t *testing.T, m Model, w work) (spans []span, calls []Call) {
	t.Helper()
	if _, err := Probe(t.Context()); err != nil {
		t.Skip(err)
	}
	w.File = filepath.Join(t.TempDir(), "file")
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), workVariable+"="+string(text))
	var out strings.Builder
	command.Stdout, command.Stderr = &out, os.Stderr
	e, err := Emulate(command, m, 1)
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	e.Observe(func(c Call) {
		mutex.Lock()
		defer mutex.Unlock()
		calls = append(calls, c)
	})
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	e.Begin()
	e.Serve()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := json.Unmarshal([]byte(out.String()), &spans); err != nil {
		t.Fatal(err)
	}
	return spans, calls
}

// TestConstant holds every call back, and none for less than asked.
func TestConstant(t *testing.T) {
	const calls, delay = 30, 3 * time.Millisecond
	spans, seen := carryOut(t, Model{Median: delay, P99: delay}, work{Threads: 1, Calls: calls})
	if len(spans) != calls || len(seen) != calls {
		t.Fatalf("the process made %d calls, and %d were seen; want %d", len(spans), len(seen), calls)
	}
	for i, s := range spans {
		if took := s.To - s.From; took < delay {
			t.Errorf("call %d took %s, less than %s", i, took, delay)
		}
	}
	for i, c := range seen {
		if c.Name != "fsync" || c.Asked != delay || c.Late() < 0 || c.Lost {
			t.Errorf("call %d: %+v", i, c)
		}
	}
}

// TestTogether holds several calls back at once: some of them overlap.
func TestTogether(t *testing.T) {
	spans, _ := carryOut(t, Model{Median: 40 * ms, P99: 40 * ms}, work{Threads: 4, Calls: 3})
	overlaps := 0
	for i, a := range spans {
		for _, b := range spans[i+1:] {
			if a.From < b.To && b.From < a.To {
				overlaps++
			}
		}
	}
	if len(spans) != 12 || overlaps == 0 {
		t.Errorf("%d calls, %d of them at once with another", len(spans), overlaps)
	}
}

// TestLimitOfOperations lets no call go before its token is there.
func TestLimitOfOperations(t *testing.T) {
	spans, _ := carryOut(t, Model{IOPS: 100, Burst: 2}, work{Threads: 4, Calls: 3})
	first := spans[0].From
	for _, s := range spans {
		first = min(first, s.From)
	}
	for i, s := range spans { // In the order in which they were over.
		if least := time.Duration(i-1) * 10 * ms; s.To-first < least {
			t.Errorf("call %d was over after %s, before %s", i, s.To-first, least)
		}
	}
}

// TestSignals sends the threads signals, which must not make a call wait for less.
func TestSignals(t *testing.T) {
	const delay = 20 * time.Millisecond
	spans, seen := carryOut(t, Model{Median: delay, P99: delay}, work{Threads: 2, Calls: 5, Signals: true})
	whole := 0
	for _, c := range seen {
		if !c.Lost {
			whole++
		}
	}
	if len(spans) != 10 || whole != 10 {
		t.Errorf("%d calls, of which %d were held back to the end", len(spans), whole)
	}
	for _, s := range spans {
		if took := s.To - s.From; took < delay {
			t.Errorf("a call took %s, less than %s", took, delay)
		}
	}
}

// TestKilled ends while calls are held back for long, when their process is killed.
func TestKilled(t *testing.T) {
	if _, err := Probe(t.Context()); err != nil {
		t.Skip(err)
	}
	text := fmt.Sprintf(`{"File": %q, "Threads": 2, "Calls": 1}`, filepath.Join(t.TempDir(), "file"))
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), workVariable+"="+text)
	e, err := Emulate(command, Model{Median: time.Hour, P99: time.Hour}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	e.Begin()
	e.Serve()
	for deadline := time.Now().Add(20 * time.Second); !isHeld(command.Process.Pid); time.Sleep(ms) {
		if time.Now().After(deadline) {
			t.Fatal("no call came")
		}
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil || command.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the process ended with %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// isHeld reports whether a thread of a process waits in fsync.
func isHeld(process int) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", process))
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.HasPrefix(string(text), fmt.Sprintf("%d ", unix.SYS_FSYNC)) {
			return true
		}
	}
	return false
}

// TestShimFails says why, in the standard error of what would be the process.
func TestShimFails(t *testing.T) {
	command := exec.Command(os.Args[0])
	command.Path = "/nonexistent/program"
	e, err := Emulate(command, Model{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.output(command)
	if err == nil || !strings.Contains(err.Error(), "kubedyno: emulate a disk: ") {
		t.Errorf("got %v", err)
	}
}

func TestNeverStarted(t *testing.T) {
	before := descriptors(t)
	e, err := Emulate(exec.Command(os.Args[0]), Model{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before and %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestNilEmulation(t *testing.T) {
	var e *Emulation
	e.Observe(func(Call) {})
	e.Begin()
	e.Serve()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestSizes holds the structures against the sizes that are part of the kernel's requests.
func TestSizes(t *testing.T) {
	const shift, mask = 16, 0x3fff
	if size := unsafe.Sizeof(notification{}); size != unix.SECCOMP_IOCTL_NOTIF_RECV>>shift&mask {
		t.Errorf("struct seccomp_notif has %d bytes", size)
	}
	if size := unsafe.Sizeof(response{}); size != unix.SECCOMP_IOCTL_NOTIF_SEND>>shift&mask {
		t.Errorf("struct seccomp_notif_resp has %d bytes", size)
	}
}

func TestProbe(t *testing.T) {
	took, err := Probe(t.Context())
	if err != nil {
		t.Skip(err)
	}
	if took <= 0 || took > time.Second {
		t.Errorf("a call that is held back for no time took %s", took)
	}
}
