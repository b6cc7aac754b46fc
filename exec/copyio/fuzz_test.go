package copyio

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// chunks yields data in pieces of a few bytes, so that every line end and escape is split somewhere.
type chunks struct {
	rest []byte
	n    int
}

func (c *chunks) Next() ([]byte, error) {
	if len(c.rest) == 0 {
		return nil, io.EOF
	}
	n := min(c.n, len(c.rest))
	chunk := c.rest[:n]
	c.rest = c.rest[n:]
	return chunk, nil
}

type collected struct{ bytes.Buffer }

func (c *collected) Write(p []byte) error {
	_, err := c.Buffer.Write(p)
	return err
}

// fuzzColumns are a column for each way that values are held.
var fuzzColumns = []Column{{"a", types.Of(types.Int4OID)}, {"b", types.Of(types.TextOID)}, {"c", types.Of(types.NumericOID)}, {"d", types.Of(types.Int4ArrayOID)}}

// FuzzRead reads any data in each format, in chunks of any size: nothing panics, and the rows that were read are written and read again as the same data.
func FuzzRead(f *testing.F) {
	for format, data := range []string{"1\tx\t1.5\t{1,2}\n\\N\t\\\\a\\x41\\101\\\n\t\\N\t{}\n\\.\n", "1,\"x\"\"y\n\",1.5,\"{1,2}\"\r\n,,,\n\\.\n",
		string(binarySignature) + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00\x01x\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		f.Add([]byte(data), uint8(format), uint8(3), false)
		f.Add([]byte(data), uint8(format), uint8(100), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, format, size uint8, header bool) {
		o := &Options{Format: Format(format % 3), Delimiter: '\t', Null: `\N`}
		if o.Format == CSV {
			o.Delimiter, o.Null, o.Quote, o.Escape = ',', "", '"', '"'
		}
		if header && o.Format != Binary {
			o.Header = WithHeader
		}
		first, rows, err := copyThrough(o, data, int(size)+1)
		if err != nil {
			return
		}
		second, again, err := copyThrough(o, first, 7)
		if err != nil || again != rows || !bytes.Equal(first, second) {
			t.Errorf("%q is written as %q, which is read as %q: %v", data, first, second, err)
		}
	})
}

// copyThrough reads data and writes it again.
func copyThrough(o *Options, data []byte, size int) (out []byte, rows int, err error) {
	env := types.NewEnv()
	r := NewReader(o, &chunks{rest: data, n: size}, "t", fuzzColumns, env, 10)
	var dst collected
	w := NewWriter(o, &dst, fuzzColumns, env)
	if err := w.Start(); err != nil {
		return nil, 0, err
	}
	for {
		var b *vec.Batch
		if b, err = r.Next(context.Background()); err != nil {
			return nil, rows, err
		}
		if b.Len == 0 {
			break
		}
		rows += b.Len
		if err := w.Batch(b); err != nil {
			return nil, rows, err
		}
	}
	return dst.Bytes(), rows, w.End()
}
