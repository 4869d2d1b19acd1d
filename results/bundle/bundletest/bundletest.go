// Package bundletest damages run folders for tests.
package bundletest

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A Folder is the files of a folder by name.
type Folder map[string][]byte

// Read reads a folder, without the folders in it.
func Read(t testing.TB, dir string) Folder {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := Folder{}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(dir, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// Write writes the files into a new folder and returns its path.
func (f Folder) Write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range f {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The ways to damage a file.
const (
	Truncate  = iota // All from a byte on is gone.
	Overwrite        // Bytes are others.
	Insert           // Bytes come on top.
	Replace          // It is another file.
	Remove           // It is gone.
	Duplicate        // A line is there twice.
	Swap             // A line has changed places with the next.
	Damages          // How many ways there are.
)

// Damaged returns a copy in which one file, the which-th by name, is damaged at or behind the
// byte at, and the name of that file. All numbers are taken modulo what there is.
func (f Folder) Damaged(way, which uint8, at uint32, data []byte) (Folder, string) {
	names := slices.Sorted(maps.Keys(f))
	name := names[int(which)%len(names)]
	damaged, old := maps.Clone(f), f[name]
	from := int(at) % (len(old) + 1)
	switch way % Damages {
	case Truncate:
		damaged[name] = old[:from]
	case Overwrite:
		copied := slices.Clone(old)
		copy(copied[from:], data)
		damaged[name] = copied
	case Insert:
		damaged[name] = slices.Concat(old[:from], data, old[from:])
	case Replace:
		damaged[name] = data
	case Remove:
		delete(damaged, name)
	default:
		lines := bytes.SplitAfter(old, []byte{'\n'})
		line := bytes.Count(old[:from], []byte{'\n'})
		if way%Damages == Duplicate {
			lines = slices.Insert(lines, line, lines[line])
		} else if line+1 < len(lines) {
			lines[line], lines[line+1] = lines[line+1], lines[line]
		}
		damaged[name] = bytes.Join(lines, nil)
	}
	return damaged, name
}
