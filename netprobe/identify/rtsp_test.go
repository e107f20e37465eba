package identify

import (
	"testing"

	"sonde"
)

func TestRTSP(t *testing.T) {
	testServed(t, []served{{
		"known by what it says to HTTP", answering(map[string]string{
			"GET ":    "RTSP/1.0 400 Bad Request\r\n\r\n",
			"OPTIONS": "RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: gortsplib\r\nPublic: DESCRIBE, SETUP\r\nContent-Length: 0\r\n\r\n",
		}),
		sonde.Service{Name: "rtsp", Product: "gortsplib", Facts: facts("status", "200 OK", "server", "gortsplib", "public", "DESCRIBE, SETUP")},
	}})
}
