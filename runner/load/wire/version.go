package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// MaxErrorBody is how many bytes of an error's answer are quoted.
const MaxErrorBody = 1 << 10

// How often a request outside the timed part is tried, and how long apart.
const (
	maxAttempts  = 6
	attemptPause = time.Second
)

// listMetaType is the media type of a list of names alone, which is the smallest answer that
// has a resourceVersion.
const listMetaType = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// maxVersionAnswer is how many bytes an answer with a resourceVersion and one object may have.
const maxVersionAnswer = 4 << 20

// NewestVersion lists one object of the collection at an address for the newest resourceVersion.
// It reports whether, after an error, it is worth trying again.
func NewestVersion(ctx context.Context, c *http.Client, address string) (version string, again bool, err error) {
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	again, err = ReadJSON(ctx, c, address+"?limit=1", listMetaType, maxVersionAnswer, &list)
	if err != nil {
		return "", again, err
	}
	if list.Metadata.ResourceVersion == "" {
		return "", false, errors.New("the list has no resourceVersion")
	}
	return list.Metadata.ResourceVersion, false, nil
}

// ReadJSON reads an answer of at most limit bytes outside the timed part. It reports whether, after
// an error, it is worth trying again.
func ReadJSON(ctx context.Context, c *http.Client, address, accept string, limit int64, into any) (again bool, err error) {
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
		return Retriable(response.StatusCode), fmt.Errorf("%s: %s", response.Status, body[:min(len(body), MaxErrorBody)])
	}
	return false, json.Unmarshal(body, into)
}

// Persist tries something until it says that it is not worth trying again.
func Persist(ctx context.Context, try func() (again bool, err error)) error {
	var err error
	for attempt := range maxAttempts {
		if attempt > 0 {
			select {
			case <-time.After(attemptPause):
			case <-ctx.Done():
				return errors.Join(ctx.Err(), err)
			}
		}
		var again bool
		if again, err = try(); !again {
			return err
		}
	}
	return fmt.Errorf("gave up after %d attempts: %w", maxAttempts, err)
}

// Retriable reports whether a code says that the same request may succeed later.
func Retriable(code int) bool {
	return code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
}
