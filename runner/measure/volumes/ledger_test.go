package volumes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

const second = sample.Offset(1e9)

// a recording is a Sink that keeps what a Ledger writes.
type recording struct {
	windows []sample.Window
	points  []sample.Point
}

func (r *recording) Window(w sample.Window) {
	w.Histogram = w.Histogram.Clone()
	r.windows = append(r.windows, w)
}
func (r *recording) Point(p sample.Point) { r.points = append(r.points, p) }
func (*recording) Event(sample.Event)     {}
func (*recording) Buckets(sample.Buckets) {}
func (*recording) Pod(sample.Pod)         {}

// a book is a Ledger with what it has written.
type book struct {
	*Ledger
	*recording
}

// Pod is the Ledger's.
func (b *book) Pod(p Pod, now Moment) { b.Ledger.Pod(p, now) }

func at(seconds float64) Moment { return Moment{At: sample.Offset(seconds * 1e9)} }
func late(after, seconds float64) Moment {
	return Moment{At: sample.Offset(seconds * 1e9), After: sample.Offset(after * 1e9), Late: true}
}

func newBook() *book {
	sink := &recording{}
	b := &book{New(Options{Sink: sink, Phase: func() string { return "storm" }}), sink}
	b.Class("fast", false)
	b.Class("lazy", true)
	return b
}

// times are the recorded durations in seconds, as "attach{fast} 3, ≥ 4", those of a series together.
func (b *book) times() []string {
	bySeries := map[string][]string{}
	for _, w := range b.windows {
		short := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(w.Metric, "volume_"), "pod_volume_"), "_seconds")
		name := fmt.Sprintf("%s{%s}", short, strings.Join(slices.DeleteFunc([]string{w.Labels["class"], w.Labels["workload"], w.Labels["stage"]},
			func(s string) bool { return s == "" }), " "))
		w.Histogram.Buckets(func(seconds float64, count int64) {
			for range count {
				text := fmt.Sprintf("%.3g", max(seconds-1e-6, 0))
				if w.Censored {
					text = "≥ " + text
				}
				bySeries[name] = append(bySeries[name], text)
			}
		})
	}
	var all []string
	for name, values := range bySeries {
		slices.Sort(values)
		all = append(all, name+" "+strings.Join(values, ", "))
	}
	slices.Sort(all)
	return all
}

func (b *book) last(metric string, labels sample.Labels) float64 {
	value := -1.0
	for _, p := range b.points {
		if p.Metric == metric && p.Labels.Match(labels) {
			value = p.Value
		}
	}
	return value
}

// The steps of the life of a claim, a pod and an attachment.
func (b *book) claim(name, class, reached string, now Moment) {
	c := Claim{UID: "uid-" + name, Name: "ns/" + name, Class: class, Selected: reached != "created" && class == "lazy"}
	if reached == "bound" {
		c.Volume, c.Bound = "pv-"+name, true
	}
	b.Claim(c, now)
}

func (b *book) pod(name, reached string, now Moment, claims ...string) {
	p := Pod{UID: "uid-" + name, Workload: "db"}
	for _, c := range claims {
		p.Claims = append(p.Claims, "ns/"+c)
	}
	if reached != "created" {
		p.Node = "node-1"
	}
	p.Running, p.Ready = reached == "running" || reached == "ready", reached == "ready"
	b.Pod(p, now)
}

func (b *book) attach(claim, reached string, now Moment) {
	b.Attachment(Attachment{UID: "uid-at-" + claim, Volume: "pv-" + claim, Node: "node-1", Driver: "csi",
		Attached: reached == "attached", Deleting: reached == "deleting"}, now)
}

func TestLedger(t *testing.T) {
	for _, test := range []struct {
		name   string
		play   func(b *book)
		want   []string
		doubts int
	}{
		{"a pod whose volume is asked for at once", func(b *book) {
			b.claim("a", "fast", "created", at(1))
			b.pod("p", "created", at(2), "a")
			b.claim("a", "fast", "bound", at(5))
			b.pod("p", "scheduled", at(6), "a")
			b.attach("a", "seen", at(6.5))
			b.attach("a", "attached", at(10))
			b.pod("p", "running", at(12), "a")
			b.pod("p", "ready", at(13), "a")
			b.attach("a", "deleting", at(20))
			b.AttachmentGone("uid-at-a", at(22))
		}, []string{"attach{fast} 3.5", "detach{fast} 2", "provision{fast} 4",
			"stage{db attach} 4", "stage{db provision} 3", "stage{db ready} 1", "stage{db schedule} 1", "stage{db start} 2"}, 0},
		{"the first consumer is waited for", func(b *book) {
			b.claim("a", "lazy", "created", at(1))
			b.pod("p", "created", at(2), "a")
			b.claim("a", "lazy", "selected", at(4))
			b.claim("a", "lazy", "bound", at(9))
			b.pod("p", "scheduled", at(10), "a")
			b.pod("p", "ready", at(11), "a") // Of this class nothing is ever attached.
		}, []string{"provision{lazy} 5", "stage{db attach} 0", "stage{db provision} 5", "stage{db ready} 0", "stage{db schedule} 3", "stage{db start} 1"}, 0},
		{"of two volumes the last one decides", func(b *book) {
			b.pod("p", "created", at(1), "a", "b")
			b.claim("a", "lazy", "created", at(1))
			b.claim("b", "lazy", "created", at(1))
			b.claim("a", "lazy", "selected", at(2))
			b.claim("b", "lazy", "selected", at(3))
			b.claim("b", "lazy", "bound", at(8))
			b.claim("a", "lazy", "bound", at(5))
			b.pod("p", "scheduled", at(10), "a", "b")
			b.attach("a", "attached", at(14))
			b.attach("b", "seen", at(11))
			b.attach("b", "attached", at(12))
			b.pod("p", "ready", at(15), "a", "b")
		}, []string{"attach{lazy} 0, 1", "provision{lazy} 3, 5", "stage{db attach} 4", "stage{db provision} 5", "stage{db ready} 0", "stage{db schedule} 4", "stage{db start} 1"}, 0},
		{"nothing in the order in which it happens", func(b *book) {
			b.attach("a", "seen", at(4)) // Nobody knows yet whose volume it is.
			b.pod("p", "created", at(5), "a")
			b.attach("a", "attached", at(6))
			b.pod("p", "scheduled", at(6), "a")
			b.pod("p", "ready", at(9), "a")
			b.claim("a", "fast", "created", at(9.5))
			b.claim("a", "fast", "bound", at(10))
		}, []string{"attach{fast} 2", "provision{fast} 0.5", "stage{db attach} 0", "stage{db provision} 0", "stage{db ready} 0", "stage{db schedule} 1", "stage{db start} 3"}, 0},
		{"a claim that is never bound, and one that nobody asks for", func(b *book) {
			b.claim("a", "fast", "created", at(1))
			b.claim("b", "lazy", "created", at(1))
			b.pod("p", "created", at(2), "a")
			b.pod("q", "created", at(2), "b")
		}, []string{"provision{fast} ≥ 39", "stage{db provision} 0, ≥ 38", "stage{db schedule} ≥ 38"}, 0},
		{"an attachment that fails, and a pod that waits for it", func(b *book) {
			b.claim("a", "fast", "created", at(1))
			b.claim("a", "fast", "bound", at(2))
			b.pod("p", "created", at(3), "a")
			b.pod("p", "scheduled", at(4), "a")
			b.attach("a", "seen", at(5))
		}, []string{"attach{fast} ≥ 35", "provision{fast} 1", "stage{db attach} ≥ 36", "stage{db provision} 0", "stage{db schedule} 1"}, 0},
		{"things of others", func(b *book) {
			b.claim("a", "fast", "created", at(1))
			b.claim("a", "fast", "bound", at(2))
			b.attach("a", "seen", at(3))
			b.attach("a", "attached", at(4))
			b.AttachmentGone("uid-at-a", at(5))
			b.attach("b", "seen", at(3))
		}, nil, 0},
		{"what was there before the watch began", func(b *book) {
			b.claim("a", "fast", "bound", late(0, 1))
			b.attach("a", "attached", late(0, 1))
			b.pod("p", "created", at(2), "a")
			b.pod("p", "ready", at(3), "a")
			b.attach("a", "deleting", at(5))
			b.AttachmentGone("uid-at-a", at(9))
		}, []string{"detach{fast} 4", "stage{db attach} 0", "stage{db provision} 0", "stage{db ready} 0", "stage{db schedule} 1", "stage{db start} 0"}, 0},
		{"a watch was interrupted", func(b *book) {
			b.pod("p", "created", at(1), "a")
			b.claim("a", "fast", "created", late(2, 6))
			b.claim("a", "fast", "bound", late(2, 6))
			b.pod("p", "scheduled", at(7), "a")
			b.pod("p", "ready", at(8), "a")
		}, []string{"provision{fast} 4"}, 2},
		{"of two volumes one was seen late", func(b *book) {
			b.pod("p", "created", at(1), "a", "b")
			b.claim("a", "fast", "created", late(2, 6))
			b.claim("b", "fast", "created", at(1))
			b.claim("b", "fast", "bound", at(3))
			b.claim("a", "fast", "bound", at(7))
			b.pod("p", "ready", at(8), "a", "b")
			b.pod("q", "created", at(10), "b") // What was late before it was there is no doubt.
			b.pod("q", "ready", at(12), "b")
		}, []string{"provision{fast} 2, 5", "stage{db attach} 0", "stage{db provision} 0", "stage{db ready} 0", "stage{db schedule} 2", "stage{db start} 0"}, 2},
		{"a detachment that was missed, and one that does not end", func(b *book) {
			for _, name := range []string{"a", "b"} {
				b.claim(name, "fast", "created", at(1))
				b.claim(name, "fast", "bound", at(1))
				b.attach(name, "attached", at(1))
			}
			b.pod("p", "created", at(1), "a", "b")
			b.PodGone("uid-p", at(2))
			b.AttachmentGone("uid-at-a", late(5, 8))
			b.attach("b", "deleting", at(30))
		}, []string{"attach{fast} 0, 0", "detach{fast} 3, ≥ 10", "provision{fast} 0, 0", "stage{db provision} 0", "stage{db schedule} ≥ 1"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBook()
			test.play(b)
			b.Write(35 * second)
			doubts := b.Close(40 * second)
			if diff := cmp.Diff(test.want, b.times()); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
			if len(doubts) != test.doubts {
				t.Errorf("%d doubts, want %d: %q", len(doubts), test.doubts, doubts)
			}
			n := len(b.windows)
			if b.Close(50*second) != nil || len(b.windows) != n {
				t.Error("a second Close writes again")
			}
		})
	}
}

// FuzzStagesAddUp: whatever was seen in which order, the stages of a pod add up to its time from creation
// to Ready, or to the end, and none is negative.
func FuzzStagesAddUp(f *testing.F) {
	f.Add(uint8(1), uint8(2), uint8(3), uint8(4), uint8(5), uint8(6), uint8(7), true)
	f.Add(uint8(9), uint8(0), uint8(3), uint8(40), uint8(5), uint8(60), uint8(7), false)
	f.Fuzz(func(t *testing.T, created, selected, bound, scheduled, seen, attachedAt, ready uint8, lazy bool) {
		b := newBook()
		class := "fast"
		if lazy {
			class = "lazy"
		}
		steps := map[string]struct {
			at uint8
			do func(Moment)
		}{
			"selected":  {selected, func(m Moment) { b.claim("a", class, "selected", m) }},
			"bound":     {bound, func(m Moment) { b.claim("a", class, "bound", m) }},
			"scheduled": {scheduled, func(m Moment) { b.pod("p", "scheduled", m, "a") }},
			"seen":      {seen, func(m Moment) { b.attach("a", "seen", m) }},
			"attached":  {attachedAt, func(m Moment) { b.attach("a", "attached", m) }},
		}
		const begin = 1000 // The clock never stands at 0.
		b.pod("p", "created", at(begin+float64(created)), "a")
		b.claim("a", class, "created", at(begin))
		names := []string{"selected", "bound", "scheduled", "seen", "attached"}
		slices.SortStableFunc(names, func(x, y string) int { return int(steps[x].at) - int(steps[y].at) })
		for _, name := range names {
			if steps[name].at > 0 { // Or it never happens.
				steps[name].do(at(begin + float64(created) + float64(steps[name].at)))
			}
		}
		end := sample.Offset(begin+float64(created)+300) * second
		if ready > 0 && scheduled > 0 {
			end = sample.Offset(begin+float64(created)+255+float64(ready)) * second
			b.pod("p", "ready", Moment{At: end}, "a")
		}
		spans, doubtful := b.spans(b.pods["uid-p"], end)
		total := sample.Offset(0)
		for _, s := range spans {
			if s.took < 0 {
				t.Errorf("stage %s took %v", s.stage, s.took)
			}
			total += s.took
		}
		if want := end - b.pods["uid-p"].created.At; total != want || doubtful {
			t.Errorf("stages %+v add up to %v, want %v", spans, total, want)
		}
	})
}

func TestGauges(t *testing.T) {
	b := newBook()
	b.Limits("node-1", map[string]int{"csi": 4})
	b.Limits("node-2", map[string]int{"csi": 2, "other": 1})
	for i, name := range []string{"a", "b", "c"} {
		b.claim(name, "fast", "created", at(1))
		b.claim(name, "fast", "bound", at(2))
		b.pod("p-"+name, "scheduled", at(3), name)
		b.attach(name, []string{"seen", "attached", "deleting"}[i], at(4))
	}
	b.Attachment(Attachment{UID: "x", Volume: "of others", Node: "node-2", Driver: "csi"}, at(4))
	b.Pod(Pod{UID: "q", Workload: "db", Claims: []string{"ns/z"}, Message: "0/2 nodes are available: 1 Too many pods, 2 node(s) exceed max volume count."}, at(4))
	fails := Attachment{UID: "uid-at-a", Volume: "pv-a", Node: "node-1", Driver: "csi", AttachError: "05:01 too many"}
	b.Attachment(fails, at(5))
	b.Attachment(fails, at(6)) // The same error is seen again.
	fails.AttachError = "05:02 too many"
	b.Attachment(fails, at(7))
	b.Write(8 * second)
	for _, want := range []struct {
		metric string
		labels sample.Labels
		value  float64
	}{
		{sample.VolumesByState, sample.Labels{"class": "fast", "state": "asked"}, 3},
		{sample.VolumesByState, sample.Labels{"class": "fast", "state": "bound"}, 3},
		{sample.VolumesByState, sample.Labels{"class": "fast", "state": "attaching"}, 1},
		{sample.VolumesByState, sample.Labels{"class": "fast", "state": "attached"}, 1},
		{sample.VolumesByState, sample.Labels{"class": "fast", "state": "detaching"}, 1},
		{sample.VolumeErrors, sample.Labels{"class": "fast", "operation": "attach"}, 2},
		{sample.VolumePendingPods, sample.Labels{"reason": "node(s) exceed max volume count"}, 1},
		{sample.NodeVolumes, sample.Labels{"driver": "csi"}, 3},
		{sample.NodeVolumesAllowed, sample.Labels{"driver": "csi"}, 2},
		{sample.NodeVolumesShare, sample.Labels{"driver": "csi"}, 0.75},
		{sample.NodeVolumes, sample.Labels{"driver": "other"}, -1},
	} {
		if got := b.last(want.metric, want.labels); got != want.value {
			t.Errorf("%s%v is %v, want %v", want.metric, want.labels, got, want.value)
		}
	}
	b.PodGone("q", at(9))
	for _, name := range []string{"a", "b", "c"} {
		b.AttachmentGone("uid-at-"+name, at(9))
		b.ClaimGone("uid-"+name, at(9))
	}
	b.Write(10 * second)
	for _, state := range sample.VolumeStates() {
		if got := b.last(sample.VolumesByState, sample.Labels{"state": state}); got != 0 {
			t.Errorf("%v are %s after all have gone", got, state)
		}
	}
	if got := b.last(sample.VolumePendingPods, nil); got != 0 || len(b.volumes) != 1 {
		t.Errorf("%v pods are pending, %d volumes are kept of which one is left", got, len(b.volumes))
	}
}
