package scan

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Ports is a set of port numbers, in ascending order.
type Ports []uint16

// All is every port that can be connected to.
func All() Ports { return span(1, 65535) }

// With is the set with a port more.
func (p Ports) With(port uint16) Ports {
	at, found := slices.BinarySearch(p, port)
	if found {
		return p
	}
	return slices.Insert(slices.Clone(p), at, port)
}

// ParsePorts reads a list of ports: numbers, ranges such as 8000-8100, "top" for those
// in top, and "all", with commas between. An error says which entry is wrong and where.
func ParsePorts(text string, top Ports) (Ports, error) {
	var ports Ports
	at := 1
	for entry := range strings.SplitSeq(text, ",") {
		some, err := parsePortEntry(strings.TrimSpace(entry), top)
		if err != nil {
			return nil, fmt.Errorf("%q, character %d, %w", entry, at, err)
		}
		ports = append(ports, some...)
		at += len([]rune(entry)) + 1
	}
	slices.Sort(ports)
	return slices.Compact(ports), nil
}

func parsePortEntry(entry string, top Ports) (Ports, error) {
	switch entry {
	case "top":
		return top, nil
	case "all":
		return All(), nil
	}
	low, high, isRange := strings.Cut(entry, "-")
	first, okay := portNumber(low)
	if !okay {
		return nil, errNoPort
	}
	if !isRange {
		return Ports{first}, nil
	}
	last, okay := portNumber(high)
	switch {
	case !okay:
		return nil, errNoPort
	case last < first:
		return nil, fmt.Errorf("runs backwards: %d-%d is meant", last, first)
	}
	return span(first, last), nil
}

var errNoPort = errors.New("is no port: a number from 1 to 65535, a range such as 8000-8100, top or all is wanted")

// portNumber reads the decimal number of a port, without a sign.
func portNumber(text string) (uint16, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err == nil && n > 0
}

// span is the ports from first to last.
func span(first, last uint16) Ports {
	ports := make(Ports, 0, int(last)-int(first)+1)
	for n := int(first); n <= int(last); n++ {
		ports = append(ports, uint16(n))
	}
	return ports
}
