package store

import (
	"errors"
	"os"
	"path/filepath"
)

// Scratch is a file for what is too much for memory. It is gone when it is closed, and with
// the process.
type Scratch struct {
	*os.File
	named bool // it still has a name, since this system takes none from a file that is open
}

// Scratch makes such a file, beside the database, where there is room for what belongs to
// it, or in the system's folder for temporary files where nothing can be written there.
func (f *File) Scratch() (*Scratch, error) {
	const pattern = ".sonde-*"
	file, err := os.CreateTemp(filepath.Dir(f.path), pattern)
	if err != nil {
		file, err = os.CreateTemp("", pattern)
	}
	if err != nil {
		return nil, err
	}
	return &Scratch{file, os.Remove(file.Name()) != nil}, nil
}

// Close closes and removes the file.
func (s *Scratch) Close() error {
	err := s.File.Close()
	if s.named {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}
