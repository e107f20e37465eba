package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"sonde"
)

// offers asks what the place takes and adds it to the facts.
func (p *probe) offers(ctx context.Context, facts *sonde.TLSFacts) {
	walks := make([]walk[uint16], len(versions))
	var all sync.WaitGroup
	for i, version := range versions {
		all.Go(func() { walks[i] = p.ciphers(ctx, version) })
	}
	all.Wait()
	var newest uint16
	for i, w := range walks {
		facts.Cut = facts.Cut || w.cut
		if len(w.took) > 0 {
			newest = versions[i]
			facts.Offers = append(facts.Offers, offer(newest, w.took))
		}
	}
	g := p.groups(ctx, newest)
	facts.Cut = facts.Cut || g.cut
	for _, id := range g.took {
		facts.Groups = append(facts.Groups, sonde.TLSGroup(id))
	}
}

func offer(version uint16, took []uint16) sonde.TLSOffer {
	o := sonde.TLSOffer{Version: tls.VersionName(version)}
	for _, id := range took {
		o.Ciphers = append(o.Ciphers, cipherName(id))
	}
	return o
}

// A walk is a list of things asked for again and again, each time without the one that
// was taken, until none is.
type walk[N comparable] struct {
	took []N
	cut  bool // it ended before the place had refused the rest
}

// walkThrough asks with what is left of all until the place takes none of it.
func walkThrough[N comparable](all []N, ask func(left []N) (N, error)) walk[N] {
	var w walk[N]
	for left := slices.Clone(all); len(left) > 0; {
		took, err := ask(left)
		i := slices.Index(left, took)
		if err != nil || i < 0 {
			w.cut = err != nil && !refused(err)
			return w
		}
		w.took = append(w.took, took)
		left = slices.Delete(left, i, i+1)
	}
	return w
}

// ciphers asks for the suites that the place takes in one version.
func (p *probe) ciphers(ctx context.Context, version uint16) walk[uint16] {
	return walkThrough(ciphersOf(version), func(left []uint16) (uint16, error) {
		f, err := p.ask(ctx, hello{version, left, groups, p.serverName()}, readHello)
		if err == nil && f.version != version {
			err = errOtherVersion
		}
		return f.cipher, err
	})
}

// groups asks for the key exchange groups that the place takes in a version. In TLS 1.2
// only its whole answer tells the group, and before that nobody lets the client choose.
func (p *probe) groups(ctx context.Context, version uint16) walk[tls.CurveID] {
	read := readHello
	ciphers := ciphersOf(version)
	switch {
	case version < versionTLS12:
		return walk[tls.CurveID]{}
	case version == versionTLS12:
		read = readFlight
		ciphers = slices.DeleteFunc(ciphers, func(id uint16) bool { return !strings.HasPrefix(cipherName(id), "TLS_ECDHE_") })
	}
	return walkThrough(groups, func(left []tls.CurveID) (tls.CurveID, error) {
		f, err := p.ask(ctx, hello{version, ciphers, left, p.serverName()}, read)
		return f.group, err
	})
}

// errOtherVersion says that the place answered in another version than was asked for.
var errOtherVersion = errors.New("it answers in another version")

// refused reports whether an error of asking is the place's way to say no. Many close
// the connection without a word.
func refused(err error) bool {
	_, alert := errors.AsType[alertError](err)
	_, unreached := errors.AsType[dialError](err)
	return alert || !unreached && (sonde.BrokenOff(err) || errors.Is(err, io.EOF) || errors.Is(err, errOtherVersion))
}

// ask sends a hello on a connection of its own and reads what is answered.
func (p *probe) ask(ctx context.Context, h hello, read func(io.Reader) (flight, error)) (flight, error) {
	c, err := p.connect(ctx)
	if err != nil {
		return flight{}, err
	}
	defer c.Close()
	if _, err := c.Write(h.record()); err != nil {
		return flight{}, err
	}
	return read(c)
}

// oldFacts adds what the newest version shows that clients of today do not ask for: in
// all before TLS 1.3 the certificates are in the clear.
func (p *probe) oldFacts(ctx context.Context, facts *sonde.TLSFacts) {
	if len(facts.Offers) == 0 {
		return
	}
	newest := slices.IndexFunc(versions, func(v uint16) bool {
		return tls.VersionName(v) == facts.Offers[len(facts.Offers)-1].Version
	})
	version := versions[newest]
	if version >= versionTLS13 {
		return
	}
	f, err := p.ask(ctx, hello{version, ciphersOf(version), groups, p.serverName()}, readFlight)
	if err != nil {
		facts.Cut = facts.Cut || !refused(err)
		return
	}
	facts.Version, facts.Cipher, facts.Group = tls.VersionName(f.version), cipherName(f.cipher), sonde.TLSGroup(f.group)
	p.showOld(f, facts)
}

// showOld adds the certificates of a flight. That clients of today are refused stays the
// failure to tell, unless the certificate cannot even be read.
func (p *probe) showOld(f flight, facts *sonde.TLSFacts) {
	chain, err := f.certificates()
	if err != nil {
		facts.Failure, facts.Detail = sonde.CertInvalid, sonde.Tidy(err.Error())
		return
	}
	if len(chain) == 0 {
		return
	}
	now := time.Now()
	showCertificates(facts, chain, f.staple, now)
	if _, err := sonde.JudgeChain(chain, p.Host, p.Roots, now); err != nil {
		facts.Certificate.VerifyError = sonde.Tidy(err.Error())
	}
}

// current reports whether clients of today offer a suite of TLS 1.2.
func current(name string) bool {
	return slices.ContainsFunc(tls.CipherSuites(), func(s *tls.CipherSuite) bool { return s.Name == name })
}
