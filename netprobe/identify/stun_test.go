package identify

import (
	"testing"

	"sonde"
)

func TestSTUN(t *testing.T) {
	question := askSTUN()
	answer := func(id []byte, attributes string) []byte {
		return append(append([]byte("\x01\x01\x00\x00"), id...), attributes...)
	}
	const address, software = "\x00\x20\x00\x05abcde\x00\x00\x00", "\x80\x22\x00\x0cCoturn-4.6.1"
	same(t, Reply(question, answer(question[4:], address+software)), sonde.Service{
		Name: "stun", Product: "coturn", Version: "4.6.1", Facts: facts("software", "Coturn-4.6.1"),
	})
	same(t, Reply(question, answer(question[4:], "\x80\x22\xff\xffCoturn")), sonde.Service{Name: "stun"})
	same(t, Reply(question, answer(make([]byte, 16), software)), sonde.Service{})
}
