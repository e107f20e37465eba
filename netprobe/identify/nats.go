package identify

import (
	"encoding/json"
	"fmt"
	"strings"

	"sonde"
)

// natsDetector knows NATS (docs.nats.io, Client Protocol) by what its servers say first.
var natsDetector = detector{name: "nats", ports: []uint16{4222}, greets: true, knows: fits(`^INFO \{[^\n]*\n`), ask: askNATS}

func askNATS(t *talk, s *sonde.Service) bool {
	text, ok := strings.CutPrefix(t.line(), "INFO ")
	var info struct {
		Name      string `json:"server_name"`
		Version   string `json:"version"`
		Cluster   string `json:"cluster"`
		Auth      bool   `json:"auth_required"`
		TLS       bool   `json:"tls_required"`
		MayTLS    bool   `json:"tls_available"`
		JetStream bool   `json:"jetstream"`
	}
	if !ok || json.Unmarshal([]byte(text), &info) != nil || info.Version == "" {
		return false
	}
	s.Product, s.Version = "NATS Server", info.Version
	tell(s, "server name", info.Name)
	tell(s, "cluster", info.Cluster)
	tell(s, "authentication required", fmt.Sprint(info.Auth))
	tell(s, "jetstream", fmt.Sprint(info.JetStream))
	if info.TLS || info.MayTLS {
		t.upgrade(s)
	}
	return true
}
