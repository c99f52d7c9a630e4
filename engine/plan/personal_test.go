package plan

import (
	"testing"

	"holdfast/retention"
)

func TestColumnsLookPersonalByNameAndType(t *testing.T) {
	text, number := Column{BaseType: "text", TypeCategory: "S", BuiltIn: true}, Column{BaseType: "int8", TypeCategory: "N", BuiltIn: true}
	instant := Column{BaseType: "timestamptz", TypeCategory: "D", BuiltIn: true}
	named := func(c Column, name string) Column { c.Name = name; return c }
	domain := func(name string) Column {
		return Column{Name: "value", Type: name, BaseType: "text", TypeCategory: "S", Domain: true}
	}
	for _, c := range []struct {
		table  string
		column Column
		want   retention.Looks
	}{
		{"orders", named(text, "email"), retention.Looks{Kind: retention.PersonalEmail, By: retention.SignName}},
		{"orders", named(text, "billingEmail"), retention.Looks{Kind: retention.PersonalEmail, By: retention.SignName}},
		{"orders", named(instant, "email_sent_at"), retention.Looks{}},
		{"orders", named(Column{BaseType: "bool", TypeCategory: "B", BuiltIn: true}, "email_verified"), retention.Looks{}},
		{"orders", named(text, "customer_name"), retention.Looks{Kind: retention.PersonalName, By: retention.SignName}},
		{"Customer", named(text, "FirstName"), retention.Looks{Kind: retention.PersonalName, By: retention.SignName}},
		{"customers", named(text, "name"), retention.Looks{Kind: retention.PersonalName, By: retention.SignName}},
		{"products", named(text, "name"), retention.Looks{}},
		{"products", named(text, "file_name"), retention.Looks{}},
		{"logs", named(text, "ip_address"), retention.Looks{Kind: retention.PersonalOnline, By: retention.SignName}},
		{"logs", named(text, "recipient"), retention.Looks{}},
		{"logs", named(text, "description"), retention.Looks{}},
		{"logs", named(Column{BaseType: "inet", TypeCategory: "I", BuiltIn: true}, "source"), retention.Looks{Kind: retention.PersonalOnline, By: retention.SignType}},
		{"staff", named(number, "address_id"), retention.Looks{}},
		{"staff", named(number, "phone"), retention.Looks{Kind: retention.PersonalPhone, By: retention.SignName}},
		{"staff", named(number, "phone_count"), retention.Looks{}},
		{"staff", named(instant, "date_of_birth"), retention.Looks{Kind: retention.PersonalBirth, By: retention.SignName}},
		{"staff", named(instant, "birthday_mail_at"), retention.Looks{Kind: retention.PersonalBirth, By: retention.SignName}},
		{"staff", domain("public.email_address"), retention.Looks{Kind: retention.PersonalEmail, By: retention.SignType}},
		{"staff", domain("public.shelf"), retention.Looks{}},
	} {
		if got := LooksPersonal(&Table{Name: retention.TableName{Schema: "public", Name: c.table}}, c.column); got != c.want {
			t.Errorf("%s.%s %s: %+v, want %+v", c.table, c.column.Name, c.column.BaseType, got, c.want)
		}
	}
}

func TestValuesLookPersonalBySeveralOfAKind(t *testing.T) {
	for _, c := range []struct {
		what   string
		values []string
		want   retention.PersonalKind
	}{
		{"e-mail addresses", []string{"a@example.com", "b.c@example.org", "d+e@mail.example.co.uk"}, retention.PersonalEmail},
		{"two of them", []string{"a@example.com", "b@example.org"}, ""},
		{"texts, a tenth of them with one", []string{"call a@example.com", "1", "2", "b@example.org", "3", "4", "5", "x c@example.org y", "6", "7", "8", "9"}, retention.PersonalEmail},
		{"phone numbers", []string{"+49 30 901820", "0171/2345678", "(555) 123-4567", ""}, retention.PersonalPhone},
		{"plain numbers", []string{"5551234567", "4111222", "123456789", "20240101"}, ""},
		{"dates", []string{"2024-01-01", "2024-02-01", "2024-03-05"}, ""},
		{"account numbers", []string{"DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR1420041010050500013M02606"}, retention.PersonalFinancial},
		{"account numbers with wrong check digits", []string{"DE88370400440532013000", "GB83WEST12345698765432", "FR1520041010050500013M02606"}, ""},
		{"card numbers", []string{"4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"}, retention.PersonalFinancial},
		{"long numbers", []string{"4111111111111112", "5555555555554445", "378282246310006"}, ""},
		{"addresses of machines", []string{"192.0.2.1", "2001:db8::1", "198.51.100.7", "unknown"}, retention.PersonalOnline},
		{"versions", []string{"1.2.3", "10.4", "2.0.0-rc1"}, ""},
		{"nothing", nil, ""},
	} {
		if got := KindOfValues(c.values); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
