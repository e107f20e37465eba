package sonde

import "time"

// HostMemory is what Sonde remembers of a place that answers HTTP between runs:
// what its robots.txt said, and how fast it may be asked. The key is the scheme,
// name and port that requests go to.
type HostMemory struct {
	Origin string // "https://example.org:8443", the port only where it is not the scheme's own
	Robots *RobotsFile
	Pace   Pace

	NotFound *NotFound // nil when it was not asked
}

// NotFound is what a place answers to a request for a page that nobody made. Where
// that looks like a page, pages that look like it are none.
type NotFound struct {
	AskedAt   time.Time
	Status    int // 0 when no answer came
	WordCount int
	TextHash  uint64
	SimHash   uint64
}

// RobotsFile is one answer to a request for robots.txt.
type RobotsFile struct {
	FetchedAt time.Time
	Status    int     // of the last hop; 0 when no answer came
	Failure   Failure // why not, where none came
	Body      []byte  // at most 512 KiB
	Truncated bool
	FinalURL  string // after redirects

	// Validators of the answer, by which a later run asks whether it changed.
	ETag         string
	LastModified string

	Faults     []RobotsFault // what is wrong with it
	BlocksAll  bool          // it forbids everything to robots that it does not name
	Sitemaps   []string      // that it names, as they stand
	CrawlDelay time.Duration // that it asks of us
}

// RobotsFault is something that the author of a robots.txt should look at.
type RobotsFault struct {
	Line int    `json:"line"` // counted from 1
	Text string `json:"text"`
}

// Slowdown is how much an origin slowed a run down.
type Slowdown struct {
	Origin     string
	Complaints int           // answers that asked for less: 429, 503, Retry-After
	Stopped    time.Duration // that it was not asked at all for: by its wish, or because it did not answer
	Parked     bool          // it was given up for the rest of the run
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
