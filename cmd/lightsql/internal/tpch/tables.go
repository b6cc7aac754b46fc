package tpch

import (
	"bufio"
	"io"
	"strconv"
	"time"
)

// Table is one of the eight tables.
type Table struct {
	Name string
	// Create makes it, Indexes its primary key and the indexes on its foreign keys: run them after the rows are loaded.
	Create  string
	Indexes []string
	write   func(w *writer, scale float64)
}

// Write writes the rows at a scale factor in COPY's text format.
func (t *Table) Write(w io.Writer, scale float64) error {
	b := &writer{w: bufio.NewWriterSize(w, 1<<18)}
	t.write(b, scale)
	return b.w.Flush()
}

// writer builds lines; the error of its bufio.Writer is sticky.
type writer struct {
	w    *bufio.Writer
	line []byte
}

func (w *writer) str(s string) { w.line = append(append(w.line, s...), '\t') }
func (w *writer) int(n int)    { w.line = append(strconv.AppendInt(w.line, int64(n), 10), '\t') }

// cents writes a number of hundredths.
func (w *writer) cents(n int) {
	if n < 0 {
		w.line = append(w.line, '-')
		n = -n
	}
	w.line = strconv.AppendInt(w.line, int64(n/100), 10)
	w.line = append(w.line, '.', byte('0'+n/10%10), byte('0'+n%10), '\t')
}

// numbered writes a prefix and a number of nine digits.
func (w *writer) numbered(prefix string, n int) {
	w.line = append(w.line, prefix...)
	for d := 100000000; d > 0; d /= 10 {
		w.line = append(w.line, byte('0'+n/d%10))
	}
	w.line = append(w.line, '\t')
}

func (w *writer) date(day int) {
	w.line = epoch.AddDate(0, 0, day).AppendFormat(w.line, time.DateOnly)
	w.line = append(w.line, '\t')
}

func (w *writer) phone(r *random, nation int) {
	w.line = strconv.AppendInt(w.line, int64(nation+10), 10)
	for _, hi := range []int{999, 999, 9999} {
		w.line = strconv.AppendInt(append(w.line, '-'), int64(r.between(hi/9, hi)), 10)
	}
	w.line = append(w.line, '\t')
}

func (w *writer) end() {
	w.line[len(w.line)-1] = '\n'
	w.w.Write(w.line)
	w.line = w.line[:0]
}

var epoch = time.Date(1992, 1, 1, 0, 0, 0, 0, time.UTC)

func dayOf(date string) int {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return int(t.Sub(epoch).Hours() / 24)
}

var (
	lastOrder = dayOf("1998-12-31") - 151
	today     = dayOf("1995-06-17")
)

func scaled(n int, scale float64) int { return max(1, int(float64(n)*scale+0.5)) }

// Tables are in the order of loading: a table follows those that it refers to.
var Tables = []*Table{
	{Name: "region", write: writeRegions,
		Create:  `CREATE TABLE region (r_regionkey integer NOT NULL, r_name char(25) NOT NULL, r_comment varchar(152))`,
		Indexes: []string{`ALTER TABLE region ADD PRIMARY KEY (r_regionkey)`}},
	{Name: "nation", write: writeNations,
		Create: `CREATE TABLE nation (n_nationkey integer NOT NULL, n_name char(25) NOT NULL, n_regionkey integer NOT NULL,
			n_comment varchar(152))`,
		Indexes: []string{`ALTER TABLE nation ADD PRIMARY KEY (n_nationkey)`, `CREATE INDEX ON nation (n_regionkey)`}},
	{Name: "supplier", write: writeSuppliers,
		Create: `CREATE TABLE supplier (s_suppkey integer NOT NULL, s_name char(25) NOT NULL, s_address varchar(40) NOT NULL,
			s_nationkey integer NOT NULL, s_phone char(15) NOT NULL, s_acctbal numeric(15,2) NOT NULL,
			s_comment varchar(101) NOT NULL)`,
		Indexes: []string{`ALTER TABLE supplier ADD PRIMARY KEY (s_suppkey)`, `CREATE INDEX ON supplier (s_nationkey)`}},
	{Name: "part", write: writeParts,
		Create: `CREATE TABLE part (p_partkey integer NOT NULL, p_name varchar(55) NOT NULL, p_mfgr char(25) NOT NULL,
			p_brand char(10) NOT NULL, p_type varchar(25) NOT NULL, p_size integer NOT NULL, p_container char(10) NOT NULL,
			p_retailprice numeric(15,2) NOT NULL, p_comment varchar(23) NOT NULL)`,
		Indexes: []string{`ALTER TABLE part ADD PRIMARY KEY (p_partkey)`}},
	{Name: "partsupp", write: writePartSupps,
		Create: `CREATE TABLE partsupp (ps_partkey integer NOT NULL, ps_suppkey integer NOT NULL, ps_availqty integer NOT NULL,
			ps_supplycost numeric(15,2) NOT NULL, ps_comment varchar(199) NOT NULL)`,
		Indexes: []string{`ALTER TABLE partsupp ADD PRIMARY KEY (ps_partkey, ps_suppkey)`, `CREATE INDEX ON partsupp (ps_suppkey)`}},
	{Name: "customer", write: writeCustomers,
		Create: `CREATE TABLE customer (c_custkey integer NOT NULL, c_name varchar(25) NOT NULL, c_address varchar(40) NOT NULL,
			c_nationkey integer NOT NULL, c_phone char(15) NOT NULL, c_acctbal numeric(15,2) NOT NULL,
			c_mktsegment char(10) NOT NULL, c_comment varchar(117) NOT NULL)`,
		Indexes: []string{`ALTER TABLE customer ADD PRIMARY KEY (c_custkey)`, `CREATE INDEX ON customer (c_nationkey)`}},
	{Name: "orders", write: writeOrders,
		Create: `CREATE TABLE orders (o_orderkey integer NOT NULL, o_custkey integer NOT NULL, o_orderstatus char(1) NOT NULL,
			o_totalprice numeric(15,2) NOT NULL, o_orderdate date NOT NULL, o_orderpriority char(15) NOT NULL,
			o_clerk char(15) NOT NULL, o_shippriority integer NOT NULL, o_comment varchar(79) NOT NULL)`,
		Indexes: []string{`ALTER TABLE orders ADD PRIMARY KEY (o_orderkey)`, `CREATE INDEX ON orders (o_custkey)`}},
	{Name: "lineitem", write: writeLineItems,
		Create: `CREATE TABLE lineitem (l_orderkey integer NOT NULL, l_partkey integer NOT NULL, l_suppkey integer NOT NULL,
			l_linenumber integer NOT NULL, l_quantity numeric(15,2) NOT NULL, l_extendedprice numeric(15,2) NOT NULL,
			l_discount numeric(15,2) NOT NULL, l_tax numeric(15,2) NOT NULL, l_returnflag char(1) NOT NULL,
			l_linestatus char(1) NOT NULL, l_shipdate date NOT NULL, l_commitdate date NOT NULL, l_receiptdate date NOT NULL,
			l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL, l_comment varchar(44) NOT NULL)`,
		Indexes: []string{`ALTER TABLE lineitem ADD PRIMARY KEY (l_orderkey, l_linenumber)`,
			`CREATE INDEX ON lineitem (l_partkey, l_suppkey)`, `CREATE INDEX ON lineitem (l_suppkey)`}},
}
