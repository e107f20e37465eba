package dashboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sonde/store"
)

// sortings are the sorted lists of large runs: they take seconds, so they are made one
// after the other, and kept for a while for whoever asks the same. That one takes too
// long is kept as well.
type sortings struct {
	turn chan struct{} // whoever sorts holds its only place
	mu   sync.Mutex
	kept map[string]sorting
}

// sorting is what came of sorting.
type sorting struct {
	listed store.Listed
	err    error // [store.ErrTooSlow] or nil
	until  time.Time
}

// How long a sorted list is kept, and how many.
const (
	sortingTime = 30 * time.Second
	sortingsMax = 64
)

func newSortings() *sortings {
	return &sortings{turn: make(chan struct{}, 1), kept: map[string]sorting{}}
}

// list lists the rows of a table.
func (s *Server) list(ctx context.Context, t table, l store.Listing) (store.Listed, error) {
	large, err := s.large(ctx, t)
	if err != nil || l.Sort == "" || !large || t.view == "issues" { // muting them is to be seen at once
		listed, listErr := s.File.List(ctx, l)
		return listed, errors.Join(err, listErr)
	}
	return s.sortings.list(ctx, s.File, l)
}

func (s *sortings) list(ctx context.Context, file *store.File, l store.Listing) (store.Listed, error) {
	key := fmt.Sprintf("%+v", l)
	if known, ok := s.find(key); ok {
		return known.listed, known.err
	}
	waiting, cancel := context.WithTimeout(ctx, l.Patience)
	defer cancel()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-waiting.Done():
		return store.Listed{}, store.ErrTooSlow
	}
	if known, ok := s.find(key); ok {
		return known.listed, known.err
	}
	listed, err := file.List(ctx, l)
	if err == nil || errors.Is(err, store.ErrTooSlow) && ctx.Err() == nil {
		s.keep(key, sorting{listed, err, time.Now().Add(sortingTime)})
	}
	return listed, err
}

func (s *sortings) find(key string) (sorting, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.kept[key]
	return known, ok && time.Now().Before(known.until)
}

// keep keeps a list. Those whose time is over go, and of too many any.
func (s *sortings) keep(key string, made sorting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, known := range s.kept {
		if len(s.kept) >= sortingsMax || time.Now().After(known.until) {
			delete(s.kept, other)
		}
	}
	s.kept[key] = made
}
