package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
)

// lifelineVariable names the environment variable that holds the number of an inherited
// file descriptor: the reading end of a pipe whose writing end only the supervisor holds.
const lifelineVariable = "KUBEDYNO_LIFELINE_FD"

// watchLifeline ends this process as soon as its supervisor is gone, however it went
// (kill -9 included): the kernel then closes the pipe's writing end, and the read below
// returns. Without the variable the process lives on its own, as "kubedyno up" wants it.
func watchLifeline() {
	value := os.Getenv(lifelineVariable)
	if value == "" {
		return
	}
	descriptor, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s=%q: not a file descriptor\n", lifelineVariable, value)
		os.Exit(2)
	}
	pipe := os.NewFile(uintptr(descriptor), "lifeline")
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		fmt.Fprintln(os.Stderr, "the supervisor is gone; exiting")
		os.Exit(1)
	}()
}
