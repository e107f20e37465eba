//go:build !unix

package fetch

// peeks tells that nothing here can see what waits on a connection without reading it,
// so that net/http, which always reads, makes all exchanges.
const peeks = false

func (l *line) silent() bool { return false }
