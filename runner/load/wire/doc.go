// Package wire is how request load talks to an API server below client-go: clients of a known
// number of connections, the frames of watches, and the few fields of protobuf messages that must
// be read. It keeps no object and decodes none, as the harness must not be what is slow.
package wire

import (
	"net/http"
	"strings"
)

// The media types of requests and answers.
const (
	ProtobufType = "application/vnd.kubernetes.protobuf"
	JSONType     = "application/json"
	AcceptTypes  = ProtobufType + "," + JSONType // What the control plane's own clients accept.
)

// IsProtobuf reports whether an answer is in protobuf.
func IsProtobuf(response *http.Response) bool {
	return strings.HasPrefix(response.Header.Get("Content-Type"), ProtobufType)
}
