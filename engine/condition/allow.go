package condition

import (
	"maps"
	"slices"
	"strings"
)

// Limits of one condition. They bound what a page shows, what the server plans
// and how deep any recursion over the tree can go.
const (
	// MaxLength is in characters, for the text and for its canonical form.
	MaxLength = 10_000
	// MaxDepth counts nested parentheses, calls and lists, and the height of the
	// tree: NOT, signs, casts and operators applied to each other. AND and OR
	// chains are one level however long.
	MaxDepth = 64
	// maxExpanded bounds the nodes after PostgreSQL has expanded BETWEEN and IN,
	// which copy their left operand for each comparison: 64 of them inside each
	// other would be 2^64 nodes in the server's memory.
	maxExpanded = 50_000
)

// What errors say is allowed.
const (
	allowedTerm = "columns, constants, casts and the listed functions"
	allowedAll  = "columns, constants, comparisons, IS NULL, BETWEEN, IN (list), LIKE, AND, OR, NOT, " +
		"arithmetic, JSON access, casts and the listed functions"
	allowedString     = "plain strings in single quotes, with '' for a quote inside"
	allowedQuotes     = "'…' around strings and \"…\" around names, each with the quote inside doubled"
	allowedCharacters = "printable characters of Unicode, spaces, tabs and line ends"
	allowedOutside    = "names, numbers, operators, commas and parentheses; anything else in quotes"
)

// Operators by how tightly they bind, as in PostgreSQL's grammar since 9.5.
//
// They are printed by their plain names, not as OPERATOR(pg_catalog.=): types of
// extensions bring operators of their own (citext's = ignores case), and a
// qualified one would quietly compare them as text, so that a hold would miss
// rows that its author sees. The price is that the governed database's
// search_path decides, as it does for everything its owner writes. That is a
// matter for the server-side check: built-in operators are pinned and leave no
// row in pg_depend, so what a condition resolved to outside pg_catalog can be
// listed. Functions and types have no such use and are always qualified.
var (
	comparisonOps     = set("=", "<>", "!=", "<", "<=", ">", ">=")
	otherOps          = set("||", "->", "->>", "#>", "#>>", "@>", "<@", "?", "~", "~*", "!~", "!~*")
	additiveOps       = set("+", "-")
	multiplicativeOps = set("*", "/", "%")
)

// timeOps may resolve a string beside them as a date, a time or an array of
// them; see saysNow. JSON access and regular expressions take text alone.
var timeOps = set("+", "-", "*", "/", "%", "||", "@>", "<@")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// function is an entry of the allow-list. Its key is what people write.
type function struct {
	name     string // in pg_catalog; empty means as written
	min, max int    // arguments; max < 0 is any number
	syntax   bool   // no function of pg_catalog but an expression of the grammar
	times    bool   // its arguments may resolve to dates and times
}

// functions depend on nothing but their arguments: each overload with these
// counts is IMMUTABLE in pg_proc, but for date_trunc and date_part (and EXTRACT)
// over timestamptz, which only the server can see. Not here because they are
// STABLE: concat, format, to_char, to_date. Not here because a small text could
// ask for a large memory: repeat, lpad, rpad.
var functions = map[string]function{
	"lower": {min: 1, max: 1}, "upper": {min: 1, max: 1}, "initcap": {min: 1, max: 1},
	"length": {min: 1, max: 1}, "char_length": {min: 1, max: 1},
	"character_length": {name: "char_length", min: 1, max: 1}, "octet_length": {min: 1, max: 1},
	"trim": {name: "btrim", min: 1, max: 2}, "btrim": {min: 1, max: 2},
	"ltrim": {min: 1, max: 2}, "rtrim": {min: 1, max: 2},
	"substr": {min: 2, max: 3}, "substring": {min: 2, max: 3},
	"left": {min: 2, max: 2}, "right": {min: 2, max: 2}, "reverse": {min: 1, max: 1},
	"replace": {min: 3, max: 3}, "translate": {min: 3, max: 3},
	"starts_with": {min: 2, max: 2}, "split_part": {min: 3, max: 3}, "strpos": {min: 2, max: 2},
	"md5": {min: 1, max: 1},

	"abs": {min: 1, max: 1}, "ceil": {min: 1, max: 1}, "ceiling": {name: "ceil", min: 1, max: 1},
	"floor": {min: 1, max: 1}, "round": {min: 1, max: 2}, "trunc": {min: 1, max: 2},
	"sign": {min: 1, max: 1}, "mod": {min: 2, max: 2}, "div": {min: 2, max: 2},
	"power": {min: 2, max: 2}, "sqrt": {min: 1, max: 1},

	"coalesce": {min: 1, max: -1, syntax: true, times: true},
	"nullif":   {min: 2, max: 2, syntax: true, times: true},
	"greatest": {min: 1, max: -1, syntax: true, times: true},
	"least":    {min: 1, max: -1, syntax: true, times: true},

	"date_trunc": {min: 2, max: 2, times: true}, "date_part": {min: 2, max: 2, times: true},
	"isfinite": {min: 1, max: 1, times: true}, "make_date": {min: 3, max: 3},
	"to_timestamp": {min: 1, max: 1},

	"json_typeof": {min: 1, max: 1}, "jsonb_typeof": {min: 1, max: 1},
	"json_array_length": {min: 1, max: 1}, "jsonb_array_length": {min: 1, max: 1},
	"array_length": {min: 2, max: 2}, "cardinality": {min: 1, max: 1},
}

// allowedFunctions is the list for messages.
func allowedFunctions() string {
	names := append(slices.Collect(maps.Keys(functions)), "extract")
	slices.Sort(names)
	return "the functions " + strings.Join(names, ", ")
}

// extractFields are the fields of EXTRACT that do not ask for a time zone.
var extractFields = set("century", "day", "decade", "dow", "doy", "epoch", "hour", "isodow", "isoyear",
	"julian", "microseconds", "millennium", "milliseconds", "minute", "month", "quarter", "second", "week", "year")

// Why a function or a word that people reach for is refused.
const (
	whyClock     = "the retention period already measures time"
	whyRandom    = "its value differs from call to call"
	whySession   = "it depends on who is connected"
	whySettings  = "it depends on the session's settings"
	whyAggregate = "a condition sees one row at a time"
	whyEffect    = "a condition may not do anything"
)

var refusedFunctions = invert(map[string][]string{
	whyClock: {"now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
		"clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "age"},
	whyRandom: {"random", "random_normal", "gen_random_uuid", "uuid_generate_v4", "uuidv4", "uuidv7"},
	whySession: {"user", "current_user", "current_role", "session_user", "system_user", "current_catalog",
		"current_schema", "current_database", "current_setting", "inet_client_addr", "pg_backend_pid"},
	whySettings:  {"concat", "concat_ws", "format", "to_char", "to_date", "to_number"},
	whyAggregate: {"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "bool_and", "bool_or", "every", "row_number", "rank", "lag", "lead"},
	whyEffect:    {"pg_sleep", "nextval", "setval", "currval", "set_config", "lo_import", "lo_export", "dblink", "pg_terminate_backend"},
})

func invert(m map[string][]string) map[string]string {
	out := map[string]string{}
	for why, names := range m {
		for _, n := range names {
			out[n] = why
		}
	}
	return out
}

// subqueryWords begin another query.
var subqueryWords = set("select", "with", "values", "table", "exists")

// clauseWords end an expression in a longer statement.
var clauseWords = set("union", "intersect", "except", "from", "where", "group", "having", "order", "limit",
	"offset", "fetch", "for", "window", "returning", "into")

// reserved words of PostgreSQL 14 to 18 (pg_get_keywords, catcode R and T, and
// between): unquoted they are no columns. `user` is the reason to refuse rather
// than to guess: SQL reads it as the connected role.
var reserved = set(strings.Fields(`all analyse analyze and any array as asc asymmetric authorization between binary
	both case cast check collate collation column concurrently constraint create cross current_catalog current_date
	current_role current_schema current_time current_timestamp current_user default deferrable desc distinct do else
	end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is
	isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or
	order outer overlaps placing primary references returning right select session_user similar some symmetric
	system_user table tablesample then to trailing true union unique user using variadic verbose when where window
	with`)...)

// dataType is an entry of the list of types, under the name in pg_catalog.
type dataType struct {
	display  string // what people read; empty means the name itself
	mods     []modifier
	temporal bool // its input function knows 'now'; see saysNow
}

// modifier is the range of one number in parentheses.
type modifier struct{ min, max int }

var (
	lengthMod    = []modifier{{1, 10_485_760}}
	precisionMod = []modifier{{0, 6}}
)

var dataTypes = map[string]dataType{
	"bool": {display: "boolean"}, "int2": {display: "smallint"}, "int4": {display: "integer"},
	"int8": {display: "bigint"}, "float4": {display: "real"}, "float8": {display: "double precision"},
	"numeric": {mods: []modifier{{1, 1000}, {0, 1000}}},
	"text":    {}, "varchar": {mods: lengthMod}, "bpchar": {display: "char", mods: lengthMod},
	"date": {temporal: true}, "interval": {},
	"time": {mods: precisionMod, temporal: true}, "timetz": {mods: precisionMod, temporal: true},
	"timestamp":   {mods: precisionMod, temporal: true},
	"timestamptz": {mods: precisionMod, temporal: true},
	"uuid":        {}, "json": {}, "jsonb": {}, "inet": {}, "cidr": {}, "bytea": {},
}

// typeNames maps what people write to the name in pg_catalog; spellings of more
// than one word are the parser's.
var typeNames = map[string]string{
	"boolean": "bool", "bool": "bool", "smallint": "int2", "int2": "int2", "integer": "int4", "int": "int4",
	"int4": "int4", "bigint": "int8", "int8": "int8", "real": "float4", "float4": "float4", "float8": "float8",
	"double": "float8", "numeric": "numeric", "decimal": "numeric", "text": "text", "varchar": "varchar",
	"char": "bpchar", "character": "bpchar", "date": "date", "time": "time", "timetz": "timetz",
	"timestamp": "timestamp", "timestamptz": "timestamptz", "interval": "interval", "uuid": "uuid",
	"json": "json", "jsonb": "jsonb", "inet": "inet", "cidr": "cidr", "bytea": "bytea",
}

// allowedTypes is the list for messages.
func allowedTypes() string {
	names := make([]string, 0, len(dataTypes))
	for name, t := range dataTypes {
		if t.display != "" {
			name = t.display
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return "the types " + strings.Join(names, ", ") + " and one-dimensional arrays of them"
}

// saysNow reports whether a string could be read as the present by the input
// functions of dates and times: 'now', 'today', 'Tomorrow 12:00', '{yesterday}'.
// Such a constant is a clock that no check of volatility sees, since the server
// evaluates it while it parses. PostgreSQL cuts the string at everything that is
// no letter, and so does this.
func saysNow(s string) bool {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.ContainsFunc(words, func(w string) bool {
		return w == "now" || w == "today" || w == "tomorrow" || w == "yesterday"
	})
}

// sorted is a set for messages.
func sorted(m map[string]bool) string {
	words := make([]string, 0, len(m))
	for w := range m {
		words = append(words, w)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}
