package robots

import "sonde"

// FromAnswer gives the rules that an answer to the request for robots.txt means
// for a product token (RFC 9309, section 2.3.1), and why when it forbids all
// without saying so itself.
//
//   - 2xx (and 304, where Body is what was kept): what the file says.
//   - 4xx: there is none, all is allowed.
//   - Redirects that do not end: the same.
//   - 5xx, no answer, or a redirect to where we may not go: the host
//     cannot say what it wants, so nothing is allowed until it can:
//     [sonde.RobotsUnreachable].
func FromAnswer(f sonde.RobotsFile, token string) (*Rules, sonde.Reason) {
	switch f.Failure {
	case sonde.NoFailure:
		return fromStatus(f, token)
	case sonde.RedirectLimit, sonde.RedirectLoop:
		return AllowAll(), ""
	}
	return DisallowAll(), sonde.RobotsUnreachable
}

func fromStatus(f sonde.RobotsFile, token string) (*Rules, sonde.Reason) {
	switch {
	case 200 <= f.Status && f.Status < 300, f.Status == 304:
		return parse(f.Body, f.Truncated).For(token), ""
	case 300 <= f.Status && f.Status < 500:
		return AllowAll(), ""
	}
	return DisallowAll(), sonde.RobotsUnreachable
}

// Describe notes what the body of an answer says of itself, for people: its faults, its
// sitemaps, whom it keeps out, and the delay that it asks of the robot with token. Of an
// answer without a file there is nothing to say.
func Describe(f *sonde.RobotsFile, token string) {
	if f.Status/100 != 2 {
		return
	}
	file := parse(f.Body, f.Truncated)
	for _, problem := range file.Problems() {
		f.Faults = append(f.Faults, sonde.RobotsFault{Line: problem.Line, Text: problem.Text})
	}
	f.Sitemaps, f.BlocksAll = file.Sitemaps(), file.BlocksAll()
	f.CrawlDelay = file.For(token).CrawlDelay()
}
