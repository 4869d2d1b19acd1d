package load

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	vegeta "github.com/tsenart/vegeta/v12/lib"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load/pace"
)

var widgets = schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}

func scopeOf(c Class) string {
	if c.Scope == "" {
		return ScopeResource
	}
	return c.Scope
}

// widget renders a custom resource with its index in it.
func widget(index int) map[string]any {
	return map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget",
		"metadata": map[string]any{"labels": map[string]any{"app": "w"}},
		"spec":     map[string]any{"index": fmt.Sprint(index)},
	}
}

func TestRequests(t *testing.T) {
	deployments := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	own := `"name":"%s","namespace":"ns","labels":{"kubedyno.dev/load":"l","run":"r"},` +
		`"annotations":{"kubedyno.dev/revision":"%s"}`
	for _, test := range []struct {
		class Class
		seq   uint64
		want  string
		body  string
	}{
		{Class{Verb: Get, Resource: pods, Scope: ScopeResource}, 3,
			"GET https://host:6443/api/v1/namespaces/ns/pods/b?resourceVersion=0", ""},
		{Class{Verb: Get, Resource: deployments, Scope: ScopeResource, Mode: Consistent}, 0,
			"GET https://host:6443/apis/apps/v1/namespaces/ns/deployments/a", ""},
		{Class{Verb: List, Resource: pods, Scope: ScopeNamespace}, 0,
			"GET https://host:6443/api/v1/namespaces/ns/pods?resourceVersion=0", ""},
		{Class{Verb: List, Resource: deployments, Scope: ScopeCluster, Mode: Consistent}, 0,
			"GET https://host:6443/apis/apps/v1/deployments", ""},
		{Class{Verb: Get, Resource: schema.GroupVersionResource{Version: "v1", Resource: "nodes"}, Global: true,
			Scope: ScopeResource}, 1, "GET https://host:6443/api/v1/nodes/b?resourceVersion=0", ""},
		{Class{Verb: List, Resource: pods, Scope: ScopeNamespace, Mode: Paged, LabelSelector: "a=b"}, 0,
			"GET https://host:6443/api/v1/namespaces/ns/pods?labelSelector=a%3Db&limit=500", ""},
		{Class{Verb: List, Resource: pods, Scope: ScopeCluster, Mode: WatchList, FieldSelector: "spec.nodeName=n"}, 0,
			"GET https://host:6443/api/v1/pods?allowWatchBookmarks=true&fieldSelector=spec.nodeName%3Dn" +
				"&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&watch=true", ""},
		{Class{Verb: Watch, Resource: pods, Scope: ScopeNamespace}, 0,
			"GET https://host:6443/api/v1/namespaces/ns/pods?allowWatchBookmarks=true&resourceVersion=&watch=true", ""},
		{Class{Verb: Create, Resource: configMaps, Scope: ScopeResource, Encoding: JSON}, 7,
			"POST https://host:6443/api/v1/namespaces/ns/configmaps application/json",
			`{"kind":"ConfigMap","apiVersion":"v1","metadata":{` + fmt.Sprintf(own, "l-0-7", "0") + `}}`},
		{Class{Verb: Update, Resource: configMaps, Scope: ScopeResource, Objects: 2, Encoding: JSON}, 3,
			"PUT https://host:6443/api/v1/namespaces/ns/configmaps/l-0-1 application/json",
			`{"kind":"ConfigMap","apiVersion":"v1","metadata":{` + fmt.Sprintf(own, "l-0-1", "4") + `}}`},
		{Class{Verb: Patch, Resource: deployments, Scope: ScopeResource}, 4,
			"PATCH https://host:6443/apis/apps/v1/namespaces/ns/deployments/a application/merge-patch+json",
			`{"metadata":{"annotations":{"kubedyno.dev/revision":"5"}}}`},
		{Class{Verb: Patch, Resource: deployments, Scope: ScopeResource, PatchType: StrategicPatch}, 4,
			"PATCH https://host:6443/apis/apps/v1/namespaces/ns/deployments/a application/strategic-merge-patch+json",
			`{"metadata":{"annotations":{"kubedyno.dev/revision":"5"}}}`},
		{Class{Verb: Patch, Resource: configMaps, Scope: ScopeResource, Objects: 1, PatchType: JSONPatch}, 0,
			"PATCH https://host:6443/api/v1/namespaces/ns/configmaps/l-0-0 application/json-patch+json",
			`[{"op":"add","path":"/metadata/annotations/kubedyno.dev~1revision","value":"1"}]`},
		{Class{Verb: Apply, Resource: configMaps, Scope: ScopeResource, Objects: 1, Size: 10}, 0,
			"PATCH https://host:6443/api/v1/namespaces/ns/configmaps/l-0-0?fieldManager=kubedyno&force=true application/apply-patch+yaml",
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{"kubedyno.dev/revision":"1"},` +
				`"labels":{"kubedyno.dev/load":"l","run":"r"},"name":"l-0-0","namespace":"ns"}}`},
		{Class{Verb: Create, Resource: widgets, Manifest: widget}, 7, "POST https://host:6443/apis/example.com/v1/namespaces/ns/widgets application/json",
			`{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"annotations":{"kubedyno.dev/revision":"0"},` +
				`"labels":{"app":"w","kubedyno.dev/load":"l","run":"r"},"name":"l-0-7","namespace":"ns"},"spec":{"index":"7"}}`},
		{Class{Verb: Apply, Resource: widgets, Manifest: widget, Objects: 2}, 3,
			"PATCH https://host:6443/apis/example.com/v1/namespaces/ns/widgets/l-0-1?fieldManager=kubedyno&force=true application/apply-patch+yaml",
			`{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"annotations":{"kubedyno.dev/revision":"4"},` +
				`"labels":{"app":"w","kubedyno.dev/load":"l","run":"r"},"name":"l-0-1","namespace":"ns"},"spec":{"index":"1"}}`},
		{Class{Verb: Patch, Subresource: Status, Resource: widgets, Manifest: widget, Objects: 2}, 3,
			"PATCH https://host:6443/apis/example.com/v1/namespaces/ns/widgets/l-0-1/status application/merge-patch+json",
			`{"status":{"observedGeneration":4}}`},
		{Class{Verb: Patch, Subresource: Status, Resource: deployments, PatchType: StrategicPatch}, 2,
			"PATCH https://host:6443/apis/apps/v1/namespaces/ns/deployments/a/status application/strategic-merge-patch+json",
			`{"metadata":{"annotations":{"kubedyno.dev/revision":"3"}}}`},
		{Class{Verb: Patch, Subresource: Status, Resource: schema.GroupVersionResource{Version: "v1", Resource: "nodes"}, Global: true}, 1,
			"PATCH https://host:6443/api/v1/nodes/b/status application/merge-patch+json",
			`{"metadata":{"annotations":{"kubedyno.dev/revision":"2"}}}`},
		{Class{Verb: Get, Subresource: Scale, Resource: deployments, Mode: Consistent}, 1,
			"GET https://host:6443/apis/apps/v1/namespaces/ns/deployments/b/scale", ""},
		{Class{Verb: Update, Subresource: Scale, Resource: widgets, Manifest: widget, Objects: 2}, 2,
			"PUT https://host:6443/apis/example.com/v1/namespaces/ns/widgets/l-0-0/scale application/json",
			`{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"l-0-0","namespace":"ns"},"spec":{"replicas":2},"status":{"replicas":0}}`},
		{Class{Verb: Patch, Subresource: Scale, Resource: widgets, Manifest: widget, Objects: 2}, 5,
			"PATCH https://host:6443/apis/example.com/v1/namespaces/ns/widgets/l-0-1/scale application/merge-patch+json",
			`{"spec":{"replicas":1}}`},
		{Class{Verb: Create, Subresource: Token, Resource: serviceAccounts, Objects: 3, Encoding: JSON}, 4,
			"POST https://host:6443/api/v1/namespaces/ns/serviceaccounts/l-0-1/token application/json",
			`{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","metadata":{},` +
				`"spec":{"audiences":null,"expirationSeconds":3607,"boundObjectRef":null},"status":{"token":"","expirationTimestamp":null}}`},
		{Class{Verb: Delete, Resource: configMaps, Scope: ScopeResource, Rate: 10}, 9,
			"DELETE https://host:6443/api/v1/namespaces/ns/configmaps/l-0-9", ""},
	} {
		test.class.Name, test.class.Rate, test.class.Scope = "c", 10, scopeOf(test.class)
		o := Options{
			Config: &rest.Config{Host: "host:6443", TLSClientConfig: rest.TLSClientConfig{Insecure: true}},
			Sink:   &recording{}, Namespace: "ns", Name: "l", Labels: map[string]string{"run": "r"},
			Classes: []Class{test.class}, Duration: time.Second, Timeout: time.Second,
			Names: func(schema.GroupVersionResource) []string { return []string{"a", "b"} },
		}
		o, err := o.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		target, err := newTargeter(o, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := target.choose(o, 10); err != nil {
			t.Fatal(err)
		}
		request := target.request(test.seq)
		got := strings.TrimSpace(request.Method + " " + request.URL + " " + request.Header.Get("Content-Type"))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.class.Verb, diff)
		}
		if diff := cmp.Diff(test.body, string(request.Body)); diff != "" {
			t.Errorf("%s body (-want +got):\n%s", test.class.Verb, diff)
		}
	}
}

func TestNamesAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &targeter{class: Class{Verb: Get, Resource: pods}}
		target.refresh([]string{"a"})
		looks := 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Second+refreshInterval/2)
		defer cancel()
		target.follow(ctx, func(schema.GroupVersionResource) []string {
			looks++
			return [][]string{{"b"}, nil, {"c"}}[min(looks-1, 2)]
		})
		if looks != 10 {
			t.Errorf("%d looks in a second, want 10", looks)
		}
		if diff := cmp.Diff([]string{"c"}, *target.names.Load()); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		looks = 0
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		target.follow(ctx, func(schema.GroupVersionResource) []string {
			looks++
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		if looks > 12 {
			t.Errorf("%d looks of 100 ms in a minute, more than 2%% of the time", looks)
		}
		if diff := cmp.Diff([]string{"c"}, *target.names.Load()); diff != "" {
			t.Errorf("names after none were found (-want +got):\n%s", diff)
		}
	})
}

func TestOptionsThatCannotRun(t *testing.T) {
	good := Class{Name: "c", Verb: Get, Resource: configMaps, Scope: ScopeResource, Rate: 1, Objects: 1}
	for _, test := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no classes", func(o *Options) { o.Classes = nil }, "no classes"},
		{"no duration", func(o *Options) { o.Duration = 0 }, "must be positive"},
		{"a bad name", func(o *Options) { o.Name = "Load 1" }, "not a DNS label"},
		{"no rate", func(o *Options) { o.Classes[0].Rate = 0 }, "must be positive"},
		{"an unknown verb", func(o *Options) { o.Classes[0].Verb = "head" }, `"head" is none of`},
		{"list of one object", func(o *Options) { o.Classes[0].Verb = List }, "namespace or cluster"},
		{"get of many objects", func(o *Options) { o.Classes[0].Scope = ScopeCluster }, "scope resource"},
		{"creating pods", func(o *Options) { o.Classes[0].Verb, o.Classes[0].Resource = Create, pods }, "nothing but a name"},
		{"updating pods", func(o *Options) { o.Classes[0].Verb, o.Classes[0].Resource = Update, pods }, "use patch"},
		{"reading pods where none are", func(o *Options) { o.Classes[0].Resource = pods }, "create some before"},
		{"no objects", func(o *Options) { o.Classes[0].Objects = 0 }, "at least one object"},
		{"too many objects", func(o *Options) { o.Classes[0].Objects = MaxObjects + 1 }, "more than 100000"},
		{"watch of one object", func(o *Options) { o.Classes[0].Verb = Watch }, "namespace or cluster"},
		{"applying pods", func(o *Options) { o.Classes[0].Verb, o.Classes[0].Resource = Apply, pods }, "nothing but a name"},
		{"get by pages", func(o *Options) { o.Classes[0].Mode = Paged }, "get has the modes [cached consistent]"},
		{"a patch with a mode", func(o *Options) { o.Classes[0].Verb, o.Classes[0].Mode = Patch, Cached }, "for get and list"},
		{"pages of no list", func(o *Options) { o.Classes[0].PageSize = 5 }, "for the mode paged"},
		{"a negative page", func(o *Options) { o.Classes[0].PageSize = -5 }, "must be positive"},
		{"get with a selector", func(o *Options) { o.Classes[0].LabelSelector = "a=b" }, "for list and watch"},
		{"a bad label selector", func(o *Options) {
			o.Classes[0] = readPods("c", 1)
			o.Classes[0].LabelSelector = "!"
		}, "the label selector"},
		{"a bad field selector", func(o *Options) {
			o.Classes[0] = readPods("c", 1)
			o.Classes[0].FieldSelector = "name"
		}, "the field selector"},
		{"get with a patch type", func(o *Options) { o.Classes[0].PatchType = MergePatch }, "for patch"},
		{"an unknown patch type", func(o *Options) {
			o.Classes[0].Verb, o.Classes[0].PatchType = Patch, "yaml"
		}, "none of merge"},
		{"json patches of pods", func(o *Options) {
			o.Classes[0].Verb, o.Classes[0].PatchType, o.Classes[0].Resource = Patch, JSONPatch, pods
		}, "use merge"},
		{"strategic patches of custom resources", func(o *Options) {
			o.Classes[0].Verb, o.Classes[0].PatchType = Patch, StrategicPatch
			o.Classes[0].Resource = schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}
		}, "use merge"},
		{"a payload of pods", func(o *Options) { o.Classes[0].Resource, o.Classes[0].Size = pods, 1 }, "it makes no pods"},
		{"a payload that is too large", func(o *Options) { o.Classes[0].Size = MaxSize + 1 }, "1048576 bytes"},
		{"an annotation that is too large", func(o *Options) {
			o.Classes[0].Size, o.Classes[0].Resource = MaxAnnotationSize+1, serviceAccounts
		}, "261120 bytes"},
		{"a negative payload", func(o *Options) { o.Classes[0].Size = -1 }, "negative"},
		{"an unknown subresource", func(o *Options) { o.Classes[0].Subresource = "binding" }, "none of status, scale, token"},
		{"a token of no account", func(o *Options) {
			o.Classes[0].Verb, o.Classes[0].Subresource = Create, Token
		}, "only serviceaccounts"},
		{"deleting a scale", func(o *Options) {
			o.Classes[0].Verb, o.Classes[0].Subresource = Delete, Scale
		}, "has the verbs"},
		{"scaling others' objects", func(o *Options) {
			o.Classes[0] = Class{Verb: Patch, Resource: widgets, Scope: ScopeResource, Rate: 1, Subresource: Scale}
		}, "others' pods are counted"},
		{"updating the status of a custom resource", func(o *Options) {
			o.Classes[0] = Class{Verb: Update, Resource: widgets, Scope: ScopeResource, Rate: 1, Objects: 1, Subresource: Status, Manifest: widget}
		}, "use patch"},
		{"updating a custom resource", func(o *Options) {
			o.Classes[0] = Class{Verb: Update, Resource: widgets, Scope: ScopeResource, Rate: 1, Objects: 1, Manifest: widget}
		}, "use patch"},
		{"protobuf of custom resources", func(o *Options) {
			o.Classes[0] = Class{Verb: Create, Resource: widgets, Scope: ScopeResource, Rate: 1, Manifest: widget, Encoding: Protobuf}
		}, "use json"},
		{"own objects in no namespace", func(o *Options) {
			o.Classes[0] = Class{Verb: Create, Resource: widgets, Scope: ScopeResource, Rate: 1, Manifest: widget, Global: true}
		}, "would clash"},
		{"a manifest with a field that does not exist", func(o *Options) {
			o.Classes[0].Manifest = func(int) map[string]any {
				return map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "date": map[string]any{}}
			}
		}, "unknown field"},
		{"a manifest without a kind", func(o *Options) {
			o.Classes[0].Manifest = func(int) map[string]any { return map[string]any{} }
		}, "no kind"},
		{"users without a name", func(o *Options) { o.Classes[0].Users = &Users{Count: 3} }, "need a name"},
		{"an unknown encoding", func(o *Options) { o.Classes[0].Encoding = "cbor" }, "neither protobuf nor json"},
		{"a version that is not served", func(o *Options) { o.Classes[0].Resource.Version = "v9" }, "not known in the version"},
		{"too many deletes", func(o *Options) {
			o.Classes[0].Verb, o.Classes[0].Rate, o.Duration = Delete, 1000, time.Hour
		}, "more than 100000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{
				Config: &rest.Config{Host: "http://127.0.0.1:1"}, Sink: &recording{}, Name: "l",
				Namespace: "ns", Classes: []Class{good}, Duration: time.Second, Timeout: time.Second,
			}
			test.change(&o)
			_, err := Prepare(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that says %q", err, test.want)
			}
		})
	}
}

func TestSchedules(t *testing.T) {
	o := Options{
		Classes:  []Class{{Name: "a", Rate: 50}, {Name: "b", Rate: 50}},
		Duration: 10 * time.Second, Seed: 3, Pace: pace.Ramp(0, 2, 10*time.Second),
	}
	regular, err := o.schedules()
	if err != nil {
		t.Fatal(err)
	}
	for i, schedule := range regular {
		if n := schedule.Count(); n < 499 || n > 501 {
			t.Errorf("class %d has %d requests, want 500", i, n)
		}
	}
	if regular[0].At(0) == regular[1].At(0) {
		t.Error("two classes of the same rate send at the same instants")
	}
	again, _ := o.schedules()
	o.Arrivals = pace.Poisson
	random, err := o.schedules()
	if err != nil {
		t.Fatal(err)
	}
	if again[0].At(7) != regular[0].At(7) || random[0].At(7) == regular[0].At(7) || random[0].At(7) == random[1].At(7) {
		t.Error("schedules do not follow from the seed, or arrivals are not random")
	}
	o.Pace = pace.Sine(2, time.Second)
	if _, err := o.schedules(); err == nil || !strings.Contains(err.Error(), `load class "a"`) {
		t.Errorf("an amplitude of 2 gives %v", err)
	}
}

func TestPacerWaitsForTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := sample.StartClock()
		schedule, err := pace.New(pace.Options{Rate: 4, Offset: 0.4, Duration: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		p := &pacer{
			ctx: t.Context(), schedule: schedule, clock: clock,
			began: clock.Now(), duration: time.Second, grace: 2 * time.Second,
		}
		var left []string
		for seq := uint64(0); ; seq++ {
			wait, stop := p.Pace(0, seq)
			if stop {
				break
			}
			left = append(left, fmt.Sprint(time.Duration(clock.Now()), " ", wait))
			if seq == 1 {
				time.Sleep(300 * time.Millisecond) // Request 2 is then due at once.
			}
		}
		want := []string{"100ms 0s", "350ms 0s", "650ms 0s", "850ms 0s"}
		if diff := cmp.Diff(want, left); diff != "" {
			t.Errorf("times at which requests left (-want +got):\n%s", diff)
		}
		time.Sleep(3 * time.Second)
		if _, stop := p.Pace(0, 0); !stop {
			t.Error("a request that is later than the grace must not be sent")
		}
	})
}

func TestFailureOf(t *testing.T) {
	for _, test := range []struct {
		result vegeta.Result
		want   string
	}{
		{vegeta.Result{Code: 200}, ""},
		{vegeta.Result{Code: 201}, ""},
		{vegeta.Result{Code: 429}, Throttled},
		{vegeta.Result{Code: 500}, Server},
		{vegeta.Result{Code: 504}, Server},
		{vegeta.Result{Code: 404}, NotFound},
		{vegeta.Result{Code: 409}, ClientSide},
		{vegeta.Result{Error: "Get: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"}, Timeout},
		{vegeta.Result{Error: "dial tcp 127.0.0.1:1: i/o timeout"}, Timeout},
		{vegeta.Result{Error: "read: connection reset by peer"}, Connection},
	} {
		if got := failureOf(&test.result); got != test.want {
			t.Errorf("%d %q is %q, want %q", test.result.Code, test.result.Error, got, test.want)
		}
	}
}

func TestBoundaries(t *testing.T) {
	for _, test := range []struct {
		duration time.Duration
		want     []string
	}{
		{3 * time.Second, []string{"1s", "2s", "3s", "4s"}},
		{2300 * time.Millisecond, []string{"1s", "2.3s", "3s", "4s"}},
		{2700 * time.Millisecond, []string{"1s", "2s", "2.7s", "3s"}},
		{200 * time.Millisecond, []string{"200ms", "1s", "2s", "3s"}},
	} {
		r := &recorder{options: Options{Duration: test.duration}}
		var got []string
		at := time.Duration(0)
		for range 4 {
			at = r.boundary(at)
			got = append(got, at.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("windows of %s (-want +got):\n%s", test.duration, diff)
		}
	}
}
