package plan

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// text prints the tree as lines.
func (x *explainer) text(root *shownNode) []string {
	var out []string
	x.textNode(root, 0, &out)
	if x.o.ShowSettings && len(x.o.Settings) > 0 {
		var list []string
		for _, s := range x.o.Settings {
			list = append(list, s.Name+" = '"+s.Value+"'")
		}
		out = append(out, "Settings: "+strings.Join(list, ", "))
	}
	head := []string{"Planning:"}
	for _, f := range x.planning() {
		if f.text != "" {
			out, head = append(append(out, head...), "  "+f.text), nil
		}
	}
	if x.o.Summary {
		out = append(out, "Planning Time: "+millis(x.o.Planning)+" ms")
	}
	if x.o.Serialize != "" {
		time := ""
		if x.o.Timing {
			time = "time=" + millis(x.o.Serialization) + " ms  "
		}
		out = append(out, "Serialization: "+time+fmt.Sprintf("output=%skB  format=%s", kilobytes(x.o.SerializedBytes), x.o.Serialize))
	}
	if x.o.Analyze && x.o.Summary {
		out = append(out, "Execution Time: "+millis(x.o.Execution)+" ms")
	}
	return out
}

// planningMemory is in kilobytes. Memory is allocated in blocks that double, from 8 kB on.
func (x *explainer) planningMemory() (used, allocated int64) {
	used = (x.o.MemoryUsed + 1023) / 1024
	for allocated = 8; allocated < used; {
		allocated *= 2
	}
	return used, allocated
}

func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Nanoseconds())/1e6, 'f', 3, 64)
}

func (x *explainer) textNode(s *shownNode, indent int, out *[]string) {
	if s.label != "" {
		*out = append(*out, strings.Repeat("  ", indent)+s.label)
		indent++
	}
	line := s.title
	if indent > 0 {
		line = strings.Repeat("  ", indent) + "->  " + s.title
		indent += 2
	}
	indent++
	*out = append(*out, line+x.textCosts(s))
	pad := strings.Repeat("  ", indent)
	for _, t := range s.targets {
		*out = append(*out, pad+t)
	}
	for _, p := range append(s.props[:len(s.props):len(s.props)], x.used(s)...) {
		if t := propText(p); t != "" {
			*out = append(*out, pad+t)
		}
	}
	for _, k := range s.kids {
		x.textNode(k, indent, out)
	}
}

func propText(p fact) string {
	if p.text != "" || p.parts != nil {
		return p.text
	}
	switch v := p.value.(type) {
	case []string:
		return p.key + ": " + strings.Join(v, ", ")
	default:
		return p.key + ": " + fmt.Sprint(v)
	}
}

func (x *explainer) textCosts(s *shownNode) string {
	line := ""
	if x.o.Costs {
		line += fmt.Sprintf("  (cost=%.2f..%.2f rows=%.0f width=%d)", s.info.StartupCost, s.info.TotalCost, s.info.Rows, s.info.Width)
	}
	if !x.o.Analyze || x.o.Actual == nil {
		return line
	}
	a := x.actual(s)
	if a.Loops == 0 {
		return line + " (never executed)"
	}
	startup, total, rows := perLoop(a)
	if x.o.Timing {
		return line + fmt.Sprintf(" (actual time=%.3f..%.3f rows=%.0f loops=%d)", startup, total, rows, a.Loops)
	}
	return line + fmt.Sprintf(" (actual rows=%.0f loops=%d)", rows, a.Loops)
}

// actual are the figures of a printed node. A union of bitmaps has none of its own: it takes as long as its parts.
func (x *explainer) actual(s *shownNode) Actual {
	if s.nodeType != "BitmapOr" {
		return x.o.Actual(s.id)
	}
	var sum Actual
	for _, k := range s.kids {
		a := x.o.Actual(k.id)
		sum.Usage.Hit, sum.Usage.Read = sum.Usage.Hit+a.Usage.Hit, sum.Usage.Read+a.Usage.Read
		sum.Loops, sum.Startup, sum.Total = max(sum.Loops, a.Loops), sum.Total+a.Total, sum.Total+a.Total
	}
	return sum
}

// perLoop are the times in milliseconds and the rows of an average loop.
func perLoop(a Actual) (startup, total, rows float64) {
	n := float64(a.Loops)
	return float64(a.Startup.Nanoseconds()) / 1e6 / n, float64(a.Total.Nanoseconds()) / 1e6 / n, float64(a.Rows) / n
}

// structured lists everything about a node for the formats that have names for it.
func (x *explainer) structured(s *shownNode) []fact {
	out := []fact{{key: "Node Type", value: s.nodeType}}
	add := func(key string, v any) { out = append(out, fact{key: key, value: v}) }
	for _, f := range s.facts { // PostgreSQL names the strategy and operation first
		if f.key == "Strategy" || f.key == "Partial Mode" || f.key == "Operation" {
			out = append(out, f)
		}
	}
	if s.relation != "" {
		add("Parent Relationship", s.relation)
	}
	if s.label != "" {
		add("Subplan Name", s.label)
	}
	add("Parallel Aware", false)
	add("Async Capable", false)
	for _, f := range s.facts {
		if f.key != "Strategy" && f.key != "Partial Mode" && f.key != "Operation" {
			out = append(out, f)
		}
	}
	if x.o.Costs {
		add("Startup Cost", fixed(s.info.StartupCost, 2))
		add("Total Cost", fixed(s.info.TotalCost, 2))
		add("Plan Rows", fixed(s.info.Rows, 0))
		add("Plan Width", int64(s.info.Width))
	}
	if x.o.Analyze && x.o.Actual != nil {
		a := x.actual(s)
		var startup, total, rows float64
		if a.Loops > 0 {
			startup, total, rows = perLoop(a)
		}
		if x.o.Timing {
			add("Actual Startup Time", fixed(startup, 3))
			add("Actual Total Time", fixed(total, 3))
		}
		add("Actual Rows", fixed(rows, 0))
		add("Actual Loops", a.Loops)
	}
	for _, p := range append(s.props[:len(s.props):len(s.props)], x.used(s)...) {
		if p.parts != nil {
			out = append(out, p.parts...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// number is a number with a fixed count of digits.
type number string

func fixed(f float64, digits int) number { return number(strconv.FormatFloat(f, 'f', digits, 64)) }

// json prints the tree as PostgreSQL's JSON.
func (x *explainer) json(root *shownNode) string {
	var b strings.Builder
	b.WriteString("[\n  {\n    \"Plan\": ")
	x.jsonNode(&b, root, 2)
	for _, t := range x.times() {
		group, ok := t.value.([]fact)
		if !ok {
			fmt.Fprintf(&b, ",\n    %s: %s", jsonString(t.key), t.value)
			continue
		}
		var list []string
		for _, f := range group {
			list = append(list, "\n      "+jsonString(f.key)+": "+jsonValue(f.value))
		}
		fmt.Fprintf(&b, ",\n    %s: {%s\n    }", jsonString(t.key), strings.Join(list, ","))
	}
	b.WriteString("\n  }\n]")
	return b.String()
}

func (x *explainer) times() []fact {
	var out []fact
	if x.o.ShowSettings {
		list := []fact{}
		for _, s := range x.o.Settings {
			list = append(list, fact{key: s.Name, value: s.Value})
		}
		out = append(out, fact{key: "Settings", value: list})
	}
	if list := x.planning(); len(list) > 0 {
		var parts []fact
		for _, f := range list {
			parts = append(parts, f.parts...)
		}
		out = append(out, fact{key: "Planning", value: parts})
	}
	if x.o.Summary {
		out = append(out, fact{key: "Planning Time", value: number(millis(x.o.Planning))})
	}
	if x.o.Analyze {
		out = append(out, fact{key: "Triggers", value: number("[\n    ]")})
		if x.o.Serialize != "" {
			list := []fact{{key: "Time", value: number(millis(x.o.Serialization))},
				{key: "Output Volume", value: (x.o.SerializedBytes + 1023) / 1024}, {key: "Format", value: x.o.Serialize}}
			if !x.o.Timing {
				list = list[1:]
			}
			out = append(out, fact{key: "Serialization", value: list})
		}
		if x.o.Summary {
			out = append(out, fact{key: "Execution Time", value: number(millis(x.o.Execution))})
		}
	}
	return out
}

func (x *explainer) jsonNode(b *strings.Builder, s *shownNode, depth int) {
	pad := strings.Repeat("  ", depth+1)
	b.WriteString("{\n")
	for i, f := range x.structured(s) {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(pad + jsonString(f.key) + ": " + jsonValue(f.value))
	}
	if len(s.kids) > 0 {
		b.WriteString(",\n" + pad + "\"Plans\": [\n")
		for i, k := range s.kids {
			if i > 0 {
				b.WriteString(",\n")
			}
			b.WriteString(pad + "  ")
			x.jsonNode(b, k, depth+2)
		}
		b.WriteString("\n" + pad + "]")
	}
	b.WriteString("\n" + strings.Repeat("  ", depth) + "}")
}

func jsonValue(v any) string {
	switch v := v.(type) {
	case string:
		return jsonString(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = jsonString(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// jsonString is PostgreSQL's escape_json.
func jsonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString("\\n")
		case r == '\t':
			b.WriteString("\\t")
		case r == '\r':
			b.WriteString("\\r")
		case r < ' ':
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// yaml prints the tree as PostgreSQL's YAML.
func (x *explainer) yaml(root *shownNode) string {
	var b strings.Builder
	b.WriteString("- Plan: ")
	x.yamlNode(&b, root, 2, false)
	for _, t := range x.times() {
		v := fmt.Sprint(t.value)
		group, ok := t.value.([]fact)
		if t.key == "Triggers" || ok {
			v = ""
		}
		b.WriteString("\n  " + t.key + ": " + v)
		for _, f := range group {
			b.WriteString("\n    " + f.key + ": " + jsonValue(f.value))
		}
	}
	return b.String()
}

func (x *explainer) yamlNode(b *strings.Builder, s *shownNode, depth int, inList bool) {
	pad := "\n" + strings.Repeat("  ", depth)
	for i, f := range x.structured(s) {
		if i > 0 || !inList {
			b.WriteString(pad)
		}
		b.WriteString(f.key + ": ")
		switch v := f.value.(type) {
		case []string:
			for _, e := range v {
				b.WriteString(pad + "  - " + jsonString(e))
			}
		default:
			b.WriteString(jsonValue(v))
		}
	}
	if len(s.kids) > 0 {
		b.WriteString(pad + "Plans: ")
		for _, k := range s.kids {
			b.WriteString(pad + "  - ")
			x.yamlNode(b, k, depth+2, true)
		}
	}
}

// xml prints the tree as PostgreSQL's XML.
func (x *explainer) xml(root *shownNode) string {
	var b strings.Builder
	b.WriteString("<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query>\n")
	x.xmlNode(&b, root, 2)
	for _, t := range x.times() {
		if t.key == "Triggers" {
			b.WriteString("    <Triggers>\n    </Triggers>\n")
			continue
		}
		if group, ok := t.value.([]fact); ok {
			b.WriteString("    <" + xmlTag(t.key) + ">\n")
			for _, f := range group {
				xmlElement(&b, "      ", f.key, fmt.Sprint(f.value))
			}
			b.WriteString("    </" + xmlTag(t.key) + ">\n")
			continue
		}
		xmlElement(&b, "    ", t.key, fmt.Sprint(t.value))
	}
	b.WriteString("  </Query>\n</explain>")
	return b.String()
}

func (x *explainer) xmlNode(b *strings.Builder, s *shownNode, depth int) {
	pad := strings.Repeat("  ", depth)
	b.WriteString(pad + "<Plan>\n")
	for _, f := range x.structured(s) {
		if v, ok := f.value.([]string); ok {
			tag := xmlTag(f.key)
			b.WriteString(pad + "  <" + tag + ">\n")
			for _, e := range v {
				xmlElement(b, pad+"    ", "Item", e)
			}
			b.WriteString(pad + "  </" + tag + ">\n")
			continue
		}
		xmlElement(b, pad+"  ", f.key, fmt.Sprint(f.value))
	}
	if len(s.kids) > 0 {
		b.WriteString(pad + "  <Plans>\n")
		for _, k := range s.kids {
			x.xmlNode(b, k, depth+2)
		}
		b.WriteString(pad + "  </Plans>\n")
	}
	b.WriteString(pad + "</Plan>\n")
}

func xmlTag(key string) string { return strings.ReplaceAll(key, " ", "-") }

func xmlElement(b *strings.Builder, pad, key, value string) {
	tag := xmlTag(key)
	b.WriteString(pad + "<" + tag + ">")
	_ = xml.EscapeText(b, []byte(value))
	b.WriteString("</" + tag + ">\n")
}
