package bundle

import (
	"bufio"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
)

// streamBuffer is how many bytes of one file wait in memory for a flush.
const streamBuffer = 64 << 10

// A stream appends lines to a file. A line reaches the file in one piece unless it is longer
// than the buffer, so that only a kill in the middle of a write can cut one.
type stream struct {
	file   *os.File
	buffer *bufio.Writer
	bytes  int64 // Written so far, and their checksum.
	sum    hash.Hash32
}

func newStream(file *os.File) *stream {
	return &stream{file: file, buffer: bufio.NewWriterSize(file, streamBuffer), sum: newSum()}
}

func (s *stream) line(data []byte) error {
	if len(data)+1 > s.buffer.Available() {
		if err := s.buffer.Flush(); err != nil {
			return err
		}
	}
	if _, err := s.buffer.Write(data); err != nil {
		return err
	}
	if err := s.buffer.WriteByte('\n'); err != nil {
		return err
	}
	s.bytes += int64(len(data)) + 1
	s.sum.Write(data) // Never fails.
	s.sum.Write([]byte{'\n'})
	return nil
}

func (s *stream) contents() Contents { return Contents{s.bytes, s.sum.Sum32()} }

func (s *stream) flush() error { return s.buffer.Flush() }

func (s *stream) sync() error {
	if err := s.buffer.Flush(); err != nil {
		return err
	}
	return s.file.Sync()
}

func (s *stream) close() error { return s.file.Close() }

// WriteFile puts a file into a run folder, whole or not at all; it replaces an older one.
func WriteFile(dir, name string, data []byte) error {
	if name != filepath.Base(name) || name == "." {
		return fmt.Errorf("write %q into run folder %s: it must be the name of a file, not a path", name, dir)
	}
	return writeAtomically(filepath.Join(dir, name), data)
}

// writeAtomically writes beside the file and renames, which every system does in one step.
func writeAtomically(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // Mode 0600.
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
