package store

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"
)

// How an export goes, on several connections at once:
//
//	plan     one goroutine finds where the next chunk ends, and puts it in line
//	read     each of a few takes a chunk, reads its rows into blocks of bytes, and
//	         lets go of the file
//	take     the caller's goroutine gives the rows to the sink, chunk after chunk in
//	         the order of the line
//
// The sink is called while no transaction waits for it, unless a chunk is larger than
// blocksWaiting blocks.

const (
	exportReaders = 2
	blockBytes    = 64 << 10                    // a block is handed on when it has grown to this
	blocksWaiting = 24                          // of one chunk
	exportCache   = "PRAGMA cache_size = -1024" // KiB; an export reads most pages once
)

// chunk is a part of a view. Whoever has it sends its blocks, sets err, and closes
// blocks, in this order.
type chunk struct {
	run, after, end int64 // see cut
	blocks          chan []byte
	err             error
}

func newChunk(run, after, end int64) *chunk {
	return &chunk{run: run, after: after, end: end, blocks: make(chan []byte, blocksWaiting)}
}

func (c *chunk) close(err error) {
	c.err = err
	close(c.blocks)
}

// exporting is an export that goes on.
type exporting struct {
	*export
	line chan *chunk // in their order
	jobs chan *chunk
	free chan []byte // blocks that are done with
}

// run gives all rows to the sink.
func (e *export) run(ctx context.Context, to Sink) error {
	if err := to.Columns(e.columns); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	x := &exporting{
		export: e,
		line:   make(chan *chunk, 1),
		jobs:   make(chan *chunk),
		free:   make(chan []byte, exportReaders*blocksWaiting),
	}
	var all sync.WaitGroup
	all.Go(func() { x.plan(ctx) })
	for range e.readers() {
		all.Go(func() { x.read(ctx) })
	}
	err := x.take(ctx, to)
	cancel()
	all.Wait()
	return err
}

// readers is how many connections read: one is enough for a view that is not cut.
func (e *export) readers() int {
	if e.cut.end == "" {
		return 1
	}
	return exportReaders
}

// take gives what the readers bring to the sink.
func (x *exporting) take(ctx context.Context, to Sink) error {
	for c := range x.line {
		for block := range c.blocks {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := giveBlock(block, len(x.columns), to); err != nil {
				return err
			}
			select {
			case x.free <- block[:0]:
			default:
			}
		}
		if c.err != nil {
			return c.err
		}
	}
	return ctx.Err()
}

// plan puts chunk after chunk in line, and offers it to the readers.
func (x *exporting) plan(ctx context.Context) {
	defer close(x.line)
	defer close(x.jobs)
	enqueue := func(c *chunk) error { return x.enqueue(ctx, c) }
	var err error
	if x.cut.end == "" {
		err = enqueue(newChunk(0, 0, 0))
	} else {
		err = x.connected(ctx, func(conn *sqlite.Conn) error { return x.cut.each(conn, enqueue) })
	}
	if err != nil && ctx.Err() == nil {
		c := newChunk(0, 0, 0)
		c.close(err)
		x.line <- c
	}
}

func (x *exporting) enqueue(ctx context.Context, c *chunk) error {
	select {
	case x.line <- c:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case x.jobs <- c:
		return nil
	case <-ctx.Done():
		c.close(ctx.Err())
		return ctx.Err()
	}
}

// read reads the chunks that it gets.
func (x *exporting) read(ctx context.Context) {
	err := x.connected(ctx, func(conn *sqlite.Conn) error {
		stmt, _, err := conn.PrepareTransient(x.query)
		if err != nil {
			return err
		}
		defer stmt.Finalize()
		x.where.bind(stmt)
		for c := range x.jobs {
			c.close(x.rows(ctx, stmt, c))
		}
		return nil
	})
	for c := range x.jobs { // where there was no connection
		c.close(err)
	}
}

// connected calls do with a connection of its own.
func (x *exporting) connected(ctx context.Context, do func(*sqlite.Conn) error) error {
	conn, err := openReader(x.path)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetInterrupt(ctx.Done())
	if err := execAll(conn, exportCache); err != nil {
		return err
	}
	return do(conn)
}

// rows reads the rows of a chunk into blocks.
func (x *exporting) rows(ctx context.Context, stmt *sqlite.Stmt, c *chunk) error {
	if x.cut.end != "" {
		bind(stmt, c.run, c.after, c.end)
	}
	block := x.block()
	for {
		more, err := stmt.Step()
		if err != nil {
			stmt.Reset()
			return err
		}
		if !more {
			break
		}
		block = appendRow(block, stmt, len(x.columns))
		if len(block) < blockBytes {
			continue
		}
		if err := send(ctx, c, block); err != nil {
			stmt.Reset()
			return err
		}
		block = x.block()
	}
	if err := stmt.Reset(); err != nil { // now the file is let go
		return err
	}
	return send(ctx, c, block)
}

func send(ctx context.Context, c *chunk, block []byte) error {
	select {
	case c.blocks <- block:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// block is an empty block.
func (x *exporting) block() []byte {
	select {
	case b := <-x.free:
		return b
	default:
		return make([]byte, 0, blockBytes+blockBytes/8)
	}
}

// In a block a cell is a byte for its type, and the value: 8 bytes of an integer or
// float, the length and the bytes of a text or blob, nothing of NULL.

// appendRow appends the row that a statement is at.
func appendRow(b []byte, stmt *sqlite.Stmt, columns int) []byte {
	for i := range columns {
		t := stmt.ColumnType(i)
		b = append(b, byte(t))
		switch t {
		case sqlite.TypeInteger:
			b = binary.LittleEndian.AppendUint64(b, uint64(stmt.ColumnInt64(i)))
		case sqlite.TypeFloat:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(stmt.ColumnFloat(i)))
		case sqlite.TypeText, sqlite.TypeBlob:
			b = appendColumn(b, stmt, i)
		}
	}
	return b
}

func appendColumn(b []byte, stmt *sqlite.Stmt, column int) []byte {
	size := stmt.ColumnLen(column)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = slices.Grow(b, size)
	return b[:len(b)+stmt.ColumnBytes(column, b[len(b):len(b)+size])]
}

// giveBlock gives the rows of a block to a sink.
func giveBlock(b []byte, columns int, to Sink) error {
	for len(b) > 0 {
		for range columns {
			t := sqlite.ColumnType(b[0])
			b = b[1:]
			switch t {
			case sqlite.TypeInteger:
				to.Integer(int64(binary.LittleEndian.Uint64(b)))
				b = b[8:]
			case sqlite.TypeFloat:
				to.Float(math.Float64frombits(binary.LittleEndian.Uint64(b)))
				b = b[8:]
			case sqlite.TypeText:
				size := binary.LittleEndian.Uint32(b)
				to.Text(b[4 : 4+size])
				b = b[4+size:]
			case sqlite.TypeBlob:
				size := binary.LittleEndian.Uint32(b)
				to.Blob(b[4 : 4+size])
				b = b[4+size:]
			default:
				to.Null()
			}
		}
		if err := to.EndRow(); err != nil {
			return err
		}
	}
	return nil
}
