package identify

import (
	"testing"

	"sonde"
)

func TestLDAP(t *testing.T) {
	attribute := func(name string, values ...string) string {
		var set []string
		for _, v := range values {
			set = append(set, ber(berText, v))
		}
		return ber(berSequence, ber(berText, name), ber(0x31, set...))
	}
	entry := func(attributes ...string) string {
		return ldapMessage(1, ber(ldapEntry, ber(berText), ber(berSequence, attributes...)))
	}
	done := ldapMessage(1, ber(ldapDone, ber(berEnum, "\x00"), ber(berText), ber(berText)))
	search := ldapRootDSE()
	testServed(t, []served{
		{
			"389 Directory Server", answering(map[string]string{search: entry(
				attribute("vendorName", "389 Project"), attribute("vendorVersion", "389-Directory/2.3.1 B2022.320.0000"), attribute("supportedLDAPVersion", "2", "3"),
			) + done}),
			sonde.Service{Name: "ldap", Product: "389 Directory Server", Version: "2.3.1", Facts: facts(
				"vendorName", "389 Project", "vendorVersion", "389-Directory/2.3.1 B2022.320.0000", "supportedLDAPVersion", "2, 3",
			)},
		},
		{
			"Active Directory", answering(map[string]string{search: entry(attribute("dnsHostName", "dc.sonde.test"), attribute("forestFunctionality", "7")) + done}),
			sonde.Service{Name: "ldap", Product: "Microsoft Active Directory", Facts: facts("dnsHostName", "dc.sonde.test")},
		},
		{
			"StartTLS that is refused", answering(map[string]string{
				search:              entry(attribute("objectClass", "top", "OpenLDAProotDSE"), attribute("supportedExtension", ldapStartTLS)) + done,
				"0\x1d\x02\x01\x02": ldapMessage(2, ber(ldapNotice, ber(berEnum, "\x34"), ber(berText), ber(berText))),
			}),
			sonde.Service{Name: "ldap", Product: "OpenLDAP", StartTLS: true},
		},
		{
			"nothing for strangers", answering(map[string]string{search: ldapMessage(1, ber(ldapDone, ber(berEnum, "\x32"), ber(berText), ber(berText)))}),
			sonde.Service{Name: "ldap"},
		},
	})
}

func TestBER(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 40000} {
		encoded := []byte(ber(berText, string(make([]byte, n))))
		if got := berLength(encoded); got != len(encoded) {
			t.Errorf("%d bytes: length %d, want %d", n, got, len(encoded))
		}
		if got := berLength(encoded[:len(encoded)-1]); got != -1 {
			t.Errorf("%d bytes, cut: length %d, want -1", n, got)
		}
		p := packet{rest: encoded}
		if inside := p.inside(berText); len(inside.rest) != n || p.short {
			t.Errorf("%d bytes: read %d", n, len(inside.rest))
		}
	}
	for _, lie := range []string{"\x30\x84\xff\xff\xff\xff", "\x30\xff", "\x30"} {
		p := packet{rest: []byte(lie)}
		if p.inside(berSequence); !p.short {
			t.Errorf("%q was read", lie)
		}
	}
}
