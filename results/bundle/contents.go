package bundle

import (
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Contents say what a file of a run held when the run ended, so that one that was cut or changed
// later is not taken for the whole.
type Contents struct {
	Bytes int64  `json:"bytes"`
	Sum   uint32 `json:"crc32c"` // CRC-32C (Castagnoli), RFC 3720 appendix B.4.
}

func newSum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// contentsOf are those of a file's bytes.
func contentsOf(data []byte) Contents {
	return Contents{int64(len(data)), crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))}
}

// A countingReader adds up what was read through it.
type countingReader struct {
	from  io.Reader
	bytes int64
	sum   hash.Hash32
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.bytes += int64(n)
	r.sum.Write(p[:n]) // Never fails.
	return n, err
}

// compare checks a file that was read to its end against what the run wrote. One with less is
// remembered as short; one that differs otherwise is an error. A run that did not end, and one of
// an older kubedyno, did not say what it wrote.
func (r *Run) compare(name string, got Contents) error {
	want, known := r.Manifest.Files[name]
	switch {
	case !known || got == want:
		return nil
	case got.Bytes < want.Bytes:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.short[name] = true
		return nil
	default:
		return fmt.Errorf("read %s: its %d bytes are not the %d that the run wrote, or were changed since; copy the folder anew",
			filepath.Join(r.Dir, name), got.Bytes, want.Bytes)
	}
}

// Short returns the files, in the order of their names, that hold less than the run wrote, among
// those that have been read to their end so far.
func (r *Run) Short() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name := range r.short {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Missing reports whether a file was never there, as is BucketsFile in the folder of an older
// kubedyno, rather than lost.
func (r *Run) Missing(name string) bool {
	_, known := r.Manifest.Files[name]
	_, err := os.Stat(filepath.Join(r.Dir, name))
	return !known && errors.Is(err, fs.ErrNotExist)
}
