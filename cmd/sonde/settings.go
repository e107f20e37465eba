package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// Where a value is not given by a flag it may come from the environment, and where
// it is not there either from a file:
//
//	flag > SONDE_MAX_PAGES > crawl: {max_pages: …} in --config or ./sonde.yaml > default
//
// In the file the flags that all commands share stand at the top, and those of a
// command under its name.

// usualSettings is the file that is read where no other is named.
const usualSettings = "sonde.yaml"

// settableMark is the annotation of flags that may be set in all three places.
const settableMark = "sonde_settable"

// settable makes a flag one that the environment and the file may set, and says so in
// its help.
func settable(flag *pflag.Flag) {
	annotate(flag, settableMark, "")
	flag.Usage += " [" + variable(flag.Name) + "]"
}

func isSettable(flag *pflag.Flag) bool { return flag.Annotations[settableMark] != nil }

func annotate(flag *pflag.Flag, mark, value string) {
	if flag.Annotations == nil {
		flag.Annotations = map[string][]string{}
	}
	flag.Annotations[mark] = []string{value}
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "SONDE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// key is the name of a flag in the file.
func key(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// A given value is what stands in a place, and which place that is.
type given struct {
	texts []string
	place string // as an error names it
}

// fillIn sets the flags of a command that were not given on the command line.
func (a *app) fillIn(command *cobra.Command) error {
	file, err := a.readSettings(command)
	if err != nil {
		return err
	}
	flags := command.Flags()
	var faults []error
	flags.VisitAll(func(flag *pflag.Flag) {
		if !isSettable(flag) || flag.Changed {
			return
		}
		if value, ok := a.lookUp(flag, file); ok {
			faults = append(faults, value.set(flag))
		}
	})
	return errors.Join(faults...)
}

// lookUp finds the value of a flag outside the command line.
func (a *app) lookUp(flag *pflag.Flag, file map[string]given) (given, bool) {
	name := variable(flag.Name)
	if text := a.env(name); text != "" {
		texts := []string{text}
		if repeats(flag) {
			texts = slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return line == "" })
		}
		return given{texts, name}, true
	}
	value, ok := file[flag.Name]
	return value, ok
}

// repeats reports whether a flag takes more than one value.
func repeats(flag *pflag.Flag) bool {
	many, ok := flag.Value.(interface{ repeats() bool })
	return ok && many.repeats()
}

// set gives the value to a flag.
func (g given) set(flag *pflag.Flag) error {
	for _, text := range g.texts {
		if err := flag.Value.Set(text); err != nil {
			return configf("%w", badValue(g.place, flag, text, err))
		}
	}
	return nil
}

// secretFlags are those whose values may hold a password, which no message repeats.
var secretFlags = []string{"auth", "header", "proxy"}

// badValue is the error of a value that cannot be, wherever it stands.
func badValue(place string, flag *pflag.Flag, text string, err error) error {
	var number *strconv.NumError
	if errors.As(err, &number) { // what pflag's own switches say
		err = errNoSwitch
	}
	if slices.Contains(secretFlags, flag.Name) {
		return fmt.Errorf("%s: %w", place, err)
	}
	return fmt.Errorf("%s %q: %w", place, text, err)
}

// readSettings reads the file for a command: the values it has for the command's
// flags, by flag. A file that nobody named may be missing.
func (a *app) readSettings(command *cobra.Command) (map[string]given, error) {
	path, named := a.configPath, true
	if path == "" {
		path = a.env(variable("config"))
	}
	if path == "" {
		path, named = usualSettings, false
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, configf("reading the configuration: %w", err)
	}
	return parseSettings(path, text, command)
}

// parseSettings reads the text of the file at path.
func parseSettings(path string, text []byte, command *cobra.Command) (map[string]given, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, configf("%s", yamlFault(path, err))
	}
	if document.Kind == 0 {
		return nil, nil // nothing but comments
	}
	r := settingsReader{path: path, values: map[string]given{}}
	r.top(document.Content[0], command)
	return r.values, errors.Join(r.faults...)
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlFault puts the line of a syntax error where it belongs.
func yamlFault(path string, err error) string {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatchIndex(message); m != nil {
		return fmt.Sprintf("%s:%s: it is not YAML: %s%s", path, message[m[2]:m[3]], message[:m[0]], message[m[1]:])
	}
	return fmt.Sprintf("%s: it is not YAML: %s", path, message)
}

// settingsReader walks through the file.
type settingsReader struct {
	path   string
	values map[string]given // for the command that runs, by flag
	faults []error
}

func (r *settingsReader) fault(at *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, configf("%s:%d: %s", r.path, at.Line, fmt.Sprintf(format, args...)))
}

// keys are the flags that a place in the file may set, by their names there.
type keys map[string]*pflag.Flag

func keysOf(flags *pflag.FlagSet) keys {
	found := keys{}
	flags.VisitAll(func(flag *pflag.Flag) {
		if isSettable(flag) {
			found[key(flag.Name)] = flag
		}
	})
	return found
}

// top reads what stands at the top: flags that all commands share, and a section for
// each command that has more.
func (r *settingsReader) top(node *yaml.Node, command *cobra.Command) {
	shared, sections := keysOf(command.Root().PersistentFlags()), map[string]keys{}
	for _, c := range command.Root().Commands() {
		if found := keysOf(c.LocalNonPersistentFlags()); len(found) > 0 {
			sections[c.Name()] = found
		}
	}
	r.mapping(node, "the file", func(name, value *yaml.Node) {
		section, isSection := sections[name.Value]
		flag, isShared := shared[name.Value]
		switch {
		case isSection:
			r.section(name.Value, section, value, name.Value == command.Name())
		case isShared:
			r.value(name.Value, flag, value)
		default:
			r.fault(name, "unknown key %q%s", name.Value, elsewhere(name.Value, shared, sections))
		}
	})
}

// elsewhere says where an unknown key at the top may belong.
func elsewhere(name string, shared keys, sections map[string]keys) string {
	words := slices.Collect(maps.Keys(shared))
	for section, found := range sections {
		if found[key(name)] != nil {
			return fmt.Sprintf("; it belongs under %q", section+":")
		}
		words = append(words, section)
	}
	return didYouMean(key(name), slices.Sorted(slices.Values(words)))
}

// section reads what stands under the name of a command, and keeps it where that is
// the one that runs.
func (r *settingsReader) section(within string, known keys, node *yaml.Node, keep bool) {
	outer := r.values
	if !keep {
		r.values = map[string]given{}
	}
	r.mapping(node, within, func(name, value *yaml.Node) {
		if flag, ok := known[name.Value]; ok {
			r.value(within+"."+name.Value, flag, value)
			return
		}
		words := slices.Sorted(maps.Keys(known))
		r.fault(name, "unknown key %q in %s%s", name.Value, within, didYouMean(key(name.Value), words))
	})
	r.values = outer
}

// mapping calls do for every key of a mapping.
func (r *settingsReader) mapping(node *yaml.Node, what string, do func(name, value *yaml.Node)) {
	switch {
	case node.Tag == "!!null":
		return
	case node.Kind != yaml.MappingNode:
		r.fault(node, "%s must be keys with values, such as \"rate: 2\"", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		if seen[name.Value] {
			r.fault(name, "the key %q is there twice", name.Value)
			continue
		}
		seen[name.Value] = true
		do(name, pointee(node.Content[i+1]))
	}
}

// pointee is what an alias stands for.
func pointee(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// value takes the value of one key: a scalar, or a list where the flag repeats.
func (r *settingsReader) value(name string, flag *pflag.Flag, node *yaml.Node) {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode && repeats(flag) {
		nodes = node.Content
	}
	g := given{place: fmt.Sprintf("%s:%d: %s", r.path, node.Line, name)}
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			r.fault(n, "%s: one value is wanted", name)
			return
		}
		g.texts = append(g.texts, n.Value)
	}
	r.values[flag.Name] = g
}
