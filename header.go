package sonde

// HeaderField is one line of a header, with the name in its canonical spelling.
type HeaderField struct {
	Name  string
	Value string
}

// IsVolatile reports whether a field differs from answer to answer without saying
// anything new, or is kept elsewhere: as validator of the answer, or as its length.
func (f HeaderField) IsVolatile() bool { return volatile[f.Name] }

var volatile = map[string]bool{
	"Age": true, "Connection": true, "Content-Length": true, "Date": true, "Etag": true,
	"Expires": true, "Keep-Alive": true, "Last-Modified": true, "Set-Cookie": true,
	"Transfer-Encoding": true, "Cf-Ray": true, "X-Request-Id": true, "X-Runtime": true,
	"X-Served-By": true, "X-Timer": true, "X-Amz-Cf-Id": true, "X-Amz-Request-Id": true,
	"X-Amzn-Trace-Id": true, "X-Cache": true, "X-Cache-Hits": true, "Report-To": true, "Nel": true,
	"Cf-Cache-Status": true, "X-Cache-Status": true, "X-Proxy-Cache": true, "X-Varnish": true,
	"Server-Timing": true, "X-Response-Time": true, "X-Vercel-Cache": true, "X-Vercel-Id": true,
	"X-Fastly-Request-Id": true, "X-Github-Request-Id": true, "X-Nf-Request-Id": true,
	"X-Envoy-Upstream-Service-Time": true,
}
