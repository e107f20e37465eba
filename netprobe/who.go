package netprobe

import (
	"context"
	"net"
	"net/netip"
	"time"

	"sonde"
	"sonde/netprobe/identify"
	"sonde/netprobe/inspect"
)

// Limits of one more connection to an open port, and of all that ask about its TLS.
const (
	dialLimit    = 5 * time.Second
	inspectLimit = 30 * time.Second
)

// WhoAnswers tells who answers on a port that was found open, beginning on the
// connection that found it so, and what its TLS is like. It is what scan.Config.Open
// wants.
func WhoAnswers(ctx context.Context, conn net.Conn, port sonde.Port) sonde.Service {
	service := identified(ctx, conn, port, false)
	if service.TLS == nil || service.TLS.Certificate == nil {
		return service
	}
	ctx, cancel := context.WithTimeout(ctx, inspectLimit)
	defer cancel()
	facts, err := inspect.TLS(ctx, inspect.Question{Host: port.Host, Dial: dialer(port), StartTLS: service.TLS.StartTLS})
	if err == nil && facts.Certificate != nil {
		service.TLS = &facts
	}
	return service
}

// WhoAnswersInClear is WhoAnswers without any TLS.
func WhoAnswersInClear(ctx context.Context, conn net.Conn, port sonde.Port) sonde.Service {
	return identified(ctx, conn, port, true)
}

func identified(ctx context.Context, conn net.Conn, port sonde.Port, noTLS bool) sonde.Service {
	return identify.Service(ctx, conn, identify.Hints{
		Host: port.Host, Port: port.Number, RTT: port.RTT, Dial: dialer(port), NoTLS: noTLS,
	})
}

// dialer makes more connections to a port: to the address that was found, whatever its
// name leads to now.
func dialer(port sonde.Port) func(context.Context) (net.Conn, error) {
	to := netip.AddrPortFrom(port.Address, port.Number).String()
	return func(ctx context.Context) (net.Conn, error) {
		d := net.Dialer{Timeout: dialLimit, KeepAlive: -1}
		return d.DialContext(ctx, "tcp", to)
	}
}
