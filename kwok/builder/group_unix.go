//go:build unix

package builder

import (
	"os/exec"
	"syscall"
)

// stopAsGroup makes the end of the command's context end its compilers too, and keeps a
// Ctrl-C at the terminal from reaching them before kubedyno has decided what to do.
func stopAsGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
