package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// proxies are address ranges whose X-Forwarded-For is believed, in the environment a
// list such as "10.0.0.0/8, 2001:db8::7".
type proxies []netip.Prefix

// UnmarshalText reads the list. What is not exactly a range is refused: a range too
// wide lets strangers write what they like into the audit.
func (p *proxies) UnmarshalText(text []byte) error {
	*p = nil
	for entry := range strings.SplitSeq(string(text), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		r, err := proxyRange(entry)
		if err != nil {
			return err
		}
		*p = append(*p, r)
	}
	return nil
}

// proxyRange reads one address or range. The service compares addresses as IPv4
// where they are IPv4, so a range of IPv4 written as IPv6 would never fit.
func proxyRange(entry string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(entry); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	r, err := netip.ParsePrefix(entry)
	switch {
	case err != nil:
		return r, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8 or 2001:db8::/32", entry)
	case r != r.Masked():
		return r, fmt.Errorf("%q has bits beyond its range; write %s, or the address alone", entry, r.Masked())
	case r.Addr().Is4In6():
		return r, fmt.Errorf("%q is IPv4 written as IPv6; write it as IPv4", entry)
	case r.Bits() == 0:
		return r, fmt.Errorf("%q is every address, so that anybody could claim any address; name your proxies", entry)
	}
	return r, nil
}
