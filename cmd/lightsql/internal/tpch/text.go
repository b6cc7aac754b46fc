package tpch

import (
	"strings"
	"sync"
)

var (
	regions = []string{"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"}
	nations = []struct {
		name   string
		region int
	}{
		{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1}, {"EGYPT", 4}, {"ETHIOPIA", 0}, {"FRANCE", 3},
		{"GERMANY", 3}, {"INDIA", 2}, {"INDONESIA", 2}, {"IRAN", 4}, {"IRAQ", 4}, {"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0},
		{"MOROCCO", 0}, {"MOZAMBIQUE", 0}, {"PERU", 1}, {"CHINA", 2}, {"ROMANIA", 3}, {"SAUDI ARABIA", 4}, {"VIETNAM", 2},
		{"RUSSIA", 3}, {"UNITED KINGDOM", 3}, {"UNITED STATES", 1},
	}
	colors = strings.Fields(`almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished
		chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest
		frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen
		magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru
		pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring
		steel tan thistle tomato turquoise violet wheat white yellow`)
	typeSizes     = strings.Fields("STANDARD SMALL MEDIUM LARGE ECONOMY PROMO")
	typeFinishes  = strings.Fields("ANODIZED BURNISHED PLATED POLISHED BRUSHED")
	typeMetals    = strings.Fields("TIN NICKEL BRASS STEEL COPPER")
	boxSizes      = strings.Fields("SM LG MED JUMBO WRAP")
	boxes         = strings.Fields("CASE BOX BAG JAR PKG PACK CAN DRUM")
	segments      = strings.Fields("AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD")
	priorities    = []string{"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"}
	shipInstructs = []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	shipModes     = []string{"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"}

	nouns = strings.Split("packages,requests,accounts,deposits,packages,requests,accounts,deposits,packages,requests,accounts,"+
		"deposits,foxes,ideas,theodolites,pinto beans,instructions,dependencies,excuses,platelets,asymptotes,courts,dolphins,"+
		"multipliers,sauternes,warthogs,frets,dinos,attainments,somas,patterns,forges,braids,hockey players,frays,warhorses,"+
		"dugouts,notornis,epitaphs,pearls,tithes,waters,orbits,gifts,sheaves,depths,sentiments,decoys,realms,pains,grouches,"+
		"escapades", ",")
	verbs = strings.Fields(`sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose sublate solve
		thrash promise engage hinder print x-ray breach eat grow impress mold poach serve run dazzle snooze doze unwind kindle
		play hang believe doubt`)
	adjectives = strings.Fields(`special pending unusual express furious sly careful blithe quick fluffy slow quiet ruthless thin
		close dogged daring brave stealthy permanent enticing idle busy regular final ironic even bold silent special pending
		regular final ironic even bold express unusual`)
	adverbs = strings.Fields(`sometimes always never furiously slyly carefully blithely quickly fluffily slowly quietly ruthlessly
		thinly closely doggedly daringly bravely stealthily permanently enticingly idly busily regularly finally ironically
		evenly boldly silently`)
	prepositions = strings.Split("about,above,according to,across,after,against,along,alongside of,among,around,at,atop,before,"+
		"behind,beneath,beside,besides,between,beyond,by,despite,during,except,for,from,in place of,inside,instead of,into,near,"+
		"of,on,outside,over,past,since,through,throughout,to,toward,under,until,up,upon,without,with,within", ",")
)

const proseBytes = 4 << 20

// prose is the text from which comments are cut: sentences of the specification's grammar, in simplified form.
var prose = sync.OnceValue(func() string {
	var b strings.Builder
	r := newRandom(0, 1)
	nounPhrase := func() {
		switch r.between(0, 3) {
		case 1:
			b.WriteString(r.pick(adjectives) + " ")
		case 2:
			b.WriteString(r.pick(adjectives) + ", " + r.pick(adjectives) + " ")
		case 3:
			b.WriteString(r.pick(adverbs) + " " + r.pick(adjectives) + " ")
		}
		b.WriteString(r.pick(nouns))
	}
	for b.Len() < proseBytes {
		nounPhrase()
		b.WriteString(" " + r.pick(verbs))
		switch r.between(0, 3) {
		case 0:
			b.WriteString(" " + r.pick(adverbs))
		case 1:
			b.WriteString(" " + r.pick(prepositions) + " the ")
			nounPhrase()
		case 2:
			b.WriteString(" " + r.pick(prepositions) + " the ")
			nounPhrase()
			b.WriteString(" " + r.pick(adverbs))
		}
		b.WriteString(". ")
	}
	return b.String()
})

// comment is a piece of prose of lo to hi characters.
func (r *random) comment(lo, hi int) string {
	n := r.between(lo, hi)
	p := prose()
	at := r.between(0, len(p)-n)
	return p[at : at+n]
}
