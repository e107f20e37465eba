package identify

import (
	"testing"

	"sonde"
)

func TestXMPP(t *testing.T) {
	const stream = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1'>"
	testServed(t, []served{
		{
			"mechanisms, and STARTTLS that is refused", answering(map[string]string{
				"<?xml":     stream + "<stream:features><starttls xmlns='urn:x'/><mechanisms><mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>",
				"<starttls": "<failure xmlns='urn:x'/>",
			}),
			sonde.Service{Name: "xmpp", StartTLS: true, Facts: facts("mechanisms", "PLAIN, SCRAM-SHA-1")},
		},
		{
			"not for us, known by what it says to HTTP",
			answering(map[string]string{"GET ": stream + "<stream:error/>", "<?xml": stream + "<stream:error><host-unknown/></stream:error></stream:stream>"}),
			sonde.Service{Name: "xmpp"},
		},
		{"another XML", answering(map[string]string{"<?xml": "<?xml version='1.0'?><error/>"}), sonde.Service{}},
	})
}
