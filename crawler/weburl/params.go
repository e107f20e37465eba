package weburl

import "strings"

// param is a query parameter that canonical form drops.
type param struct {
	name   string // as it stands in a canonical URL, in lower case
	prefix bool   // any parameter whose name begins so
}

// params are the dropped parameters by the first byte, in either case, of their
// names. At 0 stand those that match every name.
type params [256][]param

func newParams(names []string) *params {
	all := new(params)
	for _, name := range names {
		name, prefix := strings.CutSuffix(name, "*")
		p := param{name: strings.ToLower(decodeUnreserved(encode(name, inQuery))), prefix: prefix}
		if p.name == "" {
			if prefix {
				all[0] = append(all[0], p)
			}
			continue
		}
		first := p.name[0]
		all[first] = append(all[first], p)
		if isLetter(first) {
			all[first&^0x20] = append(all[first&^0x20], p)
		}
	}
	return all
}

// match reports whether the parameter, "name" or "name=value", is to be dropped.
func (ps *params) match(parameter string) bool {
	for _, p := range ps[parameter[0]] {
		if p.match(parameter) {
			return true
		}
	}
	return len(ps[0]) > 0
}

func (p *param) match(parameter string) bool {
	if !hasPrefixFold(parameter, p.name) {
		return false
	}
	return p.prefix || len(parameter) == len(p.name) || parameter[len(p.name)] == '='
}
