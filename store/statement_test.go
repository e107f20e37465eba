package store

import (
	"testing"

	"zombiezen.com/go/sqlite"
)

// TestBulk inserts so many rows at once, fewer and more than one statement takes.
func TestBulk(t *testing.T) {
	conn, err := sqlite.OpenConn(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := execAll(conn, "CREATE TABLE pairs (a INTEGER NOT NULL, b INTEGER NOT NULL) STRICT"); err != nil {
		t.Fatal(err)
	}
	insert := bulk{conn: conn, insert: "INSERT INTO pairs (a, b)", columns: 2}
	for _, rows := range []int64{0, 1, 2, bulkRows - 1, bulkRows, bulkRows + 1, 3*bulkRows + 7, 2} {
		if err := exec(conn, "DELETE FROM pairs"); err != nil {
			t.Fatal(err)
		}
		var numbers []int64
		for i := range rows {
			numbers = append(numbers, i, 1000+i)
		}
		if err := insert.add(numbers); err != nil {
			t.Fatalf("adding %d rows: %v", rows, err)
		}
		got, err := number(conn, "SELECT count(DISTINCT a) FROM pairs WHERE b = 1000 + a")
		if all, _ := number(conn, "SELECT count(*) FROM pairs"); err != nil || got != rows || all != rows {
			t.Errorf("of %d rows %d came, %d of them right (%v)", rows, all, got, err)
		}
	}
}
