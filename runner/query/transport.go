package query

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer is how many bytes of an answer are read, decompressed.
const maxAnswer = 16 << 20

// CheckAddress says what is wrong with the address of a Prometheus. Nothing of an address that
// may hold a secret is quoted.
func CheckAddress(address string) error {
	if strings.ContainsAny(address, "@?#") {
		return errors.New("the address of Prometheus must have no user, password, query or fragment; " +
			"it would be in the results of the run")
	}
	plain, tls := strings.HasPrefix(address, "http://"), strings.HasPrefix(address, "https://")
	u, err := url.Parse(address)
	switch {
	case (plain || tls) && err != nil:
		return fmt.Errorf("the address of Prometheus: %w", err)
	case !plain && !tls || u.Hostname() == "":
		return fmt.Errorf("the address of Prometheus: %q does not begin with http:// or https:// and a host", address)
	}
	return nil
}

// bounded adds the token to requests and bounds the answers.
type bounded struct {
	tokenFile string
	next      http.RoundTripper
}

// RoundTrip sends a request.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if b.tokenFile != "" {
		token, err := readToken(b.tokenFile)
		if err != nil {
			return nil, err
		}
		request = request.Clone(request.Context())
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := b.next.RoundTrip(request)
	if err == nil {
		response.Body = &limitedBody{ReadCloser: response.Body, left: maxAnswer}
	}
	return response, err
}

// limitedBody fails where an answer is too long, rather than to end it early.
type limitedBody struct {
	io.ReadCloser
	left int
}

// Read reads a part of the answer.
func (b *limitedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("its answer has more than the %d MiB allowed", maxAnswer>>20)
	}
	return n, err
}
