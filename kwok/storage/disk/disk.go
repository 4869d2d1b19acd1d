// Package disk puts another disk under a child process: none that is waited for, memory, or one
// whose fsync takes longer than that of the machine's own.
//
// A slower disk is emulated by seccomp user notification (see seccomp_unotify(2)): a shim, which is
// the calling program executed anew, asks the kernel to hold back every fsync and fdatasync of the
// process until its supervisor has answered, and then becomes the process. The supervisor answers
// after a delay that a Model draws, and the kernel carries the call out. The delay therefore comes
// on top of what the machine's own disk takes. It needs Linux 5.5 and no rights.
//
// A program that calls Emulate begins its main function with
//
//	if disk.IsShim(os.Args) {
//		os.Exit(disk.Shim(os.Args))
//	}
package disk

import (
	"fmt"
	"time"
)

// A Kind is what is done about a process's disk.
type Kind string

// The kinds.
const (
	Real     Kind = ""         // Nothing: its files are on the machine's own disk.
	NoSync   Kind = "none"     // It is told not to wait for any disk.
	Memory   Kind = "tmpfs"    // Its files are in memory.
	Emulated Kind = "emulated" // Its fsyncs are held back.
)

// A Disk is what is under a process. The zero Disk is the machine's own.
type Disk struct {
	Kind  Kind
	Model Model  // Of an emulated one.
	Seed  uint64 // Decides what the model draws.
	// Preset is the name of the preset that it comes from, and Source where its figures are from;
	// empty without one.
	Preset, Source string
}

// String describes the disk in words.
func (d Disk) String() string {
	switch d.Kind {
	case Real:
		return "the machine's own"
	case NoSync:
		return "none: etcd does not wait for a disk (--unsafe-no-fsync)"
	case Memory:
		return "memory (tmpfs)"
	}
	words := d.Model.String() + ", on top of the machine's own"
	if d.Preset != "" {
		return d.Preset + ": " + words
	}
	return words
}

// A Call is one fsync or fdatasync that was held back.
type Call struct {
	Name  string        // fsync or fdatasync.
	Asked time.Duration // What the model drew, the wait for a token included.
	// Given is from when the supervisor learned of the call until it had answered; never less than
	// Asked. How long the news took is not in it: see Probe.
	Given time.Duration
	// Lost says that a signal or the end of the process took the call back before the answer.
	Lost bool
}

// Late is how much longer than asked the call was held back.
func (c Call) Late() time.Duration { return c.Given - c.Asked }

// errUnsupported says why a disk cannot be emulated here.
func errUnsupported(why error) error {
	return fmt.Errorf("a slower disk cannot be emulated here, which takes Linux 5.5 or later on amd64 or arm64 "+
		"and a sandbox that allows seccomp user notification: %w", why)
}
