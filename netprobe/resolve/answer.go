package resolve

import (
	"fmt"
	"slices"

	"sonde"
)

// maxAliases is how many aliases are followed: more than anybody needs, and BIND's
// limit too.
const maxAliases = 16

// answer turns the reply to a question into what is known of it.
func (q question) answer(r reply) sonde.DNSAnswer {
	a := sonde.DNSAnswer{Host: q.name, Type: q.kind, RCode: r.rcode, Flags: r.flags}
	end, loop := "", false
	a.Records, end, loop = q.chain(r.answer)
	wanted := func(r sonde.DNSRecord) bool { return r.Type == q.kind }
	switch {
	case loop:
		a.Failure, a.Detail = sonde.DNSMalformed, fmt.Sprintf("the aliases of %s lead in a circle, or to more than %d others", q.name, maxAliases)
	case r.rcode == "NXDOMAIN":
		a.Failure, a.Detail = sonde.NXDomain, fmt.Sprintf("the name %s does not exist", end)
	case r.rcode != "NOERROR":
		a.Failure, a.Detail = sonde.ServFail, "the server answered "+r.rcode
	case !slices.ContainsFunc(a.Records, wanted):
		a.Failure, a.Detail = sonde.NoRecord, fmt.Sprintf("%s has no %s record", end, q.kind)
	}
	if r.note != "" && a.Failure != sonde.NoFailure {
		a.Detail += " (" + r.note + ")"
	}
	return a
}

// chain picks the records that answer the question out of those that came: the aliases
// on the way, and what stands at the end of it. loop tells that there is no end.
func (q question) chain(all []sonde.DNSRecord) (kept []sonde.DNSRecord, end string, loop bool) {
	end = q.name
	for range maxAliases + 1 {
		alias := ""
		for _, r := range all {
			if r.Name != end || r.Type != q.kind && r.Type != "CNAME" && r.Type != "RRSIG" {
				continue
			}
			kept = append(kept, r)
			if r.Type == "CNAME" && q.kind != "CNAME" {
				alias = r.Value
			}
		}
		if alias == "" {
			return kept, end, false
		}
		end = alias
	}
	return nil, q.name, true
}
