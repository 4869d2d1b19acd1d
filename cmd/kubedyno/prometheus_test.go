package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// fakePrometheus is the script command "prometheus VARIABLE": it starts a Prometheus that knows
// its time and refuses every query, and puts its address into the variable.
func fakePrometheus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: prometheus VARIABLE")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if expr := r.FormValue("query"); expr != "time()" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"status":"error","errorType":"bad_data","error":%q}`, "no "+expr)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[0,"%d"]}}`, time.Now().Unix())
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}
