package cluster

import (
	"errors"
	"os"
	"os/exec"
)

var errPlatform = errors.New("the embedded control plane and kwok run on Linux and macOS only: " +
	"on Windows, use WSL or a machine of one of those")

func (c *Cluster) prepare(*exec.Cmd, Component) (*os.File, error) { return nil, errPlatform }

// tryLock always has the lock: without a control plane nobody competes for it.
func tryLock(*os.File) (bool, error) { return true, nil }

func (c *Cluster) alive(Component) bool { return false }

func terminate(p *os.Process) error { return p.Kill() }
