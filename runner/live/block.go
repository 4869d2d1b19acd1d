package live

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// maximum is the most lines of a block; a taller one would scroll.
const maximum = 8

// print writes a line that stays, above the block.
func (v *View) print(line string) {
	v.erase()
	fmt.Fprintln(v.options.Out, line)
	if v.options.Terminal {
		v.show()
	}
}

// show draws the block, or prints it as one line where nothing can be redrawn.
func (v *View) show() {
	lines := v.block()
	if len(lines) == 0 {
		return
	}
	if !v.options.Terminal {
		fmt.Fprintf(v.options.Out, "%s  ... %s\n", clock(v.options.Clock.Now()), strings.Join(trimmed(lines), "; "))
		return
	}
	v.erase()
	for _, line := range lines {
		fmt.Fprintln(v.options.Out, cut(line, v.options.Width-1))
	}
	v.drawn = len(lines)
}

// erase removes the block and leaves the cursor where it began.
func (v *View) erase() {
	if v.drawn > 0 {
		fmt.Fprintf(v.options.Out, "\x1b[%dA\x1b[J", v.drawn)
		v.drawn = 0
	}
}

func (v *View) block() []string {
	s, now := &v.state, v.options.Clock.Now()
	if s.phase == "" {
		return nil
	}
	lines := []string{fmt.Sprintf("%s for %s", s.phase, elapsed(s.phaseStart, now))}
	for _, running := range s.steps {
		line := fmt.Sprintf("  %s  %s", running.name, elapsed(running.start, now))
		if running.total != "" {
			line += fmt.Sprintf("  %s of %s", running.done, running.total)
		}
		lines = append(lines, line)
	}
	if text := s.pods(); text != "" {
		lines = append(lines, "  "+text)
	}
	if text := s.requests(); text != "" {
		lines = append(lines, "  "+text)
	}
	return lines[:min(len(lines), maximum)]
}

func (s *state) pods() string {
	created := s.gauges[sample.PodsByState+" created"]
	if created == 0 {
		return ""
	}
	return fmt.Sprintf("pods: %.0f created, %.0f scheduled, %.0f running, %.0f ready", created,
		s.gauges[sample.PodsByState+" scheduled"], s.gauges[sample.PodsByState+" running"],
		s.gauges[sample.PodsByState+" ready"])
}

func (s *state) requests() string {
	var offered, achieved float64
	for key, value := range s.gauges {
		switch {
		case strings.HasPrefix(key, sample.APIOffered):
			offered += value
		case strings.HasPrefix(key, sample.APIAchieved):
			achieved += value
		}
	}
	if len(s.slowest) == 0 {
		return ""
	}
	class := slices.MaxFunc(slices.Sorted(maps.Keys(s.slowest)), func(a, b string) int {
		return int(s.slowest[a]*1e6) - int(s.slowest[b]*1e6)
	})
	return fmt.Sprintf("API: %.0f/s offered, %.0f/s sent, slowest %s p99 %s", offered, achieved, class,
		sample.Format(s.slowest[class], sample.Seconds))
}

func elapsed(from, to sample.Offset) string {
	return time.Duration(to - from).Round(time.Second).String()
}

func trimmed(lines []string) []string {
	short := make([]string, len(lines))
	for i, line := range lines {
		short[i] = strings.TrimSpace(line)
	}
	return short
}

// cut shortens a line to the terminal's width, so that the block has as many lines as drawn.
func cut(line string, width int) string {
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width])
	}
	return line
}
