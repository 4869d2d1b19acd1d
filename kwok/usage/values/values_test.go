package values

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

func newWeb() *Values {
	return New([]Service{{Name: "web", Rate: "requests_per_second", Waiting: "requests_waiting", Object: &Object{
		Resource: "deployments.apps", APIVersion: "apps/v1", Kind: "Deployment", Namespace: "run", Name: "web"}}})
}

func readyAre(uids ...string) func(string) []string { return func(string) []string { return uids } }

// get asks as the adapter does.
func get(t *testing.T, v *Values, tag string) (document, *http.Response) {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header.Set("If-None-Match", tag)
	recorder := httptest.NewRecorder()
	v.ServeHTTP(recorder, request)
	var d document
	if recorder.Code == http.StatusOK {
		if err := json.Unmarshal(recorder.Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
	}
	return d, recorder.Result()
}

// told writes values as "metric of name: thousandths @seconds/window".
func told(list []value) []string {
	all := []string{}
	for _, v := range list {
		all = append(all, fmt.Sprintf("%s of %s%s%s: %d @%g/%g", v.Metric, v.UID, v.Name, v.Labels[ServiceLabel],
			v.Milli, v.At.Sub(start).Seconds(), v.Window))
	}
	slices.Sort(all)
	return all
}

func want(t *testing.T, v *Values, pods, objects, external []string) {
	t.Helper()
	d, _ := get(t, v, "")
	for what, pair := range map[string][2][]string{
		"pods": {pods, told(d.Pods)}, "objects": {objects, told(d.Objects)}, "external": {external, told(d.External)},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// A rate is a difference of counts over the time between them, of pods that were there at both.
func TestRates(t *testing.T) {
	v := newWeb()
	none := []string{}
	want(t, v, none, none, none)
	v.Read(at(0), readyAre("a"))
	want(t, v, none, none, []string{"requests_waiting of web: 0 @0/0"})

	v.Count("web", at(2), Work{})
	v.Count("web", at(4), Work{Offered: 40, Served: map[string]float64{"a": 20}, Waiting: 20})
	v.Count("web", at(5), Work{Offered: 20, Served: map[string]float64{"a": 10, "b": 10}, Waiting: 20.5})
	v.Read(at(5.9), readyAre("a", "b")) // The counts are as of 5 s.
	want(t, v, []string{"requests_per_second of a: 6000 @5/5"}, []string{"requests_per_second of web: 12000 @5/5"},
		[]string{"requests_per_second of web: 12000 @5/5", "requests_waiting of web: 20500 @5/0"})

	v.Count("web", at(10), Work{Offered: 100, Served: map[string]float64{"b": 60}, Waiting: 60.5})
	v.Read(at(10.2), readyAre("b", "c")) // a has gone, c is new.
	want(t, v, []string{"requests_per_second of b: 12000 @10/5"}, []string{"requests_per_second of web: 20000 @10/5"},
		[]string{"requests_per_second of web: 20000 @10/5", "requests_waiting of web: 60500 @10/0"})

	v.Rest("web")
	v.Read(at(15), readyAre("b", "c")) // Nobody serves: 0, as the pods are there.
	want(t, v, []string{"requests_per_second of b: 0 @15/5", "requests_per_second of c: 0 @15/5"}, []string{"requests_per_second of web: 0 @15/5"},
		[]string{"requests_per_second of web: 0 @15/5", "requests_waiting of web: 0 @15/0"})
	v.Read(at(20), readyAre()) // No pod: no value, not 0.
	want(t, v, none, []string{"requests_per_second of web: 0 @20/5"},
		[]string{"requests_per_second of web: 0 @20/5", "requests_waiting of web: 0 @20/0"})
}

// The values of a service that has not counted since the last reading stay those of that time.
func TestNothingNew(t *testing.T) {
	v := newWeb()
	v.Read(at(0), readyAre("a"))
	v.Count("web", at(1), Work{Offered: 30, Served: map[string]float64{"a": 30}})
	v.Read(at(1.5), readyAre("a"))
	v.Read(at(1.9), readyAre("a"))
	want(t, v, []string{"requests_per_second of a: 30000 @1/1"}, []string{"requests_per_second of web: 30000 @1/1"},
		[]string{"requests_per_second of web: 30000 @1/1", "requests_waiting of web: 0 @1/0"})
	v.Count("web", at(3), Work{Offered: 20, Served: map[string]float64{"a": 20}})
	v.Read(at(3.1), readyAre("a"))
	want(t, v, []string{"requests_per_second of a: 10000 @3/2"}, []string{"requests_per_second of web: 10000 @3/2"},
		[]string{"requests_per_second of web: 10000 @3/2", "requests_waiting of web: 0 @3/0"})
}

// A pod that comes back with the counts of before is new; what was served by one that came and went
// between two readings is nobody's.
func TestGoneAndBack(t *testing.T) {
	v := newWeb()
	v.Read(at(0), readyAre("a"))
	v.Count("web", at(1), Work{Served: map[string]float64{"a": 10, "brief": 10}})
	v.Read(at(1), readyAre())
	v.Count("web", at(2), Work{Served: map[string]float64{"a": 5}})
	v.Read(at(2), readyAre("a", "brief"))
	d, _ := get(t, v, "")
	if len(d.Pods) > 0 {
		t.Errorf("after one reading there are %v", told(d.Pods))
	}
	v.Count("web", at(3), Work{Served: map[string]float64{"a": 7}})
	v.Read(at(3), readyAre("a", "brief"))
	d, _ = get(t, v, "")
	if diff := cmp.Diff([]string{"requests_per_second of a: 7000 @3/1", "requests_per_second of brief: 0 @3/1"}, told(d.Pods)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Services do not mix, one without an object of its own has no Object metric, and what is said of
// one that does not exist is nobody's.
func TestServices(t *testing.T) {
	v := New([]Service{{Name: "web", Rate: "requests_per_second", Waiting: "requests_waiting"},
		{Name: "mail", Rate: "letters_per_second", Waiting: "letters_waiting"}})
	pods := func(service string) []string { return []string{service + "-0"} }
	v.Read(at(0), pods)
	v.Count("mail", at(2), Work{Offered: 8, Served: map[string]float64{"mail-0": 6}, Waiting: 2})
	v.Count("none", at(2), Work{Offered: 1})
	v.Rest("none")
	v.Read(at(4), pods)
	want(t, v, []string{"letters_per_second of mail-0: 3000 @2/2", "requests_per_second of web-0: 0 @4/4"}, []string{},
		[]string{"letters_per_second of mail: 4000 @2/2", "letters_waiting of mail: 2000 @2/0",
			"requests_per_second of web: 0 @4/4", "requests_waiting of web: 0 @4/0"})
}

// Who has the values of the last reading is told so and gets nothing again.
func TestUnchanged(t *testing.T) {
	v := newWeb()
	_, first := get(t, v, "")
	tag := first.Header.Get("ETag")
	if _, again := get(t, v, tag); tag == "" || again.StatusCode != http.StatusNotModified {
		t.Errorf("the tag %q is answered with %s", tag, again.Status)
	}
	v.Read(at(0), readyAre())
	if _, changed := get(t, v, tag); changed.StatusCode != http.StatusOK || changed.Header.Get("ETag") == tag {
		t.Errorf("after a reading the tag is answered with %s", changed.Status)
	}
}
