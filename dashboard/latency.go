package dashboard

import (
	"context"
	"slices"
	"time"

	"sonde"
)

// spread is how long something took, of many times: a row of a table.
type spread struct {
	What                          string
	Of                            string // how many there were
	Median, Most90, Most99, Worst string
}

// latencyPatience is how long the page of a host may look for how quickly it answers.
const latencyPatience = 60 * time.Millisecond

// hostLatency sums up how quickly a host answers: its ports to probes, and its pages.
func (s *Server) hostLatency(ctx context.Context, name string) ([]spread, error) {
	l, err := s.File.Latency(ctx, name, latencyPatience)
	if err != nil {
		return nil, err
	}
	more := ""
	if l.Sample {
		more = "+"
	}
	var all []spread
	for _, times := range []struct {
		what string
		ms   []float64
		more string
	}{
		{"Round trip to a port", l.RoundTrip, ""}, {"Connection", l.Connect, more}, {"TLS", l.TLS, more},
		{"First byte of a page", l.FirstByte, more}, {"All of a page", l.Total, more},
	} {
		if len(times.ms) > 0 {
			all = append(all, spreadOf(times.what, times.ms, times.more))
		}
	}
	return all, nil
}

// spreadOf sums times up, more of which there are where more says so.
func spreadOf(what string, ms []float64, more string) spread {
	slices.Sort(ms)
	return spread{
		What: what, Of: sonde.Thousands(int64(len(ms))) + more,
		Median: inMilliseconds(percentile(ms, 50)), Most90: inMilliseconds(percentile(ms, 90)),
		Most99: inMilliseconds(percentile(ms, 99)), Worst: inMilliseconds(percentile(ms, 100)),
	}
}

// percentile is the least of values, which are sorted, that so many percent of them do
// not exceed.
func percentile(values []float64, percent int) float64 {
	return values[max((len(values)*percent+99)/100-1, 0)]
}
