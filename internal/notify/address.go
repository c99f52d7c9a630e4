package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"holdfast/retention"
)

// errPrivate is a connection that was not made.
var errPrivate = errors.New("leads to this machine or into a private network, where Holdfast sends nothing unless HOLDFAST_WEBHOOK_ALLOW_PRIVATE is true")

// resolveTime bounds the look-up when a subscriber is saved.
const resolveTime = 3 * time.Second

// public refuses a connection by the address that it is about to be made to. It is
// asked after the name was resolved, for every connection: a name that was public
// when the subscriber was saved may be private now (DNS rebinding).
func public(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, errPrivate)
	}
	if !retention.PublicAddress(at.Addr()) {
		return fmt.Errorf("%s %w", at.Addr(), errPrivate)
	}
	return nil
}

// check looks where a URL leads now. A name that cannot be resolved passes: whether
// it can be is another matter, every connection is looked at again, and what fails
// says so.
func (w *webhooks) check(ctx context.Context, address string) error {
	if w.allowPrivate {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return retention.Invalid("url", "cannot be read: %s", err)
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return refuseURL(host)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for _, a := range found {
		if !retention.PublicAddress(a) {
			return refuseURL(a.Unmap().String())
		}
	}
	return nil
}

func refuseURL(where string) error {
	return retention.Invalid("url", "%s %s", where, errPrivate)
}
