package scan

import (
	"net/netip"
	"time"

	"sonde"
)

// host is one address with the ports of one transport that are asked of it.
type host struct {
	target    Target
	transport sonde.Transport
	ports     []port
	reported  int // ports before this one were reported
	retries   int
	timeout   time.Duration

	fresh  int   // ports from this one on were not asked yet
	second []int // ports that were silent once
	later  []int // ports that were silent more often
	flying int   // knocks under way

	window       float64       // knocks that may be under way
	ceiling      float64       // above it the window grows slowly
	pace         *pace         // no faster than is asked for
	every        time.Duration // that the pace has now
	asked        time.Duration // that it was asked to have
	lateAt       time.Time     // when the last late answer came
	promptEver   int           // answers that were not late
	prompt, late int           // the same and those that were, since it was slowed down
	calmAt       time.Time     // until then the window is not halved again
	rtt          estimate
}

// port is what is known of one port.
type port struct {
	number  uint16
	asks    uint8
	settled bool
	reason  sonde.PortReason
	rtt     time.Duration
	asked   time.Time // last
	service *sonde.Service
}

const (
	firstWindow    = 128
	firstWindowUDP = 8 // ICMP errors are limited everywhere, on Linux to about one a second
	leastWindow    = 4
	mostWindow     = 1 << 16
	maxAsks        = 10

	// tooMuchLoss is the share of late answers at which a host is asked more slowly.
	tooMuchLoss = 0.2
	// provenPrompt is how many answers, none of them late, prove that nothing gets lost:
	// of 256, with a loss of 4 %, all come in time once in 30,000 scans.
	provenPrompt = 256
	// enoughAnswers is how many answers tell how many come late, and lossMemory after how
	// many they begin to be forgotten.
	enoughAnswers = 32
	lossMemory    = 1024
	// calm is how long no answer may have come late for the window to grow fast again.
	calm = 2 * time.Second

	resend      = time.Second            // when kernels repeat a SYN (RFC 6298)
	unknownWait = time.Second            // for the first answer of a host
	leastWait   = 100 * time.Millisecond // answers may be held up that long by a busy machine
	slowestPace = time.Second            // between two knocks at a host that limits its answers
	firstSlow   = 20 * time.Millisecond  // between two knocks, once the smallest window was too much
)

// hostsOf gives a target's ports their hosts: one for each transport, since a host
// answers them at different speeds.
func hostsOf(t Target, c Config) []*host {
	var hosts []*host
	for _, part := range []struct {
		transport sonde.Transport
		ports     Ports
		window    float64
	}{{sonde.TCP, t.TCP, firstWindow}, {sonde.UDP, t.UDP, firstWindowUDP}} {
		if len(part.ports) == 0 {
			continue
		}
		h := &host{
			target: t, transport: part.transport, ports: make([]port, len(part.ports)),
			retries: c.Retries, timeout: c.Timeout,
			window: part.window, ceiling: mostWindow, pace: paceOf(c.HostRate),
		}
		h.every, h.asked = h.pace.every, h.pace.every
		for i, number := range part.ports {
			h.ports[i].number = number
		}
		hosts = append(hosts, h)
	}
	return hosts
}

// ready reports whether a port waits to be asked and the window has room.
func (h *host) ready() bool {
	return h.flying < int(h.window) && (h.fresh < len(h.ports) || len(h.second)+len(h.later) > 0)
}

// take is the port to ask next. The second question comes soon, since an answer to it
// tells loss from a filter; further ones wait until every port was asked.
func (h *host) take() (i int) {
	switch {
	case len(h.second) > 0:
		i, h.second = h.second[0], h.second[1:]
	case h.fresh < len(h.ports):
		i, h.fresh = h.fresh, h.fresh+1
	default:
		i, h.later = h.later[0], h.later[1:]
	}
	h.flying++
	return i
}

// putBack undoes take: the port could not be asked.
func (h *host) putBack(i int) {
	h.flying--
	h.second = append(h.second, i)
}

func (h *host) address(i int) netip.AddrPort {
	return netip.AddrPortFrom(h.target.Address, h.ports[i].number)
}

// wait is how long to wait for the answer to a port's question of this number.
func (h *host) wait(asks uint8) time.Duration {
	wait := h.rtt.wait()
	if asks > 1 {
		wait *= 2
	}
	if asks > 2 {
		wait = max(wait, resend+h.rtt.wait())
	}
	if h.transport == sonde.UDP {
		wait = max(wait, unknownWait)
	}
	return min(wait, h.timeout)
}

// learn takes an answer.
func (h *host) learn(i int, reason sonde.PortReason, rtt time.Duration, now time.Time) {
	h.flying--
	p := &h.ports[i]
	p.reason, p.rtt, p.asked = reason, rtt, now
	late := p.asks > 1 || rtt >= resend && h.rtt.known && h.rtt.mean < resend/2
	if !late || p.asks > 1 {
		h.rtt.add(rtt)
	}
	h.weigh(late, now)
	if late && h.lossy() {
		h.slowDown(now)
	} else if !late {
		h.speedUp()
	}
}

// silent takes it that no answer came, and reports whether that settles the port.
func (h *host) silent(i int, waited time.Duration, now time.Time) bool {
	h.flying--
	p := &h.ports[i]
	enough := int(p.asks) > h.enoughRetries(p.asked)
	if now.Sub(h.lateAt) > calm {
		h.ceiling = mostWindow
	}
	p.rtt, p.asked = waited, now
	switch {
	case enough:
		p.reason = sonde.BySilence
		h.settle(i)
		h.speedUp()
	case p.asks == 1:
		h.second = append(h.second, i)
	default:
		h.later = append(h.later, i)
		h.speedUp()
	}
	return enough
}

// enoughRetries is how often a port is asked again before its silence, which was last
// met at an instant, is believed: once where the host is known to lose nothing, and
// again and again where a late answer came since.
func (h *host) enoughRetries(met time.Time) int {
	switch {
	case h.retries > 0 && h.lateAt.After(met):
		return max(h.retries, maxAsks-1)
	case h.lateAt.IsZero() && h.promptEver >= provenPrompt:
		return min(h.retries, 1)
	}
	return h.retries
}

func (h *host) settle(i int) { h.ports[i].settled = true }

// weigh counts an answer. What was counted long ago counts for half, again and again.
func (h *host) weigh(late bool, now time.Time) {
	if late {
		h.late++
		h.lateAt = now
	} else {
		h.prompt++
		h.promptEver++
	}
	if h.late+h.prompt > lossMemory {
		h.late, h.prompt = h.late/2, h.prompt/2
	}
}

// lossy reports whether so many answers come late that the host or the way to it must
// be overrun. Late answers come together, a question's time after the prompt ones, so
// that no few of them say anything.
func (h *host) lossy() bool {
	return h.late+h.prompt >= enoughAnswers && float64(h.late) > tooMuchLoss*float64(h.late+h.prompt)
}

// slowDown halves the window, or, where that is at its least, doubles the time between
// knocks; but once in the time of a question only, for what is under way went out
// before.
func (h *host) slowDown(now time.Time) {
	if now.Before(h.calmAt) {
		return
	}
	h.calmAt = now.Add(h.wait(2))
	h.prompt, h.late = 0, 0
	if h.window > leastWindow {
		h.window = max(leastWindow, min(h.window, float64(h.flying)+leastWindow)/2)
		h.ceiling = h.window
		return
	}
	h.goEvery(min(max(2*h.every, firstSlow), max(slowestPace, h.asked)))
}

// speedUp makes the window larger: by one for each port below the ceiling, and by one
// for each window of ports above it.
func (h *host) speedUp() {
	switch {
	case h.every > h.asked:
		every := max(h.asked, h.every-h.every/8)
		if every < firstSlow/2 {
			every = h.asked
		}
		h.goEvery(every)
	case h.window < h.ceiling:
		h.window++
	case h.window < mostWindow:
		h.window += 1 / h.window
	}
}

func (h *host) goEvery(every time.Duration) {
	h.every = every
	h.pace.set(every)
}

// found is a settled port as it is reported.
func (h *host) found(i int) sonde.Port {
	p := h.ports[i]
	port := sonde.Port{
		Host: h.target.Host, Address: h.target.Address, Transport: h.transport, Number: p.number,
		State: stateOf[p.reason], Reason: p.reason, RTT: p.rtt, At: p.asked.UTC(),
	}
	if p.service != nil {
		port.Service = *p.service
	}
	return port
}

// estimate is the round trip time of a host (RFC 6298, section 2).
type estimate struct {
	known           bool
	mean, deviation time.Duration
}

func (e *estimate) add(rtt time.Duration) {
	if !e.known {
		*e = estimate{true, rtt, rtt / 2}
		return
	}
	e.deviation += ((e.mean - rtt).Abs() - e.deviation) / 4
	e.mean += (rtt - e.mean) / 8
}

// wait is how long an answer may take that is not lost.
func (e *estimate) wait() time.Duration {
	if !e.known {
		return unknownWait
	}
	return max(leastWait, 2*e.mean+4*e.deviation)
}
