package analyze

import (
	"bufio"
	"encoding/binary"
	"slices"

	"sonde/store"
)

// link is a link as the analysis goes over it.
type link struct {
	to     int32 // the page that it leads to where it is followed, else the URL
	traits trait
}

// linkBytes is what a link takes in a linkFile.
const linkBytes = 4 + 1

// Links are read from a linkFile so many at a time, and so many of these windows are
// kept: blocks that many pages share lie far apart from the page's own. Where there are
// few links, all are kept.
const (
	windowLinks = 2048
	windowCount = 64
	fewLinks    = 2 << 20 // which take 16 MiB
)

// linkFile has the links of blocks, one block after the other, in a file of their own: a run
// may have tens of millions, and whoever computes on them goes over all a hundred times,
// in the order of the blocks or of the pages.
type linkFile struct {
	file    *store.Scratch
	out     *bufio.Writer
	starts  []int32 // of every block among the links, and the end of the last
	count   int32
	windows []window
	bytes   []byte
}

// window is a part of the links.
type window struct {
	first int32
	links []link
}

func newLinkFile(file *store.Scratch) *linkFile {
	return &linkFile{file: file, out: bufio.NewWriterSize(file, 1<<16)}
}

// begin begins a block. Those before it that have not begun are empty.
func (l *linkFile) begin(block int32) {
	for int32(len(l.starts)) <= block {
		l.starts = append(l.starts, l.count)
	}
}

// add adds a link to the block that was begun last.
func (l *linkFile) add(next link) error {
	l.count++
	record := binary.LittleEndian.AppendUint32(l.out.AvailableBuffer(), uint32(next.to))
	_, err := l.out.Write(append(record, byte(next.traits)))
	return err
}

// end ends the writing: there are so many blocks. Their links can be read from now on.
func (l *linkFile) end(blocks int32) error {
	l.begin(blocks)
	count := int32(windowCount)
	if l.count <= fewLinks {
		count = l.count/windowLinks + 1
	}
	l.windows = make([]window, count)
	return l.out.Flush()
}

// of returns the links of a block. They are good until the next call.
func (l *linkFile) of(block int32) ([]link, error) {
	first, end := l.starts[block], l.starts[block+1]
	place := first / windowLinks
	w := &l.windows[place%int32(len(l.windows))]
	if begin := place * windowLinks; w.first != begin || end > begin+int32(len(w.links)) {
		w.first = begin
		if err := l.read(w, max(end, min(begin+windowLinks, l.count))-begin); err != nil {
			return nil, err
		}
	}
	return w.links[first-w.first : end-w.first], nil
}

// read reads so many links from where a window begins.
func (l *linkFile) read(w *window, count int32) error {
	if size := int(count) * linkBytes; size > len(l.bytes) {
		l.bytes = make([]byte, size)
	}
	bytes := l.bytes[:int(count)*linkBytes]
	w.links = slices.Grow(w.links[:0], int(count))
	if _, err := l.file.ReadAt(bytes, int64(w.first)*linkBytes); err != nil {
		return err
	}
	w.links = w.links[:count]
	for i := range w.links {
		record := bytes[i*linkBytes : i*linkBytes+linkBytes]
		w.links[i] = link{int32(binary.LittleEndian.Uint32(record)), trait(record[4])}
	}
	return nil
}

// close removes the file.
func (l *linkFile) close() error { return l.file.Close() }
