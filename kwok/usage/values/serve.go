package values

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// A value is one metric of one thing. The adapter has the same type.
type value struct {
	Metric    string            `json:"metric"`
	UID       string            `json:"uid,omitempty"`      // Of a pod.
	Resource  string            `json:"resource,omitempty"` // Of another object.
	Version   string            `json:"apiVersion,omitempty"`
	Kind      string            `json:"kind,omitempty"`
	Namespace string            `json:"namespace,omitempty"`
	Name      string            `json:"name,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"` // Of a value from outside the cluster.
	Milli     int64             `json:"milli"`            // The value in thousandths.
	At        time.Time         `json:"at"`               // When it was read.
	Window    float64           `json:"window,omitempty"` // The seconds before At whose mean it is; 0 if it is that of the moment.
}

// A document is what is served.
type document struct {
	Pods     []value `json:"pods"`
	Objects  []value `json:"objects"`
	External []value `json:"external"`
}

// between returns what two readings say; of the first there is only what waits.
func (c *counted) between(before, now *reading) document {
	labels := map[string]string{ServiceLabel: c.Name}
	d := document{External: []value{{Metric: c.Waiting, Labels: labels, Milli: rate(0, c.waiting, time.Second), At: now.at}}}
	if before == nil {
		return d
	}
	window := now.at.Sub(before.at)
	offered := value{Metric: c.Rate, Milli: rate(before.offered, now.offered, window), At: now.at, Window: window.Seconds()}
	outside := offered
	outside.Labels = labels
	d.External = append(d.External, outside)
	if o := c.Object; o != nil {
		offered.Resource, offered.Version, offered.Kind = o.Resource, o.APIVersion, o.Kind
		offered.Namespace, offered.Name = o.Namespace, o.Name
		d.Objects = append(d.Objects, offered)
	}
	for _, uid := range slices.Sorted(maps.Keys(now.served)) {
		if units, there := before.served[uid]; there {
			d.Pods = append(d.Pods, value{Metric: c.Rate, UID: uid,
				Milli: rate(units, now.served[uid], window), At: now.at, Window: window.Seconds()})
		}
	}
	return d
}

// write renders what is served from now on.
func (v *Values) write() {
	var all document
	for _, c := range v.services {
		all.Pods = append(all.Pods, c.values.Pods...)
		all.Objects = append(all.Objects, c.values.Objects...)
		all.External = append(all.External, c.values.External...)
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // A document has nothing that JSON cannot have.
	}
	v.document = text
}

// ServeHTTP answers with the values of the last reading, or that they are still those that the
// caller has, by their ETag.
func (v *Values) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mutex.Lock()
	text, tag := v.document, fmt.Sprintf("%q", fmt.Sprint(v.readings))
	v.mutex.Unlock()
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // The caller has gone if it fails.
}
