package scan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sonde"
)

func TestParseTarget(t *testing.T) {
	net := netip.MustParsePrefix
	for _, test := range []struct {
		text string
		want Aim
	}{
		{"Example.ORG.", Aim{Name: "example.org"}},
		{"bücher.example", Aim{Name: "xn--bcher-kva.example"}},
		{"_dmarc.example.org", Aim{Name: "_dmarc.example.org"}},
		{"localhost:8080", Aim{Name: "localhost", Port: 8080}},
		{"https://example.org/a?b#c", Aim{Name: "example.org", Port: 443}},
		{"http://user@example.org:8080/", Aim{Name: "example.org", Port: 8080}},
		{"redis://example.org", Aim{Name: "example.org"}},
		{"192.0.2.1", Aim{Prefix: net("192.0.2.1/32")}},
		{"192.0.2.1:22", Aim{Prefix: net("192.0.2.1/32"), Port: 22}},
		{"192.0.2.77/24", Aim{Prefix: net("192.0.2.0/24")}},
		{"2001:db8::1", Aim{Prefix: net("2001:db8::1/128")}},
		{"[2001:db8::1]", Aim{Prefix: net("2001:db8::1/128")}},
		{"[2001:db8::1]:443", Aim{Prefix: net("2001:db8::1/128"), Port: 443}},
		{"http://[::1]:8080/", Aim{Prefix: net("::1/128"), Port: 8080}},
		{"::ffff:192.0.2.1", Aim{Prefix: net("192.0.2.1/32")}},
		{"fe80::1%lo", Aim{Name: "fe80::1%lo"}},
	} {
		if got, err := ParseTarget(test.text); err != nil || got != test.want {
			t.Errorf("ParseTarget(%q) = %+v, %v, want %+v", test.text, got, err, test.want)
		}
	}
}

// TestParseTargetPointsAtTheFault holds what is said of texts that are no targets.
func TestParseTargetPointsAtTheFault(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "wanted",
		"192.0.2.0/33":          `"33", character 11`,
		"192.0.2.0/":            `"", character 11`,
		"192.0.2/24":            `"192.0.2", character 1`,
		"2001:db8::/129":        "from 0 to 128",
		"2001:db8::/64":         "/104",
		"0.0.0.0/0":             "/8",
		"example.org/path":      "character 12",
		"example.org:http":      `"http", character 13`,
		"example.org:70000":     `"70000", character 13`,
		"http://example.org:0/": `"0", character 20`,
		"exa mple.org":          `' ', character 4`,
		"256.1.1.1":             "ends in a number",
		"0.0.0.0":               "may be asked",
		"169.254.169.254":       "may be asked",
		"224.0.0.1":             "may be asked",
		"http://[::1/":          "no URL",
		"a..example":            "two dots",
	} {
		_, err := ParseTarget(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseTarget(%q): %v, want %q in it", text, err, want)
		}
	}
}

// TestAddresses holds that a network is walked through whole, without what is never
// asked.
func TestAddresses(t *testing.T) {
	aim, err := ParseTarget("169.254.169.253/30")
	if err != nil {
		t.Fatal(err)
	}
	want := []netip.Addr{
		netip.MustParseAddr("169.254.169.252"), netip.MustParseAddr("169.254.169.253"), netip.MustParseAddr("169.254.169.255"),
	}
	if got := slices.Collect(aim.Addresses()); !slices.Equal(got, want) || aim.Size() != 4 {
		t.Errorf("%s has %v and the size %d, want %v and 4", aim, got, aim.Size(), want)
	}
}

func TestParsePorts(t *testing.T) {
	top := Ports{80, 443}
	for text, want := range map[string]Ports{
		"22":            {22},
		"443,22, 80,22": {22, 80, 443},
		"8000-8003,22":  {22, 8000, 8001, 8002, 8003},
		"top,22":        {22, 80, 443},
		"65535-65535":   {65535},
	} {
		if got, err := ParsePorts(text, top); err != nil || !slices.Equal(got, want) {
			t.Errorf("ParsePorts(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	if got, err := ParsePorts("all", top); err != nil || len(got) != 65535 || got[0] != 1 {
		t.Errorf("all is %d ports: %v", len(got), err)
	}
	for text, want := range map[string]string{
		"":              `"", character 1`,
		"22,8o,90":      `"8o", character 4`,
		"22,,90":        `"", character 4`,
		"0":             `"0", character 1`,
		"65536":         `"65536", character 1`,
		"1,99999-3":     `"99999-3", character 3`,
		"1,8100-8000":   "8000-8100 is meant",
		"+22":           `"+22", character 1`,
		"22-":           `"22-", character 1`,
		"ü,x":           `"ü", character 1`,
		"22,ü,8000-8x0": `"ü", character 4`,
	} {
		_, err := ParsePorts(text, top)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePorts(%q): %v, want %q in it", text, err, want)
		}
	}
}

// TestLists holds that the lists that are built in are in order and without doubles.
func TestLists(t *testing.T) {
	for name, ports := range map[string]Ports{"TopTCP": TopTCP(), "TopUDP": TopUDP(), "PoliteTCP": PoliteTCP()} {
		if !slices.IsSorted(ports) || len(slices.Compact(slices.Clone(ports))) != len(ports) {
			t.Errorf("%s is not in order, or has a port twice: %v", name, ports)
		}
	}
	if with := TopTCP().With(4).With(22); len(with) != len(topTCP)+1 || !slices.IsSorted(with) {
		t.Errorf("with one port more it is %v", with)
	}
}

// FuzzParseTarget holds that what is taken for a target reads back as the same, and
// never leads where nothing may be asked.
func FuzzParseTarget(f *testing.F) {
	for _, text := range []string{"example.org", "192.0.2.0/24", "[::1]:80", "https://a.example:1/", "fe80::1%lo", "bücher.example:99"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		aim, err := ParseTarget(text)
		if err != nil {
			return
		}
		again, err := ParseTarget(aim.String())
		if again.Port = aim.Port; err != nil || again != aim {
			t.Errorf("%q is %+v, which reads back as %+v, %v", text, aim, again, err)
		}
		for a := range aim.Addresses() {
			if sonde.ClassOf(a) == sonde.NeverAddress || !aim.Prefix.Contains(a) {
				t.Errorf("%q leads to %s", text, a)
			}
			break
		}
	})
}

// FuzzParsePorts holds that a list is in order, and that its ports are numbers of it.
func FuzzParsePorts(f *testing.F) {
	for _, text := range []string{"22", "1,2-5,top", "all", "8000-8100,", "-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ports, err := ParsePorts(text, Ports{80})
		if err != nil {
			return
		}
		if len(ports) == 0 || ports[0] == 0 || !slices.IsSorted(ports) || len(ports) > 65535 {
			t.Errorf("%q is %v", text, ports)
		}
	})
}
