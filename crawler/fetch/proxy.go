package fetch

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	socks "golang.org/x/net/proxy"

	"sonde"
)

// A proxy stands between us and all hosts. Its own address was typed by the
// operator and may be private; what is asked of it is judged by the guard before,
// as far as names can be resolved from here: the proxy decides in the end.
type proxy struct {
	url        *url.URL
	host, port string
	credential Credential // zero: none
}

// newProxy reads the policy's proxy. Its credential may stand in credentials
// under its origin.
func newProxy(raw string, credentials map[string]Credential) (*proxy, error) {
	if raw == "" {
		return nil, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("proxy: not a URL with a host; want something like http://proxy.example.org:3128")
	}
	ports := map[string]string{"http": "80", "https": "443", "socks5": "1080"}
	port, known := ports[u.Scheme]
	if !known {
		return nil, fmt.Errorf("proxy: the scheme is %q; want http, https or socks5", u.Scheme)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	p := &proxy{url: u, host: u.Hostname(), port: port, credential: credentials[u.Scheme+"://"+u.Host]}
	if password, ok := u.User.Password(); ok {
		p.credential = Credential{u.User.Username(), password}
	}
	p.url = &url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(p.host, port)}
	return p, nil
}

// forwards reports whether plain http requests are given to the proxy as they
// are, instead of through a tunnel.
func (p *proxy) forwards() bool { return p != nil && p.url.Scheme != "socks5" }

// forward is where net/http sends a request: to the proxy for plain http, and
// otherwise through the connections that reach opens.
func (p *proxy) forward(r *http.Request) (*url.URL, error) {
	if p.forwards() && r.URL.Scheme == "http" {
		return p.url, nil
	}
	return nil, nil
}

// authorization is the value of Proxy-Authorization, "" for none.
func (p *proxy) authorization() string {
	if p.credential == (Credential{}) {
		return ""
	}
	return p.credential.basic()
}

// reach opens a connection for address: to the proxy itself where address is the
// proxy's, through it otherwise.
func (p *proxy) reach(ctx context.Context, d *dialer, address string) (*connection, error) {
	if p.forwards() && address == p.url.Host {
		return p.connect(ctx, d)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failed(sonde.ConnectFailed, err, "connecting to %s", address)
	}
	if err := d.judge(ctx, host, port); err != nil {
		return nil, err
	}
	if p.url.Scheme == "socks5" {
		return p.socks(ctx, d, address)
	}
	return p.tunnel(ctx, d, address)
}

// judge asks the guard about a host that the proxy will connect to. A name that
// does not resolve from here is left to the proxy.
func (d *dialer) judge(ctx context.Context, host, port string) error {
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		target, err := netip.ParseAddrPort(net.JoinHostPort(a.String(), port))
		if err != nil {
			return failed(sonde.ConnectFailed, err, "connecting to %s", host)
		}
		if err := d.guard.Check(host, target); err != nil {
			return connectFailure(host, target.String(), err)
		}
	}
	return nil
}

// connect opens a connection to the proxy. Only our own listeners are refused.
func (p *proxy) connect(ctx context.Context, d *dialer) (*connection, error) {
	c, err := d.connect(ctx, p.host, p.port, d.guard.checkTyped)
	if err != nil {
		return nil, failed(sonde.ProxyFailed, err, "connecting to the proxy %s", p.url.Host)
	}
	return c, nil
}

// tunnel asks the proxy to connect to address (RFC 9110, section 9.3.6).
func (p *proxy) tunnel(ctx context.Context, d *dialer, address string) (*connection, error) {
	c, err := p.connect(ctx, d)
	if err != nil {
		return nil, err
	}
	if p.url.Scheme == "https" {
		secured, err := d.shake(ctx, c, p.host, []string{"http/1.1"})
		if err != nil {
			return nil, failed(sonde.ProxyFailed, err, "connecting to the proxy %s", p.url.Host)
		}
		below := c
		c = newConnection(secured)
		c.remote, c.dns, c.tcp = below.remote, below.dns, below.tcp+below.tlsTime
	}
	start := time.Now()
	if err := p.askTunnel(ctx, d.limit, c, address); err != nil {
		c.Close()
		return nil, failed(sonde.ProxyFailed, err, "asking the proxy %s for a tunnel to %s", p.url.Host, address)
	}
	c.tcp += time.Since(start)
	return c, nil
}

// maxTunnelHeader bounds the header of an answer to CONNECT, in bytes.
const maxTunnelHeader = 64 << 10

// askTunnel sends CONNECT and reads the answer, within limit.
func (p *proxy) askTunnel(ctx context.Context, limit time.Duration, c net.Conn, address string) error {
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, p.connectRequest(address)); err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(c, maxTunnelHeader))
	resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %q", resp.Status)
	}
	if in.Buffered() > 0 {
		return errors.New("it sent something before TLS began")
	}
	return c.SetDeadline(time.Time{})
}

func (p *proxy) connectRequest(address string) string {
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if authorization := p.authorization(); authorization != "" {
		request += "Proxy-Authorization: " + authorization + "\r\n"
	}
	return request + "\r\n"
}

// socks asks the proxy to connect to address (RFC 1928).
func (p *proxy) socks(ctx context.Context, d *dialer, address string) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*d.limit)
	defer cancel()
	var auth *socks.Auth
	if p.credential != (Credential{}) {
		auth = &socks.Auth{User: p.credential.User, Password: p.credential.Password}
	}
	var below *connection
	through, err := socks.SOCKS5("tcp", p.url.Host, auth, dialFunc(func(ctx context.Context) (net.Conn, error) {
		c, err := p.connect(ctx, d)
		below = c
		return c, err
	}))
	if err != nil {
		return nil, failed(sonde.ProxyFailed, err, "asking the proxy %s for a way to %s", p.url.Host, address)
	}
	start := time.Now()
	c, err := through.(socks.ContextDialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, asFailure(err, func(err error) *failure {
			return failed(sonde.ProxyFailed, err, "asking the proxy %s for a way to %s", p.url.Host, address)
		})
	}
	line := newConnection(c)
	line.remote, line.dns, line.tcp = below.remote, below.dns, time.Since(start)-below.dns
	return line, nil
}

// A dialFunc dials the proxy for the SOCKS client.
type dialFunc func(ctx context.Context) (net.Conn, error)

func (f dialFunc) Dial(string, string) (net.Conn, error) {
	return nil, errors.New("dialling needs a context")
}

func (f dialFunc) DialContext(ctx context.Context, _, _ string) (net.Conn, error) { return f(ctx) }

// basic is the value of an Authorization header (RFC 7617).
func (c Credential) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Password))
}
