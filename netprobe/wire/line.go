package wire

import (
	"bufio"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLine = 2_000 // bytes of what is said at once
	maxName = 24    // characters of the name of a person or room
)

// readLine reads a line of what a client says, fit to be shown to others: valid UTF-8
// without control characters, and without what is over maxLine. The error is that of r.
func readLine(r *bufio.Reader) (string, error) {
	var kept []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := maxLine - len(kept); len(part) > room {
			part = part[:room]
		}
		kept = append(kept, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return clean(string(kept)), err
	}
}

// clean makes a text harmless for the terminals of others.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.TrimSpace(text)
}

// A command is what a line asks for: to say something (verb ""), or what follows a slash.
type command struct{ verb, rest string }

// parseCommand reads a line. Two slashes say a line that begins with one.
func parseCommand(line string) command {
	if said, ok := strings.CutPrefix(line, "//"); ok {
		return command{rest: "/" + said}
	}
	asked, ok := strings.CutPrefix(line, "/")
	if !ok {
		return command{rest: line}
	}
	verb, rest, _ := strings.Cut(asked, " ")
	return command{strings.ToLower(verb), strings.TrimSpace(rest)}
}

// checkName says why a text cannot be the name of a person or room.
func checkName(name string) error {
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}
	switch {
	case name == "":
		return errors.New("a name is wanted")
	case utf8.RuneCountInString(name) > maxName:
		return errors.New("that name is too long")
	case strings.ContainsFunc(name, odd):
		return errors.New("a name has letters, digits, - _ and . only")
	}
	return nil
}
