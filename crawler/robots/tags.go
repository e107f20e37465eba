package robots

import (
	"strings"

	"sonde"
)

// Verdict is what the robots directives of a page mean to one robot.
type Verdict struct{ NoIndex, NoFollow bool }

// valued are the directives that have a value behind a colon, so that the name is
// not taken for a robot's.
var valued = map[string]bool{
	"unavailable_after": true, "max-snippet": true, "max-image-preview": true, "max-video-preview": true,
}

// Tags reads one X-Robots-Tag value: directives, and before them, with a colon,
// the robot they speak to. Several robots may share a value, as proxies join
// header lines: "noindex, otherbot: none" is two entries.
func Tags(header string) []sonde.RobotsMeta {
	var tags []sonde.RobotsMeta
	for _, piece := range strings.Split(header, ",") {
		piece = strings.TrimSpace(piece)
		agent, rest, scoped := cutAgent(piece)
		switch {
		case scoped:
			tags = append(tags, sonde.RobotsMeta{Agent: agent, Value: rest, Header: true})
		case piece == "":
		case len(tags) == 0:
			tags = append(tags, sonde.RobotsMeta{Value: piece, Header: true})
		default:
			last := &tags[len(tags)-1]
			last.Value = join(last.Value, piece)
		}
	}
	return tags
}

// cutAgent splits "otherbot: noindex". A name that is a directive is no robot,
// nor is what cannot be one, like the hour of a date.
func cutAgent(piece string) (agent, rest string, scoped bool) {
	agent, rest, scoped = strings.Cut(piece, ":")
	agent = strings.TrimSpace(agent)
	if !scoped || !isAgent(agent) || valued[strings.ToLower(agent)] {
		return "", "", false
	}
	return agent, strings.TrimSpace(rest), true
}

// isAgent reports whether s can name a robot: a letter, then letters, digits,
// hyphens and underscores; or the * of robots.txt.
func isAgent(s string) bool {
	if s == "*" {
		return true
	}
	for i := range len(s) {
		digit := '0' <= s[i] && s[i] <= '9'
		if !isTokenByte(s[i]) && (i == 0 || !digit) {
			return false
		}
	}
	return s != ""
}

func join(list, piece string) string {
	if list == "" {
		return piece
	}
	return list + ", " + piece
}

// Judge says what a page's directives mean to the robot with the product token.
// Those for everyone and those for it add up, as the strictest holds.
func Judge(metas []sonde.RobotsMeta, token string) Verdict {
	var v Verdict
	for _, m := range metas {
		if m.Agent == "" || m.Agent == "*" || strings.EqualFold(m.Agent, token) {
			v.add(m.Value)
		}
	}
	return v
}

// add takes in a list of directives. The value behind a colon is none: the "none"
// of max-image-preview is about pictures.
func (v *Verdict) add(list string) {
	for piece := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ';' }) {
		if strings.Contains(piece, ":") {
			continue
		}
		for word := range strings.FieldsSeq(piece) {
			none := strings.EqualFold(word, "none")
			v.NoIndex = v.NoIndex || none || strings.EqualFold(word, "noindex")
			v.NoFollow = v.NoFollow || none || strings.EqualFold(word, "nofollow")
		}
	}
}
