package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/netprobe/wire"
)

func newChatCommand(a *app) *cobra.Command {
	c := &chatting{app: a}
	command := &cobra.Command{
		Use:   "chat HOST:PORT",
		Short: "Talk with others on a net of your own",
		Long: `Talk with others in a chat that sonde chat serve holds. What you type goes to
everybody in your room; /help says what else there is. nc is as good a client.`,
		Example: `  sonde chat serve 7000                      one holds the chat
  sonde chat 192.0.2.7:7000 --nick ann       the others talk in it
  nc 192.0.2.7 7000                          or so`,
		Args: arguments(1, 1, "HOST:PORT, such as 192.0.2.7:7000, or serve PORT"),
		RunE: func(command *cobra.Command, args []string) error { return c.run(command.Context(), args[0]) },
	}
	command.Flags().StringVar(&c.nick, "nick", "", "the `NAME` to go by; without it you are asked")
	c.dialling.add(command.Flags())
	command.AddCommand(newChatServeCommand(a))
	return command
}

// chatting is sonde chat with its flags.
type chatting struct {
	*app
	dialling
	nick string
}

func (c *chatting) run(ctx context.Context, text string) error {
	address, err := parseDialling(text)
	if err != nil {
		return err
	}
	conn, err := c.dial(ctx, c.app, "tcp", address, connectTime)
	if err != nil {
		return err
	}
	talk := wire.Conversation{In: c.stdin, Out: c.forTerminal(c.stdout)}
	if c.nick != "" {
		talk.In = io.MultiReader(strings.NewReader(c.nick+"\n"), c.stdin)
	}
	if err := talk.Hold(ctx, conn); err != nil {
		return wireFault("talking to "+address, err)
	}
	return nil
}

func newChatServeCommand(a *app) *cobra.Command {
	var secure bool
	var most int
	command := &cobra.Command{
		Use:   "serve [ADDR:]PORT",
		Short: "Hold a chat",
		Long: `Hold a chat with names and rooms, in lines of text. Nothing that is said is
kept. Who reads slowly misses lines, and holds nobody up.`,
		Example: "  sonde chat serve 7000\n  sonde chat serve 127.0.0.1:7000 --tls",
		Args:    arguments(1, 1, "a port, such as 7000 or 127.0.0.1:7000"),
		RunE: func(command *cobra.Command, args []string) error {
			if most < 0 {
				return usagef("--max %d: a number of clients is wanted", most)
			}
			return a.serveChat(command.Context(), args[0], secure, most)
		},
	}
	command.Flags().BoolVar(&secure, "tls", false, "speak TLS, with a certificate made for the occasion")
	command.Flags().IntVar(&most, "max", 0, "take `N` clients at once and let more wait; 0 is 1,000")
	return command
}

func (a *app) serveChat(ctx context.Context, text string, secure bool, most int) error {
	address, err := parseListening(text)
	if err != nil {
		return err
	}
	l, config, err := a.listenTCP(ctx, address, secure)
	if err != nil {
		return err
	}
	chat := &wire.Chat{TLS: config, Max: most, Tell: func(e wire.Event) {
		if e.Kind == wire.Left {
			a.say("%s left after %s", e.Client, sonde.InTime(e.Stay))
			return
		}
		a.say("%s came", e.Client)
	}}
	return chat.Serve(ctx, l)
}
