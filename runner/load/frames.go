package load

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// readInitialEvents reads a watch until the bookmark that says that the whole state was sent.
// It returns the code of an ERROR event if that came instead, and otherwise 200.
func readInitialEvents(body io.Reader, isProtobuf bool) (int, error) {
	reader := bufio.NewReaderSize(body, wire.BufferSize)
	var frame []byte
	for {
		var err error
		if frame, err = wire.NextFrame(reader, frame[:0], isProtobuf); err != nil {
			return 0, fmt.Errorf("read a watch up to the bookmark %s: %w", metav1.InitialEventsAnnotationKey, err)
		}
		kind, code, err := wire.EventType(frame, isProtobuf)
		switch {
		case err != nil:
			return 0, fmt.Errorf("read an event of a watch: %w", err)
		case kind == watch.Error:
			return code, nil
		case kind == watch.Bookmark && bytes.Contains(frame, []byte(metav1.InitialEventsAnnotationKey)):
			return http.StatusOK, nil
		}
	}
}
