package live

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Note is the kind of a Record that is no event of the run: a line that kubedyno prints, such as
// that it starts a control plane, or the error that it ends with.
const Note = "note"

// A Record is one line of progress for programs. Its shape is stable: fields may be added, none
// changes its meaning.
type Record struct {
	Time    string            `json:"time"` // RFC 3339, in UTC, to the millisecond.
	Kind    string            `json:"kind"` // That of a sample.Event, or Note.
	Phase   string            `json:"phase,omitempty"`
	Step    string            `json:"step,omitempty"`
	Message string            `json:"message,omitempty"`
	Fields  map[string]string `json:"fields,omitempty"` // Of progress: done and total.
}

func recordOf(began time.Time, e sample.Event) Record {
	return Record{Time: stamp(began.Add(time.Duration(e.At))), Kind: string(e.Kind), Phase: e.Phase, Step: e.Step,
		Message: e.Message, Fields: e.Fields}
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// encode returns a record as one line without its end.
func encode(r Record) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil { // Strings can always be encoded.
		panic("encode a progress record: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// maxLine is the longest line in bytes that Notes waits for the end of.
const maxLine = 64 << 10

// Notes is a writer that makes a Record of the kind Note out of every line of text.
type Notes struct {
	mutex sync.Mutex
	out   io.Writer
	part  []byte
}

// NewNotes returns a writer of notes to out.
func NewNotes(out io.Writer) *Notes { return &Notes{out: out} }

// Write takes text; a line is written when its end has come. Empty lines are left out.
func (n *Notes) Write(text []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.part = append(n.part, text...)
	for {
		before, after, found := strings.Cut(string(n.part), "\n")
		if !found && len(n.part) < maxLine {
			return len(text), nil
		}
		n.part = []byte(after)
		if message := strings.TrimSpace(clean(before)); message != "" {
			if _, err := io.WriteString(n.out, encode(Record{Time: stamp(time.Now()), Kind: Note, Message: message})+"\n"); err != nil {
				return 0, err
			}
		}
	}
}
