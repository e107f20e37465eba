package analyze

import (
	"hash/maphash"

	"sonde/store"
)

// evidence numbers what a rule has to say. Many issues of a rule have the same evidence, and
// the file has that once: a hit has its number. It is known by a 64-bit hash with a seed of
// this process, so nobody can aim at a collision, and a million texts collide by chance once
// in 10⁷ times. Only what the rule that is being asked says is held in memory.
type evidence struct {
	seed    maphash.Seed
	numbers map[uint64]int64 // of main._evidence, or below 0 of temp.evidence
	last    int64            // number given
	fresh   *store.Insertion // into temp.evidence
}

// number is the function evidence_number of SQL: the number of a text, NULL for NULL. It
// keeps a text that has none yet.
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
		if err := e.fresh.Add(number, text); err != nil {
			return err
		}
		e.numbers[hash] = number
	}
	return number
}

// beginEvidence gets ready for what a rule says, and reads what it said in the run before,
// and in this one when it was analysed before.
func (a *analysis) beginEvidence(rule int64) (err error) {
	e := a.evidence
	e.numbers = map[uint64]int64{}
	if e.fresh, err = a.Insert("INSERT INTO temp.evidence VALUES (?, ?)"); err != nil {
		return err
	}
	const sql = `SELECT id, json FROM main._evidence WHERE id IN (
		SELECT evidence_id FROM main._issues WHERE run_id IN (:run, :prior) AND rule_id = :rule)`
	return a.Rows(sql, store.Named{":run": a.run.ID, ":prior": a.prior.ID, ":rule": rule}, func(r store.Row) error {
		e.numbers[maphash.String(e.seed, r.Text(1))] = r.Integer(0)
		return nil
	})
}
