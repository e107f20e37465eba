package store

import (
	"encoding/json"
	"fmt"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// headers reads the headers that answers had, each once: most pages of a site share
// one. It belongs to a connection.
type headers struct {
	conn  *sqlite.Conn
	known map[int64][]sonde.HeaderField // by _texts.id, at most maxHeaders
}

const maxHeaders = 256

func newHeaders(conn *sqlite.Conn) headers {
	return headers{conn, make(map[int64][]sonde.HeaderField)}
}

// of gives the header with a number, without what is volatile.
func (h *headers) of(id int64) ([]sonde.HeaderField, error) {
	if header, known := h.known[id]; known || id == 0 {
		return header, nil
	}
	var text string
	err := rows(h.conn, "SELECT text FROM _texts WHERE id = ?", func(stmt *sqlite.Stmt) error {
		text = stmt.ColumnText(0)
		return nil
	}, id)
	if err != nil {
		return nil, err
	}
	header, err := readHeader(text)
	if err != nil {
		return nil, fmt.Errorf("the header in _texts %d: %w", id, err)
	}
	if len(h.known) >= maxHeaders {
		clear(h.known)
	}
	h.known[id] = header
	return header, nil
}

// readHeader reads what headersJSON wrote.
func readHeader(text string) (header []sonde.HeaderField, err error) {
	if text == "" {
		return nil, nil
	}
	var fields [][2]string
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, err
	}
	for _, f := range fields {
		if field := (sonde.HeaderField{Name: f[0], Value: f[1]}); !field.IsVolatile() {
			header = append(header, field)
		}
	}
	return header, nil
}

// previous reads what was kept of a URL from four columns; without a validator or a
// body there is nothing to ask a condition with.
func (h *headers) previous(stmt *sqlite.Stmt, column int) (*sonde.Previous, error) {
	if stmt.ColumnIsNull(column) && stmt.ColumnIsNull(column+1) && stmt.ColumnIsNull(column+2) {
		return nil, nil
	}
	p := &sonde.Previous{ETag: stmt.ColumnText(column), LastModified: stmt.ColumnText(column + 1)}
	stmt.ColumnBytes(column+2, p.BodySHA256[:])
	var err error
	p.Header, err = h.of(stmt.ColumnInt64(column + 3))
	return p, err
}
