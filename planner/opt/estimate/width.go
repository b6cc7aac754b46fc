package estimate

import "github.com/lightsql/lightsql/sql/types"

// TypeWidth is the average width of a value, as PostgreSQL guesses without statistics.
func TypeWidth(t types.T) int {
	ti, ok := types.Info(t.OID)
	if !ok {
		return 32
	}
	if ti.Len > 0 {
		return int(ti.Len)
	}
	if t.Mod > 4 {
		switch t.OID {
		case types.BPCharOID:
			return int(t.Mod)
		case types.VarcharOID:
			w := int(t.Mod)
			switch {
			case w <= 32:
				return w
			case w < 1000:
				return 32 + (w-32)/2
			}
			return 32 + (1000-32)/2
		case types.NumericOID:
			// PostgreSQL asks type_maximum_size: the digits of the precision in groups of four.
			p, _, ok := types.NumericMod(t.Mod)
			if ok {
				w := (p+2*4-1)/4*2 + 8
				if w <= 32 {
					return w
				}
				return 32 + (w-32)/2
			}
		}
	}
	return 32
}
