//go:build amd64 || arm64

package disk

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is the kernel's struct seccomp_notif.
type notification struct {
	id           uint64
	_            uint32 // The thread.
	_            uint32 // Flags.
	number       int32  // Of the system call.
	architecture uint32
	_            uint64    // Where in the program.
	_            [6]uint64 // The call's arguments.
}

// response is the kernel's struct seccomp_notif_resp.
type response struct {
	id    uint64
	_     int64 // What the call would return, if it were not carried out.
	_     int32
	flags uint32
}

func (n notification) name() string {
	if n.number == unix.SYS_FSYNC {
		return "fsync"
	}
	return "fdatasync"
}

// next learns of a call that waits. The error is ENOENT if it was taken back meanwhile.
func next(listener int) (notification, error) {
	var call notification // The kernel insists on zeros.
	err := control(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&call))
	return call, err
}

// letGo lets the kernel carry a call out. The error is ENOENT if it was taken back meanwhile.
func letGo(listener int, call notification) error {
	answer := response{id: call.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	for {
		err := control(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// control does an ioctl.
func control(descriptor int, request uint, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(descriptor), uintptr(request), uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}
