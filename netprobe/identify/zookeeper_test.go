package identify

import (
	"testing"

	"sonde"
)

func TestZooKeeper(t *testing.T) {
	testServed(t, []served{
		{
			"srvr", answering(map[string]string{"srvr": "Zookeeper version: 3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022-02-25\nLatency min/avg/max: 0/0.0/0\nMode: standalone\nNode count: 5\n"}),
			sonde.Service{Name: "zookeeper", Product: "Apache ZooKeeper", Version: "3.8.0", Facts: facts("mode", "standalone")},
		},
		{"not in the whitelist", answering(map[string]string{"srvr": "srvr is not executed because it is not in the whitelist.\n"}), sonde.Service{Name: "zookeeper"}},
	})
}
