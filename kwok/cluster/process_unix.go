//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// lockAttempts and lockPause bound the wait for a component's lock, which another process
// that asks whether the component lives holds for a moment.
const (
	lockAttempts = 50
	lockPause    = 10 * time.Millisecond
)

// prepare gives the command to be started a process group of its own, so that a Ctrl-C at
// the terminal reaches only kubedyno, and two inherited descriptors: number 3 is the
// component's lock, whose flock lives exactly as long as the process, so a pid can be trusted
// though kubedyno itself was killed; number 4 is the lifeline. The caller closes the lock.
func (c *Cluster) prepare(command *exec.Cmd, component Component) (*os.File, error) {
	lock, err := os.OpenFile(c.lockFile(component), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockSoon(lock); err != nil {
		lock.Close()
		return nil, fmt.Errorf("another %s runs in %s: %w", component, c.directory, err)
	}
	command.ExtraFiles = []*os.File{lock}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.detached {
		command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	if c.lifeline != nil {
		command.ExtraFiles = append(command.ExtraFiles, c.lifeline)
		command.Env = append(command.Env, lifelineVariable+"=4")
	}
	return lock, nil
}

func lockSoon(file *os.File) error {
	for range lockAttempts {
		if free, err := tryLock(file); free || err != nil {
			return err
		}
		time.Sleep(lockPause)
	}
	return syscall.EWOULDBLOCK
}

// tryLock locks a file until it is closed, unless it is locked.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// alive reports whether a component of the cluster in c.directory runs, whoever started it.
// The lock that it tries is a shared one: two that ask do not take each other for it.
func (c *Cluster) alive(component Component) bool {
	lock, err := os.OpenFile(c.lockFile(component), os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK)
}

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

func (c *Cluster) lockFile(component Component) string {
	return c.path("locks", string(component))
}
