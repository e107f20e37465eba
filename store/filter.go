package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Filter is one condition on a column of a view.
type Filter struct {
	Column   string
	Operator string // one of Operators; "" is exact
	Value    string
}

// Operators are what a filter can ask of a column. contains and startswith do not
// distinguish a-z from A-Z; in takes values separated by commas, or a JSON array;
// isnull takes 1 or 0.
var Operators = []string{"exact", "not", "contains", "startswith", "gt", "gte", "lt", "lte", "in", "isnull"}

// ParseFilter reads a filter from its two halves: "status__gte" and "400".
func ParseFilter(name, value string) (Filter, error) {
	column, operator, found := cutLast(name, "__")
	if !found {
		return Filter{Column: name, Value: value}, nil
	}
	if !slices.Contains(Operators, operator) {
		return Filter{}, &SelectionError{"operator", operator, column, Operators}
	}
	return Filter{column, operator, value}, nil
}

// ValueError is a value that an operator or column cannot take.
type ValueError struct {
	Filter Filter
	Want   string // what it takes, such as "a number"
}

func (e *ValueError) Error() string {
	name := e.Filter.Column
	if e.Filter.Operator != "" {
		name += "__" + e.Filter.Operator
	}
	return fmt.Sprintf("%s takes %s, not %q", name, e.Want, e.Filter.Value)
}

// conditions are filters as SQL, and the values of its parameters.
type conditions struct {
	all  []string
	args []any
	next int // the number of the first parameter
}

func (c *conditions) sql() string {
	if len(c.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.all, " AND ")
}

// clone is the same conditions, to be added to.
func (c *conditions) clone() conditions {
	return conditions{slices.Clone(c.all), slices.Clone(c.args), c.next}
}

// beyond is the condition that columns come after values, all of them together.
func (c *conditions) beyond(columns []string, values []any) string {
	parameters := make([]string, len(values))
	for i, v := range values {
		parameters[i] = c.value(v)
	}
	return "(" + strings.Join(columns, ", ") + ") > (" + strings.Join(parameters, ", ") + ")"
}

// bind gives a statement the values.
func (c *conditions) bind(stmt *sqlite.Stmt) {
	for i, arg := range c.args {
		switch v := arg.(type) {
		case int64:
			stmt.BindInt64(c.next+i, v)
		case float64:
			stmt.BindFloat(c.next+i, v)
		case string:
			stmt.BindText(c.next+i, v)
		case []byte:
			stmt.BindBytes(c.next+i, v)
		}
	}
}

// value adds the value of a parameter and returns the parameter.
func (c *conditions) value(v any) string {
	c.args = append(c.args, v)
	return "?" + strconv.Itoa(c.next+len(c.args)-1)
}

// comparisons are the operators that compare a column with one value.
var comparisons = map[string]string{"": "=", "exact": "=", "not": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

// add adds a filter on a column.
func (c *conditions) add(column viewColumn, f Filter) error {
	var sql string
	var err error
	switch f.Operator {
	case "contains":
		sql = c.like(column, "%"+escapeLike(f.Value)+"%")
	case "startswith":
		sql = c.like(column, escapeLike(f.Value)+"%")
	case "in":
		sql, err = c.in(column, f)
	case "isnull":
		sql, err = isNull(column, f)
	default:
		sql, err = c.compare(column, f, comparisons[f.Operator], f.Value)
	}
	c.all = append(c.all, sql)
	return err
}

func (c *conditions) like(column viewColumn, pattern string) string {
	return quoted(column.name) + " LIKE " + c.value(pattern) + ` ESCAPE '\'`
}

func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}

// search holds that one of the columns contains a text.
func (c *conditions) search(columns []viewColumn, text string) {
	alternatives := []string{"0"} // no column, no row
	for _, column := range columns {
		alternatives = append(alternatives, c.like(column, "%"+escapeLike(text)+"%"))
	}
	c.all = append(c.all, "("+strings.Join(alternatives, " OR ")+")")
}

// compare compares a column with a text or a number, whichever it holds. SQLite
// compares an expression with a number as the types are, without conversion.
func (c *conditions) compare(column viewColumn, f Filter, operator, text string) (string, error) {
	name := quoted(column.name)
	number, isNumber := parseNumber(text)
	switch {
	case column.declared == "TEXT" || column.declared == "" && !isNumber:
		return name + " " + operator + " " + c.value(text), nil
	case !isNumber:
		return "", &ValueError{f, "a number"}
	case column.declared != "":
		return name + " " + operator + " " + c.value(number), nil
	}
	return fmt.Sprintf("CASE typeof(%s) WHEN 'text' THEN %s %s %s ELSE %s %s %s END",
		name, name, operator, c.value(text), name, operator, c.value(number)), nil
}

// parseNumber reads a decimal number as SQL writes it.
func parseNumber(text string) (any, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return nil, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// in compares a column with any of several values.
func (c *conditions) in(column viewColumn, f Filter) (string, error) {
	values, err := list(f)
	if err != nil {
		return "", err
	}
	alternatives := []string{"0"} // no value, no row
	for _, v := range values {
		sql, err := c.compare(column, f, "=", v)
		if err != nil {
			return "", err
		}
		alternatives = append(alternatives, sql)
	}
	return "(" + strings.Join(alternatives, " OR ") + ")", nil
}

// list splits the value of a filter into those of a list.
func list(f Filter) ([]string, error) {
	if !strings.HasPrefix(f.Value, "[") {
		return strings.Split(f.Value, ","), nil
	}
	decoder := json.NewDecoder(strings.NewReader(f.Value))
	decoder.UseNumber()
	var items []any
	if err := decoder.Decode(&items); err != nil {
		return nil, &ValueError{f, "values separated by commas, or a JSON array"}
	}
	values := make([]string, len(items))
	for i, item := range items {
		values[i] = fmt.Sprint(item)
	}
	return values, nil
}

func isNull(column viewColumn, f Filter) (string, error) {
	switch f.Value {
	case "1", "true", "yes":
		return quoted(column.name) + " IS NULL", nil
	case "0", "false", "no":
		return quoted(column.name) + " IS NOT NULL", nil
	}
	return "", &ValueError{f, "1 or 0"}
}
