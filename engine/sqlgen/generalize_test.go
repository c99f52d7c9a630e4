package sqlgen_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// cutOnce tries a method on every value of a type, in a table of its own; it answers what
// became of each.
func cutOnce(t *testing.T, typ string, how retention.Anonymizer, values []string) map[string]string {
	t.Helper()
	url := shapelessDatabase(t, `CREATE SCHEMA app; CREATE DOMAIN app.address AS inet; CREATE DOMAIN app.amount AS numeric(12,3) CHECK (VALUE < 1000000000);
		CREATE TABLE c (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT '2020-01-01', c `+typ+`)`)
	g, err := treating(t, url, "c", how, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	rolledBack(t, connect(t, url), func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), "INSERT INTO c (c) SELECT v::"+typ+" FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n", append([]string{}, values...)); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "INSERT INTO c (c) VALUES (NULL)"); err != nil {
			t.Fatal(err)
		}
		before, after := anonymizedOnce(t, tx, g, "c")
		for i := range before {
			if before[i] != nil && after[i] != nil {
				out[*before[i]] = *after[i]
			}
		}
	})
	return out
}

func TestAddressesAreCutToTheirNetworkOnceAndForAll(t *testing.T) {
	values := []string{"0.0.0.0", "203.0.113.77", "203.0.113.77/25", "203.0.113.0/24", "255.255.255.255", "10.9.8.7/8", "10.0.0.0/8", "1.2.3.4/0", "::", "::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8::/32", "fe80::1/10"}
	for _, typ := range []string{"inet", "app.address"} {
		t.Run(typ, func(t *testing.T) {
			got := cutOnce(t, typ, retention.Anonymizer{Method: retention.MethodTruncateIP}, values)
			if len(got) != len(values) {
				t.Errorf("%d of %d addresses are told: %v", len(got), len(values), got)
			}
			for old, is := range got {
				from := netip.MustParsePrefix(old)
				most := 48
				if from.Addr().Is4() {
					most = 24
				}
				want, err := from.Addr().Prefix(min(most, from.Bits()))
				if err != nil {
					t.Fatal(err)
				}
				if is != want.String() {
					t.Errorf("%s became %s, want %s", old, is, want)
				}
			}
		})
	}
	t.Run("cidr", func(t *testing.T) {
		got := cutOnce(t, "cidr", retention.Anonymizer{Method: retention.MethodTruncateIP}, []string{"203.0.113.77/32", "203.0.113.128/25", "10.0.0.0/8", "2001:db8:1:2::/64"})
		want := map[string]string{"203.0.113.77/32": "203.0.113.0/24", "203.0.113.128/25": "203.0.113.0/24", "10.0.0.0/8": "10.0.0.0/8", "2001:db8:1:2::/64": "2001:db8:1::/48"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestNumbersAreCutToAMultipleOnceAndForAll(t *testing.T) {
	whole := map[string][2]int64{"smallint": {math.MinInt16, math.MaxInt16}, "integer": {math.MinInt32, math.MaxInt32}, "bigint": {math.MinInt64, math.MaxInt64}}
	for _, typ := range pgtest.Names(whole) {
		for _, step := range []int64{2, 7, 1000} {
			t.Run(fmt.Sprintf("%s/%d", typ, step), func(t *testing.T) {
				bounds := whole[typ]
				values := []string{"0", "1", "-1", fmt.Sprint(step), fmt.Sprint(-step), fmt.Sprint(step - 1), fmt.Sprint(1 - step), fmt.Sprint(bounds[0]), fmt.Sprint(bounds[1])}
				for seed := range 60 {
					values = append(values, fmt.Sprint(rapid.Int64Range(bounds[0], bounds[1]).Example(seed)))
				}
				for old, is := range cutOnce(t, typ, retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: &step}, values) {
					n, err := strconv.ParseInt(old, 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					if want := fmt.Sprint(n / step * step); is != want {
						t.Errorf("%s became %s, want %s", old, is, want)
					}
				}
			})
		}
	}
	values := []string{"0", "0.000", "-0.5", "37.5", "-37.5", "39.999", "40", "123456789.123"}
	for typ, more := range map[string][]string{"numeric": {"NaN", "Infinity", "-Infinity", "1e30", "12345678901234567890.12345"}, "numeric(15,2)": {"NaN"}, "app.amount": nil} {
		t.Run(typ, func(t *testing.T) {
			for old, is := range cutOnce(t, typ, retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](10)}, append(values, more...)) {
				n, ok := new(big.Rat).SetString(old)
				if !ok { // NaN and infinity
					if is != old {
						t.Errorf("%s became %s, want it as it is", old, is)
					}
					continue
				}
				tens := new(big.Int).Quo(n.Num(), new(big.Int).Mul(n.Denom(), big.NewInt(10)))
				got, ok := new(big.Rat).SetString(is)
				if want := new(big.Rat).SetInt(tens.Mul(tens, big.NewInt(10))); !ok || got.Cmp(want) != 0 {
					t.Errorf("%s became %s, want %s", old, is, want.RatString())
				}
			}
		})
	}
}

// Where the column itself rounds, a multiple of another number would be rounded, and cut again.
func TestAStepWhoseMultiplesTheColumnRoundsIsRefused(t *testing.T) {
	got := cutOnce(t, "numeric(6,-2)", retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](200)}, []string{"200", "300", "-500", "0"})
	if diff := cmp.Diff(map[string]string{"200": "200", "300": "200", "-500": "-400", "0": "0"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	url := shapelessDatabase(t, `CREATE DOMAIN hundreds AS numeric(6,-2); CREATE TABLE a (id bigint PRIMARY KEY, at timestamptz, c numeric(6,-2));
		CREATE TABLE b (id bigint PRIMARY KEY, at timestamptz, c hundreds); CREATE TABLE f (id bigint PRIMARY KEY, at timestamptz, c numeric(1000,1000)); CREATE TABLE n (id bigint PRIMARY KEY, at timestamptz, c numeric(6))`)
	for name, refused := range map[string]bool{"a": true, "b": true, "f": false, "n": false} {
		if _, err := treating(t, url, name, retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](140)}, "UTC"); errors.Is(err, retention.ErrInvalid) != refused || err != nil && !refused {
			t.Errorf("a step of 140 in %s: got %v, want refused %v", name, err, refused)
		}
	}
}
