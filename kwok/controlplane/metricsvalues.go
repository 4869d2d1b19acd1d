package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// documentLimit bounds what is read of the values, in bytes: some 100,000 pods.
const documentLimit = 64 << 20

// A value is one metric of one pod, of one other object, or of something outside the cluster, as
// package kwok/usage/values writes it.
type value struct {
	Metric    string            `json:"metric"`
	UID       string            `json:"uid"`        // Of a pod.
	Resource  string            `json:"resource"`   // Of another object, with its group: deployments.apps.
	Version   string            `json:"apiVersion"` // Of another object.
	Kind      string            `json:"kind"`
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"` // Of a value from outside the cluster.
	Milli     int64             `json:"milli"`  // The value in thousandths.
	At        time.Time         `json:"at"`     // When it was sampled.
	Window    float64           `json:"window"` // The seconds before At whose mean it is; 0 if it is that of the moment.
}

// values are all that there are.
type values struct {
	Pods     []value `json:"pods"`
	Objects  []value `json:"objects"`
	External []value `json:"external"`
}

// A podMetric names a value of a pod.
type podMetric struct{ uid, metric string }

// A snapshot is what was read last.
type snapshot struct {
	values
	byPod map[podMetric]value
	tag   string // The ETag.
}

// A valueSource asks for the values. It keeps what it has read and asks each time whether that is
// still what there is, which is quickly answered: so no value is older than the source has it, and
// none is told when the source is gone.
type valueSource struct {
	url    string
	client *http.Client

	mutex sync.Mutex
	last  *snapshot
}

// read returns the values as they are now. What is returned is not to be changed.
func (s *valueSource) read(ctx context.Context) (*snapshot, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the values: %w", err)
	}
	if s.last != nil {
		request.Header.Set("If-None-Match", s.last.tag)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for the values: %w", err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusNotModified:
		return s.last, nil
	case http.StatusOK:
	default:
		return nil, fmt.Errorf("ask for the values: %s answered %s", s.url, response.Status)
	}
	read := &snapshot{tag: response.Header.Get("ETag"), byPod: map[podMetric]value{}}
	if err := json.NewDecoder(io.LimitReader(response.Body, documentLimit)).Decode(&read.values); err != nil {
		return nil, fmt.Errorf("read the values from %s: %w", s.url, err)
	}
	for _, v := range read.Pods {
		read.byPod[podMetric{v.UID, v.Metric}] = v
	}
	s.last = read
	return read, nil
}
