package plan

import (
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"holdfast/retention"
)

// LooksPersonal judges a column by its name and its type. It is a help for people who look
// through hundreds of columns, and no proof of anything: it has no say in what is done.
func LooksPersonal(t *Table, c Column) retention.Looks {
	switch c.BaseType {
	case "bool", "uuid", "oid":
		return retention.Looks{}
	case "inet", "cidr", "macaddr", "macaddr8":
		return retention.Looks{Kind: retention.PersonalOnline, By: retention.SignType}
	}
	if kind := kindOfName(t, c); kind != "" {
		return retention.Looks{Kind: kind, By: retention.SignName}
	}
	if c.Domain || !c.BuiltIn {
		// A domain is often called what it is for.
		name := c.Type[strings.LastIndex(c.Type, ".")+1:]
		if kind := kindOfWords(wordsOf(name), c); kind != "" {
			return retention.Looks{Kind: kind, By: retention.SignType}
		}
	}
	return retention.Looks{}
}

// wordsOf takes an identifier apart: first_name, firstName, FIRST-NAME.
func wordsOf(name string) []string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && unicode.IsLower(runes[i-1]) {
			b.WriteByte(' ')
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		} else {
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// nameSign are the runs of words in a column's name that stand for one kind.
type nameSign struct {
	kind  retention.PersonalKind
	words []string
}

// nameSigns, the more telling first: an "ip address" is no address of a house.
var nameSigns = []nameSign{
	{retention.PersonalOnline, split("ip address,ip addr,ip,ipaddress,user agent,useragent,mac address,device id,advertising id,cookie")},
	{retention.PersonalEmail, split("email,e mail,mail address,emailaddress")},
	{retention.PersonalPhone, split("phone,telephone,tel,mobile,cell,fax,phonenumber,msisdn,whatsapp")},
	{retention.PersonalBirth, split("birth,birthday,birthdate,dob,born")},
	{retention.PersonalOfficialID, split("ssn,social security,passport,national id,nationalid,tax id,taxid,tin,nino,personal number,identity card,driver license,drivers license,driving licence,insurance number")},
	{retention.PersonalFinancial, split("iban,bic,swift,card number,creditcard,credit card,cc number,account number,bank account,salary,income")},
	{retention.PersonalName, split("first name,firstname,last name,lastname,surname,full name,fullname,given name,family name,familyname,middle name,maiden name,nickname,username,user name,customer name,contact name,display name,real name,recipient name,billing name,shipping name,employee name,patient name,cardholder")},
	{retention.PersonalAddress, split("address,street,postcode,post code,postal code,postalcode,zip,zipcode,house number,residence,addr")},
	{retention.PersonalLocation, split("latitude,longitude,lat,lng,geolocation,gps")},
	{retention.PersonalSpecial, split("gender,sex,religion,ethnicity,race,nationality,marital status,diagnosis,disability,blood type,sexual orientation,political")},
	{retention.PersonalCredential, split("password,passwd,pwd,security answer,totp secret")},
}

func split(words string) []string { return strings.Split(words, ",") }

// ofPeople are the words by which a table is of people, so that its `name` is a person's.
var ofPeople = []string{"customer", "customers", "user", "users", "person", "persons", "people", "employee", "employees", "patient", "patients", "contact", "contacts",
	"member", "members", "client", "clients", "guest", "guests", "applicant", "applicants", "candidate", "candidates", "student", "students", "subscriber", "subscribers",
	"staff", "visitor", "visitors", "tenant", "tenants", "lead", "leads", "account", "accounts"}

func kindOfName(t *Table, c Column) retention.PersonalKind {
	words := wordsOf(c.Name)
	if kind := kindOfWords(words, c); kind != "" {
		return kind
	}
	people := slices.ContainsFunc(wordsOf(t.Name.Name), func(w string) bool { return slices.Contains(ofPeople, w) })
	if len(words) == 1 && words[0] == "name" && people && c.TypeCategory == "S" {
		return retention.PersonalName
	}
	return ""
}

func kindOfWords(words []string, c Column) retention.PersonalKind {
	if len(words) == 0 {
		return ""
	}
	padded := " " + strings.Join(words, " ") + " "
	for _, s := range nameSigns {
		said := slices.ContainsFunc(s.words, func(w string) bool { return strings.Contains(padded, " "+w+" ") })
		if said && couldHold(s.kind, words[len(words)-1], c) {
			return s.kind
		}
	}
	return ""
}

// couldHold tells whether a column of that type could hold what its name says: not
// email_sent_at, phone_count or address_id.
func couldHold(kind retention.PersonalKind, last string, c Column) bool {
	switch c.TypeCategory {
	case "D":
		return kind == retention.PersonalBirth
	case "N":
		numeric := []retention.PersonalKind{retention.PersonalPhone, retention.PersonalOfficialID, retention.PersonalFinancial, retention.PersonalLocation, retention.PersonalBirth}
		counts := kind == retention.PersonalPhone && slices.Contains([]string{"id", "count", "total"}, last)
		return slices.Contains(numeric, kind) && !counts
	}
	return true
}

// Sampled reports whether a column's values are worth looking at: text of any kind.
func Sampled(c Column) bool {
	return c.TypeCategory == "S" && !c.Enum && c.BaseType != "name" && c.BaseType != "char"
}

var (
	anEmail   = regexp.MustCompile(`(?i)[a-z0-9._%+\-]+@[a-z0-9\-]+(\.[a-z0-9\-]+)*\.[a-z]{2,}`)
	aPhone    = regexp.MustCompile(`^(\+|00)[0-9][0-9 ().\/\-]{6,18}[0-9]$|^\(?0[0-9]{1,5}[)\/ \-][0-9 \-]{4,12}[0-9]$|^\(?[0-9]{3}\)?[ .\-][0-9]{3}[ .\-][0-9]{4}$`)
	anIBAN    = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	onlyDigit = regexp.MustCompile(`^[0-9]{13,19}$`)
)

// KindOfValues judges a column by a sample of its values. A single odd value is no sign:
// at least three, and half of those that are not empty, have to be of one kind; of texts
// of any length a tenth that contain an e-mail address.
func KindOfValues(values []string) retention.PersonalKind {
	n := map[retention.PersonalKind]int{}
	filled := 0
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		filled++
		n[kindOfValue(v)]++
	}
	if n[retention.PersonalEmail] >= 3 && 10*n[retention.PersonalEmail] >= filled {
		return retention.PersonalEmail
	}
	for _, kind := range []retention.PersonalKind{retention.PersonalPhone, retention.PersonalFinancial, retention.PersonalOnline} {
		if n[kind] >= 3 && 2*n[kind] >= filled {
			return kind
		}
	}
	return ""
}

func kindOfValue(v string) retention.PersonalKind {
	switch {
	case anEmail.MatchString(v):
		return retention.PersonalEmail
	case aPhone.MatchString(v):
		return retention.PersonalPhone
	case isIBAN(v), isCard(v):
		return retention.PersonalFinancial
	}
	if _, err := netip.ParseAddr(v); err == nil && strings.ContainsAny(v, ".:") {
		return retention.PersonalOnline
	}
	return ""
}

// isIBAN checks the check digits (ISO 13616: modulo 97).
func isIBAN(v string) bool {
	v = strings.ReplaceAll(v, " ", "")
	if !anIBAN.MatchString(v) {
		return false
	}
	var digits strings.Builder
	for _, r := range v[4:] + v[:4] {
		if unicode.IsDigit(r) {
			digits.WriteRune(r)
		} else {
			digits.WriteString(big.NewInt(int64(r - 'A' + 10)).String())
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && new(big.Int).Mod(n, big.NewInt(97)).Int64() == 1
}

// isCard checks the check digit of a payment card's number (ISO/IEC 7812: Luhn).
func isCard(v string) bool {
	v = strings.NewReplacer(" ", "", "-", "").Replace(v)
	if !onlyDigit.MatchString(v) {
		return false
	}
	sum := 0
	for i := range len(v) {
		d := int(v[len(v)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
