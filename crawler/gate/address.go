package gate

// address is what the origins at one address share. A nil address is shared by nobody:
// all of its methods may be called.
type address struct {
	inFlight int
	waiting  map[*host]struct{} // those of its origins that have a line
}

func newAddress() *address { return &address{waiting: make(map[*host]struct{})} }

// full reports whether no more requests may be on their way to the address.
func (a *address) full(l *law) bool { return a != nil && a.inFlight >= int(l.perHost) }

// note notes whether an origin of the address has a line.
func (a *address) note(h *host) {
	switch {
	case a == nil:
	case len(h.line) > 0:
		a.waiting[h] = struct{}{}
	default:
		delete(a.waiting, h)
	}
}

func (a *address) enter() {
	if a != nil {
		a.inFlight++
	}
}

// leave gives a turn back, and makes the lines of all origins look whether it is theirs.
func (a *address) leave() {
	if a == nil {
		return
	}
	a.inFlight--
	for h := range a.waiting {
		h.nudge()
	}
}
