package store

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"zombiezen.com/go/sqlite"
)

// SQLite makes every join of a view where a statement counts or groups its rows, also those
// that only bring columns which nobody asks for: of pages that is fifteen look-ups a row. So
// whoever counts does it in a view without them, which has the same rows.

// sparing is the SELECT of the view without the joins that only columns need which are not
// needed. These are NULL in it.
func (v *view) sparing(needed func(column string) bool) string {
	body := v.body()
	columns, from, found := strings.Cut(strings.TrimPrefix(body, "\nSELECT\n"), "\nFROM ")
	lines := strings.Split(columns, "\n")
	if !found || len(lines) != len(v.columns) {
		return body // not written as views.sql is
	}
	for i, column := range v.columns {
		if needed(column.name) {
			continue
		}
		lines[i] = "  NULL AS " + quoted(column.name)
		if i < len(lines)-1 {
			lines[i] += ","
		}
	}
	columns = strings.Join(lines, "\n")
	return "\nSELECT\n" + columns + "\nFROM " + strings.Join(neededJoins(columns, strings.Split(from, "\n")), "\n")
}

// neededJoins are the lines of a FROM without those that are joined for nothing: a line may
// need what stands before it.
func neededJoins(columns string, from []string) []string {
	var kept []string
	text := columns
	for _, line := range slices.Backward(from) {
		if alias := addsNoRow(line); alias != "" && !mentions(text, alias) {
			continue
		}
		kept = append(kept, line)
		text += "\n" + line
	}
	slices.Reverse(kept)
	return kept
}

var outerJoin = regexp.MustCompile(`^LEFT JOIN \w+ (\w+) ON (\w+)\.(id|run_id) = (.*)`)

// addsNoRow is the alias of a table that a line joins where it leads to one row at most and
// takes none away: by the whole key of the table. It is "" for other lines.
func addsNoRow(line string) (alias string) {
	m := outerJoin.FindStringSubmatch(line)
	if m == nil || m[1] != m[2] || m[3] == "run_id" && !strings.Contains(m[4], " AND "+m[1]+".url_id = ") {
		return ""
	}
	return m[1]
}

// mentions reports whether SQL speaks of a column of a table.
func mentions(sql, alias string) bool {
	for {
		before, after, found := strings.Cut(sql, alias+".")
		if !found {
			return false
		}
		if last := len(before) - 1; last < 0 || before[last] != '_' && !unicode.IsLetter(rune(before[last])) && !unicode.IsDigit(rune(before[last])) {
			return true
		}
		sql = after
	}
}

// asked reports which columns of a view a selection needs.
func (v *view) asked(s Selection) func(column string) bool {
	needed := map[string]bool{}
	for _, name := range s.Columns {
		needed[name] = true
	}
	for _, f := range s.Where {
		needed[f.Column] = true
	}
	if s.Search != "" {
		for _, c := range v.searched() {
			needed[c.name] = true
		}
	}
	return func(column string) bool { return needed[column] }
}

// unsparing finds the words of statements that other views may answer in another way: those
// that compare columns without naming them, and those that look at the schema.
var unsparing = regexp.MustCompile(`(?i)\b(natural|using)\b|pragma_|sqlite_`)

// spare puts, before the views that a statement names, views of the same names without the
// joins that it does not need, for this connection alone. read are the columns that it reads,
// by the name of the view.
func (g *guard) spare(sql string, read map[string]map[string]bool) (spared bool, err error) {
	statements, err := g.sparingViews(sql, read)
	if len(statements) == 0 || err != nil {
		return false, err
	}
	if err := g.conn.SetAuthorizer(nil); err != nil {
		return false, err
	}
	if err := execAll(g.conn, slices.Concat([]string{"PRAGMA query_only = 0"}, statements, []string{"PRAGMA query_only = 1"})...); err != nil {
		return false, err
	}
	return true, g.install()
}

// sparingViews are the statements that make these views.
func (g *guard) sparingViews(sql string, read map[string]map[string]bool) (statements []string, err error) {
	if unsparing.MatchString(sql) {
		return nil, nil
	}
	sql = strings.ToLower(sql)
	var named []string
	if err := rows(g.conn, publicViews, func(stmt *sqlite.Stmt) error {
		if name := stmt.ColumnText(0); strings.Contains(sql, name) {
			named = append(named, name)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, name := range named {
		v, err := findView(g.conn, name)
		if err != nil {
			return nil, err
		}
		if body := v.sparing(func(column string) bool { return read[name][column] }); body != v.body() {
			statements = append(statements, "CREATE TEMP VIEW "+quoted(name)+" AS"+body)
		}
	}
	return statements, nil
}
