package target

import (
	"encoding/json"
	"fmt"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// position is how far a walk has come, kept in the progress row.
type position struct {
	Walk plan.WalkKind `json:"walk"`
	// Leaf is the partition in which the walk is, or the oid from which on it looks for the
	// next; 0 in a plain table, and before the first. Base is what had been counted when
	// the walk came into it.
	Leaf uint32            `json:"leaf,omitempty"`
	Base *retention.Counts `json:"base,omitempty"`
	// Since: the walk began where the last complete pass had ended.
	Since bool `json:"since,omitempty"`
	// Form is the definition and the storage of what is walked, when the walk began; Tied that
	// rows of one timestamp were walked by blocks.
	Form string `json:"form,omitempty"`
	Tied bool   `json:"tied,omitempty"`
	// Drop: the partition was walked, and is to be dropped if it is empty.
	Drop bool `json:"drop,omitempty"`
	// Lo is where the next slice begins; nil before the first one.
	Lo *mark `json:"lo,omitempty"`
	// Tie is the timestamp of a group larger than a step, which is walked by blocks
	// From to End; nil elsewhere.
	Tie *mark `json:"tie,omitempty"`
	// Block and End bound what is left of a walk by blocks; End is fixed at its start. Row is
	// the place in the block where a step ended that was to have fewer rows than that.
	Block int64 `json:"block,omitempty"`
	Row   int64 `json:"row,omitempty"`
	End   int64 `json:"end,omitempty"`
	// Density is the number of rows per block that a step reckons with.
	Density float64 `json:"density,omitempty"`
	// Filenode is the table's storage at the start of a walk by blocks: a rewritten
	// table has other blocks, and the walk starts again.
	Filenode uint32 `json:"filenode,omitempty"`
	Started  bool   `json:"started,omitempty"`
	// Rewrote is how many rows of the table had lost a reference before this pass over it, Left
	// how many were blocked in the one before, and Passes how many there were.
	Rewrote int64 `json:"rewrote,omitempty"`
	Left    int64 `json:"left,omitempty"`
	Passes  int   `json:"passes,omitempty"`
	// Before is how many rows were processed before this pass over the table. Again: the
	// pass begins, and what the former one left is counted anew.
	Before int64 `json:"before,omitempty"`
	Again  bool  `json:"again,omitempty"`
	// Most is the high-water mark of the counts, kept where the walk has started again.
	Most *retention.Counts `json:"most,omitempty"`
	// Refused are the rows that the run names; see retention.Progress.
	Refused []retention.RefusedRow `json:"refused,omitempty"`
}

// mark is a value of the timestamp column: a time, or an integer.
type mark struct {
	Time *time.Time
	Int  *int64
}

// markTime is a moment as it is kept: JSON knows no year before 0 or after 9999.
type markTime struct {
	Seconds int64 `json:"s"`
	Nanos   int   `json:"n,omitempty"`
}

// MarshalJSON keeps the moment as seconds since 1970.
func (m *mark) MarshalJSON() ([]byte, error) {
	if m.Time == nil {
		return json.Marshal(map[string]*int64{"i": m.Int})
	}
	return json.Marshal(map[string]markTime{"u": {m.Time.Unix(), m.Time.Nanosecond()}})
}

// UnmarshalJSON reads it, also as a time in text, as it was kept before.
func (m *mark) UnmarshalJSON(data []byte) error {
	var kept struct {
		Time *time.Time `json:"t"`
		Unix *markTime  `json:"u"`
		Int  *int64     `json:"i"`
	}
	if err := json.Unmarshal(data, &kept); err != nil {
		return err
	}
	m.Time, m.Int = kept.Time, kept.Int
	if kept.Unix != nil {
		at := time.Unix(kept.Unix.Seconds, int64(kept.Unix.Nanos)).UTC()
		m.Time = &at
	}
	return nil
}

// newMark keeps what the driver read from the timestamp column.
func newMark(v any) (*mark, error) {
	switch v := v.(type) {
	case time.Time:
		u := v.UTC()
		return &mark{Time: &u}, nil
	case int32:
		n := int64(v)
		return &mark{Int: &n}, nil
	case int64:
		return &mark{Int: &v}, nil
	}
	return nil, fmt.Errorf("unexpected value %v (%T) in the timestamp column", v, v)
}

// value is the form in which the mark is an argument.
func (m *mark) value() any {
	if m == nil {
		return nil
	}
	if m.Int != nil {
		return *m.Int
	}
	return *m.Time
}

func (m *mark) equal(o *mark) bool {
	if m.Int != nil {
		return o.Int != nil && *m.Int == *o.Int
	}
	return o.Time != nil && m.Time.Equal(*o.Time)
}

func (p position) json() ([]byte, error) { return json.Marshal(p) }
