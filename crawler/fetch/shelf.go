package fetch

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

// A shelf keeps idle lines, for so long and so many to a place and in all. It is safe
// for concurrent use.
type shelf struct {
	perPlace int

	mu      sync.Mutex
	places  map[string][]*list.Element // the last used last
	all     list.List                  // of kept, the last used last
	closing bool                       // nothing is kept any more
}

// kept is a line on the shelf.
type kept struct {
	line  *line
	since time.Time
}

// take gives the line to a place that was used last, nil where there is none. Lines
// that the peer has closed, or on which it spoke unasked, are closed on the way.
func (s *shelf) take(place string) *line {
	for {
		l := s.last(place)
		if l == nil || l.silent() {
			return l
		}
		l.Close()
	}
}

func (s *shelf) last(place string) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(time.Now())
	lines := s.places[place]
	if len(lines) == 0 {
		return nil
	}
	return s.remove(lines[len(lines)-1])
}

// put keeps a line, in the place of the one that was idle longest where there are too
// many.
func (s *shelf) put(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.places[l.place]) >= s.perPlace {
		l.Close()
		return
	}
	now := time.Now()
	s.sweep(now)
	if s.all.Len() >= maxIdleInAll {
		s.remove(s.all.Front()).Close()
	}
	if s.places == nil {
		s.places = map[string][]*list.Element{}
	}
	s.places[l.place] = append(s.places[l.place], s.all.PushBack(kept{l, now}))
}

// sweep closes the lines that nobody used for idleTime.
func (s *shelf) sweep(now time.Time) {
	for e := s.all.Front(); e != nil && now.Sub(e.Value.(kept).since) >= idleTime; e = s.all.Front() {
		s.remove(e).Close()
	}
}

// remove takes a line off the shelf.
func (s *shelf) remove(e *list.Element) *line {
	l := s.all.Remove(e).(kept).line
	lines := s.places[l.place]
	i := len(lines) - 1
	for lines[i] != e { // which is the last, or the first
		i--
	}
	if lines = slices.Delete(lines, i, i+1); len(lines) == 0 {
		delete(s.places, l.place)
	} else {
		s.places[l.place] = lines
	}
	return l
}

// close closes all that is there or comes.
func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	for s.all.Len() > 0 {
		s.remove(s.all.Front()).Close()
	}
}
