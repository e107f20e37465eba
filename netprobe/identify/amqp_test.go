package identify

import (
	"testing"

	"sonde"
)

func TestAMQP(t *testing.T) {
	text := func(name, value string) string {
		return string(withLength(1, false, []byte(name))) + "S" + string(withLength(4, false, []byte(value)))
	}
	start := func(properties string) string {
		payload := "\x00\x0a\x00\x0a\x00\x09" + string(withLength(4, false, []byte(properties))) + "\x00\x00\x00\x05PLAIN" + "\x00\x00\x00\x05en_US"
		return "\x01\x00\x00" + string(withLength(4, false, []byte(payload))) + "\xce"
	}
	testServed(t, []served{
		{
			"RabbitMQ", answering(map[string]string{
				"GET ": "AMQP\x00\x00\x09\x01",
				"AMQP": start("\x0ccapabilitiesF\x00\x00\x00\x03\x01xV" + "\x01bt\x01" + text("product", "RabbitMQ") + text("version", "3.12.1") + text("platform", "Erlang/OTP 26")),
			}),
			sonde.Service{Name: "amqp", Product: "RabbitMQ", Version: "3.12.1", Facts: facts("protocol", "0.9", "platform", "Erlang/OTP 26", "mechanisms", "PLAIN")},
		},
		{
			"AMQP 1.0 alone", answering(map[string]string{"AMQP": "AMQP\x03\x01\x00\x00"}),
			sonde.Service{Name: "amqp", Facts: facts("protocol", "1.0.0")},
		},
		{
			"a table that lies about its length", answering(map[string]string{"AMQP": start("\xffproduct")}),
			sonde.Service{Name: "amqp", Facts: facts("protocol", "0.9", "mechanisms", "PLAIN")},
		},
	})
}
