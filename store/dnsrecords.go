package store

import (
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// dnsFact is what makes a row of _dns_records that row: a record, or the want of one.
type dnsFact struct {
	name, kind, value string // value "" for the want of a record
	rcode, failure    string // of the want of a record
}

// toldRecord is one fact of an answer.
type toldRecord struct {
	dnsFact
	ttl    time.Duration
	answer *sonde.DNSAnswer
}

// answers keeps DNS answers.
func (l *lesson) answers(answers []sonde.DNSAnswer) error {
	type asked struct{ host, resolver string }
	for _, group := range grouped(answers, func(a *sonde.DNSAnswer) asked { return asked{a.Host, a.Resolver} }) {
		if err := l.answersOf(group); err != nil {
			return err
		}
	}
	return nil
}

// answersOf keeps what one resolver said of one host.
func (l *lesson) answersOf(answers []sonde.DNSAnswer) error {
	host, err := l.host(answers[0].Host, answers[0].At)
	if err != nil {
		return err
	}
	known, err := l.currentRecords(host, answers[0].Resolver)
	if err != nil {
		return err
	}
	told := toldBy(answers)
	for _, k := range known {
		i := slices.IndexFunc(told, func(t toldRecord) bool { return t.dnsFact == k.fact })
		switch {
		case i >= 0:
			err = l.prolongRecord(k.id, told[i])
			told = slices.Delete(told, i, i+1)
		case slices.ContainsFunc(answers, func(a sonde.DNSAnswer) bool { return settles(&a, k.fact) }):
			err = l.end("_dns_records", k.id)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range told {
		if err := l.beginRecord(host, t); err != nil {
			return err
		}
	}
	return nil
}

// toldBy lists the facts that answers tell, each once.
func toldBy(answers []sonde.DNSAnswer) []toldRecord {
	var told []toldRecord
	add := func(t toldRecord) {
		if !slices.ContainsFunc(told, func(have toldRecord) bool { return have.dnsFact == t.dnsFact }) {
			told = append(told, t)
		}
	}
	for i := range answers {
		a := &answers[i]
		for _, r := range a.Records {
			add(toldRecord{dnsFact{name: r.Name, kind: r.Type, value: r.Value}, r.TTL, a})
		}
		if !slices.ContainsFunc(a.Records, func(r sonde.DNSRecord) bool { return r.Type == a.Type }) {
			add(toldRecord{dnsFact{name: a.Host, kind: a.Type, rcode: a.RCode, failure: string(a.Failure)}, -1, a})
		}
	}
	return told
}

// settles reports whether an answer that does not tell a fact says that it does not
// hold any more. An answer that failed says only that it failed.
func settles(a *sonde.DNSAnswer, known dnsFact) bool {
	switch {
	case a.RCode != "NOERROR" && a.RCode != "NXDOMAIN":
		return known.kind == a.Type && known.value == ""
	case a.RCode == "NXDOMAIN" && len(a.Records) == 0, known.kind == a.Type && a.Type != "CNAME":
		return true
	case known.kind == "CNAME":
		return a.Type != "CNAME" || known.name == a.Host
	}
	return false
}

// currentRecords lists what holds of a host, by what a resolver said.
func (l *lesson) currentRecords(host int64, resolver string) (known []interval[dnsFact], err error) {
	err = rows(l.conn, `SELECT id, name, type, value, rcode, failure FROM _dns_records
		WHERE host_id = ? AND resolver = ? AND current`,
		func(stmt *sqlite.Stmt) error {
			fact := dnsFact{name: stmt.ColumnText(1), kind: stmt.ColumnText(2), value: stmt.ColumnText(3)}
			if fact.value == "" {
				fact.rcode, fact.failure = stmt.ColumnText(4), stmt.ColumnText(5)
			}
			known = append(known, interval[dnsFact]{stmt.ColumnInt64(0), fact})
			return nil
		}, host, resolver)
	return known, err
}

// prolongRecord notes that a fact holds still.
func (l *lesson) prolongRecord(id int64, t toldRecord) error {
	a := t.answer
	return exec(l.conn, `UPDATE _dns_records SET last_seen_at = max(last_seen_at, ?2), ttl = coalesce(max(ttl, ?3), ttl, ?3),
		detail = nullif(?4, ''), flags = nullif(?5, ''), rtt_ms = ?6 WHERE id = ?1`,
		id, stamp(a.At), seconds(t.ttl), a.Detail, strings.Join(a.Flags, " "), milliseconds(a.RTT))
}

// beginRecord notes a fact that is new.
func (l *lesson) beginRecord(host int64, t toldRecord) error {
	a := t.answer
	return exec(l.conn, `INSERT INTO _dns_records
		(host_id, resolver, name, type, value, ttl, rcode, failure, detail, flags, rtt_ms, first_seen_at, last_seen_at, current)
		VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), ?6, nullif(?7, ''), nullif(?8, ''), nullif(?9, ''), nullif(?10, ''), ?11, ?12, ?12, 1)`,
		host, a.Resolver, t.name, t.kind, t.value, seconds(t.ttl), a.RCode, t.failure, a.Detail,
		strings.Join(a.Flags, " "), milliseconds(a.RTT), stamp(a.At))
}

// seconds is a TTL as a column, NULL where there is none.
func seconds(ttl time.Duration) any {
	if ttl < 0 {
		return nil
	}
	return int64(ttl / time.Second)
}
