package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// How often a class of watches looks up the newest resourceVersion. An informer that lost its
// watch begins the next one where the last one ended, moments ago. A version that grows old is
// one the watch cache has let go of, and its watch an ERROR event that nobody reads.
const (
	versionInterval = 10 * time.Second
	versionPause    = time.Second // The least between two looks.
)

// listMetaType is the media type of a list of names alone, which is the smallest answer that
// has a resourceVersion.
const listMetaType = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// maxVersionAnswer is how many bytes an answer with a resourceVersion and one object may have.
const maxVersionAnswer = 4 << 20

// tooOldVersion asks for a newer version, unless the one that a server found too old is no longer
// the one in use.
func (t *targeter) tooOldVersion(version string) {
	if version != *t.version.Load() {
		return
	}
	select {
	case t.tooOld <- struct{}{}:
	default:
	}
}

// followVersion keeps the resourceVersion of watches up to date until ctx ends. A look that
// fails leaves the last one in use; what is wrong then is wrong with the watches too.
func (t *targeter) followVersion(ctx context.Context, c *http.Client) {
	if t.class.Verb != Watch {
		return
	}
	for {
		rest := time.NewTimer(versionPause)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
		next := time.NewTimer(versionInterval - versionPause)
		select {
		case <-next.C:
		case <-t.tooOld:
			next.Stop()
		case <-ctx.Done():
			next.Stop()
			return
		}
		_, _ = t.lookUpVersion(ctx, c)
		select {
		case <-t.tooOld: // By an answer that came during the look.
		default:
		}
	}
}

// lookUpVersion lists one object for the newest resourceVersion. It reports whether, after an
// error, it is worth trying again.
func (t *targeter) lookUpVersion(ctx context.Context, c *http.Client) (again bool, err error) {
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	again, err = readJSON(ctx, c, t.url(t.collection(), "", "limit=1"), listMetaType, maxVersionAnswer, &list)
	if err != nil {
		return again, err
	}
	if list.Metadata.ResourceVersion == "" {
		return false, errors.New("the list has no resourceVersion")
	}
	t.version.Store(&list.Metadata.ResourceVersion)
	return false, nil
}

// readJSON reads an answer of at most limit bytes outside the load. It reports whether, after an
// error, it is worth trying again.
func readJSON(ctx context.Context, c *http.Client, address, accept string, limit int64, into any) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Accept", accept)
	response, err := c.Do(request)
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, limit))
	if err != nil {
		return ctx.Err() == nil, err
	}
	if response.StatusCode != http.StatusOK {
		return retriable(response.StatusCode), fmt.Errorf("%s: %s", response.Status, body[:min(len(body), maxErrorBody)])
	}
	return false, json.Unmarshal(body, into)
}
