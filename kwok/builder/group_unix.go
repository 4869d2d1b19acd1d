//go:build unix

package builder

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// stopAsGroup keeps a Ctrl-C at the terminal from reaching the compilers before kubedyno has
// decided what to do, and makes the end of the command's context interrupt them all: the go
// command then removes its working files, which it would leave behind if it were killed.
func stopAsGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
}

// tryLock takes the lock on a file until it is closed, unless another process has it.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
