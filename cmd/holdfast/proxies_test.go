package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
)

func TestTrustedProxiesAreAddressesAndRanges(t *testing.T) {
	tests := []struct{ value, want, says string }{
		{value: "", want: ""},
		{value: "10.0.0.0/8", want: "10.0.0.0/8"},
		{value: " 10.0.0.0/8 , 2001:db8::/32,192.0.2.7", want: "10.0.0.0/8 2001:db8::/32 192.0.2.7/32"},
		{value: "::ffff:192.0.2.7", want: "192.0.2.7/32"},
		{value: "proxy.example.com", says: "neither an address nor a range"},
		{value: "10.0.0.0/33", says: "neither an address nor a range"},
		{value: "10.1.2.3/8", says: "write 10.0.0.0/8"},
		{value: "::ffff:10.0.0.0/104", says: "write it as IPv4"},
		{value: "10.0.0.0/8,0.0.0.0/0", says: "every address"},
		{value: "::/0", says: "every address"},
	}
	for _, tc := range tests {
		t.Run(tc.value, func(t *testing.T) {
			c, err := readConfig(func(name string) string {
				return map[string]string{"HOLDFAST_TRUSTED_PROXIES": tc.value, "HOLDFAST_DATA_DIR": "/nowhere"}[name]
			})
			if tc.says != "" {
				if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "HOLDFAST_TRUSTED_PROXIES") {
					t.Fatalf("got %v, want an error of HOLDFAST_TRUSTED_PROXIES that has %q", err, tc.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range c.TrustedProxies {
				got = append(got, p.String())
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestAuditBelievesATrustedProxyAlone asks the same, with a header that claims two
// addresses, of a service that trusts the connection's address and of one that does
// not.
func TestAuditBelievesATrustedProxyAlone(t *testing.T) {
	t.Parallel()
	url := demoDatabase(t, 10)
	create := func(s *service, name string) {
		t.Helper()
		policy := strings.Replace(logsPolicy, `"name":"logs"`, `"name":"`+name+`"`, 1)
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/api/v1/policies", strings.NewReader(policy))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"Bearer " + adminToken}, "Content-Type": {jsonType}, "X-Forwarded-For": {"198.51.100.66, 203.0.113.9"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			t.Fatalf("creating %s answered %d", name, resp.StatusCode)
		}
	}
	create(startService(t, url), "nobody_trusted")
	create(startService(t, url, "HOLDFAST_TRUSTED_PROXIES=127.0.0.0/8"), "proxy_trusted")

	got := strings.Split(pgtest.Value[string](t, url, `SELECT string_agg(remote_addr, ' ' ORDER BY id) FROM holdfast.audit WHERE action = 'policy.create'`), " ")
	if want := []string{"127.0.0.1", "203.0.113.9"}; !slices.Equal(got, want) {
		t.Errorf("addresses in the audit: got %q, want %q", got, want)
	}
}
