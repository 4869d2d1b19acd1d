//go:build amd64 || arm64

package disk

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The names by which the calling program knows that it is to be the shim, or the probe.
const (
	shimName  = "kubedyno-disk-shim"
	probeName = "kubedyno-disk-probe"
)

// IsShim reports whether a program's arguments, its name included, say that Emulate or Probe has
// started it.
func IsShim(arguments []string) bool {
	return len(arguments) > 0 && (arguments[0] == shimName || arguments[0] == probeName)
}

// Shim does what it was started for and returns the exit code. It returns only if it was the probe
// or could not do it.
func Shim(arguments []string) int {
	runtime.LockOSThread() // The filter is that of a thread, and the one that executes keeps it.
	if arguments[0] == probeName {
		probe()
		return 0
	}
	fmt.Fprintln(os.Stderr, "kubedyno: emulate a disk:", becomeFiltered(arguments[1:]))
	return 1
}

// becomeFiltered executes a program whose fsyncs are held back. The arguments are the socket's
// descriptor, the program's path and all its arguments.
func becomeFiltered(arguments []string) error {
	const least = 3
	if len(arguments) < least {
		return fmt.Errorf("%d arguments, want at least %d", len(arguments), least)
	}
	socket, err := strconv.Atoi(arguments[0])
	if err != nil {
		return fmt.Errorf("the socket's descriptor: %w", err)
	}
	listener, err := hold()
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(socket, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("hand the listener over: %w", err)
	}
	unix.CloseOnExec(socket) // The kernel has marked the listener so.
	return fmt.Errorf("execute %s: %w", arguments[1], syscall.Exec(arguments[1], arguments[2:], os.Environ()))
}

// hold makes the kernel hold back every fsync and fdatasync of this thread and of what it executes,
// and returns where to learn of them.
func hold() (int, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("set no_new_privs: %w", err)
	}
	instructions := filter()
	program := unix.SockFprog{Len: uint16(len(instructions)), Filter: &instructions[0]}
	// Once the supervisor knows of a call, only a deadly signal takes it back. Linux before 5.19 does
	// not know that flag: there a call that a signal interrupts begins anew, and waits twice.
	listener, errno := install(&program, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
	if errno == unix.EINVAL {
		listener, errno = install(&program, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	}
	if errno != 0 {
		return 0, fmt.Errorf("install a seccomp filter with user notification: %w", errno)
	}
	return listener, nil
}

func install(program *unix.SockFprog, flags uintptr) (int, syscall.Errno) {
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(program)))
	return int(listener), errno
}

// filter is a program for the kernel (seccomp(2)): fsync and fdatasync of the machine's own
// architecture are held back, all else is allowed.
func filter() []unix.SockFilter {
	const number, architecture = 0, 4 // Offsets in struct seccomp_data.
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	equal := func(value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jt: yes, Jf: no}
	}
	answer := func(value uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
	}
	return []unix.SockFilter{
		load(architecture),
		equal(auditArch, 0, 3),
		load(number),
		equal(unix.SYS_FSYNC, 2, 0),
		equal(unix.SYS_FDATASYNC, 1, 0),
		answer(unix.SECCOMP_RET_ALLOW),
		answer(unix.SECCOMP_RET_USER_NOTIF),
	}
}
