//go:build !linux

package doctor

// readSystem finds nothing: these facts are known on Linux only.
func readSystem(*Facts, string) {}
