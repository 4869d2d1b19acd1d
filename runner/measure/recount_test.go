package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// stated is a quota of pods whose status says how many are used; "" if it says nothing.
func stated(name, used string) *corev1.ResourceQuota {
	hard := corev1.ResourceList{"pods": resource.MustParse("10"), "count/widgets.example.com": resource.MustParse("1")}
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: name},
		Spec: corev1.ResourceQuotaSpec{Hard: hard}, Status: corev1.ResourceQuotaStatus{Hard: hard}}
	if used != "" {
		quota.Status.Used = corev1.ResourceList{"pods": resource.MustParse(used)}
	}
	return quota
}

func livePod(name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: name}}
}

// TestRecountAfter has two pods: a quota that says so at once, and others that do later, or never.
func TestRecountAfter(t *testing.T) {
	const step = 500 * time.Millisecond
	for name, test := range map[string]struct {
		quotas []*corev1.ResourceQuota
		change func(*fake.Clientset) // 1.2 s later.
		want   []string              // The records, but for that of the duration, in order.
		took   time.Duration
	}{
		"no quota": {took: 0},
		"at once": {quotas: []*corev1.ResourceQuota{stated("a", "2")}, took: 0, want: []string{
			"difference a pods 0", "missing a count/widgets.example.com unknown", "settled a 0s"}},
		"another namespace does not matter, another quota waits": {
			quotas: []*corev1.ResourceQuota{stated("a", "2"), stated("b", "5")},
			change: func(c *fake.Clientset) {
				_, _ = c.CoreV1().ResourceQuotas("own").UpdateStatus(context.Background(), stated("b", "2"), metav1.UpdateOptions{})
			},
			took: 3 * step, want: []string{
				"difference a pods 0", "difference b pods 0", "missing a count/widgets.example.com unknown", "missing b count/widgets.example.com unknown",
				"settled a 0s", "settled b 1.5s"}},
		"too little, for good": {quotas: []*corev1.ResourceQuota{stated("a", "1")}, took: recountLimit, want: []string{
			"difference a pods 1", "missing a count/widgets.example.com unknown", "unsettled a 10s"}},
		"too much, for good": {quotas: []*corev1.ResourceQuota{stated("a", "5")}, took: recountLimit, want: []string{
			"difference a pods 3", "missing a count/widgets.example.com unknown", "unsettled a 10s"}},
		"it never says": {quotas: []*corev1.ResourceQuota{stated("a", "")}, took: recountLimit, want: []string{
			"missing a count/widgets.example.com unknown", "missing a pods unset", "unsettled a 10s"}},
		"it is deleted": {quotas: []*corev1.ResourceQuota{stated("a", "5")}, took: 3 * step, change: func(c *fake.Clientset) {
			_ = c.CoreV1().ResourceQuotas("own").Delete(context.Background(), "a", metav1.DeleteOptions{})
		}},
		"the pods cannot be read": {quotas: []*corev1.ResourceQuota{stated("a", "2")}, took: 0, change: nil, want: []string{
			"missing a count/widgets.example.com unknown", "missing a pods unread"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				elsewhere := livePod("c")
				elsewhere.Namespace = "other"
				objects := []runtime.Object{livePod("a"), livePod("b"), elsewhere}
				for _, quota := range test.quotas {
					objects = append(objects, quota)
				}
				client := fake.NewClientset(objects...)
				if strings.Contains(name, "cannot be read") {
					client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
						return true, nil, errors.New("forbidden")
					})
				}
				if test.change != nil {
					time.AfterFunc(1200*time.Millisecond, func() { test.change(client) })
				}
				got, took := recountOf(t, client)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

// recountOf recounts after a phase that ends now, and returns the records in words, sorted.
func recountOf(t *testing.T, client *fake.Clientset) (words []string, took time.Duration) {
	t.Helper()
	sink := &recording{}
	clock := sample.StartClock()
	r := &Recount{typed: client, options: RecountOptions{Run: Run{Clock: clock, Sink: sink}, Namespace: "own",
		Mapper: meta.ToRESTMapperWithContext(meta.NewDefaultRESTMapper(nil))}}
	r.After(t.Context(), "update", clock.Now())
	for _, p := range sink.points {
		switch p.Metric {
		case sample.QuotaDifference:
			words = append(words, fmt.Sprintf("difference %s %s %v", p.Labels["quota"], p.Labels["resource"], p.Value))
		case sample.QuotaUncounted:
			words = append(words, fmt.Sprintf("missing %s %s %s", p.Labels["quota"], p.Labels["resource"], p.Labels["reason"]))
		case sample.RecountDuration:
			took = time.Duration(p.Value * float64(time.Second))
		}
		if p.Labels["phase"] != "update" {
			t.Errorf("%s has the labels %v", p.Metric, p.Labels)
		}
	}
	for _, w := range sink.windows {
		word := "settled"
		if w.Censored {
			word = "unsettled"
		}
		words = append(words, fmt.Sprintf("%s %s %v", word, w.Labels["quota"], time.Duration(w.To-w.From)))
	}
	slices.Sort(words)
	return words, took
}

// TestRecountIsCut: of a run that ends meanwhile nothing is said that could still have settled.
func TestRecountIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &recording{}
		clock := sample.StartClock()
		r := &Recount{typed: fake.NewClientset(stated("a", "5"), stated("b", "0")), options: RecountOptions{
			Run: Run{Clock: clock, Sink: sink}, Namespace: "own", Mapper: meta.ToRESTMapperWithContext(meta.NewDefaultRESTMapper(nil))}}
		ctx, cancel := context.WithTimeout(t.Context(), 2200*time.Millisecond)
		defer cancel()
		r.After(ctx, "update", clock.Now())
		if now := time.Duration(clock.Now()); now != 2200*time.Millisecond {
			t.Errorf("it went on until %v", now)
		}
		if len(sink.windows) != 1 || sink.windows[0].Labels["quota"] != "b" || sink.windows[0].Censored || len(sink.events) != 0 {
			t.Errorf("windows %+v, events %+v; want that of b alone", sink.windows, sink.events)
		}
	})
}

// TestRecountWithoutServer: what could not be looked at at all is a warning, and no record of a quota.
func TestRecountWithoutServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(stated("a", "2"))
		tries := 0
		client.PrependReactor("list", "resourcequotas", func(clienttesting.Action) (bool, runtime.Object, error) {
			tries++
			return tries <= 2, nil, errors.New("connection refused")
		})
		if words, took := recountOf(t, client); took != recountLimit || len(words) != 3 {
			t.Errorf("a server that comes back: %q after %v; the pods it does not have are a difference", words, took)
		}
		tries = -1000
		if words, took := recountOf(t, client); words != nil || took != recountLimit {
			t.Errorf("a server that stays away: %q after %v", words, took)
		}
	})
}

func TestPages(t *testing.T) {
	for name, test := range map[string]struct {
		objects, reads int
		want           error
	}{
		"none":          {0, 1, nil},
		"a page":        {recountPage, 1, nil},
		"a page and 1":  {recountPage + 1, 2, nil},
		"as many as go": {recountMost, recountMost / recountPage, nil},
		"too many":      {recountMost + 2*recountPage, recountMost/recountPage + 1, errTooMany},
	} {
		reads, taken := 0, 0
		err := pages(t.Context(), func(_ context.Context, o metav1.ListOptions) (*corev1.PodList, error) {
			reads++
			from, _ := strconv.Atoi(o.Continue)
			until := min(from+int(o.Limit), test.objects)
			list := &corev1.PodList{Items: make([]corev1.Pod, until-from)}
			if until < test.objects {
				list.Continue = strconv.Itoa(until)
			}
			return list, nil
		}, func(list *corev1.PodList) int {
			taken += len(list.Items)
			return len(list.Items)
		})
		if !errors.Is(err, test.want) || reads != test.reads || err == nil && taken != test.objects {
			t.Errorf("%s: %d objects in %d reads, %v", name, taken, reads, err)
		}
	}
}
