package settings

import (
	"math"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Type is the type of a parameter's values.
type Type uint8

// Types.
const (
	Bool Type = iota
	Int
	Real
	String
	Enum
)

func (t Type) String() string { return [...]string{"bool", "integer", "real", "string", "enum"}[t] }

// Context says who may set a parameter, and when.
type Context uint8

// Contexts, from never to always.
const (
	Internal Context = iota
	Postmaster
	Sighup
	SuperuserBackend
	Backend
	Superuser
	User
)

func (c Context) String() string {
	return [...]string{"internal", "postmaster", "sighup", "superuser-backend", "backend", "superuser", "user"}[c]
}

// Param describes a run-time parameter.
type Param struct {
	Name        string
	Type        Type
	Context     Context
	Boot        string // default, as one would write it in SET
	Unit        string // of an Int or Real: B, kB, MB, 8kB, us, ms, s, min
	Min, Max    float64
	Enum        []string
	Report      bool // clients are told its value at start-up and after each change (GUC_REPORT)
	Hidden      bool // not in SHOW ALL and pg_settings
	NoResetAll  bool
	Explain     bool
	Category    string
	Description string
	Extra       string

	custom bool
}

// value is a parsed value. text is what strings and enums hold.
type value struct {
	text string
	num  float64 // bool: 0 or 1; int: exact, since all fit in 53 bits
}

// params and byName are the table with its defaults parsed; read only.
var params, boots, byName = indexTable()

func indexTable() ([]*Param, []value, map[string]int) {
	ps, bs, names := make([]*Param, len(table)), make([]value, len(table)), make(map[string]int, len(table))
	for i := range table {
		ps[i] = &table[i]
		bs[i], _ = table[i].parse(table[i].Boot) // the test of the table checks that all parse
		names[strings.ToLower(table[i].Name)] = i
	}
	for old, now := range map[string]string{"sort_mem": "work_mem", "vacuum_mem": "maintenance_work_mem"} {
		names[old] = names[now]
	}
	return ps, bs, names
}

// All lists the parameters in the order of their names.
func All() []*Param { return params }

// Lookup finds a parameter of the table by its name, in any case.
func Lookup(name string) (*Param, bool) {
	if i, ok := find(name); ok {
		return params[i], true
	}
	return nil, false
}

func find(name string) (int, bool) {
	if i, ok := byName[name]; ok {
		return i, true
	}
	i, ok := byName[strings.ToLower(name)]
	return i, ok
}

func errUnrecognized(name string) error {
	return pgerr.New(pgerr.UndefinedObject, `unrecognized configuration parameter "%s"`, name)
}

func (p *Param) errInvalid(text string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, `invalid value for parameter "%s": "%s"`, p.Name, text)
}

// parse reads a value as SET does.
func (p *Param) parse(text string) (value, error) {
	switch p.Type {
	case Bool:
		b, ok := parseBool(text)
		if !ok {
			return value{}, pgerr.New(pgerr.InvalidParameterValue, `parameter "%s" requires a Boolean value`, p.Name)
		}
		return value{num: b}, nil
	case Int, Real:
		return p.parseNumber(text)
	case Enum:
		return p.parseEnum(text)
	}
	if check := checks[p.Name]; check != nil {
		return check(p, text)
	}
	return value{text: text}, nil
}

func parseBool(s string) (float64, bool) {
	prefix := func(word string, atLeast int) bool {
		return len(s) >= atLeast && len(s) <= len(word) && strings.EqualFold(s, word[:len(s)])
	}
	switch {
	case prefix("true", 1), prefix("yes", 1), prefix("on", 2), s == "1":
		return 1, true
	case prefix("false", 1), prefix("no", 1), prefix("off", 2), s == "0":
		return 0, true
	}
	return 0, false
}

func (p *Param) parseEnum(text string) (value, error) {
	for _, e := range p.Enum {
		if strings.EqualFold(e, text) {
			return value{text: e}, nil
		}
	}
	switch strings.ToLower(text) { // spellings that PostgreSQL takes and does not list
	case "true", "yes", "1":
		if p.hasEnum("on") {
			return value{text: "on"}, nil
		}
	case "false", "no", "0":
		if p.hasEnum("off") {
			return value{text: "off"}, nil
		}
	case "debug":
		if p.hasEnum("debug2") {
			return value{text: "debug2"}, nil
		}
	case "info":
		if p.Name == "client_min_messages" {
			return value{text: "info"}, nil
		}
	}
	return value{}, p.errInvalid(text).WithHint("Available values: %s.", strings.Join(p.Enum, ", "))
}

func (p *Param) hasEnum(word string) bool {
	for _, e := range p.Enum {
		if e == word {
			return true
		}
	}
	return false
}

// unitFactors lists, for each unit of a parameter, the units that values may be written in, largest first, and how many
// of the parameter's unit each is.
var unitFactors = map[string][]unitFactor{
	"B":   memory(1),
	"kB":  memory(1 << 10),
	"8kB": memory(8 << 10),
	"MB":  memory(1 << 20),
	"us":  times(1),
	"ms":  times(1e3),
	"s":   times(1e6),
	"min": times(60e6),
}

type unitFactor struct {
	unit   string
	factor float64
}

func memory(base float64) []unitFactor {
	return []unitFactor{{"TB", 1 << 40 / base}, {"GB", 1 << 30 / base}, {"MB", 1 << 20 / base}, {"kB", 1 << 10 / base}, {"B", 1 / base}}
}

func times(base float64) []unitFactor {
	return []unitFactor{{"d", 86400e6 / base}, {"h", 3600e6 / base}, {"min", 60e6 / base}, {"s", 1e6 / base}, {"ms", 1e3 / base}, {"us", 1 / base}}
}

func (p *Param) unitHint() string {
	if factors := unitFactors[p.Unit]; factors[0].unit == "TB" {
		return `Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".`
	}
	return `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
}

// parseNumber reads an Int or Real with an optional unit.
func (p *Param) parseNumber(text string) (value, error) {
	s := strings.TrimLeft(text, " \t\n\r")
	n := numberLength(s)
	if n == 0 {
		return value{}, p.errInvalid(text)
	}
	f, err := strconv.ParseFloat(s[:n], 64)
	if err != nil {
		i, intErr := strconv.ParseInt(s[:n], 0, 64)
		if f = float64(i); intErr != nil {
			return value{}, p.errInvalid(text)
		}
	}
	if unit := strings.Trim(s[n:], " \t\n\r"); unit != "" {
		if p.Unit == "" {
			return value{}, p.errInvalid(text)
		}
		factor := 0.0
		for _, u := range unitFactors[p.Unit] {
			if u.unit == unit {
				factor = u.factor
			}
		}
		if factor == 0 {
			return value{}, p.errInvalid(text).WithHint("%s", p.unitHint())
		}
		f *= factor
	}
	if p.Type == Int {
		f = math.RoundToEven(f)
		if f > math.MaxInt32 || f < math.MinInt32 || math.IsNaN(f) {
			return value{}, p.errInvalid(text).WithHint("Value exceeds integer range.")
		}
	}
	if math.IsNaN(f) || f < p.Min || f > p.Max {
		return value{}, p.errRange(f)
	}
	return value{num: f}, nil
}

func (p *Param) errRange(f float64) error {
	unit := ""
	if p.Unit != "" {
		unit = " " + p.Unit
	}
	return pgerr.New(pgerr.InvalidParameterValue, `%s%s is outside the valid range for parameter "%s" (%s .. %s)`,
		short(f), unit, p.Name, short(p.Min), short(p.Max))
}

// short prints a number as C's %g and %d do.
func short(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}

// numberLength is the length of the number that s starts with: decimal, with fraction and exponent, or hexadecimal.
func numberLength(s string) int {
	digit := func(i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	if strings.HasPrefix(s[i:], "0x") || strings.HasPrefix(s[i:], "0X") {
		n := i + 2
		for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
			n++
		}
		return n
	}
	start := i
	for digit(i) {
		i++
	}
	if i < len(s) && s[i] == '.' {
		i++
		for digit(i) {
			i++
		}
	}
	if i == start || i == start+1 && s[start] == '.' {
		return 0
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		k := i + 1
		if k < len(s) && (s[k] == '-' || s[k] == '+') {
			k++
		}
		if digit(k) {
			for i = k; digit(i); i++ {
			}
		}
	}
	return i
}

// raw is the value as pg_settings shows it: numbers in the parameter's unit.
func (p *Param) raw(v value) string {
	switch p.Type {
	case Bool:
		if v.num != 0 {
			return "on"
		}
		return "off"
	case Int:
		if octal[p.Name] {
			return "0" + strconv.FormatInt(int64(v.num), 8)
		}
		return strconv.FormatInt(int64(v.num), 10)
	case Real:
		return strconv.FormatFloat(v.num, 'g', -1, 64)
	}
	return v.text
}

// octal lists the parameters that are file modes.
var octal = map[string]bool{"data_directory_mode": true, "log_file_mode": true, "unix_socket_permissions": true}

// show is the value as SHOW prints it: in the largest unit that needs no fraction.
func (p *Param) show(v value) string {
	if p.Name == "seed" {
		return "unavailable"
	}
	if p.Unit == "" || v.num <= 0 || p.Type != Int && p.Type != Real {
		return p.raw(v)
	}
	for _, u := range unitFactors[p.Unit] {
		n := v.num / u.factor
		if r := math.RoundToEven(n); r >= 1 && (u.factor <= 1 && p.Type == Int || math.Abs(r*u.factor-v.num) <= 1e-8*math.Abs(v.num)) {
			return strconv.FormatFloat(r, 'f', -1, 64) + u.unit
		}
	}
	return p.raw(v) + p.Unit
}
