package dashboard

import (
	"encoding/json"
	"strings"
	"time"
)

// tlsPlace is what one port of a host shows and takes in TLS: the certificates, from that
// of the host up, and the versions.
type tlsPlace struct {
	Port   string
	After  string // the protocol whose command begins TLS; "" for TLS from the first byte
	Chain  []chained
	Offers []tlsOffer
	Groups string // of the key exchange
}

// chained is a certificate of a chain.
type chained struct {
	Subject, Issuer string
	Until           cell
}

// tlsOffer is a version of TLS that a port takes, and the cipher suites it takes in it.
type tlsOffer struct {
	Version string
	Ciphers []string
}

// tlsPlaceOf reads a row of the view certificates.
func tlsPlaceOf(r row) tlsPlace {
	var facts struct {
		StartTLS string
		Chain    []struct {
			Subject, Issuer string
			NotAfter        time.Time `json:"not_after"`
		}
		Offers []tlsOffer
		Groups []string
	}
	place := tlsPlace{Port: r.text("port"), Chain: []chained{{visible(r.text("subject")), visible(r.text("issuer")), timeOf(r.time("not_after"))}}}
	if json.Unmarshal([]byte(r.text("facts")), &facts) != nil {
		return place
	}
	place.After, place.Groups = visible(facts.StartTLS), visible(strings.Join(facts.Groups, ", "))
	for _, c := range facts.Chain {
		place.Chain = append(place.Chain, chained{visible(c.Subject), visible(c.Issuer), timeOf(c.NotAfter)})
	}
	for _, o := range facts.Offers {
		for i, cipher := range o.Ciphers {
			o.Ciphers[i] = visible(cipher)
		}
		place.Offers = append(place.Offers, tlsOffer{visible(o.Version), o.Ciphers})
	}
	return place
}
