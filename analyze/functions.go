package analyze

import (
	"strings"

	"sonde/store"
)

// functions are what the SQL of rules may call besides SQLite's own.
var functions = []store.Function{
	{Name: "blocked_by", Args: 2, Call: func(args []any) any { return blockedBy(args[0], args[1]) }},
}

// blockedBy says what shows that an answer turns a robot away and not a visitor: a
// challenge page, a limit on requests, or the wish for a password. nil where nothing
// does.
func blockedBy(status, headers any) any {
	code, _ := status.(int64)
	list, _ := headers.(string)
	list = strings.ToLower(list)
	switch {
	case code == 429 || code == 999:
		return "status"
	case code != 401 && code != 403 && code != 451 && code != 503:
		return nil
	}
	for _, marker := range []string{"cf-mitigated", "x-datadome", "retry-after", "x-amzn-waf-action", "www-authenticate"} {
		if strings.Contains(list, `["`+marker+`",`) {
			return marker
		}
	}
	return nil
}

// statements splits a script of ours, in which a statement ends with the line.
func statements(script string) []string {
	var list []string
	for _, s := range strings.SplitAfter(script, ";\n") {
		if strings.TrimSpace(s) != "" {
			list = append(list, s)
		}
	}
	return list
}
