package store

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/retention"
)

// cursor is the sort key of the last item of a page. What comes after it is found
// by comparing keys, so items that are added or removed meanwhile neither repeat
// nor hide others.
type cursor struct {
	// List is the list it belongs to.
	List string `json:"l"`
	// At is microseconds since 1970, PostgreSQL's own resolution.
	At int64  `json:"t,omitempty"`
	ID string `json:"i,omitempty"`
	N  int64  `json:"n,omitempty"`
	M  int64  `json:"m,omitempty"`
}

// The ends of a list, as the cursor of its first page.
const (
	beforeAllTime = math.MinInt64
	afterAllTime  = math.MaxInt64
	lowestUUID    = "00000000-0000-0000-0000-000000000000"
	highestUUID   = "ffffffff-ffff-ffff-ffff-ffffffffffff"
)

func newestFirst(list string) cursor {
	return cursor{List: list, At: afterAllTime, ID: highestUUID}
}

func oldestFirst(list string) cursor {
	return cursor{List: list, At: beforeAllTime, ID: lowestUUID}
}

// momentOf is the cursor of an item that is sorted by time and id.
func momentOf(list string, at time.Time, id string) cursor {
	return cursor{List: list, At: at.UnixMicro(), ID: id}
}

// time is At as the database takes it.
func (c cursor) time() pgtype.Timestamptz {
	switch c.At {
	case beforeAllTime:
		return infinity(-1)
	case afterAllTime:
		return infinity(1)
	}
	return pgtype.Timestamptz{Time: time.UnixMicro(c.At), Valid: true}
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// readPage checks the page that is asked for: its size, and the key after which
// it begins, which is first on the first page.
func readPage(p retention.Page, first cursor) (limit int, after cursor, err error) {
	limit = p.Limit
	if limit == 0 {
		limit = retention.DefaultPage
	}
	if limit < 1 || limit > retention.MaxPage {
		return 0, cursor{}, retention.Invalid("limit", "must be from 1 to %d, not %d", retention.MaxPage, p.Limit)
	}
	if p.Cursor == "" {
		return limit, first, nil
	}
	after, ok := parseCursor(p.Cursor)
	if !ok || after.List != first.List || (isUUID(first.ID) && !isUUID(after.ID)) {
		return 0, cursor{}, retention.Invalid("cursor", "is not one that this list gave; leave it out for the first page")
	}
	return limit, after, nil
}

// maxCursorTime bounds a forged cursor to times that PostgreSQL can represent.
const maxCursorTime = 253_402_300_800_000_000 // the year 10000

func parseCursor(s string) (c cursor, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(b, &c) != nil {
		return cursor{}, false
	}
	end := c.At == beforeAllTime || c.At == afterAllTime
	return c, end || (c.At > -maxCursorTime && c.At < maxCursorTime)
}

// cut makes a page of limit items and the cursor of the next one, out of a query
// that was asked for one item more.
func cut[T any](items []T, limit int, at func(T) cursor) ([]T, string) {
	if len(items) <= limit {
		return items, ""
	}
	items = items[:limit]
	return items, at(items[limit-1]).String()
}
