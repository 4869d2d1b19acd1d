//go:build amd64 || arm64

package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// probeCalls is how many calls the probe makes.
const probeCalls = 200

// probeLimit is how long the probe may take; it takes 0.1 s.
const probeLimit = 20 * time.Second

// Probe returns what it costs a call here to be held back for no time at all: the news to the
// supervisor and the answer, the mean of some calls that do nothing. The error says why a disk
// cannot be emulated here.
func Probe(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	command := exec.CommandContext(ctx, self)
	command.Args = []string{probeName}
	e, err := Emulate(command, Model{}, 0)
	if err != nil {
		return 0, errUnsupported(err)
	}
	var seen atomic.Int64
	e.Observe(func(Call) { seen.Add(1) })
	said, err := e.output(command)
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("try whether a slower disk can be emulated here: %w", context.Cause(ctx))
	case err != nil:
		return 0, errUnsupported(err)
	}
	took, err := strconv.ParseInt(said, 10, 64)
	if n := seen.Load(); err != nil || n != probeCalls {
		return 0, errUnsupported(fmt.Errorf("%d of %d calls were seen, and the probe said %q", n, probeCalls, said))
	}
	return time.Duration(took) / probeCalls, nil
}

// output runs a command on the emulated disk and returns what it writes.
func (e *Emulation) output(command *exec.Cmd) (string, error) {
	var out, faults limited
	command.Stdout, command.Stderr = &out, &faults
	err := command.Start()
	if err == nil {
		e.Begin()
		e.Serve()
		if err = command.Wait(); err != nil {
			err = fmt.Errorf("%w: %s", err, faults.text)
		}
	}
	return out.text, errors.Join(err, e.Close())
}

// limited keeps the beginning of what a probe writes.
type limited struct{ text string }

func (l *limited) Write(data []byte) (int, error) {
	const most = 1 << 10
	l.text += string(data[:min(len(data), most-len(l.text))])
	return len(data), nil
}

// probe makes calls on a descriptor that is none, which cost next to nothing by themselves, and
// writes how many nanoseconds all took.
func probe() {
	began := time.Now()
	for range probeCalls {
		_ = unix.Fdatasync(-1) // Fails, after it was held back.
	}
	_, _ = os.Stdout.WriteString(strconv.FormatInt(time.Since(began).Nanoseconds(), 10))
}
