package scan

import (
	"os"
	"strconv"
	"strings"
)

// trackedShare is how full the kernel's table of tracked connections is, from 0 to 1; 0
// where it keeps none. A firewall or a NAT on this machine makes it keep one.
func trackedShare() float64 {
	count, most := readTracking("count"), readTracking("max")
	if most == 0 {
		return 0
	}
	return float64(count) / float64(most)
}

func readTracking(name string) int {
	text, err := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_" + name)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}
