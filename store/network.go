package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// Facts of the network side are kept as intervals (see 0002_network.sql). Those who
// save them say what came of the questions asked together; what holds still has its
// interval prolonged, what does not is ended, what is new begins one.

// SaveDNS keeps what came of DNS questions. All answers about a host that were asked
// for together belong into one call: a CNAME that one of them tells is then not ended
// by another that tells none.
func (f *File) SaveDNS(ctx context.Context, answers []sonde.DNSAnswer) error {
	err := f.learn(ctx, func(l *lesson) error { return l.answers(answers) })
	if err != nil {
		return fmt.Errorf("saving DNS answers: %w", err)
	}
	return nil
}

// SavePorts keeps what ports were found to be, and the certificates that the services
// on them showed. All ports of an address that were asked together belong into one
// call: it decides by their number which closed and filtered ones are kept.
func (f *File) SavePorts(ctx context.Context, ports []sonde.Port) error {
	err := f.learn(ctx, func(l *lesson) error {
		if err := l.ports(ports); err != nil {
			return err
		}
		return l.certificates(shownOn(ports))
	})
	if err != nil {
		return fmt.Errorf("saving ports: %w", err)
	}
	return nil
}

// SaveCertificates keeps which certificates were seen where. All sightings at a port
// of a host that were made together belong into one call.
func (f *File) SaveCertificates(ctx context.Context, sightings []sonde.CertificateSighting) error {
	err := f.learn(ctx, func(l *lesson) error { return l.certificates(sightings) })
	if err != nil {
		return fmt.Errorf("saving certificates: %w", err)
	}
	return nil
}

// lesson is facts of the network side on their way into the file, inside of one
// transaction.
type lesson struct {
	conn *sqlite.Conn
	dict *dictionary
}

// learn calls do with a lesson, in one transaction that is interrupted when ctx ends.
func (f *File) learn(ctx context.Context, do func(*lesson) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := transaction(f.write, func() error {
		f.write.SetInterrupt(ctx.Done())
		defer f.write.SetInterrupt(nil)
		return do(&lesson{f.write, f.dict})
	})
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return errors.Join(err, f.dict.reset())
}

// host returns the number of a host that was asked at an instant.
func (l *lesson) host(name string, at time.Time) (int64, error) {
	id, err := l.dict.host(name)
	if err != nil {
		return 0, err
	}
	return id, exec(l.conn, "UPDATE _hosts SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at < ?2", id, stamp(at))
}

// interval is what the file says now of one fact.
type interval[Fact any] struct {
	id   int64
	fact Fact
}

// end ends an interval of a table.
func (l *lesson) end(table string, id int64) error {
	return exec(l.conn, "UPDATE "+table+" SET current = 0 WHERE id = ?", id)
}

// grouped splits items by a key, in the order in which the keys first come.
func grouped[Item any, Key comparable](items []Item, key func(*Item) Key) [][]Item {
	var groups [][]Item
	place := map[Key]int{}
	for i := range items {
		k := key(&items[i])
		at, known := place[k]
		if !known {
			at = len(groups)
			place[k] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], items[i])
	}
	return groups
}

// milliseconds is a duration as a column, to the microsecond, NULL where none was
// measured.
func milliseconds(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// factsJSON is facts as a column, NULL for none.
func factsJSON(facts []sonde.Fact) (any, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(facts)
	return string(text), err
}
