package load

import (
	"fmt"
	"net/http"
	"strconv"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/kubedyno/kubedyno/results/sample"
)

// revisionHeader carries what an update writes as RevisionAnnotation from the targeter to the
// recorder, as the number that vegeta gives a request may be another one. It is on no wire.
const revisionHeader = "Kubedyno-Revision"

// An Answer is the end of an update that was answered.
type Answer struct {
	Revision uint64        // What the update wrote as RevisionAnnotation.
	Intended sample.Offset // When it was to be sent.
	Done     sample.Offset // When its answer was read to the end.
	Failure  string        // Its kind, see the constants; empty for success.
}

// ObjectPrefix is how the names of the objects begin that the class with that index of a load
// makes; their number follows, from 0.
func ObjectPrefix(load string, class int) string { return fmt.Sprintf("%s-%d", load, class) }

// takeRevision removes the revision from a request that is about to be sent and returns it.
func takeRevision(request *http.Request) string {
	revision := request.Header.Get(revisionHeader)
	request.Header.Del(revisionHeader)
	return revision
}

// answered tells of an answer to an update. A request without an answer has no header: nobody
// knows which revision it was to write.
func (r *recorder) answered(result *vegeta.Result, failure string, done sample.Offset) {
	revision, err := strconv.ParseUint(result.Headers.Get(revisionHeader), 10, 64)
	if err != nil || r.options.Answered == nil {
		return
	}
	r.options.Answered(Answer{
		Revision: revision,
		Intended: r.pacer.began + sample.Offset(r.pacer.schedule.At(result.Seq)),
		Done:     done,
		Failure:  failure,
	})
}
