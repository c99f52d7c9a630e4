package target

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const digestSize = sha256.Size

// parallelFrom is the number of digests from which two goroutines make them.
const parallelFrom = 4096

// digests makes one digest per changed record: SHA-256 over the secret, the table
// and the canonical key. Every part carries its length, so that no two keys make
// the same bytes. keys has one column per part of the key, each of length n. They are
// written into buf if it is large enough: fresh memory for the digests of every batch
// cost as much as making them.
func (t *Target) digests(table retention.TableName, keys []keyColumn, n int, buf []byte) ([]byte, error) {
	for _, column := range keys {
		if column.n != n {
			return nil, fmt.Errorf("%d keys came back for %d changed rows", column.n, n)
		}
	}
	prefix := appendPart(slices.Clone(t.evidence[:]), []byte(table.String()))
	out := slices.Grow(buf[:0], n*digestSize)[:n*digestSize]
	if n < parallelFrom {
		digestRange(prefix, keys, out, 0, n)
		return out, nil
	}
	// There are two processors at least, one of which the server may be using.
	var wg sync.WaitGroup
	wg.Go(func() { digestRange(prefix, keys, out, 0, n/2) })
	digestRange(prefix, keys, out, n/2, n)
	wg.Wait()
	return out, nil
}

func digestRange(prefix []byte, keys []keyColumn, out []byte, from, to int) {
	buf := make([]byte, 0, 256)
	text := make([]byte, 0, 64)
	for i := from; i < to; i++ {
		buf = append(buf[:0], prefix...)
		for _, column := range keys {
			text = column.appendText(text[:0], i)
			buf = appendPart(buf, text)
		}
		sum := sha256.Sum256(buf)
		copy(out[i*digestSize:], sum[:])
	}
}

func appendPart(buf, part []byte) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(part)))
	return append(buf, part...)
}

// Digest is the digest of one record, by its canonical key.
func (t *Target) Digest(table retention.TableName, key retention.Key) []byte {
	keys := make([]keyColumn, len(key))
	for i, part := range key {
		keys[i] = keyColumn{n: 1, texts: [][]byte{[]byte(part)}}
	}
	out, err := t.digests(table, keys, 1, nil)
	if err != nil {
		panic(err) // each column has one key
	}
	return out
}

// keyColumn is one part of the key of n records: texts, or integers as they came
// over the wire, each 8 bytes after 4 of its length.
type keyColumn struct {
	n     int
	texts [][]byte
	ints  []byte
}

const (
	intLength = 4
	intWidth  = intLength + 8
)

// appendText appends the canonical text of the i-th record's part.
func (k keyColumn) appendText(buf []byte, i int) []byte {
	if k.texts != nil {
		return append(buf, k.texts[i]...)
	}
	return strconv.AppendInt(buf, int64(binary.BigEndian.Uint64(k.ints[i*intWidth+intLength:])), 10)
}

// rawRow reads a single row from its wire form: counts, then arrays of key texts.
// A batch has thousands of keys, and making a Go string of each costs more than
// hashing them.
type rawRow struct {
	values [][]byte
	next   int
	err    error
}

// rawRow runs a statement that answers exactly one row. The answer is valid until the
// next one: its bytes are kept in the same place.
func (d *disposition) rawRow(ctx context.Context, s sqlgen.Statement) (*rawRow, error) {
	r, buf, err := readRaw(ctx, d.conn, s, d.raw)
	d.raw = buf
	return r, err
}

// readRaw does so with the answer kept in buf, if it is large enough, which is answered too.
func readRaw(ctx context.Context, q querier, s sqlgen.Statement, buf []byte) (*rawRow, []byte, error) {
	rows, err := q.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, buf, err
	}
	return takeRaw(rows, buf)
}

// takeRaw takes the single row of an answer, which it closes.
func takeRaw(rows pgx.Rows, buf []byte) (*rawRow, []byte, error) {
	defer rows.Close()
	if !rows.Next() {
		return nil, buf, cmp.Or(rows.Err(), pgx.ErrNoRows)
	}
	r := &rawRow{values: make([][]byte, len(rows.RawValues()))}
	for i, f := range rows.FieldDescriptions() {
		if f.Format != pgx.BinaryFormatCode {
			return nil, buf, fmt.Errorf("column %d came back as text", i)
		}
	}
	buf = buf[:0]
	for i, v := range rows.RawValues() {
		from := len(buf)
		buf = append(buf, v...)
		r.values[i] = buf[from:len(buf):len(buf)]
	}
	rows.Close()
	return r, buf, rows.Err()
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

// int8OID is the element type of an array of bigint (pg_type.dat).
const int8OID = 20

// keys takes the next n columns, each an array without NULLs.
func (r *rawRow) keys(n int) []keyColumn {
	out := make([]keyColumn, n)
	for i := range out {
		if r.next >= len(r.values) {
			r.fail(fmt.Errorf("column %d is missing", r.next))
			return nil
		}
		var err error
		if out[i], err = parseKeys(r.values[r.next]); err != nil {
			r.fail(err)
			return nil
		}
		r.next++
	}
	return out
}

// tids takes the next column, an array of row addresses.
func (r *rawRow) tids() []pgtype.TID {
	if r.next >= len(r.values) {
		r.fail(fmt.Errorf("column %d is missing", r.next))
		return nil
	}
	k, err := parseKeys(r.values[r.next])
	if r.next++; err != nil {
		r.fail(err)
		return nil
	}
	out := make([]pgtype.TID, len(k.texts))
	for i, b := range k.texts {
		if len(b) != 6 {
			r.fail(errors.New("malformed row address"))
			return nil
		}
		out[i] = pgtype.TID{BlockNumber: binary.BigEndian.Uint32(b), OffsetNumber: binary.BigEndian.Uint16(b[4:]), Valid: true}
	}
	return out
}

// parseKeys reads PostgreSQL's binary form of a one-dimensional array: dimensions, a
// flag for NULLs, the element type, length and lower bound, then each element with
// its length.
func parseKeys(b []byte) (k keyColumn, err error) {
	bad := errors.New("malformed array of keys")
	if len(b) < 12 {
		return k, bad
	}
	if binary.BigEndian.Uint32(b) == 0 {
		return k, nil
	}
	if len(b) < 20 || binary.BigEndian.Uint32(b) != 1 {
		return k, bad
	}
	k.n = int(binary.BigEndian.Uint32(b[12:]))
	if binary.BigEndian.Uint32(b[8:]) == int8OID {
		k.ints = b[20:]
		return k, checkInts(k)
	}
	k.texts = make([][]byte, 0, k.n)
	b = b[20:]
	for range k.n {
		if len(b) < 4 {
			return k, bad
		}
		size := int(int32(binary.BigEndian.Uint32(b)))
		if size < 0 || len(b) < 4+size {
			return k, bad
		}
		k.texts = append(k.texts, b[4:4+size])
		b = b[4+size:]
	}
	return k, nil
}

// checkInts makes sure that every element is there and is no NULL.
func checkInts(k keyColumn) error {
	if len(k.ints) != k.n*intWidth {
		return errors.New("malformed array of integer keys")
	}
	for i := range k.n {
		if binary.BigEndian.Uint32(k.ints[i*intWidth:]) != intWidth-intLength {
			return errors.New("an integer key is no bigint")
		}
	}
	return nil
}
