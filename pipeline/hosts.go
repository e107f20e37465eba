package pipeline

import (
	"slices"

	"sonde"
	"sonde/crawler/weburl"
)

// shareHost reports whether runs of two sites would ask the same host.
func shareHost(a, b sonde.Site) bool {
	for _, host := range seedHosts(a) {
		for _, other := range seedHosts(b) {
			if host == other || (wide(a) || wide(b)) && weburl.RegistrableDomain(host) == weburl.RegistrableDomain(other) {
				return true
			}
		}
	}
	return false
}

// wide reports whether a site reaches all hosts of a domain.
func wide(site sonde.Site) bool { return site.Policy.Scope.Kind == sonde.ScopeDomain }

func seedHosts(site sonde.Site) []string {
	var hosts []string
	for _, seed := range site.Seeds {
		if host := weburl.Split(seed).Host; !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
