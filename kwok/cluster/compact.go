package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	compactLimit  = 5 * time.Minute // Of one request: etcd copies its whole database to defragment it.
	compactAnswer = 1 << 20         // Bytes of an answer that are read.
)

// alreadyCompacted is in etcd's answer if nothing was written since the last compaction.
const alreadyCompacted = "required revision has been compacted"

// A Compaction is what compacting and defragmenting etcd has done to the file of its database, in bytes.
type Compaction struct{ Before, After int64 }

// Compact makes etcd forget every revision but the newest, and then give the room back that they took, so
// that a next run does not find what the ones before it have left. It is for a control plane on which
// nothing else goes on: etcd answers nobody while it defragments. It asks etcd's own JSON gateway
// (etcd.io/docs/v3.6/dev-guide/api_grpc_gateway). Only what kubedyno has started can be compacted.
func (c *Cluster) Compact(ctx context.Context) (Compaction, error) {
	if c.attached {
		return Compaction{}, fmt.Errorf("compact etcd: that of the cluster %q is not kubedyno's", c.name)
	}
	client, err := c.home().metricsClient("etcd-client", "etcd-ca")
	if err != nil {
		return Compaction{}, fmt.Errorf("compact etcd: %w", err)
	}
	defer client.CloseIdleConnections()
	client.Timeout = compactLimit
	gateway := etcdGateway{client, c.home().url(c.home().ports.Etcd)}
	before, err := gateway.status(ctx)
	if err != nil {
		return Compaction{}, err
	}
	revision := map[string]any{"revision": before.Header.Revision, "physical": true}
	if err := gateway.post(ctx, "/v3/kv/compaction", revision, nil); err != nil && !strings.Contains(err.Error(), alreadyCompacted) {
		return Compaction{}, err
	}
	if err := gateway.post(ctx, "/v3/maintenance/defragment", struct{}{}, nil); err != nil {
		return Compaction{}, err
	}
	after, err := gateway.status(ctx)
	return Compaction{Before: before.Size, After: after.Size}, err
}

// An etcdGateway is etcd's API as JSON. Numbers of 64 bits are text there.
type etcdGateway struct {
	client *http.Client
	url    string
}

// etcdStatus is what is read of etcd's status.
type etcdStatus struct {
	Header struct {
		Revision int64 `json:"revision,string"`
	} `json:"header"`
	Size int64 `json:"dbSize,string"`
}

func (g etcdGateway) status(ctx context.Context) (etcdStatus, error) {
	var s etcdStatus
	err := g.post(ctx, "/v3/maintenance/status", struct{}{}, &s)
	if err == nil && (s.Header.Revision <= 0 || s.Size <= 0) {
		err = errors.New("etcd does not tell its revision and the size of its database")
	}
	return s, err
}

// post asks for one thing; answer may be nil.
func (g etcdGateway) post(ctx context.Context, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := g.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask etcd: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, compactAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("ask etcd for %s: %w", path, err)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("ask etcd for %s: it answered %s: %s", path, response.Status, text)
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("read etcd's answer to %s: %w", path, err)
	}
	return nil
}
