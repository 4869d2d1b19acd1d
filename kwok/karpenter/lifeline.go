package main

import (
	"fmt"
	"os"
	"strconv"
)

// lifelineVariable names the environment variable that holds the number of an inherited
// file descriptor: the reading end of a pipe whose writing end only the supervisor holds.
const lifelineVariable = "KUBEDYNO_LIFELINE_FD"

// watchLifeline ends this process as soon as its supervisor is gone, however it went
// (kill -9 included): the kernel then closes the pipe's writing end, and the read below
// returns nothing. One byte is the supervisor's leave to live on, which "kubedyno up" gives
// each component of a cluster that is up. Without the variable nobody supervises.
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
		if n, _ := pipe.Read(make([]byte, 1)); n > 0 {
			return
		}
		fmt.Fprintln(os.Stderr, "the supervisor is gone; exiting")
		os.Exit(1)
	}()
}
