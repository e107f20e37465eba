package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sonde/crawler/fetch"
)

// How values are written, in flags, in the environment and in sonde.yaml alike. An
// error says what is wanted and shows an example; who calls names the value.

// parseCount reads a whole number from least to most.
func parseCount(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		if most == math.MaxInt {
			return 0, fmt.Errorf("a whole number is wanted, at least %d", least)
		}
		return 0, fmt.Errorf("a whole number is wanted, from %d to %d", least, most)
	}
	return n, nil
}

// parseLimit reads a whole number, or none for no limit, which is -1.
func parseLimit(text string) (int, error) {
	if text == "none" {
		return -1, nil
	}
	n, err := parseCount(text, 0, math.MaxInt)
	if err != nil {
		return 0, errors.New("a whole number is wanted, or none for no limit")
	}
	return n, nil
}

// parseRate reads a number of requests a second, such as 2, 0.5 or 2/s.
func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || rate < 0 || math.IsInf(rate, 0) || math.IsNaN(rate) {
		return 0, errors.New("a number of requests a second is wanted, such as 2 or 0.5; 0 is no limit")
	}
	return rate, nil
}

// parseDuration reads a time such as 10s or 1h30m. A bare 0 is no time.
func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil && d >= 0:
		return d, nil
	case err == nil:
		return 0, errors.New("a time cannot be negative")
	case strings.Trim(text, "0123456789.") == "" && text != "":
		return 0, fmt.Errorf("the unit is missing: %ss is seconds, %sm minutes, %sh hours", text, text, text)
	}
	return 0, errors.New("a time is wanted, such as 500ms, 10s, 5m or 1h30m")
}

// parsePositive reads a time longer than nothing.
func parsePositive(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	if err == nil && d == 0 {
		err = errors.New("a time longer than 0 is wanted, such as 30s")
	}
	return d, err
}

// A sizeUnit is a name for so many bytes.
type sizeUnit struct {
	name  string
	bytes float64
}

var sizeUnits = []sizeUnit{
	{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
}

// parseSize reads a number of bytes such as 2MiB, 1.5GB or 4096.
func parseSize(text string) (int64, error) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789."))
	number, err := strconv.ParseFloat(text[:digits], 64)
	if err != nil {
		return 0, errors.New("a size is wanted, such as 500KB, 2MiB or 1.5GiB")
	}
	unit, bytes := strings.TrimLeft(text[digits:], " "), 1.0
	if unit != "" {
		i := slices.IndexFunc(sizeUnits, func(u sizeUnit) bool { return strings.EqualFold(u.name, unit) })
		if i < 0 {
			return 0, fmt.Errorf("%q, character %d, is no unit of size: KB, MB, GB, TB, or KiB, MiB, GiB, TiB", unit, len(text)-len(unit)+1)
		}
		bytes = sizeUnits[i].bytes
	}
	if number*bytes >= math.MaxInt64 {
		return 0, errors.New("that is more than there is: use 0 for no limit")
	}
	return int64(number * bytes), nil
}

// parseChoice reads one of a few words.
func parseChoice(text string, words ...string) (string, error) {
	if slices.Contains(words, text) {
		return text, nil
	}
	return "", fmt.Errorf("%s is wanted%s", oneOf(words), didYouMean(text, words))
}

// oneOf lists words: "a, b or c".
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// parseRegexp holds that a text is a regular expression, and otherwise says where it
// stops being one.
func parseRegexp(text string) error {
	_, err := regexp.Compile(text)
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return err
	}
	place := ""
	if i := strings.Index(text, fault.Expr); i >= 0 && fault.Expr != "" {
		place = fmt.Sprintf(" at character %d, %q", utf8.RuneCountInString(text[:i])+1, fault.Expr)
	}
	return fmt.Errorf("it is no regular expression (RE2): %s%s", fault.Code, place)
}

// parseNet reads a network such as 10.0.0.0/8, or a single address.
func parseNet(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, errors.New("a network is wanted, such as 10.0.0.0/8 or fd00::/8, or one address")
	}
	return prefix.Masked(), nil
}

// parseHeader reads one header field, "Name: value".
func parseHeader(text string) (name, value string, err error) {
	name, value, ok := strings.Cut(text, ":")
	if !ok || name == "" {
		return "", "", errors.New("a header field is wanted, such as 'X-Audit: spring'")
	}
	return name, strings.TrimSpace(value), nil
}

// parseCredential reads USER:PASSWORD. The error does not repeat it.
func parseCredential(text string) (fetch.Credential, error) {
	user, password, ok := strings.Cut(text, ":")
	if !ok || user == "" {
		return fetch.Credential{}, errors.New("USER:PASSWORD is wanted, with the colon")
	}
	return fetch.Credential{User: user, Password: password}, nil
}

// parseProxy reads the URL of a proxy and takes its credential out. The errors do
// not repeat the text, which may hold a password.
func parseProxy(text string) (proxy string, c fetch.Credential, err error) {
	if text == "none" {
		return "", c, nil
	}
	wanted := errors.New("the URL of a proxy is wanted, such as http://proxy.example.org:3128 or socks5://localhost:1080")
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return "", c, wanted
	case !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme):
		return "", c, fmt.Errorf("%q is no kind of proxy that Sonde speaks to: http, https or socks5", u.Scheme)
	}
	if u.User != nil {
		c.User = u.User.Username()
		c.Password, _ = u.User.Password()
	}
	return u.Scheme + "://" + u.Host, c, nil
}
