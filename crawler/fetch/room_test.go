package fetch

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// TestRoomIsBounded: many bodies that grow while they come take no more than the room
// and one of them, and all come to their end.
func TestRoomIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, largest = heft * 1000, heft * 3000
		r := NewRoom(size)
		var bodies sync.WaitGroup
		for i := range 200 {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			bodies.Go(func() {
				h := r.Hold()
				defer h.Release()
				for range 1 + random.IntN(3) {
					if err := h.take(t.Context(), 1+random.Int64N(1000)); err != nil {
						t.Error(err)
					}
					r.mu.Lock()
					if r.used > size+largest {
						t.Errorf("%d bytes are in use of %d", r.used, size)
					}
					r.mu.Unlock()
					time.Sleep(time.Duration(random.IntN(1000)) * time.Microsecond)
				}
				h.settle(1)
				time.Sleep(time.Microsecond)
			})
		}
		bodies.Wait()
		if r.used != 0 || r.holders != 0 || len(r.line) != 0 {
			t.Errorf("%d bytes, %d holders, %d in line are left", r.used, r.holders, len(r.line))
		}
	})
}

// wants has a hold take room in a goroutine of its own, and tells when it has it.
func wants(ctx context.Context, h *Hold, bytes int64) <-chan error {
	got := make(chan error, 1)
	go func() { got <- h.take(ctx, bytes) }()
	synctest.Wait()
	return got
}

// hasIt reports whether what was wanted is there.
func hasIt(t *testing.T, got <-chan error) bool {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-got:
		if err != nil {
			t.Errorf("taking room: %v", err)
		}
		return true
	default:
		return false
	}
}

func TestRoomGivesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(heft * 100)
		small, large, late := r.Hold(), r.Hold(), r.Hold()
		if !hasIt(t, wants(t.Context(), small, 60)) {
			t.Fatal("there is room, and it is not given")
		}
		waits := wants(t.Context(), large, 1000)
		behind := wants(t.Context(), late, 10)
		if hasIt(t, waits) || hasIt(t, behind) {
			t.Error("what is larger than the room goes, or is overtaken")
		}
		small.settle(1)
		if hasIt(t, waits) {
			t.Error("what is larger than the room goes while another has some")
		}
		small.Release()
		if !hasIt(t, waits) || hasIt(t, behind) {
			t.Error("what is larger than the room does not go alone")
		}
		large.Release()
		if !hasIt(t, behind) {
			t.Error("the next does not go")
		}
		late.Release()
	})
}

// TestRoomComesUnstuck: where all who have some wait for more, one of them goes on, and
// nobody who has none.
func TestRoomComesUnstuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(heft * 100)
		one, other, stranger := r.Hold(), r.Hold(), r.Hold()
		wants(t.Context(), one, 50)
		wants(t.Context(), other, 50)
		comes := wants(t.Context(), stranger, 10)
		first := wants(t.Context(), one, 50)
		if hasIt(t, first) {
			t.Error("it gets more while another may give some back")
		}
		second := wants(t.Context(), other, 50)
		if !hasIt(t, first) || hasIt(t, second) || hasIt(t, comes) {
			t.Error("not exactly the first of those who have some goes on")
		}
		one.Release()
		if !hasIt(t, comes) || hasIt(t, second) {
			t.Error("room that is there goes out of turn")
		}
		stranger.Release()
		if !hasIt(t, second) {
			t.Error("the last does not go")
		}
		other.Release()
	})
}

// TestRoomIsNotWaitedForInVain: who gives up makes way for those behind.
func TestRoomIsNotWaitedForInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(heft * 100)
		one, large, late := r.Hold(), r.Hold(), r.Hold()
		wants(t.Context(), one, 60)
		ctx, cancel := context.WithCancel(t.Context())
		waits := wants(ctx, large, 1000)
		behind := wants(t.Context(), late, 10)
		cancel()
		if err := <-waits; err != context.Canceled {
			t.Errorf("taking room: %v", err)
		}
		if !hasIt(t, behind) {
			t.Error("who is behind does not go")
		}
		large.Release()
		late.Release()
		one.Release()
		if r.used != 0 || r.holders != 0 {
			t.Errorf("%d bytes of %d holders are left", r.used, r.holders)
		}
	})
}

// TestRoomIsNotWaitedForLong: what slow peers hold does not hold up the rest.
func TestRoomIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(heft * 100)
		slow, late := r.Hold(), r.Hold()
		wants(t.Context(), slow, 100)
		waits := wants(t.Context(), late, 10)
		time.Sleep(roomPatience - time.Second)
		if hasIt(t, waits) {
			t.Error("it goes while it may be patient")
		}
		time.Sleep(time.Second)
		if !hasIt(t, waits) || r.used != heft*110 {
			t.Errorf("it does not go with what it wants: %d bytes are in use", r.used)
		}
		late.Release()
		slow.Release()
	})
}

// TestBodiesTakeRoom: bodies of all sizes, announced and not, come whole through a room
// that holds few of them.
func TestBodiesTakeRoom(t *testing.T) {
	body := make([]byte, 2<<20)
	server := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		size := min(len(body), 1000<<(3*len(r.URL.Path)))
		if len(r.URL.Path)%2 == 0 {
			w.Header().Set("Content-Length", sprintf("%d", size))
		}
		w.Header().Set("Content-Type", "text/html")
		w.Write(body[:size])
	})
	f := newFetcher(t, sonde.DefaultPolicy())
	room := NewRoom(heft * 1 << 20)
	var requests sync.WaitGroup
	for i := range 24 {
		requests.Go(func() {
			h := room.Hold()
			defer h.Release()
			size := min(len(body), 1000<<(3*(1+i%4)))
			a := f.Do(t.Context(), Request{URL: server.URL + "/" + "abcd"[:i%4], Use: sonde.Read, Keep: true, Hold: h})
			if a.Failure != "" || len(a.Fetch.Body) != size || h.bytes < heft*int64(size) {
				t.Errorf("%q, %d bytes of %d, with room for %d", a.Failure, len(a.Fetch.Body), size, h.bytes/heft)
			}
		})
	}
	requests.Wait()
	if room.used != 0 {
		t.Errorf("%d bytes are left in use", room.used)
	}
}

// TestWaitingForRoom: a body that waits for room ends with its context, and its peer is
// not blamed for the wait.
func TestWaitingForRoom(t *testing.T) {
	server := peer.Serve(t, answerAndHold(ok+"Content-Length: 5\r\n\r\nhello"))
	room := NewRoom(1)
	first := room.Hold()
	if err := first.take(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	p := sonde.DefaultPolicy()
	p.Timeouts.Idle = 1500 * time.Millisecond
	f := newFetcher(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan Answer)
	for _, ctx := range []context.Context{ctx, t.Context()} {
		go func() {
			h := room.Hold()
			defer h.Release()
			answers <- f.Do(ctx, Request{URL: server.URL(), Use: sonde.Read, Keep: true, Hold: h})
		}()
	}
	for waiting := 0; waiting < 2; {
		room.mu.Lock()
		waiting = len(room.line)
		room.mu.Unlock()
	}
	cancel()
	if a := <-answers; a.Fetch != nil || a.Failure != "" {
		t.Errorf("the run has ended: %+v", a)
	}
	time.AfterFunc(2*p.Timeouts.Idle, first.Release)
	if a := <-answers; a.Failure != "" || string(a.Fetch.Body) != "hello" {
		t.Errorf("after a wait for room: %+v", a)
	}
}
