package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Chat is a place where clients talk in rooms, in lines of text that any program can show.
// A client says its name first, and then what the others in its room are to read; a line
// that begins with a slash asks for something else (see the help that it gives).
type Chat struct {
	TLS  *tls.Config // nil: no TLS
	Max  int         // clients at once; 0: 1,000
	Tell func(Event) // as [Server.Tell], without what is said; nil: nobody is told

	telling sync.Mutex
	mu      sync.Mutex
	members map[string]*member // by the name in lower case
}

const (
	firstRoom  = "lobby"
	defaultHub = 1_000
)

const chatHelp = `* say a line, and everybody in your room reads it
* /nick NAME  another name      /join ROOM  another room, new or not
* /who        who is here       /rooms      which rooms there are
* /quit       leave             //…         a line that begins with a slash
`

// Serve serves the clients of l until ctx ends, and closes l. It returns when all are
// gone. The error says why l gives no more clients; it is nil when ctx has ended.
func (c *Chat) Serve(ctx context.Context, l net.Listener) error {
	most := c.Max
	if most <= 0 {
		most = defaultHub
	}
	return serve(ctx, l, most, false, c.client)
}

func (c *Chat) tell(e Event) {
	if c.Tell == nil {
		return
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.Tell(e)
}

// client serves one client.
func (c *Chat) client(ctx context.Context, conn net.Conn) {
	from, since := remote(conn), time.Now()
	c.tell(Event{At: since.UTC(), Kind: Came, Client: from})
	if c.TLS != nil {
		conn = tls.Server(conn, c.TLS)
	}
	err := shake(ctx, conn)
	if err == nil {
		m := newMember(conn)
		err = m.live(func() error { return c.host(m) })
	}
	c.tell(Event{At: time.Now().UTC(), Kind: Left, Client: from, Stay: time.Since(since), Err: err})
}

// host asks a client for its name, lets it take part, and sees it out.
func (c *Chat) host(m *member) error {
	m.hear("* Welcome to the chat. What is your name?")
	if err := c.admit(m); err != nil {
		return err
	}
	defer c.seeOut(m)
	for {
		line, err := readLine(m.in)
		if line != "" && c.obey(m, parseCommand(line)) {
			return nil
		}
		if err != nil {
			return end(err)
		}
	}
}

// admit lets a client in as soon as it says a name that can be used.
func (c *Chat) admit(m *member) error {
	for {
		name, err := readLine(m.in)
		if err != nil {
			return end(err)
		}
		if err := c.enter(m, name); err != nil {
			m.hear(fmt.Sprintf("* %s. What is your name?", err))
			continue
		}
		m.hear("* You are in the room " + firstRoom + ". /help says what else there is.")
		return nil
	}
}

// enter makes a client a member under a name.
func (c *Chat) enter(m *member, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.free(name); err != nil {
		return err
	}
	if c.members == nil {
		c.members = map[string]*member{}
	}
	m.name, m.room = name, firstRoom
	c.members[strings.ToLower(name)] = m
	c.spread(m, firstRoom, fmt.Sprintf("* %s joined %s", name, firstRoom))
	return nil
}

// free says why a name cannot be taken. c.mu is held.
func (c *Chat) free(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if c.members[strings.ToLower(name)] != nil {
		return fmt.Errorf("somebody is called %s already", name)
	}
	return nil
}

// seeOut takes a member away.
func (c *Chat) seeOut(m *member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.members, strings.ToLower(m.name))
	c.spread(m, m.room, fmt.Sprintf("* %s left", m.name))
}

// spread lets all in a room but one member hear a line. c.mu is held; nobody who hears
// slowly holds it up.
func (c *Chat) spread(but *member, room, line string) {
	for _, m := range c.members {
		if m != but && m.room == room {
			m.hear(line)
		}
	}
}

// obey does what a line asks for, and reports whether the member wants to leave.
func (c *Chat) obey(m *member, asked command) (leaves bool) {
	switch asked.verb {
	case "":
		c.say(m, asked.rest)
	case "nick":
		c.rename(m, asked.rest)
	case "join":
		c.move(m, asked.rest)
	case "who":
		m.hear(c.who(m.room))
	case "rooms":
		m.hear(c.rooms())
	case "quit":
		return true
	case "help":
		m.hear(strings.TrimSuffix(chatHelp, "\n"))
	default:
		m.hear("* There is no /" + asked.verb + "; /help says what there is.")
	}
	return false
}

func (c *Chat) say(m *member, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spread(m, m.room, fmt.Sprintf("[%s] %s: %s", m.room, m.name, text))
}

func (c *Chat) rename(m *member, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.free(name); err != nil {
		m.hear("* " + err.Error())
		return
	}
	delete(c.members, strings.ToLower(m.name))
	line := fmt.Sprintf("* %s is now %s", m.name, name)
	m.name = name
	c.members[strings.ToLower(name)] = m
	c.spread(nil, m.room, line)
}

func (c *Chat) move(m *member, room string) {
	if err := checkName(room); err != nil {
		m.hear("* " + err.Error())
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spread(m, m.room, fmt.Sprintf("* %s went to %s", m.name, room))
	m.room = room
	c.spread(nil, room, fmt.Sprintf("* %s joined %s", m.name, room))
}

// who lists the members in a room.
func (c *Chat) who(room string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, m := range c.members {
		if m.room == room {
			names = append(names, m.name)
		}
	}
	slices.Sort(names)
	return fmt.Sprintf("* in %s: %s", room, strings.Join(names, ", "))
}

// rooms lists the rooms with how many are in each.
func (c *Chat) rooms() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	count := map[string]int{}
	for _, m := range c.members {
		count[m.room]++
	}
	var rooms []string
	for _, room := range slices.Sorted(maps.Keys(count)) {
		rooms = append(rooms, fmt.Sprintf("%s (%d)", room, count[room]))
	}
	return "* rooms: " + strings.Join(rooms, ", ")
}
