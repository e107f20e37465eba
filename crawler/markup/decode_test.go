package markup

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"sonde"
)

// encoded writes text in an encoding.
func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDecode(t *testing.T) {
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	const grün, kanji = "<p>grün", "<p>漢字かな"
	meta := func(label, text string) string { return `<meta charset="` + label + `">` + text }
	far := strings.Repeat(" ", 1100)
	tests := []struct {
		name, body, header, text, charset string
		from                              sonde.CharsetSource
	}{
		{"empty", "", "", "", "windows-1252", sonde.FromDefault},
		{"ASCII", "<p>x", "text/html", "<p>x", "windows-1252", sonde.FromDefault},
		{"UTF-8 undeclared", grün, "text/html", grün, "utf-8", sonde.FromContent},
		{"windows-1252 undeclared", "<p>gr\xfcn \x80\x81", "", "<p>grün €\u0081", "windows-1252", sonde.FromDefault},

		{"mark of UTF-8", "\xEF\xBB\xBF" + meta("latin1", grün), "text/html; charset=iso-8859-2", meta("latin1", grün), "utf-8", sonde.FromBOM},
		{"mark of UTF-16LE", "\xFF\xFE" + encoded(t, little, grün), "text/html; charset=utf-8", grün, "utf-16le", sonde.FromBOM},
		{"mark of UTF-16BE", "\xFE\xFF" + encoded(t, big, kanji), "", kanji, "utf-16be", sonde.FromBOM},

		{"header over meta", meta("utf-8", "gr\xfcn"), "text/html; charset=latin1", meta("utf-8", "grün"), "windows-1252", sonde.FromHeader},
		{"header in capitals and quotes", grün, `TEXT/HTML ; CharSet="UTF-8"`, grün, "utf-8", sonde.FromHeader},
		{"UTF-16 by header", encoded(t, little, kanji), "text/html; charset=utf-16", kanji, "utf-16le", sonde.FromHeader},
		{"UTF-16BE by header", encoded(t, big, kanji), "text/html;charset=UTF-16BE", kanji, "utf-16be", sonde.FromHeader},
		{"header with an unknown label", meta("koi8-r", "\xf2"), "text/html; charset=nonsense", meta("koi8-r", "Р"), "koi8-r", sonde.FromMeta},
		{"UTF-7 is no label", "gr+APw-n", "text/html; charset=utf-7", "gr+APw-n", "windows-1252", sonde.FromDefault},
		{"user-defined by header", "a\x80\xff", "text/html; charset=x-user-defined", "a\uF780\uF7FF", "x-user-defined", sonde.FromHeader},
		{"replacement", "\x1b$)Cabc", "text/html; charset=iso-2022-kr", "\uFFFD", "replacement", sonde.FromHeader},
		{"UTF-8 with broken bytes", "a\xffb\xe2\x82c\xf0\x9f\x98", "text/html; charset=utf-8", "a\uFFFDb\uFFFDc\uFFFD", "utf-8", sonde.FromHeader},
		{"two values in one header", "gr\xfcn", "text/plain, text/html; charset=latin1, text/html", "grün", "windows-1252", sonde.FromHeader},

		{"meta", meta("ISO-8859-2", "\xb1"), "text/html", meta("ISO-8859-2", "ą"), "iso-8859-2", sonde.FromMeta},
		{"meta of UTF-8", meta("utf-8", grün), "", meta("utf-8", grün), "utf-8", sonde.FromMeta},
		{"meta of UTF-16 is UTF-8", meta("UTF-16BE", grün), "", meta("UTF-16BE", grün), "utf-8", sonde.FromMeta},
		{"meta of x-user-defined", meta("x-user-defined", "\x80"), "", meta("x-user-defined", "€"), "windows-1252", sonde.FromMeta},
		{"meta late", far + meta("iso-8859-2", "\xb1"), "", far + meta("iso-8859-2", "ą"), "iso-8859-2", sonde.FromMeta},
		{"meta late and nothing beyond ASCII", far + meta("iso-8859-2", "x"), "", far + meta("iso-8859-2", "x"), "windows-1252", sonde.FromDefault},
		{"meta cut off", strings.Repeat("x", 1010) + meta("koi8-r", ""), "", strings.Repeat("x", 1010) + meta("koi8-r", ""), "windows-1252", sonde.FromDefault},

		{"Shift_JIS", meta("Shift_JIS", encoded(t, japanese.ShiftJIS, kanji)), "", meta("Shift_JIS", kanji), "shift_jis", sonde.FromMeta},
		{"EUC-JP", encoded(t, japanese.EUCJP, kanji), "text/html; charset=euc-jp", kanji, "euc-jp", sonde.FromHeader},
		{"ISO-2022-JP", encoded(t, japanese.ISO2022JP, kanji), "text/html; charset=iso-2022-jp", kanji, "iso-2022-jp", sonde.FromHeader},
		{"GB18030", encoded(t, simplifiedchinese.GB18030, kanji+"😀"), "text/html; charset=gb18030", kanji + "😀", "gb18030", sonde.FromHeader},
		{"GB2312 is read as GB18030", encoded(t, simplifiedchinese.GB18030, kanji+"😀"), "text/html; charset=gb2312", kanji + "😀", "gbk", sonde.FromHeader},
		{"Big5", encoded(t, traditionalchinese.Big5, "漢字"), "text/html; charset=big5", "漢字", "big5", sonde.FromHeader},
		{"EUC-KR", encoded(t, korean.EUCKR, "한글"), "text/html; charset=ks_c_5601-1987", "한글", "euc-kr", sonde.FromHeader},
		{"windows-1251", encoded(t, charmap.Windows1251, "Привет"), "text/html; charset=windows-1251", "Привет", "windows-1251", sonde.FromHeader},
	}
	for _, test := range tests {
		text, charset, from := Decode([]byte(test.body), test.header)
		if string(text) != test.text || charset != test.charset || from != test.from {
			t.Errorf("%s: %.80q as %s by %s, want %.80q as %s by %s", test.name, text, charset, from, test.text, test.charset, test.from)
		}
	}
}

// TestDecodeCopiesOnlyWhenItMust holds that UTF-8 is handed on as it is.
func TestDecodeCopiesOnlyWhenItMust(t *testing.T) {
	body := []byte("\xEF\xBB\xBFgrün")
	if text, _, _ := Decode(body, ""); &text[0] != &body[3] {
		t.Error("UTF-8 behind its mark was copied")
	}
	if text, _, _ := Decode(body[3:], "text/html; charset=utf-8"); &text[0] != &body[3] {
		t.Error("UTF-8 was copied")
	}
}

// TestPrescan holds what declares a charset in the first bytes.
func TestPrescan(t *testing.T) {
	tests := []struct{ name, head, want string }{
		{"plain", `<meta charset=koi8-r>`, "koi8-r"},
		{"quotes and capitals", `<!doctype html><HTML><META NAME=x CHARSET = ' KOI8-R '>`, "koi8-r"},
		{"a slash behind the name", `<meta/charset=koi8-r>`, "koi8-r"},
		{"pragma", `<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">`, "koi8-r"},
		{"pragma the other way round", `<meta content="text/html;charset='koi8-r'" http-equiv=content-type>`, "koi8-r"},
		{"content without pragma", `<meta content="text/html; charset=koi8-r">`, ""},
		{"another pragma", `<meta http-equiv=refresh content="0; charset=koi8-r">`, ""},
		{"charset beside content", `<meta charset=koi8-r content="text/html; charset=big5">`, "koi8-r"},
		{"unknown, then known", `<meta charset=nonsense><meta charset=koi8-r>`, "koi8-r"},
		{"the first of doubles", `<meta charset=koi8-r charset=big5>`, "koi8-r"},
		{"two", `<meta charset=koi8-r><meta charset=big5>`, "koi8-r"},
		{"in a comment", `<!-- <meta charset=big5> --><meta charset=koi8-r>`, "koi8-r"},
		{"behind the shortest comment", `<!--><meta charset=koi8-r>-->`, "koi8-r"},
		{"in a comment without end", `<!-- <meta charset=big5>`, ""},
		{"in an attribute", `<a title="<meta charset=big5>"><meta charset=koi8-r>`, "koi8-r"},
		{"in the attribute of an end tag", `</a title="<meta charset=big5>"><meta charset=koi8-r>`, "koi8-r"},
		{"in a bogus comment", `<?x <meta charset=big5><!x <meta charset=big5></3 <meta charset=big5><meta charset=koi8-r>`, "koi8-r"},
		{"another element", `<metadata charset=big5><p charset=big5>`, ""},
		{"cut off", `<meta charset=koi8-r`, ""},
		{"cut off in a value", `<meta charset="koi8-r`, ""},
		{"less-than signs", `<<< <1<meta charset=koi8-r>`, "koi8-r"},
		{"word twice in content", `<meta http-equiv=content-type content="charset charset=koi8-r x">`, "koi8-r"},
		{"content without value", `<meta http-equiv=content-type content="charset=">`, ""},
		{"content with an open quote", `<meta http-equiv=content-type content="charset='koi8-r">`, ""},
		{"XML declaration", `<?xml version="1.0" encoding="koi8-r"?><html>`, "koi8-r"},
		{"XML declaration and meta", `<?xml encoding='big5'?><meta charset=koi8-r>`, "koi8-r"},
		{"XML declaration of UTF-16", `<?xml encoding='utf-16'?>`, "utf-8"},
		{"XML declaration with space in its label", `<?xml encoding=' koi8-r'?>`, ""},
		{"XML declaration without quotes", `<?xml encoding=koi8-r?>`, ""},
		{"XML in UTF-16LE", "<\x00?\x00x\x00m\x00l\x00", "utf-16le"},
		{"XML in UTF-16BE", "\x00<\x00?\x00x\x00m\x00l", "utf-16be"},
	}
	for _, test := range tests {
		if got := prescan([]byte(test.head)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestSniff(t *testing.T) {
	const png = "\x89PNG\r\n\x1a\n"
	tests := []struct{ name, body, header, want string }{
		{"header", "x", "Text/HTML ; charset=utf-8", "text/html"},
		{"header against the bytes", "<html>", "image/png", "image/png"},
		{"the other way round", png, "text/html", "text/html"},
		{"last of several", "x", "text/plain, text/html", "text/html"},
		{"a quoted comma", "x", `text/html; x="a,b"`, "text/html"},
		{"no header: HTML", "\n <!doctype HTML><p>", "", "text/html"},
		{"no header: comment", "<!-- x -->", "", "text/html"},
		{"no header: PNG", png, "", "image/png"},
		{"no header: text", "hello", "", "text/plain"},
		{"no header: XML", "<?xml version='1.0'?>", "", "text/xml"},
		{"no header: bytes", "\x00\x01\x02", "", "application/octet-stream"},
		{"no type", "<html>", "html", "text/html"},
		{"broken type", "<html>", "text/", "text/html"},
		{"broken characters", "<html>", "te(xt/plain", "text/html"},
		{"wildcard", "<html>", "*/*", "text/html"},
		{"unknown", "<html>", "unknown/unknown", "text/html"},
		{"XHTML", "<html>", "application/xhtml+xml", "application/xhtml+xml"},
	}
	for _, test := range tests {
		if got := Sniff([]byte(test.body), test.header); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
