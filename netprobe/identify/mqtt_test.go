package identify

import (
	"testing"

	"sonde"
)

func TestMQTT(t *testing.T) {
	const connect, subscribe = "\x10\x19\x00\x04MQTT", "\x82"
	testServed(t, []served{
		{
			"a version that is published", answering(map[string]string{
				connect:   "\x20\x02\x00\x00",
				subscribe: "\x90\x03\x00\x01\x00" + "\x31\x2d\x00\x13$SYS/broker/versionmosquitto version 2.0.11",
			}),
			sonde.Service{Name: "mqtt", Product: "Mosquitto", Version: "2.0.11", Facts: facts("connect", "accepted", "version", "mosquitto version 2.0.11")},
		},
		{
			"a login wanted", answering(map[string]string{connect: "\x20\x02\x00\x05"}),
			sonde.Service{Name: "mqtt", Facts: facts("connect", "not authorized")},
		},
		{"no verdict of MQTT", answering(map[string]string{connect: "\x20\x02\x00\x77"}), sonde.Service{}},
	})
}
