package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"sonde"
	"sonde/netprobe/wire"
)

// What listen, connect, chat, send and recv share: where the ends of a wire are, and TLS
// between them.

// parseListening reads [ADDR:]PORT. Without an address it is every one of this machine.
func parseListening(text string) (string, error) {
	host, port := "", text
	if strings.Contains(text, ":") {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return "", usagef("%q: [ADDR:]PORT is wanted, such as 7000, 127.0.0.1:7000 or [::1]:7000", text)
		}
	}
	if _, err := parseCount(port, 0, 65535); err != nil {
		return "", usagef("%q is no port: %w", port, err)
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			return "", usagef("%q is no address of this machine; one such as 127.0.0.1 is wanted", host)
		}
	}
	return net.JoinHostPort(host, port), nil
}

// parseDialling reads HOST:PORT.
func parseDialling(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return "", usagef("%q: HOST:PORT is wanted, such as example.org:7000 or [::1]:7000", text)
	}
	if _, err := parseCount(port, 1, 65535); err != nil {
		return "", usagef("%q is no port: %w", port, err)
	}
	return text, nil
}

// listenTCP listens, and says where. With secure, the listening end gets a certificate of
// its own, whose fingerprint is told.
func (a *app) listenTCP(ctx context.Context, address string, secure bool) (net.Listener, *tls.Config, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("listening on %s: %s", address, sonde.Cause(err))
	}
	config, fingerprint, err := ownTLS(secure)
	if err != nil {
		l.Close()
		return nil, nil, err
	}
	a.say("Listening on %s (TCP), until Ctrl-C.%s", l.Addr(), fingerprint)
	return l, config, nil
}

// ownTLS makes the TLS of a listening end, and the sentence that tells its fingerprint; nil
// where it is to have none.
func ownTLS(secure bool) (*tls.Config, string, error) {
	if !secure {
		return nil, "", nil
	}
	certificate, err := wire.SelfSigned()
	if err != nil {
		return nil, "", err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	return config, "\nIts certificate is " + wire.FingerprintOf(certificate.Certificate[0]).String(), nil
}

// over is a listener over TLS, where there is a configuration for it.
func over(l net.Listener, config *tls.Config) net.Listener {
	if config == nil {
		return l
	}
	return tls.NewListener(l, config)
}

// dialling is how a connecting end gets there.
type dialling struct {
	tls         bool
	fingerprint string
}

func (d *dialling) add(flags *pflag.FlagSet) {
	flags.BoolVar(&d.tls, "tls", false, "speak TLS, and tell which certificate the other end shows")
	flags.StringVar(&d.fingerprint, "fingerprint", "", "speak TLS, and only with the certificate of this `SHA256`")
}

// connectTime is what connecting may take where nobody says.
const connectTime = 10 * time.Second

// dial connects to an address, over TLS where that is asked for.
func (d *dialling) dial(ctx context.Context, a *app, network, address string, limit time.Duration) (net.Conn, error) {
	want, err := d.wanted()
	if err != nil {
		return nil, err
	}
	c, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, network, address)
	if err != nil {
		return nil, wireFault("connecting to "+address, err)
	}
	if !d.tls && want == nil {
		return c, nil
	}
	host, _, _ := net.SplitHostPort(address) // it was dialled
	secured, shown, err := wire.Secure(ctx, c, host, want)
	if err != nil {
		return nil, wireFault("shaking hands (TLS) with "+address, err)
	}
	a.say("%s", shownCertificate(shown, host, want != nil))
	return secured, nil
}

func (d *dialling) wanted() (*wire.Fingerprint, error) {
	if d.fingerprint == "" {
		return nil, nil
	}
	f, err := wire.ParseFingerprint(d.fingerprint)
	if err != nil {
		return nil, usagef("--fingerprint %q: %w", d.fingerprint, err)
	}
	return &f, nil
}

// shownCertificate tells which certificate the other end shows, and whether anybody
// vouches for it.
func shownCertificate(chain []*x509.Certificate, host string, expected bool) string {
	text := fmt.Sprintf("The certificate is %s (%s)", wire.FingerprintOf(chain[0].Raw), chain[0].Subject)
	if expected {
		return text + ", as it is to be."
	}
	if _, err := sonde.JudgeChain(chain, host, nil, time.Now()); err != nil {
		return text + "; it does not verify: " + sonde.Tidy(err.Error())
	}
	return text + "; it verifies."
}

// wireFault is the error of an end of a wire, with the exit code that tells what it was: 3
// where nobody answered in time, and else 1.
func wireFault(tried string, err error) error {
	failure := sonde.ConnectFailure(err)
	text := fmt.Sprintf("%s: %s", tried, sonde.Cause(err))
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, wire.ErrSilent):
		return &endError{exitPartial, fmt.Sprintf("%s: %s (timed out)", tried, err)}
	case failure == sonde.ConnectTimeout:
		return &endError{exitPartial, text + " (timed out)"}
	case failure == sonde.Refused:
		return &endError{exitError, text + " (refused)"}
	}
	return &endError{exitError, text}
}

// forTerminal makes what strangers say harmless where it goes to a terminal, and leaves it
// as it is elsewhere.
func (a *app) forTerminal(to io.Writer) io.Writer {
	if _, terminal := a.terminal(to); terminal {
		return &escaper{to: to}
	}
	return to
}

// An escaper shows control characters as escapes. What is cut in the middle of a character
// waits for the rest.
type escaper struct {
	to   io.Writer
	rest []byte
}

// Write writes p in printable form.
func (e *escaper) Write(p []byte) (int, error) {
	text := append(e.rest, p...)
	whole := len(text) - cutRune(text)
	e.rest = append([]byte(nil), text[whole:]...)
	shown := strings.ReplaceAll(string(text[:whole]), "\r\n", "\n")
	_, err := io.WriteString(e.to, escaped(shown))
	return len(p), err
}

// cutRune is how many bytes at the end of a text begin a character or the end of a line
// that is not whole.
func cutRune(text []byte) int {
	if bytes.HasSuffix(text, []byte{'\r'}) {
		return 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// escaped is printable with tabs and with bytes that are no text.
func escaped(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == '\t':
			b.WriteByte('\t')
		default:
			b.WriteString(printable(text[:n]))
		}
		text = text[n:]
	}
	return b.String()
}
