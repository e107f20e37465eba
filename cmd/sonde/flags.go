package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how many columns the help takes.
const helpWidth = 80

// groupMark is the annotation of flags that stand under a heading of their own in
// the help.
const groupMark = "sonde_group"

// place puts a flag under a heading of the help.
func place(flag *pflag.Flag, heading string) { annotate(flag, groupMark, heading) }

// help writes what a command does: first how it looks, then the rest.
func help(command *cobra.Command, _ []string) {
	w := command.OutOrStdout()
	fmt.Fprintln(w, strings.TrimSpace(orElse(command.Long, command.Short)))
	if command.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.Trim(command.Example, "\n"))
	}
	helpUsage(w, command)
	helpCommands(w, command)
	helpFlags(w, command)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func helpUsage(w io.Writer, command *cobra.Command) {
	fmt.Fprintf(w, "\nUsage:\n  %s\n", usageLine(command))
}

// usageLine is how a command is called.
func usageLine(command *cobra.Command) string {
	if command.HasAvailableSubCommands() {
		return command.CommandPath() + " COMMAND [flags]"
	}
	return command.UseLine()
}

func helpCommands(w io.Writer, command *cobra.Command) {
	if !command.HasAvailableSubCommands() {
		return
	}
	fmt.Fprintln(w, "\nCommands:")
	for _, c := range command.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(w, "  %-*s  %s\n", command.NamePadding(), c.Name(), c.Short)
		}
	}
	fmt.Fprintf(w, "\nMore about one: %s COMMAND --help\n", command.CommandPath())
}

// helpFlags writes the flags of a command, those with a heading under it.
func helpFlags(w io.Writer, command *cobra.Command) {
	var headings []string
	groups := map[string]*pflag.FlagSet{}
	add := func(heading string, flag *pflag.Flag) {
		if groups[heading] == nil {
			headings = append(headings, heading)
			groups[heading] = pflag.NewFlagSet(heading, pflag.ContinueOnError)
			groups[heading].SortFlags = command.Flags().SortFlags
		}
		groups[heading].AddFlag(flag)
	}
	const shared = "Flags of all commands"
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		mark := flag.Annotations[groupMark]
		switch {
		case mark != nil:
			add(mark[0], flag)
		case flag.Name != "help" && command.HasParent():
			add("Flags", flag)
		}
	})
	command.InheritedFlags().VisitAll(func(flag *pflag.Flag) { add(shared, flag) })
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Name == "help" || !command.HasParent() {
			add(shared, flag)
		}
	})
	for _, heading := range headings {
		fmt.Fprintf(w, "\n%s:\n%s", heading, groups[heading].FlagUsagesWrapped(helpWidth))
	}
}

// flagFault turns what pflag says about the command line into a usage error.
func flagFault(command *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		bad     *pflag.InvalidValueError
		bare    *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		return usagef("unknown flag --%s%s", unknown.GetSpecifiedName(), didYouMean("--"+unknown.GetSpecifiedName(), flagNames(command)))
	case errors.As(err, &bad):
		return usagef("%w", badValue("--"+bad.GetFlag().Name, bad.GetFlag(), bad.GetValue(), bad.Unwrap()))
	case errors.As(err, &bare):
		unit, _ := pflag.UnquoteUsage(bare.GetFlag())
		return usagef("--%s needs a value: --%s %s", bare.GetFlag().Name, bare.GetFlag().Name, unit)
	}
	return usagef("%w", err)
}

func flagNames(command *cobra.Command) []string {
	var names []string
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, "--"+flag.Name)
		}
	})
	slices.Sort(names)
	return names
}

// unknownCommand is the Args of a command that has others below it: what comes here
// is none of them.
func unknownCommand(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range command.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usagef("%q is not a command of %s%s", args[0], command.CommandPath(), didYouMean(args[0], names))
}

// group makes a command out of others. Alone it shows its help.
func group(command *cobra.Command, below ...*cobra.Command) *cobra.Command {
	command.Args = unknownCommand
	command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	command.AddCommand(below...)
	return command
}

// arguments is the Args of a command that takes from least to most of what: "URL".
// A most below 0 is no limit.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s needs %s", ownPath(command), what)
		case most == 0 && len(args) > 0:
			return usagef("%s takes no arguments, and %q is one", ownPath(command), args[0])
		case most >= 0 && len(args) > most:
			return usagef("%q is too many: %s takes %s", args[most], ownPath(command), what)
		}
		return nil
	}
}

// ownPath is what a command is called behind the program's name.
func ownPath(command *cobra.Command) string {
	return strings.TrimPrefix(command.CommandPath(), command.Root().Name()+" ")
}
