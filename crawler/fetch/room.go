package fetch

import (
	"context"
	"slices"
	"sync"
	"time"
)

// heft is how much memory a byte of a body takes from when it is read until it is
// recorded: itself, the buffers it grew through, the links and the compressed form that
// come of it.
const heft = 3

// roomPatience is how long a body waits for room at most, so that peers that are slow to
// send large ones do not hold up the rest.
const roomPatience = 5 * time.Second

// A Room bounds the memory of the bodies in hand, however many requests are on their
// way and however large a body is. Who wants more than there is waits in line, for
// roomPatience at most. A body that is larger than the room goes alone. It is safe for
// concurrent use.
type Room struct {
	size int64 // bytes

	mu      sync.Mutex
	used    int64
	holders int   // holds that have some of it
	beyond  *Hold // went on where there was no room, and has some still; nil: none
	line    []*comer
}

// comer waits for more room.
type comer struct {
	hold *Hold
	more int64
	in   chan struct{} // closed when it has it
}

// NewRoom makes a room of so many bytes of memory.
func NewRoom(bytes int64) *Room { return &Room{size: bytes} }

// Hold is what one body after the other has of the room. It has nothing at first.
func (r *Room) Hold() *Hold { return &Hold{room: r} }

// A Hold is what a body has of a [Room]. A nil Hold has all it wants. It is not for
// concurrent use. While it has some, nothing but a [Request] may wait for what others
// have: who reads bodies waits for it.
type Hold struct {
	room  *Room
	bytes int64
}

// take waits for room for n more bytes of a body. The error is that of ctx.
func (h *Hold) take(ctx context.Context, n int64) error {
	if h == nil {
		return nil
	}
	c := h.room.arrive(h, heft*n)
	if c == nil {
		return nil
	}
	patience := time.NewTimer(roomPatience)
	defer patience.Stop()
	select {
	case <-c.in:
		return nil
	case <-patience.C:
		h.room.leave(c, c.more)
		return nil
	case <-ctx.Done():
		h.room.leave(c, 0)
		return ctx.Err()
	}
}

// settle gives back all but the room for n bytes of a body.
func (h *Hold) settle(n int64) {
	if h == nil {
		return
	}
	h.room.mu.Lock()
	defer h.room.mu.Unlock()
	h.room.give(h, min(heft*n, h.bytes)-h.bytes)
	h.room.admit()
}

// Release gives all back. More can be taken after it.
func (h *Hold) Release() { h.settle(0) }

// arrive gives more room where there is, and a place in the line where there is none.
func (r *Room) arrive(h *Hold, more int64) *comer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.line) == 0 && r.used+more <= r.size {
		r.give(h, more)
		return nil
	}
	c := &comer{hold: h, more: more, in: make(chan struct{})}
	r.line = append(r.line, c)
	r.admit()
	return c
}

// admit lets in whose turn it is: first come, first served, while there is room. Where
// all who have some wait for more, nobody would ever give any back: then the first of
// them goes on without, and again until it has given all back, so that the others never
// have more than the room. A body that is larger than the room goes when nobody has any.
func (r *Room) admit() {
	for len(r.line) > 0 {
		next := 0
		if r.used+r.line[0].more > r.size {
			if next = r.stuck(); next < 0 {
				return
			}
			r.beyond = r.line[next].hold
		}
		c := r.line[next]
		r.line = slices.Delete(r.line, next, next+1)
		r.give(c.hold, c.more)
		close(c.in)
	}
}

// stuck tells who in line goes on where all who have some room wait for more, and -1
// where one of them does not wait.
func (r *Room) stuck() int {
	next, waiting := 0, 0
	for i, c := range slices.Backward(r.line) {
		if c.hold.bytes == 0 {
			continue
		}
		waiting++
		if r.beyond == nil || r.beyond == c.hold {
			next = i
		}
	}
	if waiting < r.holders {
		return -1
	}
	return next
}

// leave ends the wait of a comer, with so much as it takes along.
func (r *Room) leave(c *comer, with int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.line, c); i >= 0 {
		r.line = slices.Delete(r.line, i, i+1)
		r.give(c.hold, with)
	}
	r.admit()
}

// give gives a hold so much more, or less.
func (r *Room) give(h *Hold, more int64) {
	had := h.bytes > 0
	h.bytes += more
	r.used += more
	switch has := h.bytes > 0; {
	case has && !had:
		r.holders++
	case had && !has:
		r.holders--
		if r.beyond == h {
			r.beyond = nil
		}
	}
}
