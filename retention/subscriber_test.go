package retention

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestPublicAddressesAreThoseOfTheOpenInternet(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "93.184.215.14": true, "2606:4700::1111": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true,
		"127.0.0.1": false, "127.255.0.9": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "255.255.255.255": false,
		"224.0.0.1": false, "198.18.0.1": false, "192.0.2.1": false, "::1": false, "::": false, "fe80::1": false, "fc00::1": false,
		"fd00:ec2::254": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:1.1.1.1": true, "::7f00:1": false,
		"64:ff9b::a9fe:a9fe": false, "64:ff9b::101:101": true, "2002:a00:1::": false, "2001:db8::1": false, "fec0::1": false,
	} {
		if got := PublicAddress(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestTypesAreWantedByNameOrGlob(t *testing.T) {
	for globs, want := range map[string]string{
		"": "data.retention.deleted data.retention.anonymized data.retention.archived hold.placed hold.released hold.narrowed hold.expiring hold.review_due hold.fail_safe", "*": "data.retention.deleted data.retention.anonymized data.retention.archived hold.placed hold.released hold.narrowed hold.expiring hold.review_due hold.fail_safe",
		"hold.*": "hold.placed hold.released hold.narrowed hold.expiring hold.review_due hold.fail_safe", "data.retention.deleted": "data.retention.deleted", "data.*,hold.placed": "data.retention.deleted data.retention.anonymized data.retention.archived hold.placed",
	} {
		s := Subscriber{Types: strings.FieldsFunc(globs, func(r rune) bool { return r == ',' })}
		var got []string
		for _, typ := range s.WantedTypes() {
			got = append(got, string(typ))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", globs, got, want)
		}
	}
	for _, bad := range []string{"hold", "hold*", "data.retention.del*", "order.*", "", "**", "*.placed"} {
		s := Subscriber{Name: "a", Kind: SubscriberNATS, URL: "nats://h", Subject: "a", Types: []string{bad}}
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "types[0]") {
			t.Errorf("%q: got %v, want it refused", bad, err)
		}
	}
}

func TestSubscribersURLIsCheckedByKind(t *testing.T) {
	for _, good := range []Subscriber{
		{Kind: SubscriberWebhook, URL: "https://crm.example.com/a?b=c"}, {Kind: SubscriberWebhook, URL: "http://crm:8080"},
		{Kind: SubscriberNATS, URL: "nats://n:4222", Subject: "data.retention"}, {Kind: SubscriberNATS, URL: "tls://n", Subject: "x"},
	} {
		good.Name = "crm"
		if err := good.Validate(); err != nil {
			t.Errorf("%s: %v", good.URL, err)
		}
	}
	for _, bad := range []string{"", "crm.example.com", "https://", "//h/x", "https:h", "ftp://h", "https://u@h", "https://u:p@h", "https://h/#x", "http://h h", "\x00http://h", "https://" + strings.Repeat("h", 2000)} {
		s := Subscriber{Name: "crm", Kind: SubscriberWebhook, URL: bad}
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "url:") {
			t.Errorf("%q: got %v, want it refused", bad, err)
		}
	}
	for _, bad := range []string{"", "a..b", ".a", "a.", "a b", "a.*", "a.>", "$JS.API", strings.Repeat("a", 256)} {
		s := Subscriber{Name: "crm", Kind: SubscriberNATS, URL: "nats://h", Subject: bad}
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "subject:") {
			t.Errorf("subject %q: got %v, want it refused", bad, err)
		}
	}
}

// An event that cannot be delivered to a key with a NULL holds back no other.
func TestOrderIsKeptByEntityAlone(t *testing.T) {
	text := func(s string) *string { return &s }
	b := &EventBatch{ID: "b", EntityType: "user", Count: 4, KeyParts: 2, Keys: []*string{text("a"), text("a"), text("a"), text(`a","b`), text("b"), nil, nil, text("")}}
	other := &EventBatch{ID: "c", EntityType: "user", Count: 1, KeyParts: 2, Keys: []*string{text("a"), text("b")}}
	digests := []string{EntityDigest(b, 0), EntityDigest(b, 1), EntityDigest(b, 2), EntityDigest(b, 3)}
	if EntityDigest(other, 0) != digests[0] {
		t.Error("the same entity in another batch has another digest")
	}
	slices.Sort(digests)
	if n := len(slices.Compact(digests)); n != 4 {
		t.Errorf("%d digests of 4 entities", n)
	}
}
