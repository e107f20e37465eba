package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// ErrNoSchedule is the error of naming a schedule that the file does not have.
var ErrNoSchedule = errors.New("no such schedule")

// SaveSchedule writes a schedule, new where it has no number, and returns it with one.
func (f *File) SaveSchedule(s sonde.Schedule) (sonde.Schedule, error) {
	err := f.change(func(conn *sqlite.Conn) error {
		site, err := siteNumber(conn, s.Site)
		if err != nil {
			return err
		}
		if s.CreatedAt.IsZero() {
			s.CreatedAt = f.clock()
		}
		s.ID, err = number(conn, saveSchedule,
			s.ID, site, s.Spec, s.Zone, s.Paused, string(s.Overlap), string(s.Missed), s.Grace.Milliseconds(),
			s.Jitter.Milliseconds(), stampOrNone(s.NextSlot), stampOrNone(s.NextAt), stamp(s.CreatedAt))
		return err
	})
	if err != nil {
		return s, fmt.Errorf("saving a schedule of %s: %w", s.Site, err)
	}
	return s, nil
}

const saveSchedule = `
INSERT INTO _schedules (id, site_id, spec, timezone, is_paused, overlap, missed, grace_ms, jitter_ms, next_slot_at, next_at, created_at)
VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), nullif(?, ''), ?)
ON CONFLICT (id) DO UPDATE SET site_id = excluded.site_id, spec = excluded.spec, timezone = excluded.timezone,
  is_paused = excluded.is_paused, overlap = excluded.overlap, missed = excluded.missed, grace_ms = excluded.grace_ms,
  jitter_ms = excluded.jitter_ms, next_slot_at = excluded.next_slot_at, next_at = excluded.next_at
RETURNING id`

// siteNumber finds a site by its name. The error is [ErrNoSite] when there is none.
func siteNumber(conn *sqlite.Conn, name string) (int64, error) {
	id, err := number(conn, "SELECT id FROM _sites WHERE name = ?", name)
	if err == nil && id == 0 {
		err = fmt.Errorf("%w: %s", ErrNoSite, name)
	}
	return id, err
}

// RemoveSchedule takes a schedule out of the file. What it brought stays.
func (f *File) RemoveSchedule(id int64) error {
	err := f.change(func(conn *sqlite.Conn) error {
		if err := exec(conn, "UPDATE _slots SET schedule_id = NULL WHERE schedule_id = ?", id); err != nil {
			return err
		}
		if err := exec(conn, "DELETE FROM _schedules WHERE id = ?", id); err != nil {
			return err
		}
		if conn.Changes() == 0 {
			return ErrNoSchedule
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("removing schedule %d: %w", id, err)
	}
	return nil
}

const selectSchedules = `
SELECT c.id, s.name, c.spec, c.timezone, c.is_paused, c.overlap, c.missed, c.grace_ms, c.jitter_ms,
  coalesce(c.next_slot_at, ''), coalesce(c.next_at, ''), c.created_at
FROM _schedules c JOIN _sites s ON s.id = c.site_id `

// Schedules returns every schedule, by site.
func (f *File) Schedules(ctx context.Context) ([]sonde.Schedule, error) {
	return f.schedules(ctx, "ORDER BY s.name, c.id")
}

// Schedule returns one schedule. The error is [ErrNoSchedule] when there is none.
func (f *File) Schedule(ctx context.Context, id int64) (sonde.Schedule, error) {
	found, err := f.schedules(ctx, "WHERE c.id = ?", id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %d", ErrNoSchedule, id)
	}
	if err != nil {
		return sonde.Schedule{}, err
	}
	return found[0], nil
}

func (f *File) schedules(ctx context.Context, which string, args ...any) ([]sonde.Schedule, error) {
	var found []sonde.Schedule
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, selectSchedules+which, func(stmt *sqlite.Stmt) error {
			found = append(found, sonde.Schedule{
				ID:        stmt.ColumnInt64(0),
				Site:      stmt.ColumnText(1),
				Spec:      stmt.ColumnText(2),
				Zone:      stmt.ColumnText(3),
				Paused:    stmt.ColumnBool(4),
				Overlap:   sonde.Overlap(stmt.ColumnText(5)),
				Missed:    sonde.Missed(stmt.ColumnText(6)),
				Grace:     time.Duration(stmt.ColumnInt64(7)) * time.Millisecond,
				Jitter:    time.Duration(stmt.ColumnInt64(8)) * time.Millisecond,
				NextSlot:  unstamp(stmt.ColumnText(9)),
				NextAt:    unstamp(stmt.ColumnText(10)),
				CreatedAt: unstamp(stmt.ColumnText(11)),
			})
			return nil
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the schedules: %w", err)
	}
	return found, nil
}

// MoveOn writes the slots of a schedule that have come, and when it comes next, all or
// nothing. A slot that was written before is not written again.
func (f *File) MoveOn(s sonde.Schedule, came []sonde.Slot) error {
	err := f.change(func(conn *sqlite.Conn) error {
		for _, slot := range came {
			if err := insertSlot(conn, slot); err != nil {
				return err
			}
		}
		return exec(conn, "UPDATE _schedules SET next_slot_at = nullif(?, ''), next_at = nullif(?, '') WHERE id = ?",
			stampOrNone(s.NextSlot), stampOrNone(s.NextAt), s.ID)
	})
	if err != nil {
		return fmt.Errorf("moving schedule %d on: %w", s.ID, err)
	}
	return nil
}

func insertSlot(conn *sqlite.Conn, slot sonde.Slot) error {
	site, err := siteNumber(conn, slot.Site)
	if err != nil {
		return err
	}
	return exec(conn, `INSERT INTO _slots (schedule_id, site_id, slot_at, begins_at, state, reason, run_id)
		VALUES (nullif(?, 0), ?, ?, ?, ?, nullif(?, ''), nullif(?, 0)) ON CONFLICT DO NOTHING`,
		slot.Schedule, site, stamp(slot.For), stamp(slot.BeginsAt), string(slot.State), slot.Reason, slot.Run)
}

// AddSlot writes a slot that no schedule brought: somebody asks for a run, or, where
// slot.Run is set, for that run to go on. It returns the slot with its number.
func (f *File) AddSlot(slot sonde.Slot) (sonde.Slot, error) {
	err := f.change(func(conn *sqlite.Conn) error {
		err := insertSlot(conn, slot)
		slot.ID = conn.LastInsertRowID()
		return err
	})
	if err != nil {
		return slot, fmt.Errorf("asking for a run of %s: %w", slot.Site, err)
	}
	return slot, nil
}

// SetSlot writes down what became of a slot.
func (f *File) SetSlot(id int64, state sonde.SlotState, reason string) error {
	err := f.change(func(conn *sqlite.Conn) error {
		return exec(conn, "UPDATE _slots SET state = ?, reason = nullif(?, '') WHERE id = ?", string(state), reason, id)
	})
	if err != nil {
		return fmt.Errorf("writing down what became of slot %d: %w", id, err)
	}
	return nil
}

// EndSlots writes down that a run is over for good: of the slots that it was begun and
// gone on with for, none goes on.
func (f *File) EndSlots(run int64) error {
	err := f.change(func(conn *sqlite.Conn) error { return endSlots(conn, run) })
	if err != nil {
		return fmt.Errorf("closing the slots of run %d: %w", run, err)
	}
	return nil
}

func endSlots(conn *sqlite.Conn, run int64) error {
	return exec(conn, "UPDATE _slots SET state = 'done' WHERE run_id = ? AND state = 'running'", run)
}

const selectSlots = `
SELECT o.id, coalesce(o.schedule_id, 0), s.name, o.slot_at, o.begins_at, o.state, coalesce(o.reason, ''),
  coalesce(o.run_id, 0), o.is_resumed
FROM _slots o JOIN _sites s ON s.id = o.site_id `

// OpenSlots returns the slots that wait and those whose run goes on, or would if its
// process had not gone away, in the order in which they came.
func (f *File) OpenSlots(ctx context.Context) ([]sonde.Slot, error) {
	return f.slots(ctx, "WHERE o.state IN ('waiting', 'running') ORDER BY o.begins_at, o.id")
}

// LastSlots returns the newest slots of a schedule, the newest first.
func (f *File) LastSlots(ctx context.Context, schedule int64, count int) ([]sonde.Slot, error) {
	return f.slots(ctx, "WHERE o.schedule_id = ? ORDER BY o.slot_at DESC LIMIT ?", schedule, count)
}

func (f *File) slots(ctx context.Context, which string, args ...any) ([]sonde.Slot, error) {
	var found []sonde.Slot
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, selectSlots+which, func(stmt *sqlite.Stmt) error {
			found = append(found, sonde.Slot{
				ID:       stmt.ColumnInt64(0),
				Schedule: stmt.ColumnInt64(1),
				Site:     stmt.ColumnText(2),
				For:      unstamp(stmt.ColumnText(3)),
				BeginsAt: unstamp(stmt.ColumnText(4)),
				State:    sonde.SlotState(stmt.ColumnText(5)),
				Reason:   stmt.ColumnText(6),
				Run:      stmt.ColumnInt64(7),
				Resumed:  stmt.ColumnBool(8),
			})
			return nil
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the slots: %w", err)
	}
	return found, nil
}
