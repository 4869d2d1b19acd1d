//go:build amd64 || arm64

package disk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// maxCalls is how many calls are held back at once. More wait in the kernel; a process has at most
// one for each of its threads.
const maxCalls = 256

// self is the program that runs, though its file may have been replaced since.
const self = "/proc/self/exe"

// An Emulation is a disk under one process, from its start until it has ended. A nil one is the
// machine's own disk: its methods do nothing.
type Emulation struct {
	queue    *queue
	began    time.Time
	ours     *os.File // The shim sends the listener to this end of a socket.
	theirs   *os.File // The shim inherits this one.
	ending   *os.File // Closed by Close, at its writing end.
	end      *os.File
	closing  chan struct{}
	once     sync.Once
	done     chan struct{} // Closed when nothing is served any more.
	err      error         // Why, unless Close was called or the process has ended; read after done.
	begun    atomic.Bool   // Calls are held back.
	observer atomic.Pointer[func(Call)]
}

// Emulate makes a command run on an emulated disk; call it when all else of the command is set. Call
// Serve when the command was started, Begin when its calls are to be held back, and in any case Close.
func Emulate(command *exec.Cmd, model Model, seed uint64) (*Emulation, error) {
	if err := model.Check(); err != nil {
		return nil, err
	}
	if command.Err != nil {
		return nil, command.Err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket to a shim: %w", err)
	}
	e := &Emulation{queue: newQueue(model, seed), began: time.Now(), done: make(chan struct{}), closing: make(chan struct{}),
		ours: os.NewFile(uintptr(pair[0]), "shim"), theirs: os.NewFile(uintptr(pair[1]), "supervisor")}
	if e.ending, e.end, err = os.Pipe(); err != nil {
		return nil, errors.Join(fmt.Errorf("make a pipe: %w", err), e.ours.Close(), e.theirs.Close())
	}
	descriptor := 3 + len(command.ExtraFiles) // After the standard ones.
	command.ExtraFiles = append(command.ExtraFiles, e.theirs)
	command.Args = append([]string{shimName, strconv.Itoa(descriptor), command.Path}, command.Args...)
	command.Path = self
	return e, nil
}

// Observe lets a function see every call from now on; it is called by several goroutines.
func (e *Emulation) Observe(seen func(Call)) {
	if e != nil {
		e.observer.Store(&seen)
	}
}

// Begin holds back every call that comes from now on; those before it are answered at once.
func (e *Emulation) Begin() {
	if e != nil {
		e.begun.Store(true)
	}
}

// Serve begins to answer. It returns at once, and goes on until the process has ended or Close is
// called.
func (e *Emulation) Serve() {
	if e == nil {
		return
	}
	e.theirs.Close()
	go func() {
		defer close(e.done)
		e.err = e.serve()
	}()
}

// Close ends the emulation and returns why it had ended before that, if there was a fault. A process
// that still runs gets an error for every further fsync.
func (e *Emulation) Close() error {
	if e == nil {
		return nil
	}
	e.once.Do(func() {
		close(e.closing)
		e.end.Close()
		select {
		case <-e.done:
		default:
			if e.theirs.Close() == nil { // Serve was never called.
				close(e.done)
			}
		}
		<-e.done
		e.ours.Close()
		e.ending.Close()
	})
	return e.err
}

func (e *Emulation) serve() error {
	listener, err := e.receive()
	if err != nil || listener < 0 {
		return err
	}
	var calls sync.WaitGroup
	defer unix.Close(listener)
	defer calls.Wait()
	free := make(chan struct{}, maxCalls)
	for {
		if more, err := e.await(listener); !more || err != nil {
			return err
		}
		call, err := next(listener)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOENT): // The call was taken back meanwhile.
			continue
		case err != nil:
			return fmt.Errorf("learn of a call: %w", err)
		}
		came, held, delay := time.Since(e.began), e.begun.Load(), time.Duration(0)
		if held {
			delay = e.queue.next(came)
		}
		select {
		case free <- struct{}{}:
		case <-e.closing:
			return nil
		}
		calls.Go(func() {
			defer func() { <-free }()
			e.answer(listener, call, came, delay, held)
		})
	}
}

// answer holds a call back and lets it go. Only those that came after Begin are observed.
func (e *Emulation) answer(listener int, call notification, came, delay time.Duration, held bool) {
	if !e.wait(came + delay) {
		return
	}
	err := letGo(listener, call)
	if seen := e.observer.Load(); seen != nil && held {
		// An ID that is no longer valid (ENOENT) is one whose call is no longer waiting.
		(*seen)(Call{Name: call.name(), Asked: delay, Given: time.Since(e.began) - came, Lost: err != nil})
	}
}

// fineWait is the last part of a wait, in which the thread sleeps: the runtime's own timers may be
// a millisecond late where nothing else is to be done.
const fineWait = 2 * time.Millisecond

// wait returns when it is so long since the emulation began, never before; false if Close was called.
func (e *Emulation) wait(until time.Duration) bool {
	if coarse := until - time.Since(e.began) - fineWait; coarse > 0 {
		timer := time.NewTimer(coarse)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-e.closing:
			return false
		}
	}
	for {
		left := until - time.Since(e.began)
		if left <= 0 {
			return true
		}
		pause := unix.NsecToTimespec(left.Nanoseconds())
		_ = unix.Nanosleep(&pause, nil) // Interrupted by a signal, it goes on with what is left.
	}
}

// await returns when a call has come; false if none will come any more.
func (e *Emulation) await(descriptor int) (bool, error) {
	ready := []unix.PollFd{{Fd: int32(descriptor), Events: unix.POLLIN}, {Fd: int32(e.ending.Fd()), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(ready, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return false, fmt.Errorf("wait for a call: %w", err)
		case ready[1].Revents != 0:
			return false, nil
		case ready[0].Revents&unix.POLLIN != 0:
			return true, nil
		default: // Nobody is left whose calls could come.
			return false, nil
		}
	}
}

// receive takes the listener from the shim; -1 if there will be none, whose reason the shim has said
// in its standard error.
func (e *Emulation) receive() (int, error) {
	if there, err := e.await(int(e.ours.Fd())); !there || err != nil {
		return -1, err
	}
	rights := make([]byte, unix.CmsgSpace(4)) // Room for one descriptor.
	_, n, _, _, err := unix.Recvmsg(int(e.ours.Fd()), make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("take the listener from the shim: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) == 0 {
		return -1, err
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(descriptors) != 1 {
		return -1, fmt.Errorf("take the listener from the shim: %d descriptors came: %w", len(descriptors), err)
	}
	return descriptors[0], nil
}
