package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubedyno/kubedyno/results/exitcode"
)

// arguments returns a check for the number of arguments that says what is wanted.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if len(given) >= least && len(given) <= most {
			return nil
		}
		got := "none was given"
		if len(given) > 0 {
			got = fmt.Sprintf("%d were given: %q", len(given), given)
		}
		return hinted(invalid(fmt.Errorf("'%s' takes %s; %s", c.CommandPath(), what, got)),
			fmt.Sprintf("'%s --help' shows examples", c.CommandPath()))
	}
}

// strict makes every command below one that groups others refuse what it does not know, with
// the exit code of invalid input; cobra alone prints the help and is content.
func strict(root *cobra.Command) {
	root.SetHelpCommand(newHelpCommand(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SuggestionsMinimumDistance = 2 // Letters that may differ.
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		check := c.Args
		if c.HasSubCommands() {
			c.SuggestionsMinimumDistance = root.SuggestionsMinimumDistance
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			c.DisableFlagsInUseLine = true
			check = knownCommand
		}
		if check != nil {
			c.Args = func(c *cobra.Command, given []string) error { return coded(check(c, given)) }
		}
		for _, below := range c.Commands() {
			visit(below)
		}
	}
	visit(root)
}

// coded marks an error that has no exit code yet as invalid input.
func coded(err error) error {
	var known *exitcode.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return invalid(err)
}

// knownCommand is the check of a command that groups others: what is left was none of them.
func knownCommand(c *cobra.Command, given []string) error {
	if len(given) == 0 {
		return nil
	}
	hint := fmt.Sprintf("'%s --help' lists the commands", c.CommandPath())
	if near := c.SuggestionsFor(given[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean '%s %s'?", c.CommandPath(), near[0])
	}
	return hinted(invalid(fmt.Errorf("'%s' has no command %q", c.CommandPath(), given[0])), hint)
}

func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(_ *cobra.Command, given []string) error {
			found, rest, err := root.Find(given)
			if err != nil {
				return invalid(err)
			}
			if found.HasSubCommands() {
				if err := knownCommand(found, rest); err != nil {
					return err
				}
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// flagFault words what is wrong with the flags of a command.
func flagFault(c *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		want := map[string]string{"uint64": "a whole number, 0 or more", "bool": "true or false"}[value.GetFlag().Value.Type()]
		if want != "" {
			err = fmt.Errorf("--%s %q: must be %s", value.GetFlag().Name, value.GetValue(), want)
		}
	}
	return hinted(invalid(err), fmt.Sprintf("'%s --help' lists the flags", c.CommandPath()))
}

// message returns the text of an error. Of joined errors it leaves out those that another one
// contains: when a disk is full, everything that was still to be written says so.
func message(err error) string {
	var texts []string
	for _, cause := range separate(err) {
		texts = appendNew(texts, cause.Error())
	}
	return strings.Join(texts, "\n")
}

func appendNew(texts []string, text string) []string {
	for i, known := range texts {
		if strings.Contains(known, text) {
			return texts
		}
		if strings.Contains(text, known) {
			texts[i] = text
			return texts
		}
	}
	return append(texts, text)
}

// separate returns the errors that were joined, without what only gives them a code.
func separate(err error) []error {
	if e, ok := err.(*exitcode.Error); ok {
		return separate(e.Err)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, part := range joined.Unwrap() {
		all = append(all, separate(part)...)
		texts = append(texts, part.Error())
	}
	if strings.Join(texts, "\n") != err.Error() {
		return []error{err} // Its own text is more than that of its parts.
	}
	return all
}
