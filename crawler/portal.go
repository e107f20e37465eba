package crawler

import (
	"fmt"
	"strings"
	"sync"

	"sonde"
	"sonde/crawler/weburl"
)

// portalPlaces is how many places in a row must answer the same for it to be the
// network, not they, who answers.
const portalPlaces = 20

// portal watches for a network that answers in the place of everybody until somebody
// logs in: every host then gives the very same page or leads to the very same place.
type portal struct {
	mu     sync.Mutex
	says   string          // what they all say
	places map[string]bool // origins that said it, in a row
}

// meets notes how a place answered, and reports that the network has answered in the
// place of so many.
func (p *portal) meets(v *sonde.Visit) error {
	says := portalSays(v)
	if says == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if says != p.says {
		p.says, p.places = says, make(map[string]bool)
	}
	p.places[weburl.Split(v.Target.URL).Host] = true
	if len(p.places) < portalPlaces {
		return nil
	}
	return limitError(fmt.Sprintf("captive_portal: %d hosts in a row gave the very same answer, so it is the network that answers; log in to it, then resume", portalPlaces))
}

// portalSays is what an answer would say on every host if the network gave it: the
// content of a page, or where it leads. Another answer says its host, which ends the row
// of others: errors are alike by nature, and over https nobody answers for another. It is
// "" for no answer.
func portalSays(v *sonde.Visit) string {
	f, plain := v.Fetch, strings.HasPrefix(v.Target.URL, "http:")
	switch {
	case f == nil || f.Status == 0:
		return ""
	case f.BlockedBy == sonde.BlockedByPortal:
		return "511"
	case plain && v.RedirectTo != "":
		return "to " + v.RedirectTo
	case plain && f.Status == 200 && f.BodyBytes > 0 && f.BodySHA256 != [32]byte{}:
		return string(f.BodySHA256[:])
	}
	return v.Target.Host
}
