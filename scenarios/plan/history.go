package plan

import (
	"fmt"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// etcd keeps every revision of an object until the API server has it compacted.
const (
	// compaction is how often kube-apiserver has etcd compacted, the default of its flag
	// --etcd-compaction-interval. A revision stays for one to two times as long.
	compaction = 5 * time.Minute
	// etcdQuota is how many bytes etcd takes by default (--quota-backend-bytes): with more, it
	// refuses writes. kubedyno's own control plane has four times as many.
	etcdQuota = 2 << 30
)

// warnHistory warns if the revisions that a load writes between two compactions fill etcd.
func (s *simulation) warnHistory(phase string, l spec.Load) {
	rates := l.Rates()
	perSecond := 0.0
	for i, r := range l.Requests {
		if writesObject(r) {
			perSecond += rates[i] * l.Pace.Mean(l.Duration) * float64(r.Bytes())
		}
	}
	if history := perSecond * min(l.Duration, compaction).Seconds(); history > etcdQuota {
		s.Warnings = append(s.Warnings, fmt.Sprintf("The load of phase %s writes %.3g GiB of revisions within %s, "+
			"before etcd is compacted. An etcd with its default quota of %d GiB would refuse writes.",
			phase, history/(1<<30), short(min(l.Duration, compaction)), etcdQuota>>30))
	}
}

// writesObject reports whether each request of a class makes a revision of an object of its own.
func writesObject(r spec.Request) bool {
	if !r.Own() || r.Subresource == "token" {
		return false
	}
	return r.Verb == "create" || r.Verb == "update" || r.Verb == "patch" || r.Verb == "apply"
}
