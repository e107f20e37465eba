package fetch

import (
	"context"
	"net/http"
	"sync"

	"github.com/gocolly/colly/v2"
)

// collectors makes exchanges through colly. Each collector is used by one request
// at a time and never by itself: no goroutines, no rules, no redirects, no second
// opinion on robots.txt, charsets and sizes. It is safe for concurrent use.
type collectors struct {
	seam http.RoundTripper
	pool sync.Pool
}

// A collector is a colly collector and the context that it hands to callbacks.
type collector struct {
	*colly.Collector
	callbacks *colly.Context
}

// standIn is the URL that colly is told, whatever is asked for. Colly would parse
// the real one with another parser than ours, which may refuse or respell it, at
// the price of all the rest that colly does; the seam below knows the real one. This
// one is the least that is a URL, and leads nowhere.
const standIn = "x:"

// send makes the exchange x, with header as the request's.
func (c *collectors) send(ctx context.Context, x *exchange, header http.Header) error {
	one := c.lend()
	one.Context = context.WithValue(ctx, exchangeKey{}, x)
	err := one.Request(x.request.method(), standIn, nil, one.callbacks, header)
	one.Context = nil
	c.pool.Put(one)
	return err
}

func (c *collectors) lend() *collector {
	if one, ok := c.pool.Get().(*collector); ok {
		return one
	}
	return c.build()
}

// build sets up a collector by Init, because NewCollector would let the environment
// change it.
func (c *collectors) build() *collector {
	one := &colly.Collector{}
	one.Init()
	one.AllowURLRevisit = true
	one.ParseHTTPErrorResponse = true
	one.IgnoreRobotsTxt = true
	one.MaxBodySize = 0
	one.SetClient(&http.Client{Transport: c.seam})
	one.SetRedirectHandler(func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse })
	return &collector{one, colly.NewContext()}
}
