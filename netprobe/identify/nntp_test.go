package identify

import (
	"testing"

	"sonde"
)

func TestNNTP(t *testing.T) {
	testServed(t, []served{
		{
			"INN", replies("200 news.sonde.test ready\r\n", "101 Capability list:\r\nVERSION 2\r\nIMPLEMENTATION INN 2.7.1\r\n.\r\n", "205 Bye!\r\n"),
			sonde.Service{Name: "nntp", Product: "INN", Version: "2.7.1", Facts: facts("implementation", "INN 2.7.1", "capabilities", "VERSION 2, IMPLEMENTATION INN 2.7.1")},
		},
		{"without capabilities", replies("201 Leafnode NNTP daemon, version 1.12 at x\r\n", "500 what?\r\n"), sonde.Service{Name: "nntp", Product: "Leafnode", Version: "1.12"}},
		{"another that says 200", replies("200 ok\r\n", "500 what?\r\n"), sonde.Service{}},
	})
}
