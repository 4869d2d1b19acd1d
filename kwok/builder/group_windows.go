package builder

import "os/exec"

// stopAsGroup leaves the command as it is: the end of its context ends the go command, whose
// compilers then end by themselves.
func stopAsGroup(*exec.Cmd) {}
