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
	inspectLimit = time.Minute // a slow pace has it take long
)

// WhoAnswers tells who answers on a port that was found open, beginning on the
// connection that found it so, and what its TLS is like. It is what scan.Config.Open
// wants.
func WhoAnswers(ctx context.Context, conn net.Conn, port sonde.Port, admit func(context.Context) error) sonde.Service {
	service := identified(ctx, conn, port, admit, false)
	if service.TLS == nil || service.TLS.Certificate == nil {
		return service
	}
	ctx, cancel := context.WithTimeout(ctx, inspectLimit)
	defer cancel()
	facts, err := inspect.TLS(ctx, inspect.Question{Host: port.Host, Dial: dialer(port, admit), StartTLS: service.TLS.StartTLS})
	if err == nil && facts.Certificate != nil {
		service.TLS = &facts
	}
	return service
}

// WhoAnswersInClear is WhoAnswers without any TLS.
func WhoAnswersInClear(ctx context.Context, conn net.Conn, port sonde.Port, admit func(context.Context) error) sonde.Service {
	return identified(ctx, conn, port, admit, true)
}

func identified(ctx context.Context, conn net.Conn, port sonde.Port, admit func(context.Context) error, noTLS bool) sonde.Service {
	return identify.Service(ctx, conn, identify.Hints{
		Host: port.Host, Port: port.Number, RTT: port.RTT, Dial: dialer(port, admit), NoTLS: noTLS,
	})
}

// dialer makes more connections to a port: to the address that was found, whatever its
// name leads to now. Each waits to be admitted.
func dialer(port sonde.Port, admit func(context.Context) error) func(context.Context) (net.Conn, error) {
	to := netip.AddrPortFrom(port.Address, port.Number).String()
	return func(ctx context.Context) (net.Conn, error) {
		if err := admit(ctx); err != nil {
			return nil, err
		}
		d := net.Dialer{Timeout: dialLimit, KeepAlive: -1}
		return d.DialContext(ctx, "tcp", to)
	}
}
