package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sonde/accounts"
	"sonde/tabular"
)

func newUserCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "user",
		Short: "Say who may log in to the dashboard",
		Long: `Say who may log in to the dashboard. Accounts stand in a file of their own
beside the database, which only you can read; the database can be shared.`,
		Example: "  sonde user add ada --role admin\n  sonde user list\n  sonde user passwd ada",
	},
		newUserAddCommand(a),
		newUserListCommand(a),
		newUserPasswdCommand(a),
		newUserRemoveCommand(a),
	)
}

// withBook calls do with the accounts that belong to the database.
func (a *app) withBook(ctx context.Context, do func(*accounts.Book) error) (err error) {
	book, err := accounts.Open(ctx, a.dbPath+accounts.Ending, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	return do(book)
}

func newUserAddCommand(a *app) *cobra.Command {
	var role string
	command := &cobra.Command{
		Use:   "add NAME",
		Short: "Make an account",
		Long:  `Make an account. The password is asked for, or read from standard input.`,
		Example: `  sonde user add ada --role admin
  sonde user add bob < password.txt`,
		Args: arguments(1, 1, "a name"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.addUser(command.Context(), args[0], role)
		},
	}
	command.Flags().StringVar(&role, "role", string(accounts.Viewer), "admin, who may do everything, or viewer, who sees everything")
	return command
}

func (a *app) addUser(ctx context.Context, name, roleText string) error {
	role, err := accounts.ParseRole(roleText)
	if err != nil {
		return usagef("--role: %w", err)
	}
	password, err := a.readPassword()
	if err != nil {
		return err
	}
	return a.withBook(ctx, func(book *accounts.Book) error {
		if err := book.AddUser(ctx, name, password, role); err != nil {
			return err
		}
		a.say("%s can log in as %s.", name, role)
		return nil
	})
}

// readPassword asks for a password twice on a terminal, and otherwise reads the first
// line of standard input.
func (a *app) readPassword() (string, error) {
	input, isFile := a.stdin.(*os.File)
	if !isFile || !term.IsTerminal(int(input.Fd())) {
		line, err := bufio.NewReader(a.stdin).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.Join(errors.New("the password is wanted on standard input, or on a terminal"), err)
		}
		return line, nil
	}
	first, err := a.askHidden(input, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := a.askHidden(input, "Again: ")
	if err == nil && first != again {
		err = errors.New("the two are not the same")
	}
	return first, err
}

func (a *app) askHidden(input *os.File, question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	answer, err := term.ReadPassword(int(input.Fd()))
	fmt.Fprintln(a.stderr)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return string(answer), nil
}

func newUserListCommand(a *app) *cobra.Command {
	var f format
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the accounts",
		Example: "  sonde user list",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.listUsers(command.Context(), f) },
	}
	f.add(command.Flags())
	return command
}

func (a *app) listUsers(ctx context.Context, f format) error {
	if err := f.check(); err != nil {
		return err
	}
	return a.withBook(ctx, func(book *accounts.Book) error {
		users, err := book.Users(ctx)
		if err != nil {
			return err
		}
		return writeTexts(a.rows(f), []string{"name", "role", "created_at"}, func(add func(...string) error) error {
			for _, u := range users {
				if err := add(u.Name, string(u.Role), instant(u.CreatedAt)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// writeTexts writes rows of texts; "" is NULL.
func writeTexts(w tabular.Writer, columns []string, each func(add func(...string) error) error) error {
	if err := w.Columns(columns); err != nil {
		return err
	}
	err := each(func(texts ...string) error {
		for _, text := range texts {
			textOrNull(w, text)
		}
		return w.EndRow()
	})
	if err != nil {
		return err
	}
	return w.Close()
}

func newUserPasswdCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "passwd NAME",
		Short:   "Give an account another password, and end its sessions",
		Example: "  sonde user passwd ada",
		Args:    arguments(1, 1, "a name"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.changePassword(command.Context(), args[0])
		},
	}
}

func (a *app) changePassword(ctx context.Context, name string) error {
	password, err := a.readPassword()
	if err != nil {
		return err
	}
	return a.withBook(ctx, func(book *accounts.Book) error {
		if err := book.SetPassword(ctx, name, password); err != nil {
			return err
		}
		a.say("The password of %s is changed, and its sessions have ended.", name)
		return nil
	})
}

func newUserRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Take an account away, and end its sessions",
		Example: "  sonde user remove bob",
		Args:    arguments(1, 1, "a name"),
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			return a.withBook(ctx, func(book *accounts.Book) error {
				if err := book.RemoveUser(ctx, args[0]); err != nil {
					return err
				}
				a.say("%s can no longer log in.", args[0])
				return nil
			})
		},
	}
}

func newTokenCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "token",
		Short: "Make tokens, by which programs use the dashboard",
		Example: `  sonde token add grafana
  sonde token list
  curl -H "Authorization: Bearer sonde_…" localhost:8788/api/v1/pages.json`,
	},
		newTokenAddCommand(a),
		newTokenListCommand(a),
		newTokenRemoveCommand(a),
	)
}

func newTokenAddCommand(a *app) *cobra.Command {
	var role string
	var lasting durationValue
	command := &cobra.Command{
		Use:     "add NAME",
		Short:   "Make a token and write it out, this once",
		Example: "  sonde token add grafana\n  sonde token add deploy --role admin --expires 720h",
		Args:    arguments(1, 1, "a name that says what it is for"),
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			parsed, err := accounts.ParseRole(role)
			if err != nil {
				return usagef("--role: %w", err)
			}
			return a.withBook(ctx, func(book *accounts.Book) error {
				token, err := book.AddToken(ctx, args[0], parsed, lasting.Duration)
				if err == nil {
					_, err = fmt.Fprintln(a.stdout, token)
				}
				return err
			})
		},
	}
	command.Flags().StringVar(&role, "role", string(accounts.Viewer), "admin or viewer")
	command.Flags().Var(&lasting, "expires", "how long it holds, such as 720h (default: for ever)")
	return command
}

func newTokenListCommand(a *app) *cobra.Command {
	var f format
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens, without their secrets",
		Example: "  sonde token list",
		Args:    arguments(0, 0, "nothing"),
		RunE:    func(command *cobra.Command, _ []string) error { return a.listTokens(command.Context(), f) },
	}
	f.add(command.Flags())
	return command
}

func (a *app) listTokens(ctx context.Context, f format) error {
	if err := f.check(); err != nil {
		return err
	}
	return a.withBook(ctx, func(book *accounts.Book) error {
		tokens, err := book.Tokens(ctx)
		if err != nil {
			return err
		}
		columns := []string{"id", "name", "role", "created_at", "expires_at", "last_used_at"}
		return writeTexts(a.rows(f), columns, func(add func(...string) error) error {
			for _, t := range tokens {
				id := strconv.FormatInt(t.ID, 10)
				if err := add(id, t.Name, string(t.Role), instant(t.CreatedAt), instant(t.ExpiresAt), instant(t.LastUsedAt)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func newTokenRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "remove ID",
		Short:   "Take a token away",
		Example: "  sonde token remove 1",
		Args:    arguments(1, 1, "the number of a token, as `sonde token list` shows it"),
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usagef("%q is not the number of a token; `sonde token list` shows them", args[0])
			}
			return a.withBook(ctx, func(book *accounts.Book) error { return book.RemoveToken(ctx, id) })
		},
	}
}
