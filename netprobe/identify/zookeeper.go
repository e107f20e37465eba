package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// zookeeperDetector knows ZooKeeper by one of its four letter words
// (zookeeper.apache.org, Administrator's Guide).
var zookeeperDetector = detector{name: "zookeeper", ports: []uint16{2181}, knows: nothing, ask: askZooKeeper}

var zookeeperMarks = []mark{{"Apache ZooKeeper", regexp.MustCompile(`^Zookeeper version: (\d[\d.]*\d)`)}}

func askZooKeeper(t *talk, s *sonde.Service) bool {
	t.say("srvr")
	first := t.line()
	if strings.HasPrefix(first, "srvr is not executed because it is not in the whitelist") {
		return true
	}
	marked(s, zookeeperMarks, first)
	for _, line := range t.linesTo(func(line string) bool { return strings.HasPrefix(line, "Mode: ") }) {
		if mode, ok := strings.CutPrefix(line, "Mode: "); ok {
			tell(s, "mode", mode)
		}
	}
	return s.Product != ""
}
