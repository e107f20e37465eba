package store

import (
	"fmt"
	"reflect"
	"strings"

	"zombiezen.com/go/sqlite"
)

// guard decides what a statement that somebody typed may do. SQLite asks it about
// every action while it compiles the statement, and it says yes to what is listed
// here and no to all else: to writing, to transactions, to ATTACH and VACUUM, to
// PRAGMAs that set something, to virtual tables that look at raw pages.
//
// It is one wall of several: the connection is opened read-only, and "defensive" and
// without trust in the schema; query_only alone would not do, because ATTACH and
// VACUUM INTO pass it.
type guard struct {
	conn    *sqlite.Conn
	tables  map[string]bool // that may be read, in lower case
	known   map[string]bool // all names that mean a table, view or module
	refused string          // what was refused first of the statement, in words
	read    map[string]bool // what the statement reads, in lower case; nil: nobody asks

	columns map[string]map[string]bool // which columns it reads of what, in lower case; nil: nobody asks
}

// describing are the PRAGMAs that describe tables. They are allowed as statements and
// as table-valued functions.
var describing = []string{"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}

// valued are the table-valued functions that are allowed.
var valued = []string{"json_each", "json_tree", "sqlite_master", "sqlite_schema"}

// newGuard allows reading every table and view of the file.
func newGuard(conn *sqlite.Conn) (*guard, error) {
	var names []string
	err := rows(conn, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND sql NOT LIKE 'create virtual%'",
		func(stmt *sqlite.Stmt) error {
			names = append(names, stmt.ColumnText(0))
			return nil
		})
	if err != nil {
		return nil, err
	}
	return guardOf(conn, names)
}

// guardOf allows reading these tables and views only.
func guardOf(conn *sqlite.Conn, tables []string) (*guard, error) {
	g := &guard{conn: conn, tables: map[string]bool{}, known: map[string]bool{}}
	for _, name := range tables {
		g.tables[strings.ToLower(name)] = true
	}
	for _, name := range valued {
		g.tables[name] = true
	}
	for _, name := range describing {
		g.tables["pragma_"+name] = true
	}
	return g, rows(conn, "SELECT name FROM sqlite_schema UNION ALL SELECT name FROM pragma_module_list",
		func(stmt *sqlite.Stmt) error {
			g.known[strings.ToLower(stmt.ColumnText(0))] = true
			return nil
		})
}

// install puts the guard before its connection. Conn.SetDefensive would forbid nothing that
// the guard does not, and v1.4.2 lets SQLite write to an address that it never gave it.
func (g *guard) install() error { return g.conn.SetAuthorizer(g) }

// Authorize decides about one action. (sqlite.Authorizer)
func (g *guard) Authorize(a sqlite.Action) sqlite.AuthResult {
	no := g.objection(a)
	if no == "" {
		return sqlite.AuthResultOK
	}
	if g.refused == "" {
		g.refused = no
	}
	return sqlite.AuthResultDeny
}

// objection is why an action is not allowed, "" when it is.
func (g *guard) objection(a sqlite.Action) string {
	switch a.Type() {
	case sqlite.OpSelect, sqlite.OpRecursive:
		return ""
	case sqlite.OpFunction:
		if name := function(a); closed[name] {
			return fmt.Sprintf("the function %s is not allowed here", name)
		}
		return ""
	case sqlite.OpRead:
		if !g.mayRead(a) {
			return fmt.Sprintf("reading %s is not allowed here", a.Table())
		}
		return ""
	case sqlite.OpPragma:
		if !g.mayDescribe(a) {
			return fmt.Sprintf("PRAGMA %s is not allowed here; those are that describe tables: %s", a.Pragma(), strings.Join(describing, ", "))
		}
		return ""
	}
	return "only reading is allowed here (SELECT, WITH … SELECT, EXPLAIN), and this would do " + inWords(a)
}

// closed are functions that may not be called: those that reach out of the file, and
// those that only make work. Most are not compiled in.
var closed = map[string]bool{
	"load_extension": true, "readfile": true, "writefile": true, "edit": true, "fts3_tokenizer": true, "randomblob": true,
}

// function is the name of the function that an action calls, in lower case. SQLite
// tells it, and sqlite.Action holds it without a method that gives it.
func function(a sqlite.Action) string {
	return strings.ToLower(reflect.ValueOf(a).FieldByName("arg2").String())
}

// mayRead reports whether a table may be read. Where no column of a source is used,
// SQLite tells only its name, and names the source of a WITH as it does a table.
func (g *guard) mayRead(a sqlite.Action) bool {
	name := strings.ToLower(a.Table())
	if g.tables[name] {
		if g.read != nil {
			g.read[name] = true
		}
		g.note(name, strings.ToLower(a.Column()))
		return true
	}
	internal := g.known[name] || strings.HasPrefix(name, "pragma_") || strings.HasPrefix(name, "sqlite_")
	return a.Column() == "" && a.Database() == "" && !internal
}

// note keeps that a column is read, "" for none of those that a table or view has.
func (g *guard) note(table, column string) {
	if g.columns == nil {
		return
	}
	if g.columns[table] == nil {
		g.columns[table] = map[string]bool{}
	}
	g.columns[table][column] = true
}

func (g *guard) mayDescribe(a sqlite.Action) bool {
	return g.tables["pragma_"+strings.ToLower(a.Pragma())]
}

// inWords names an action as SQL does: SQLITE_CREATE_TABLE is CREATE TABLE.
func inWords(a sqlite.Action) string {
	verb := strings.ReplaceAll(strings.TrimPrefix(a.Type().String(), "SQLITE_"), "_", " ")
	for _, object := range []string{a.Table(), a.View(), a.Trigger(), a.Index(), a.File(), a.Operation()} {
		if object != "" {
			return verb + " " + object
		}
	}
	return verb
}
