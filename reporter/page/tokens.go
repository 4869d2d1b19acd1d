package page

import (
	"fmt"
	"strings"
)

// A role says what a colour is for and hence how much it must stand out from the surfaces.
type role int

const (
	surface role = iota // What others are seen against.
	words               // Text: 4.5:1.
	graphic             // Lines and marks that carry meaning: 3:1.
	faint               // Decoration that carries no meaning.
	tint                // What text alone is seen against.
)

// A token is a colour of the page by name, in light and in dark.
type token struct {
	name  string
	light string
	dark  string
	role  role
}

// palette is every colour of the page. The series are the Okabe–Ito set, which people with
// any colour vision can tell apart, darkened or lightened until each has 3:1 against the
// surfaces it is drawn on.
func palette() []token {
	return []token{
		{"bg", "#ffffff", "#14171b", surface},
		{"panel", "#f6f7f9", "#1c2026", surface},
		{"band", "#eff1f4", "#20252c", surface},
		{"beyond", "#fbe3df", "#4a211c", surface}, // Where a limit was passed.
		{"text", "#1b1f24", "#e3e6ea", words},
		{"muted", "#59616b", "#a0a8b3", words},
		{"link", "#0b5cad", "#7ab8f5", words},
		{"pass", "#1a6b41", "#63c794", words},
		{"miss", "#b02a1a", "#ff8d7b", words},
		{"doubt", "#815000", "#e3b04b", words},
		{"limit", "#b02a1a", "#ff8d7b", words},
		{"series-0", "#0072b2", "#56b4e9", graphic}, // Blue.
		{"series-1", "#b85c00", "#f0a030", graphic}, // Orange.
		{"series-2", "#00805d", "#2fbf94", graphic}, // Bluish green.
		{"series-3", "#a8518a", "#d68fb9", graphic}, // Reddish purple.
		{"series-4", "#7a6f00", "#d9cc3c", graphic}, // Yellow.
		{"series-5", "#c23b00", "#f07840", graphic}, // Vermilion.
		{"series-6", "#50565e", "#b4bac2", graphic}, // Grey, for black.
		{"density-1", "#cfe1f2", "#1f4263", faint},  // Counts: each shade stands beside the others, and the table has the words.
		{"density-2", "#a3cae8", "#1d4a72", faint},
		{"density-3", "#6caed6", "#2a6a9c", faint},
		{"density-4", "#3c8cc3", "#4a92c4", faint},
		{"density-5", "#1764a6", "#86bde2", faint},
		{"density-6", "#083c7d", "#d5eafa", faint},
		{"rule", "#7a828c", "#737c88", graphic},
		{"heat-1", "#fff6ea", "#261f17", tint}, // The better ones of a table.
		{"heat-2", "#ffecd2", "#382816", tint},
		{"heat-3", "#ffe1ba", "#492e13", tint},
		{"heat-4", "#ffd6a3", "#5a3410", tint}, // The worst.
		{"grid", "#dde1e6", "#323942", faint},
		{"border", "#dde1e6", "#323942", faint},
	}
}

// tokenStyle writes the palette as custom properties, and a stroke and a fill class for each.
func tokenStyle() string {
	var light, dark, classes strings.Builder
	for _, t := range palette() {
		fmt.Fprintf(&light, "--%s:%s;", t.name, t.light)
		fmt.Fprintf(&dark, "--%s:%s;", t.name, t.dark)
		fmt.Fprintf(&classes, ".s-%[1]s{stroke:var(--%[1]s)}.f-%[1]s{fill:var(--%[1]s)}\n", t.name)
	}
	return ":root{color-scheme:light;" + light.String() + "}\n" +
		"@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;" + dark.String() + "}}\n" +
		":root[data-theme=dark]{color-scheme:dark;" + dark.String() + "}\n" +
		"@media print{:root,:root[data-theme=dark],:root:not([data-theme=light]){color-scheme:light;" + light.String() + "}}\n" +
		classes.String()
}
