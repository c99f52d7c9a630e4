package target

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const digestSize = sha256.Size

// digests makes one digest per changed record: SHA-256 over the secret, the table
// and the canonical key. Every part carries its length, so that no two keys make
// the same bytes. keys has one array per key column, all of length n.
func (t *Target) digests(table retention.TableName, keys [][][]byte, n int, row *rawRow) []byte {
	for _, column := range keys {
		if len(column) != n {
			row.fail(fmt.Errorf("%d keys came back for %d changed rows", len(column), n))
			return nil
		}
	}
	prefix := appendPart(slices.Clone(t.evidence[:]), []byte(table.String()))
	out := make([]byte, 0, n*digestSize)
	buf := make([]byte, 0, 256)
	for i := range n {
		buf = append(buf[:0], prefix...)
		for _, column := range keys {
			buf = appendPart(buf, column[i])
		}
		sum := sha256.Sum256(buf)
		out = append(out, sum[:]...)
	}
	return out
}

func appendPart(buf, part []byte) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(part)))
	return append(buf, part...)
}

// Digest is the digest of one record, by its canonical key.
func (t *Target) Digest(table retention.TableName, key retention.Key) []byte {
	keys := make([][][]byte, len(key))
	for i, part := range key {
		keys[i] = [][]byte{[]byte(part)}
	}
	return t.digests(table, keys, 1, &rawRow{})
}

// rawRow reads a single row from its wire form: counts, then arrays of key texts.
// A batch has thousands of keys, and making a Go string of each costs more than
// hashing them.
type rawRow struct {
	values [][]byte
	next   int
	err    error
}

// rawRow runs a statement that answers exactly one row.
func (d *disposition) rawRow(ctx context.Context, s sqlgen.Statement) (*rawRow, error) {
	rows, err := d.conn.Query(ctx, s.SQL, s.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), rowsMissing(rows))
	}
	r := &rawRow{values: make([][]byte, len(rows.RawValues()))}
	for i, f := range rows.FieldDescriptions() {
		if f.Format != pgx.BinaryFormatCode {
			return nil, fmt.Errorf("column %d came back as text", i)
		}
	}
	for i, v := range rows.RawValues() {
		r.values[i] = slices.Clone(v)
	}
	rows.Close()
	return r, rows.Err()
}

func rowsMissing(rows pgx.Rows) error {
	if rows.Err() != nil {
		return nil
	}
	return pgx.ErrNoRows
}

func (r *rawRow) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// int takes the next column, a bigint.
func (r *rawRow) int() int64 {
	if r.next >= len(r.values) || len(r.values[r.next]) != 8 {
		r.fail(fmt.Errorf("column %d is no bigint", r.next))
		return 0
	}
	v := int64(binary.BigEndian.Uint64(r.values[r.next]))
	r.next++
	return v
}

// textArrays takes the next n columns, each a text[] without NULLs.
func (r *rawRow) textArrays(n int) [][][]byte {
	out := make([][][]byte, n)
	for i := range out {
		if r.next >= len(r.values) {
			r.fail(fmt.Errorf("column %d is missing", r.next))
			return nil
		}
		var err error
		if out[i], err = parseTextArray(r.values[r.next]); err != nil {
			r.fail(err)
			return nil
		}
		r.next++
	}
	return out
}

// parseTextArray reads PostgreSQL's binary form of a one-dimensional array:
// dimensions, a flag for NULLs, the element type, length and lower bound, then each
// element with its length.
func parseTextArray(b []byte) ([][]byte, error) {
	bad := errors.New("malformed array of keys")
	if len(b) < 12 {
		return nil, bad
	}
	if binary.BigEndian.Uint32(b) == 0 {
		return nil, nil
	}
	if len(b) < 20 || binary.BigEndian.Uint32(b) != 1 {
		return nil, bad
	}
	n := int(binary.BigEndian.Uint32(b[12:]))
	out := make([][]byte, 0, n)
	for b = b[20:]; len(out) < n; {
		if len(b) < 4 {
			return nil, bad
		}
		size := int(int32(binary.BigEndian.Uint32(b)))
		if size < 0 || len(b) < 4+size {
			return nil, bad
		}
		out = append(out, b[4:4+size])
		b = b[4+size:]
	}
	return out, nil
}
