//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
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
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("another %s runs in %s: %w", component, c.directory, err)
	}
	command.ExtraFiles = []*os.File{lock}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.detached {
		command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return lock, nil
	}
	command.ExtraFiles = append(command.ExtraFiles, c.lifeline)
	command.Env = append(command.Env, "KUBEDYNO_LIFELINE_FD=4")
	return lock, nil
}

// alive reports whether a component of the cluster in c.directory runs, whoever started it.
func (c *Cluster) alive(component Component) bool {
	lock, err := os.OpenFile(c.lockFile(component), os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK)
}

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

func (c *Cluster) lockFile(component Component) string {
	return c.path("locks", string(component))
}
