package tpch

// Numbers of the tables, which make their random rows differ.
const (
	regionRows = iota + 1
	nationRows
	supplierRows
	partRows
	partSuppRows
	customerRows
	orderRows
)

func writeRegions(w *writer, _ float64) {
	for i, name := range regions {
		w.int(i)
		w.str(name)
		w.str(newRandom(regionRows, i).comment(31, 115))
		w.end()
	}
}

func writeNations(w *writer, _ float64) {
	for i, n := range nations {
		w.int(i)
		w.str(n.name)
		w.int(n.region)
		w.str(newRandom(nationRows, i).comment(31, 114))
		w.end()
	}
}

func writeSuppliers(w *writer, scale float64) {
	for k := 1; k <= scaled(10000, scale); k++ {
		r := newRandom(supplierRows, k)
		nation := r.between(0, 24)
		w.int(k)
		w.numbered("Supplier#", k)
		w.line = append(r.address(w.line, 10, 40), '\t')
		w.int(nation)
		w.phone(r, nation)
		w.cents(r.between(-99999, 999999))
		c := r.comment(50, 100)
		switch k % 2000 { // five of 10,000 each
		case 100:
			c = "Customer " + c[:20] + "Complaints" + c[:20]
		case 101:
			c = "Customer " + c[:20] + "Recommends" + c[:20]
		}
		w.str(c)
		w.end()
	}
}

func writeParts(w *writer, scale float64) {
	for k := 1; k <= scaled(200000, scale); k++ {
		r := newRandom(partRows, k)
		w.int(k)
		var used [5]string
		for i := range used {
			for again := true; again; {
				used[i], again = r.pick(colors), false
				for _, u := range used[:i] {
					again = again || u == used[i]
				}
			}
			if i > 0 {
				w.line = append(w.line, ' ')
			}
			w.line = append(w.line, used[i]...)
		}
		w.line = append(w.line, '\t')
		m, n := r.between(1, 5), r.between(1, 5)
		w.line = append(append(w.line, "Manufacturer#"...), byte('0'+m), '\t')
		w.line = append(append(w.line, "Brand#"...), byte('0'+m), byte('0'+n), '\t')
		w.str(r.pick(typeSizes) + " " + r.pick(typeFinishes) + " " + r.pick(typeMetals))
		w.int(r.between(1, 50))
		w.str(r.pick(boxSizes) + " " + r.pick(boxes))
		w.cents(retailCents(k))
		w.str(r.comment(5, 22))
		w.end()
	}
}

func retailCents(part int) int { return 90000 + part/10%20001 + 100*(part%1000) }

// supplierOf is the i-th of a part's four suppliers.
func supplierOf(part, i, suppliers int) int {
	return (part+i*(suppliers/4+(part-1)/suppliers))%suppliers + 1
}

func writePartSupps(w *writer, scale float64) {
	suppliers := scaled(10000, scale)
	for k := 1; k <= scaled(200000, scale); k++ {
		r := newRandom(partSuppRows, k)
		for i := range 4 {
			w.int(k)
			w.int(supplierOf(k, i, suppliers))
			w.int(r.between(1, 9999))
			w.cents(r.between(100, 100000))
			w.str(r.comment(49, 198))
			w.end()
		}
	}
}

func writeCustomers(w *writer, scale float64) {
	for k := 1; k <= scaled(150000, scale); k++ {
		r := newRandom(customerRows, k)
		nation := r.between(0, 24)
		w.int(k)
		w.numbered("Customer#", k)
		w.line = append(r.address(w.line, 10, 40), '\t')
		w.int(nation)
		w.phone(r, nation)
		w.cents(r.between(-99999, 999999))
		w.str(r.pick(segments))
		w.str(r.comment(29, 116))
		w.end()
	}
}

// order is what an order and its lines have in common.
type order struct {
	r     *random
	key   int
	day   int
	lines []line
}

type line struct {
	part, supplier, quantity, price, discount, tax, ship, commit, receipt int
}

// orderOf makes order number n: of every 32 keys the first 8 are used.
func orderOf(n int, scale float64) *order {
	o := &order{r: newRandom(orderRows, n), key: n/8*32 + n%8 + 1}
	r := o.r
	o.day = r.between(0, lastOrder)
	parts, suppliers := scaled(200000, scale), scaled(10000, scale)
	o.lines = make([]line, r.between(1, 7))
	for i := range o.lines {
		l := line{part: r.between(1, parts), quantity: r.between(1, 50), discount: r.between(0, 10), tax: r.between(0, 8)}
		l.supplier = supplierOf(l.part, r.between(0, 3), suppliers)
		l.price = l.quantity * retailCents(l.part)
		l.ship = o.day + r.between(1, 121)
		l.commit = o.day + r.between(30, 90)
		l.receipt = l.ship + r.between(1, 30)
		o.lines[i] = l
	}
	return o
}

func writeOrders(w *writer, scale float64) {
	customers, clerks := scaled(150000, scale), scaled(1000, scale)
	for n := range scaled(1500000, scale) {
		o := orderOf(n, scale)
		customer := o.r.between(1, customers)
		for customer%3 == 0 && customers > 2 {
			customer = o.r.between(1, customers)
		}
		total, open := 0, 0
		for _, l := range o.lines {
			total += (l.price*(100+l.tax)/100*(100-l.discount) + 50) / 100
			if l.ship > today {
				open++
			}
		}
		w.int(o.key)
		w.int(customer)
		switch open {
		case 0:
			w.str("F")
		case len(o.lines):
			w.str("O")
		default:
			w.str("P")
		}
		w.cents(total)
		w.date(o.day)
		w.str(o.r.pick(priorities))
		w.numbered("Clerk#", o.r.between(1, clerks))
		w.int(0)
		w.str(o.r.comment(19, 78))
		w.end()
	}
}

func writeLineItems(w *writer, scale float64) {
	for n := range scaled(1500000, scale) {
		o := orderOf(n, scale)
		r := o.r
		for i, l := range o.lines {
			w.int(o.key)
			w.int(l.part)
			w.int(l.supplier)
			w.int(i + 1)
			w.cents(l.quantity * 100)
			w.cents(l.price)
			w.cents(l.discount)
			w.cents(l.tax)
			switch {
			case l.receipt > today:
				w.str("N")
			case r.between(0, 1) == 0:
				w.str("R")
			default:
				w.str("A")
			}
			if l.ship > today {
				w.str("O")
			} else {
				w.str("F")
			}
			w.date(l.ship)
			w.date(l.commit)
			w.date(l.receipt)
			w.str(r.pick(shipInstructs))
			w.str(r.pick(shipModes))
			w.str(r.comment(10, 43))
			w.end()
		}
	}
}
