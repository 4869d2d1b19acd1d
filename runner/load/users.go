package load

import (
	"errors"
	"net/http"
	"strconv"

	"k8s.io/client-go/transport"
)

// Users are users that requests are sent as, in turn, by impersonation. The user of
// Options.Config must be allowed to impersonate them and their groups.
type Users struct {
	Name  string
	Count int // Above 0, they are called Name-0, Name-1 and so on; 0 means one, called Name.
	// Groups are all groups of each but system:authenticated, which the API server adds.
	Groups []string
}

// check refuses users that cannot be impersonated: a request with groups alone would be answered
// with an error of the server.
func (u *Users) check() error {
	switch {
	case u == nil:
		return nil
	case u.Name == "":
		return errors.New("users need a name")
	case u.Count < 0:
		return errors.New("the number of users must not be negative")
	}
	return nil
}

// impersonate puts the user of request seq into its header, as rest.ImpersonationConfig does.
func (u *Users) impersonate(header http.Header, seq uint64) {
	if u == nil {
		return
	}
	name := u.Name
	if u.Count > 0 {
		name += "-" + strconv.FormatUint(seq%uint64(u.Count), 10)
	}
	header.Set(transport.ImpersonateUserHeader, name)
	for _, group := range u.Groups {
		header.Add(transport.ImpersonateGroupHeader, group)
	}
}
