package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sonde"
	"sonde/store"
	"sonde/tabular"
)

// shownClosed is how many ports of an address that are not open a table for people
// shows.
const shownClosed = 10

// flushEvery is how long rows may be held back.
const flushEvery = time.Second

// probeReport writes what a scan finds and keeps it in a file, one address after the other.
type probeReport struct {
	rows    tabular.Writer
	brief   bool        // for people: long lists of ports that are not open are left out
	file    *store.File // nil: nothing is kept
	address []sonde.Port
	flushed time.Time
	begun   bool
	hosts   int64
	states  map[sonde.PortState]int64
	left    int64 // rows that were left out
	where   string
}

func (p *probe) newReport(file *store.File) *probeReport {
	return &probeReport{
		rows: p.rowsWith(p.format, tabular.Options{Escaped: true}), brief: p.forPeople(p.format), file: file, where: p.dbPath,
		states: map[sonde.PortState]int64{},
	}
}

// probeColumns are the columns of a row. A table for people has only those that fit a
// terminal.
var (
	probeColumns      = []string{"host", "address", "port", "protocol", "state", "reason", "rtt_ms", "service", "product", "version", "tls", "banner"}
	probeColumnsBrief = []string{"host", "address", "port", "protocol", "state", "reason", "service", "product", "version", "tls"}
)

// add takes the next port.
func (r *probeReport) add(ctx context.Context, port sonde.Port) error {
	r.states[port.State]++
	if n := len(r.address); n > 0 && (r.address[n-1].Address != port.Address || r.address[n-1].Host != port.Host) {
		if err := r.endAddress(ctx); err != nil {
			return err
		}
	}
	if len(r.address) == 0 || r.brief || r.file != nil {
		r.address = append(r.address, port)
	}
	if r.brief {
		return nil
	}
	if err := r.write(port); err != nil {
		return err
	}
	if now := time.Now(); now.Sub(r.flushed) > flushEvery {
		r.flushed = now
		return r.rows.Flush()
	}
	return nil
}

// endAddress keeps and, for people, writes the ports of an address.
func (r *probeReport) endAddress(ctx context.Context) error {
	r.hosts++
	if r.brief {
		if err := r.writeBriefly(); err != nil {
			return err
		}
	}
	ports := r.address
	r.address = nil
	if r.file == nil {
		return nil
	}
	return r.file.SavePorts(context.WithoutCancel(ctx), ports)
}

// writeBriefly writes the ports of an address, those that are not open only where they
// are few.
func (r *probeReport) writeBriefly() error {
	var closed int64
	for _, port := range r.address {
		if port.State != sonde.PortOpen {
			closed++
		}
	}
	for _, port := range r.address {
		if port.State != sonde.PortOpen && closed > shownClosed {
			continue
		}
		if err := r.write(port); err != nil {
			return err
		}
	}
	if closed > shownClosed {
		r.left += closed
	}
	return r.rows.Flush()
}

func (r *probeReport) write(port sonde.Port) error {
	if err := r.begin(); err != nil {
		return err
	}
	text := func(text string) {
		if text == "" {
			r.rows.Null()
			return
		}
		r.rows.Text([]byte(text))
	}
	s := port.Service
	text(port.Host)
	text(port.Address.String())
	r.rows.Integer(int64(port.Number))
	text(string(port.Transport))
	text(string(port.State))
	text(string(port.Reason))
	if !r.brief {
		r.rows.Float(float64(port.RTT.Round(time.Microsecond)) / float64(time.Millisecond))
	}
	text(s.Name)
	text(s.Product)
	text(s.Version)
	r.writeTLS(s)
	if !r.brief {
		text(s.Banner)
	}
	return r.rows.EndRow()
}

// writeTLS is 1 or 0, and nothing where nobody asked or answered.
func (r *probeReport) writeTLS(s sonde.Service) {
	switch {
	case s.TLS != nil:
		r.rows.Integer(1)
	case s.Name != "" || s.Banner != "":
		r.rows.Integer(0)
	default:
		r.rows.Null()
	}
}

// begin names the columns, once.
func (r *probeReport) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	if r.brief {
		return r.rows.Columns(probeColumnsBrief)
	}
	return r.rows.Columns(probeColumns)
}

// close ends the last address and the document.
func (r *probeReport) close(ctx context.Context) error {
	var err error
	if len(r.address) > 0 {
		err = r.endAddress(ctx)
	}
	return errors.Join(err, r.begin(), r.rows.Close())
}

// summary says in a sentence what was found.
func (r *probeReport) summary(took time.Duration) string {
	ports := r.states[sonde.PortOpen] + r.states[sonde.PortClosed] + r.states[sonde.PortFiltered]
	text := fmt.Sprintf("%s of %s in %s: %s open, %s closed, %s filtered.", sonde.Plural(ports, "port"), addresses(r.hosts), sonde.InTime(took),
		sonde.Thousands(r.states[sonde.PortOpen]), sonde.Thousands(r.states[sonde.PortClosed]), sonde.Thousands(r.states[sonde.PortFiltered]))
	if r.left > 0 {
		text += fmt.Sprintf(" The table leaves out %s that are not open.", sonde.Thousands(r.left))
	}
	if r.file != nil && r.hosts > 0 {
		text += " Kept in " + r.where + "."
	}
	return text
}

// addresses counts addresses in words.
func addresses(n int64) string {
	if n == 1 {
		return "1 address"
	}
	return sonde.Thousands(n) + " addresses"
}
