package resolve

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"sonde"
)

// https asks over HTTP (RFC 8484).
type https struct {
	url    string
	client *http.Client
}

const mediaType = "application/dns-message"

func newHTTPS(url string, secure *tls.Config) *https {
	return &https{url, &http.Client{
		Transport:     &http.Transport{TLSClientConfig: secure, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: idleStreams, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (h *https) exchange(ctx context.Context, q question, m manner, deadline time.Time) (reply, error) {
	const id = 0 // so that caches find what others asked
	message := q.pack(make([]byte, 0, maxQuestion), id, m)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(message))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", mediaType)
	request.Header.Set("Accept", mediaType)
	response, err := h.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	answer, err := body(response)
	if err != nil {
		return reply{}, err
	}
	return q.read(answer, id)
}

// body reads the message in a response.
func body(response *http.Response) ([]byte, error) {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, &lie{fmt.Sprintf("it has the HTTP status %d", response.StatusCode)}
	case kind != mediaType:
		return nil, &lie{sonde.Tidy(fmt.Sprintf("it has the media type %q, not %s", kind, mediaType))}
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxMessage+1))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &lie{"it is shorter than it says"}
	}
	if len(answer) > maxMessage {
		return nil, &lie{"it is longer than a message can be"}
	}
	return answer, err
}

func (h *https) close() { h.client.CloseIdleConnections() }
