package sonde

import "time"

// HostMemory is what Sonde remembers of a place that answers HTTP between runs:
// what its robots.txt said, and how fast it may be asked. The key is the scheme,
// name and port that requests go to.
type HostMemory struct {
	Origin string // "https://example.org:8443", the port only where it is not the scheme's own
	Robots *RobotsFile
	Pace   Pace
}

// RobotsFile is one answer to a request for robots.txt.
type RobotsFile struct {
	FetchedAt time.Time
	Status    int     // of the last hop; 0 when no answer came
	Failure   Failure // why not, where none came
	Body      []byte  // at most 512 KiB
	Truncated bool
	FinalURL  string // after redirects
}

// Pace is how a host took our requests when it was last asked.
type Pace struct {
	NotBefore   time.Time     // no request before: Retry-After, a penalty or an open breaker
	Limit       int           // requests at once that it stood last; 0: as many as it was given
	Penalty     time.Duration // the wait that its last complaint cost
	Failures    int           // in a row
	Latency     time.Duration // smoothed time to the first byte
	LatencyBest time.Duration // the lowest smoothed time seen
}
