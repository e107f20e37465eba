package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"
)

// A guest is a client of a chat.
type guest struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

// comes connects a client and gives it a name.
func comes(t *testing.T, address, name string) *guest {
	t.Helper()
	c := dial(t, "tcp", address)
	g := &guest{t, c, bufio.NewReader(c)}
	g.reads("* Welcome to the chat. What is your name?")
	says(t, c, name+"\n")
	g.reads("* You are in the room lobby. /help says what else there is.")
	return g
}

// reads holds which lines come next.
func (g *guest) reads(lines ...string) {
	g.t.Helper()
	for _, want := range lines {
		got, err := g.in.ReadString('\n')
		if err != nil || got != want+"\n" {
			g.t.Fatalf("%q came, %v, want %q", got, err, want)
		}
	}
}

func (g *guest) says(lines ...string) {
	g.t.Helper()
	says(g.t, g.Conn, strings.Join(lines, "\n")+"\n")
}

// TestChat is a talk of three.
func TestChat(t *testing.T) {
	address, _ := running(t, new(Chat).Serve)
	ann := comes(t, address, "ann")
	bob := comes(t, address, "bob")
	ann.reads("* bob joined lobby")
	ann.says("hello", "//shrug", "  ", "\x1b[2Jbeep\x07")
	bob.reads("[lobby] ann: hello", "[lobby] ann: /shrug", "[lobby] ann: [2Jbeep")

	bob.says("/join garden", "anybody?", "/who", "/rooms")
	ann.reads("* bob went to garden")
	bob.reads("* bob joined garden", "* in garden: bob", "* rooms: garden (1), lobby (1)")

	cy := comes(t, address, "cy")
	ann.reads("* cy joined lobby")
	cy.says("/nick BOB", "/nick cyd", "/dance", "/nick", "/join a b", "/who")
	cy.reads("* somebody is called BOB already", "* cy is now cyd", "* There is no /dance; /help says what there is.",
		"* a name is wanted", "* a name has letters, digits, - _ and . only", "* in lobby: ann, cyd")
	ann.reads("* cy is now cyd")
	cy.says("/help", "/quit")
	cy.reads(strings.Split(strings.TrimSuffix(chatHelp, "\n"), "\n")...)
	if _, err := cy.in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("who quits is still there: %v", err)
	}
	ann.reads("* cyd left")
}

// TestNames: a name is asked for until one can be used.
func TestNames(t *testing.T) {
	address, _ := running(t, new(Chat).Serve)
	comes(t, address, "ann")
	c := dial(t, "tcp", address)
	g := &guest{t, c, bufio.NewReader(c)}
	g.says("Ann", "a b", strings.Repeat("x", 25), "", "zoë")
	g.reads("* Welcome to the chat. What is your name?",
		"* somebody is called Ann already. What is your name?",
		"* a name has letters, digits, - _ and . only. What is your name?",
		"* that name is too long. What is your name?",
		"* a name is wanted. What is your name?",
		"* You are in the room lobby. /help says what else there is.")
}

// TestSlowReader: who reads nothing holds up nobody, and is told what it missed.
func TestSlowReader(t *testing.T) {
	address, _ := running(t, new(Chat).Serve)
	slow := comes(t, address, "slow")
	ann, bob := comes(t, address, "ann"), comes(t, address, "bob")
	ann.reads("* bob joined lobby")
	line := strings.Repeat("x", maxLine-100)
	const together, times = 100, 100 // lines that bob has room for, and that fill every buffer on the way to slow
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range times {
			io.WriteString(ann, strings.Repeat(line+"\n", together))
			for range together {
				if got, err := bob.in.ReadString('\n'); err != nil || !strings.HasSuffix(got, line+"\n") {
					t.Errorf("bob reads %.40q, %v", got, err)
					return
				}
			}
		}
	}()
	<-done
	missed := false
	slow.says("/who")
	for !missed {
		got, err := slow.in.ReadString('\n')
		if err != nil {
			t.Fatalf("the slow one never hears that it missed something: %v", err)
		}
		missed = strings.HasPrefix(got, "* ") && strings.Contains(got, " lines were left out")
	}
}

// TestReadsNothing: who reads nothing at all for a while is let go.
func TestReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, theirs := net.Pipe()
		m := newMember(theirs)
		m.hear("hello")
		before := time.Now()
		err := m.live(func() error {
			_, err := m.in.ReadByte() // ends when the writer closes the connection
			return err
		})
		if err == nil || time.Since(before) != patience {
			t.Errorf("it ended after %s with %v", time.Since(before), err)
		}
	})
}

// TestChatEnds: the end of the chat ends all that is in it.
func TestChatEnds(t *testing.T) {
	address, stop := running(t, new(Chat).Serve)
	ann := comes(t, address, "ann")
	stop()
	if _, err := ann.in.ReadString('\n'); err == nil {
		t.Error("ann still reads")
	}
}

// TestChatByNetcat: nc is a client.
func TestChatByNetcat(t *testing.T) {
	program, err := exec.LookPath("nc")
	if err != nil {
		t.Skip("nc is not installed")
	}
	address, _ := running(t, new(Chat).Serve)
	host, port, _ := net.SplitHostPort(address)
	nc := exec.CommandContext(t.Context(), program, host, port)
	nc.Stdin = strings.NewReader("ann\n/who\n/quit\n")
	out, err := nc.Output()
	if want := "* in lobby: ann\n"; !strings.HasSuffix(string(out), want) {
		t.Errorf("nc printed %q, %v", out, err)
	}
}

// FuzzLine: whatever a client sends, its lines end, are bounded and harmless, and none of
// what follows a newline is lost with what came before it.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{"hello\n", "/join x\r\n", "//\n", "\xff\x00\x1b[0m\n", strings.Repeat("x", 3*maxLine) + "\nnext\n", "a\u202eb\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(sent), maxLine+2)
		lines := 0
		for {
			line, err := readLine(r)
			if len(line) > 3*maxLine || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
				t.Fatalf("a line is %q", line)
			}
			asked := parseCommand(line)
			if checkName(asked.rest) == nil && strings.ContainsAny(asked.rest, " /\\") {
				t.Fatalf("a name is %q", asked.rest)
			}
			if err != nil {
				break
			}
			lines++
		}
		if want := bytes.Count(sent, []byte("\n")); lines != want {
			t.Fatalf("%d lines were read of %d", lines, want)
		}
	})
}
