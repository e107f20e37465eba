package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/netutil"
)

// Asked is one request for a file.
type Asked struct {
	Client netip.AddrPort
	Method string
	Path   string
	Status int
	Bytes  int64 // of the body
}

// ServeFiles serves the files below dir over HTTP to the clients of l, at most so many at
// once (0: 10,000), until ctx ends, and closes l. Nothing outside of dir is shown, wherever
// links lead. Tell is told of each request, by several goroutines. The error says why l
// gives no more clients; it is nil when ctx has ended.
func ServeFiles(ctx context.Context, l net.Listener, dir *os.Root, most int, tell func(Asked)) error {
	if most <= 0 {
		most = defaultMax
	}
	files := http.FileServerFS(dir.FS())
	server := &http.Server{
		ReadHeaderTimeout: handshake,
		IdleTimeout:       time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := &witness{ResponseWriter: w, status: http.StatusOK}
			files.ServeHTTP(seen, r)
			client, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http wrote it
			tell(Asked{client, r.Method, r.URL.Path, seen.status, seen.bytes})
		}),
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { server.Close(); close(done) })
	err := server.Serve(netutil.LimitListener(l, most))
	if !stop() {
		<-done
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// witness notes what is answered.
type witness struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (w *witness) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (w *witness) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}
