package crawler

import (
	"bytes"

	"sonde"
)

// wallHeaders are the header fields, and what their values hold, by which walls
// against robots show themselves, whatever the status.
var wallHeaders = map[string]string{
	"Cf-Mitigated":      "",
	"X-Amzn-Waf-Action": "",
	"X-Sucuri-Block":    "",
}

// refusalHeaders are those that such walls put on every answer; they count on a
// refusal only.
var refusalHeaders = map[string]string{
	"X-Datadome":    "",
	"X-Iinfo":       "",
	"X-Px-Captcha":  "",
	"X-Sucuri-Id":   "",
	"Server":        "AkamaiGHost",
	"X-Kpsdk-Ct":    "",
	"X-Dd-B":        "",
	"X-Distil-Cs":   "",
	"X-Cdn-Blocked": "",
}

// wallMarks are what the pages of such walls hold, in lower case.
var wallMarks = [][]byte{
	[]byte("/cdn-cgi/challenge-platform/"),
	[]byte("cf-chl"),
	[]byte("cf-error-details"),
	[]byte("captcha-delivery.com"),
	[]byte("_incapsula_resource"),
	[]byte("px-captcha"),
	[]byte("awswafintegration"),
	[]byte("/_sec/cp_challenge/"),
	[]byte("errors.edgesuite.net"),
	[]byte("hcaptcha.com/1/api.js"),
	[]byte("recaptcha/api.js"),
}

// wallPage is how much of a refusal is searched, in bytes.
const wallPage = 32 << 10

// blockedBy tells what an answer shows to stand in the way of the content.
func blockedBy(f *sonde.Fetch) sonde.Blocker {
	switch {
	case f.Status == 511:
		return sonde.BlockedByPortal
	case f.Status == 451:
		return sonde.BlockedByLaw
	case shows(f.Header, wallHeaders), refusal(f.Status) && isWall(f):
		return sonde.BlockedByWall
	case f.Status == 429, f.Status == 503 && field(f.Header, "Retry-After") != "":
		return sonde.BlockedByRate
	case f.Status == 401, f.Status == 407:
		return sonde.BlockedByLogin
	case f.Status == 999: // no status of any standard: a wall's
		return sonde.BlockedByWall
	}
	return ""
}

// refusal reports whether walls answer with a status.
func refusal(status int) bool {
	switch status {
	case 401, 403, 405, 406, 429, 503:
		return true
	}
	return false
}

func isWall(f *sonde.Fetch) bool {
	if shows(f.Header, refusalHeaders) {
		return true
	}
	page := bytes.ToLower(f.Body[:min(len(f.Body), wallPage)])
	for _, mark := range wallMarks {
		if bytes.Contains(page, mark) {
			return true
		}
	}
	return false
}

// shows reports whether a header holds one of the fields.
func shows(header []sonde.HeaderField, fields map[string]string) bool {
	for _, f := range header {
		if value, known := fields[f.Name]; known && (value == "" || value == f.Value) {
			return true
		}
	}
	return false
}
