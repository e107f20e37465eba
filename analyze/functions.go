package analyze

import (
	"math/bits"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"sonde"
	"sonde/store"
)

// functions are what the SQL of an analysis may call.
func (a *analysis) functions() []store.Function {
	return append(slices.Clone(functions), store.Function{Name: "evidence_number", Args: 1, Call: a.evidence.number})
}

// functions are what the SQL of rules may call besides SQLite's own: the few
// questions that SQL cannot answer.
var functions = []store.Function{
	{Name: "is_language", Args: 1, Call: texts(func(tag string) any { return isLanguage(tag) })},
	{Name: "is_private_host", Args: 1, Call: texts(func(name string) any { return isPrivateHost(name) })},
	{Name: "says_not_found", Args: 1, Call: texts(func(text string) any { return saysNotFound(text) })},
	{Name: "url_faults", Args: 1, Call: texts(func(address string) any { return urlFaults(address) })},
	{Name: "path_pattern", Args: 1, Call: texts(func(address string) any { return pathPattern(address) })},
	{Name: "hamming", Args: 2, Call: hamming},
}

// texts makes a function of SQL of one of a text; of what is none it gives NULL.
func texts(call func(string) any) func([]any) any {
	return func(args []any) any {
		text, ok := args[0].(string)
		if !ok {
			return nil
		}
		return call(text)
	}
}

// isLanguage reports whether a text is a language tag whose parts exist (BCP 47, RFC
// 5646). x/text reads more than that: underscores, and UK, which is no region.
func isLanguage(tag string) bool {
	if tag == "" || strings.Contains(tag, "_") || slices.Contains(strings.Split(strings.ToLower(tag), "-")[1:], "uk") {
		return false
	}
	_, err := language.Parse(tag)
	return err == nil
}

// isPrivateHost reports whether a host means something else to visitors than to who
// wrote it down: this machine, a private network, or a name of one.
func isPrivateHost(name string) bool {
	if address, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return sonde.ClassOf(address) != sonde.GlobalAddress
	}
	for _, suffix := range []string{"localhost", "local", "internal", "lan", "home.arpa"} {
		if name == suffix || strings.HasSuffix(name, "."+suffix) {
			return true
		}
	}
	return false
}

// genericTexts are texts of links that say nothing of where they lead. Words that often
// name a thing themselves, such as the statement continue, are none.
var genericTexts = set(
	"here", "click", "click here", "click this", "this", "this link", "this page", "link", "more", "read more", "learn more",
	"see more", "find out more", "more info", "more information", "details", "more details", "continue reading",
	"view more", "show more", "read on", "website", "download here",
	"hier", "hier klicken", "klicken sie hier", "mehr", "mehr erfahren", "weiterlesen", "mehr lesen", "mehr infos", "weitere informationen", "zum artikel",
	"ici", "cliquez ici", "en savoir plus", "lire la suite", "plus d'infos", "voir plus",
	"aquí", "haga clic aquí", "haz clic aquí", "leer más", "más", "más información", "ver más",
	"qui", "clicca qui", "leggi di più", "leggi tutto", "scopri di più", "altro",
	"aqui", "clique aqui", "leia mais", "saiba mais", "klik hier", "lees meer", "tutaj", "kliknij tutaj", "czytaj więcej", "więcej",
)

func set(words ...string) map[string]bool {
	in := make(map[string]bool, len(words))
	for _, word := range words {
		in[word] = true
	}
	return in
}

// bareWords are the words of a link's text, as genericTexts has them.
func bareWords(anchor string) string {
	return strings.Trim(strings.ToLower(anchor), " .…:!»›>→\u00a0")
}

// notFound is what pages say, in their title or heading, that are not there.
var notFound = []string{
	"page not found", "not found", "404", "page can't be found", "page cannot be found", "page could not be found", "page does not exist",
	"page doesn't exist", "nothing found", "no longer available", "seite nicht gefunden", "nicht gefunden", "seite existiert nicht",
	"page introuvable", "page non trouvée", "página no encontrada", "no se encuentra", "pagina non trovata", "página não encontrada",
	"pagina niet gevonden", "nie znaleziono strony", "страница не найдена",
}

func saysNotFound(text string) bool {
	text = strings.ToLower(text)
	for _, phrase := range notFound {
		if before, after, found := strings.Cut(text, phrase); found && !letterOrDigit(lastOf(before)) && !letterOrDigit(firstOf(after)) {
			return true
		}
	}
	return false
}

func firstOf(text string) byte {
	if text == "" {
		return 0
	}
	return text[0]
}

func lastOf(text string) byte {
	if text == "" {
		return 0
	}
	return text[len(text)-1]
}

// letterOrDigit reports whether a byte belongs to a word. So do all beyond ASCII.
func letterOrDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b == '_' || b >= 0x80
}

// sessionParams are query parameters that carry a visitor and not a choice.
var sessionParams = []string{"phpsessid", "jsessionid", "sessionid", "session_id", "sid", "aspsessionid", "cfid", "cftoken"}

// urlFaults lists what makes a URL hard to read, to type or to keep unique, as words
// separated by commas; NULL where nothing does.
func urlFaults(address string) any {
	if path, plain := plainPath(address); plain {
		return faultsOf(path, path, false)
	}
	return parsedFaults(address)
}

func parsedFaults(address string) any {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return faultsOf(u.EscapedPath(), u.Path, hasSession(u))
}

// plainPath is the path of a URL that needs no parser, as most do not: it has no query, and
// nothing in it means more than itself.
func plainPath(address string) (path string, plain bool) {
	scheme, rest, _ := strings.Cut(address, "://")
	slash := strings.IndexByte(rest, '/')
	if slash < 0 || scheme != "http" && scheme != "https" {
		return "", false
	}
	host, port, hasPort := strings.Cut(rest[:slash], ":")
	if hasPort && !isNumber(port) || strings.ContainsFunc(host, meansMore) {
		return "", false
	}
	path = rest[slash:]
	return path, !strings.ContainsFunc(path, meansMore)
}

// meansMore reports whether a character may be more than itself in a URL. The slash, that
// divides segments, is no such.
func meansMore(r rune) bool {
	return r >= 0x80 || !letterOrDigit(byte(r)) && (r < 'A' || r > 'Z') && r != '/' && r != '-' && r != '.' && r != '~'
}

// faultsOf lists the faults of a path as it stands and decoded.
func faultsOf(path, decoded string, session bool) any {
	var faults []string
	add := func(is bool, word string) {
		if is {
			faults = append(faults, word)
		}
	}
	add(strings.Contains(path, "%20"), "space")
	add(strings.Contains(path, "//"), "double slash")
	add(decoded != strings.ToLower(decoded), "upper case")
	add(strings.Contains(path, "_"), "underscore")
	add(repeatsSegment(path), "repeated segment")
	add(session, "session")
	if faults == nil {
		return nil
	}
	return strings.Join(faults, ",")
}

// hasSession reports whether a URL carries a visitor.
func hasSession(u *url.URL) bool {
	query, _ := url.ParseQuery(u.RawQuery)
	return strings.Contains(strings.ToLower(u.EscapedPath()), ";jsessionid=") || slices.ContainsFunc(sessionParams, func(name string) bool {
		for key := range query {
			if strings.EqualFold(key, name) {
				return true
			}
		}
		return false
	})
}

// repeatsSegment reports whether a path has a segment twice in a row.
func repeatsSegment(path string) bool {
	before := ""
	for segment := range strings.SplitSeq(path, "/") {
		if segment != "" && segment == before {
			return true
		}
		before = segment
	}
	return false
}

// pathPattern is the path of a URL with {d} in the place of its numbers, and of its query
// the names only.
func pathPattern(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, rest, _ = strings.Cut(rest, "/")
	path, query, _ := strings.Cut(rest, "?")
	pattern := append(make([]byte, 0, len(rest)+1), '/')
	for i := range len(path) {
		switch {
		case !isDigit(path[i]):
			pattern = append(pattern, path[i])
		case i == 0 || !isDigit(path[i-1]):
			pattern = append(pattern, "{d}"...)
		}
	}
	for parameter := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(parameter, "="); name != "" {
			pattern = append(append(pattern, '?'), name...)
		}
	}
	return string(pattern)
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// hamming is in how many bits two numbers differ.
func hamming(args []any) any {
	a, isNumber := args[0].(int64)
	b, areNumbers := args[1].(int64)
	if !isNumber || !areNumbers {
		return nil
	}
	return int64(bits.OnesCount64(uint64(a ^ b)))
}

// statements splits a script of ours, in which a statement ends with its line.
func statements(script string) []string {
	var list []string
	for _, s := range strings.SplitAfter(script, ";\n") {
		if strings.TrimSpace(s) != "" {
			list = append(list, s)
		}
	}
	return list
}
