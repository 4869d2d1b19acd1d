package scripted

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// bearer is the token without which a request is refused.
const bearer = "scripted"

// retryAfter is what a throttled client is told, in seconds.
const retryAfter = "1"

// sequenceHeader is where the load generator's HTTP library puts the number of a request.
const sequenceHeader = "X-Vegeta-Seq"

// emptyList ends in a space, which is what is held back when the body is slow.
const emptyList = `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]} `

// A Server answers by its script. Before Begin it answers everything at once and notes nothing.
type Server struct {
	// Config is the address of the server and the credentials for it.
	Config *rest.Config

	script   Script
	listener *httptest.Server
	slots    chan struct{} // nil without a limit.

	mu          sync.Mutex
	begun       bool
	began       time.Time
	arrived     int
	answers     []Answer
	connections int
}

// An Answer is what became of a request. A client that measures the same request from its
// sending to the last byte of its answer cannot get less than Done - Arrived.
type Answer struct {
	Number   int // In the order of arrival, from 0.
	Sequence int // In the order of the client's schedule; -1 if the request does not say.
	Method   string
	Status   int // 0 if the client left before it was answered.
	// The times are those of this process. Served is when the request had no longer to wait
	// for others, Done is right before the last byte was written.
	Arrived, Served, Done time.Time
}

// NewServer starts a server on loopback. Close it.
func NewServer(script Script) *Server {
	s := &Server{script: script}
	if script.Concurrent > 0 {
		s.slots = make(chan struct{}, script.Concurrent)
	}
	s.listener = httptest.NewUnstartedServer(s)
	s.listener.EnableHTTP2 = true
	s.listener.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: script.Streams}
	s.listener.Config.ConnState = s.connected
	s.listener.Config.ErrorLog = log.New(io.Discard, "", 0) // Clients that leave are no news.
	s.listener.StartTLS()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.listener.Certificate().Raw})
	s.Config = &rest.Config{
		Host: s.listener.URL, BearerToken: bearer, TLSClientConfig: rest.TLSClientConfig{CAData: ca},
	}
	return s
}

// Close ends the server when all of its clients have left.
func (s *Server) Close() { s.listener.Close() }

// Begin starts the script's time.
func (s *Server) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun, s.began = true, time.Now()
}

// Answers returns what became of the requests so far, in the order in which they ended. An
// answer is noted before its client can have read it to its end.
func (s *Server) Answers() []Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.answers)
}

// Connections returns how many connections clients have opened since the server began to listen.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// connected counts the connections that are new.
func (s *Server) connected(_ net.Conn, state http.ConnState) {
	if state != http.StateNew {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	if r.ProtoMajor != 2 || r.Header.Get("Authorization") != "Bearer "+bearer {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	answer, scripted := s.arrive(r, arrived)
	if !scripted {
		_, _ = io.WriteString(w, emptyList)
		return
	}
	if !s.serve(w, r, &answer) {
		answer.Status = 0
	}
	answer.Done = time.Now()
	s.mu.Lock()
	s.answers = append(s.answers, answer)
	s.mu.Unlock()
	switch answer.Status {
	case 0, Cut:
		panic(http.ErrAbortHandler) // Resets the stream.
	case http.StatusOK:
		_, _ = io.WriteString(w, emptyList[len(emptyList)-1:])
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(answer.Status)
	default:
		w.WriteHeader(answer.Status)
	}
}

// arrive numbers a request, unless it is not part of the script: what comes before Begin, and
// what clients ask to open a connection.
func (s *Server) arrive(r *http.Request, at time.Time) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun || r.URL.Path == "/version" {
		return Answer{}, false
	}
	sequence, err := strconv.Atoi(r.Header.Get(sequenceHeader))
	if err != nil {
		sequence = -1
	}
	n := s.arrived
	s.arrived++
	return Answer{
		Number: n, Sequence: sequence, Method: r.Method, Status: s.script.failure(n), Arrived: at,
	}, true
}

// serve does all but the end of the answer. It reports whether the client is still there.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, answer *Answer) bool {
	if s.slots != nil {
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-r.Context().Done():
			return false
		}
	}
	answer.Served = time.Now()
	if s.script.Latency != nil && !pause(r.Context(), s.script.Latency(answer.Number)) {
		return false
	}
	if answer.Status == http.StatusOK {
		_, _ = io.WriteString(w, emptyList[:len(emptyList)-1])
		if s.script.Body > 0 {
			w.(http.Flusher).Flush()
			if !pause(r.Context(), s.script.Body) {
				return false
			}
		}
	}
	return s.stall(r.Context())
}

// stall holds an answer until the end of the stall, if it would end within.
func (s *Server) stall(ctx context.Context) bool {
	elapsed := time.Since(s.began)
	if elapsed < s.script.StallFrom || elapsed >= s.script.StallUntil {
		return true
	}
	return pause(ctx, s.script.StallUntil-elapsed)
}

// pause waits for d and reports whether ctx was still alive then.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
