package analyze

import (
	"hash/maphash"

	"sonde/store"
)

// evidence numbers what rules have to say. Many issues have the same evidence, and the file
// has each once: a hit has its number. It is known by a 64-bit hash with a seed of this
// process, so nobody can aim at a collision, and a million texts collide by chance once in
// 10⁷ times.
type evidence struct {
	seed    maphash.Seed
	numbers map[uint64]int64 // of main._evidence, or below 0 of temp.evidence
	last    int64            // number given
	fresh   []string         // the texts of the last numbers, which are to be kept yet
}

func newEvidence() *evidence { return &evidence{seed: maphash.MakeSeed(), numbers: map[uint64]int64{}} }

// number is the function evidence_number of SQL: the number of a text, NULL for NULL.
func (e *evidence) number(args []any) any {
	text, ok := args[0].(string)
	if !ok {
		return nil
	}
	hash := maphash.String(e.seed, text)
	number, known := e.numbers[hash]
	if !known {
		e.last--
		number = e.last
		e.numbers[hash] = number
		e.fresh = append(e.fresh, text)
	}
	return number
}

// readEvidence reads what the run before said, and this one when it was analysed before.
func (a *analysis) readEvidence() error {
	const sql = "SELECT id, json FROM main._evidence WHERE id IN (SELECT evidence_id FROM main._issues WHERE run_id IN (:run, :prior))"
	return a.Rows(sql, a.named(), func(r store.Row) error {
		a.evidence.numbers[maphash.String(a.evidence.seed, r.Text(1))] = r.Integer(0)
		return nil
	})
}

// keepEvidence keeps the texts that have numbers since it was called last.
func (a *analysis) keepEvidence() error {
	insert, err := a.Insert("INSERT INTO temp.evidence VALUES (?, ?)")
	if err != nil {
		return err
	}
	first := a.evidence.last + int64(len(a.evidence.fresh)) - 1
	for i, text := range a.evidence.fresh {
		if err := insert.Add(first-int64(i), text); err != nil {
			return err
		}
	}
	a.evidence.fresh = a.evidence.fresh[:0]
	return nil
}
