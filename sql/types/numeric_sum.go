package types

// Accumulate adds o to n. It is Add in place: the usual case, small numbers of one scale, writes nothing but the coefficient.
func (n *Numeric) Accumulate(o *Numeric) error {
	if n.form|o.form == numFinite && n.big == nil && o.big == nil && n.scale == o.scale {
		sum := n.coef + o.coef
		if (sum > n.coef) == (o.coef > 0) {
			n.coef = sum
			return nil
		}
	}
	r, err := n.Add(*o)
	*n = r
	return err
}
