package action

import (
	"errors"
	"testing"
)

// TestReasonOf has the words of Kubernetes 1.37.
func TestReasonOf(t *testing.T) {
	for message, want := range map[string]string{
		`pods "a" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=2, limited: pods=2`:            byQuota,
		`pods "a" is forbidden: failed quota: cpu: must specify requests.cpu for: main`:                            byUnstated,
		`pods "a" is forbidden: status unknown for quota: q, resources: pods`:                                      byUnstated,
		`pods "a" is forbidden: maximum cpu usage per Container is 100m, but limit is 200m`:                        byLimitRange,
		`pods "a" is forbidden: minimum memory usage per Pod is 1Gi. No request is specified`:                      byLimitRange,
		`pods "a" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000`: byLimitRange,
		`pods "a" is forbidden: violates PodSecurity "restricted:latest"`:                                          byOther,
	} {
		if got := reasonOf(errors.New(message)); got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
}
