package settings

import (
	"slices"
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Values are the parameters of one session.
type Values struct {
	slots map[string]*slot // by lower-case name; only those that were ever changed
	undo  []change         // of the running transaction
	inTxn bool
	// Superuser says that the session's user may set parameters of context Superuser.
	Superuser bool

	changed map[string]bool // reported parameters whose value changed since TakeReportable
}

// slot is the state of one parameter.
type slot struct {
	param   *Param
	reset   value // what RESET goes back to
	session value // after the transaction, if it commits
	current value // now: session, or that of SET LOCAL
	local   bool
	set     bool   // a custom parameter exists only after it was set
	source  string // of the current value, as pg_settings says it
	resets  string // source of the reset value
}

// change is what a slot was before.
type change struct {
	slot *slot
	was  slot
}

// NewValues is a session's parameters at their defaults.
func NewValues() *Values {
	return &Values{slots: map[string]*slot{}, Superuser: true, changed: map[string]bool{}}
}

// lookup gives the slot of a parameter without making one; nil with a Param means that it is at its default.
func (v *Values) lookup(name string) (*slot, *Param, value, bool) {
	if s, ok := v.slots[name]; ok {
		return s, s.param, s.current, s.set
	}
	i, ok := find(name)
	if !ok {
		s, ok := v.slots[strings.ToLower(name)]
		if !ok {
			return nil, nil, value{}, false
		}
		return s, s.param, s.current, s.set
	}
	if s, ok := v.slots[strings.ToLower(params[i].Name)]; ok {
		return s, s.param, s.current, true
	}
	return nil, params[i], boots[i], true
}

// slot gives the slot of a parameter to change it, making one for a custom name.
func (v *Values) slot(name string) (*slot, error) {
	if s, p, val, ok := v.lookup(name); ok || s != nil {
		if s != nil {
			return s, nil
		}
		if p.Name == "DateStyle" {
			val = mergeDateStyle(val, value{})
		}
		s = &slot{param: p, reset: val, session: val, current: val, set: true, source: "default", resets: "default"}
		v.slots[strings.ToLower(p.Name)] = s
		return s, nil
	}
	if !strings.Contains(name, ".") {
		return nil, errUnrecognized(name)
	}
	for _, part := range strings.Split(name, ".") {
		if !isIdentifier(part) {
			return nil, pgerr.New(pgerr.InvalidName, `invalid configuration parameter name "%s"`, name).
				WithDetail("Custom parameter names must be two or more simple identifiers separated by dots.")
		}
	}
	s := &slot{param: &Param{Name: name, Type: String, Context: User, Category: "Customized Options", custom: true}, source: "default", resets: "default"}
	v.slots[strings.ToLower(name)] = s
	return s, nil
}

func isIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '$')) {
			return false
		}
	}
	return s != ""
}

// mayChange refuses a change by a client; atStart is a start-up packet.
func (v *Values) mayChange(p *Param, atStart bool) error {
	switch p.Context {
	case Internal:
		return pgerr.New(pgerr.CantChangeRuntimeParam, `parameter "%s" cannot be changed`, p.Name)
	case Postmaster:
		return pgerr.New(pgerr.CantChangeRuntimeParam, `parameter "%s" cannot be changed without restarting the server`, p.Name)
	case Sighup:
		return pgerr.New(pgerr.CantChangeRuntimeParam, `parameter "%s" cannot be changed now`, p.Name)
	case Backend, SuperuserBackend:
		if !atStart {
			return pgerr.New(pgerr.CantChangeRuntimeParam, `parameter "%s" cannot be set after connection start`, p.Name)
		}
	}
	if (p.Context == Superuser || p.Context == SuperuserBackend) && !v.Superuser {
		return pgerr.New(pgerr.InsufficientPrivilege, `permission denied to set parameter "%s"`, p.Name)
	}
	return nil
}

func (s *slot) parse(text string) (value, error) {
	val, err := s.param.parse(text)
	if err == nil && s.param.Name == "DateStyle" {
		val = mergeDateStyle(val, s.current)
	}
	return val, err
}

// SetDefault sets what the session starts with and RESET goes back to, from the server's configuration.
func (v *Values) SetDefault(name, text string) error {
	return v.setReset(name, text, "configuration file")
}

// SetStartup does the same from a client's start-up packet, which may not set everything.
func (v *Values) SetStartup(name, text string) error {
	if _, p, _, ok := v.lookup(name); ok {
		if err := v.mayChange(p, true); err != nil {
			return err
		}
	}
	return v.setReset(name, text, "client")
}

func (v *Values) setReset(name, text, source string) error {
	s, err := v.slot(name)
	if err != nil {
		return err
	}
	val, err := s.parse(text)
	if err != nil {
		return err
	}
	v.note(s, val)
	s.reset, s.session, s.current, s.set = val, val, val, true
	s.source, s.resets = source, source
	return nil
}

// SetInternal sets a parameter that the server itself decides, whatever its context. It is not undone by a rollback.
func (v *Values) SetInternal(name, text string) {
	// The only errors are an unknown name and a malformed value, neither of which the server writes.
	_ = v.setReset(name, text, "override")
}

// Set is SET, or SET LOCAL, by a client.
func (v *Values) Set(name, text string, local bool) error {
	s, err := v.slot(name)
	if err != nil {
		return err
	}
	if err := v.mayChange(s.param, false); err != nil {
		return err
	}
	val, err := s.parse(text)
	if err != nil {
		return err
	}
	v.store(s, val, local, "session")
	return nil
}

// store makes val the value, in the session or for the transaction.
func (v *Values) store(s *slot, val value, local bool, source string) {
	if v.inTxn {
		v.undo = append(v.undo, change{s, *s})
	}
	v.note(s, val)
	if !local {
		s.session = val
	}
	s.current, s.local, s.set, s.source = val, local, true, source
}

// note remembers that a reported parameter is about to change.
func (v *Values) note(s *slot, val value) {
	if s.param.Report && s.current != val {
		v.changed[s.param.Name] = true
	}
}

// Check reports whether SET would take the value.
func (v *Values) Check(name, text string) error {
	s, err := v.slot(name)
	if err == nil {
		if err = v.mayChange(s.param, false); err == nil {
			_, err = s.parse(text)
		}
	}
	return err
}

// Reset is RESET name.
func (v *Values) Reset(name string) error {
	s, p, _, ok := v.lookup(name)
	switch {
	case !ok && s == nil:
		return errUnrecognized(name)
	case s == nil:
		return v.mayChange(p, false)
	}
	if err := v.mayChange(s.param, false); err != nil {
		return err
	}
	v.store(s, s.reset, false, s.resets)
	return nil
}

// ResetAll is RESET ALL.
func (v *Values) ResetAll() {
	for _, s := range v.slots {
		if s.param.Context == User || s.param.Context == Superuser && v.Superuser {
			if !s.param.NoResetAll && s.current != s.reset {
				v.store(s, s.reset, false, s.resets)
			}
		}
	}
}

// BeginTransaction starts to log changes.
func (v *Values) BeginTransaction() { v.inTxn = true }

// InTransaction reports whether changes are logged.
func (v *Values) InTransaction() bool { return v.inTxn }

// EndTransaction ends the transaction: a rollback undoes all its changes, a commit those of SET LOCAL.
func (v *Values) EndTransaction(commit bool) {
	if !commit {
		v.RollbackTo(0)
	}
	for _, c := range v.undo {
		if s := c.slot; s.local {
			v.note(s, s.session)
			s.current, s.local = s.session, false
		}
	}
	clear(v.undo)
	v.undo, v.inTxn = v.undo[:0], false
}

// Savepoint is a place for RollbackTo to go back to.
func (v *Values) Savepoint() int { return len(v.undo) }

// RollbackTo undoes the changes since a savepoint.
func (v *Values) RollbackTo(savepoint int) {
	for i := len(v.undo) - 1; i >= savepoint; i-- {
		c := v.undo[i]
		v.note(c.slot, c.was.current)
		*c.slot = c.was
		v.undo[i] = change{}
	}
	v.undo = v.undo[:min(savepoint, len(v.undo))]
}

// Canonical is the parameter's name as the table writes it.
func (v *Values) Canonical(name string) (string, bool) {
	_, p, _, ok := v.lookup(name)
	if !ok {
		return "", false
	}
	return p.Name, true
}

// Show is the value as SHOW prints it.
func (v *Values) Show(name string) (string, bool) {
	_, p, val, ok := v.lookup(name)
	if !ok {
		return "", false
	}
	return p.show(val), true
}

// Raw is the value in the parameter's unit, as pg_settings shows it.
func (v *Values) Raw(name string) (string, bool) {
	_, p, val, ok := v.lookup(name)
	if !ok {
		return "", false
	}
	return p.raw(val), true
}

// Text is the value of a String or Enum parameter; "" if there is none of that name.
func (v *Values) Text(name string) string {
	_, _, val, _ := v.lookup(name)
	return val.text
}

// Bool is the value of a Bool parameter.
func (v *Values) Bool(name string) bool { return v.Real(name) != 0 }

// Int is the value of an Int parameter in its unit.
func (v *Values) Int(name string) int { return int(v.Real(name)) }

// Real is the value of a Real parameter in its unit.
func (v *Values) Real(name string) float64 {
	_, _, val, _ := v.lookup(name)
	return val.num
}

// factor is how many of the smallest unit (byte, microsecond) the parameter's unit is.
func factor(p *Param) float64 {
	if fs := unitFactors[p.Unit]; fs != nil {
		return 1 / fs[len(fs)-1].factor
	}
	return 1
}

// Bytes is the value of a parameter with a unit of memory.
func (v *Values) Bytes(name string) int64 {
	_, p, val, ok := v.lookup(name)
	if !ok {
		return 0
	}
	return int64(val.num * factor(p))
}

// Duration is the value of a parameter with a unit of time.
func (v *Values) Duration(name string) time.Duration {
	_, p, val, ok := v.lookup(name)
	if !ok {
		return 0
	}
	return time.Duration(val.num * factor(p) * float64(time.Microsecond))
}

// Reported lists the parameters that clients are told of at start-up, in the order PostgreSQL has.
func (v *Values) Reported() []string {
	var names []string
	for _, p := range params {
		if p.Report {
			names = append(names, p.Name)
		}
	}
	return names
}

// TakeReportable lists the reported parameters that changed since the last call, in the order of their names.
func (v *Values) TakeReportable() []string {
	if len(v.changed) == 0 {
		return nil
	}
	names := make([]string, 0, len(v.changed))
	for n := range v.changed {
		names = append(names, n)
	}
	slices.Sort(names)
	clear(v.changed)
	return names
}

// FillEnv sets what of the types' text forms depends on parameters.
func (v *Values) FillEnv(e *types.Env) {
	_, _, style, _ := v.lookup("DateStyle")
	style = mergeDateStyle(style, value{})
	e.DateStyle, e.DateOrder = types.DateStyle(int(style.num)>>4-1), types.DateOrder(int(style.num)&15-1)
	e.IntervalStyle = types.IntervalStyle(max(0, slices.Index(intervalStyles, v.Text("IntervalStyle"))))
	e.ExtraFloatDigits = v.Int("extra_float_digits")
	e.ByteaEscape = v.Text("bytea_output") == "escape"
	switch zone := v.Text("TimeZone"); zone {
	case "UTC", "Etc/UTC": // the pointer that conversions know as needing no look-up
		e.TimeZone = time.UTC
	default:
		e.TimeZone, _ = sessionZone(zone)
	}
}

// intervalStyles are the values of IntervalStyle in the order of types.IntervalStyle.
var intervalStyles = []string{
	types.IntervalPostgres: "postgres", types.IntervalPostgresVerbose: "postgres_verbose",
	types.IntervalSQLStandard: "sql_standard", types.IntervalISO8601: "iso_8601",
}

// Changed reports whether a parameter has another value than its built-in default.
func (v *Values) Changed(name string) bool {
	_, p, val, ok := v.lookup(name)
	if !ok {
		return false
	}
	boot, err := p.parse(p.Boot)
	return err == nil && boot != val
}

// All lists the parameters of SHOW ALL: those of the table that are not hidden, and the custom ones that are set.
func (v *Values) All() []*Param {
	var out []*Param
	for _, p := range params {
		if !p.Hidden {
			out = append(out, p)
		}
	}
	n := len(out)
	for _, s := range v.slots {
		if s.param.custom && s.set {
			out = append(out, s.param)
		}
	}
	if len(out) > n {
		slices.SortFunc(out, func(a, b *Param) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	}
	return out
}

// Rows are the rows of pg_settings. show overrides the values of parameters that live elsewhere, such as those of the
// transaction; it may be nil.
func (v *Values) Rows(show func(name string) (string, bool)) [][]types.Datum {
	var rows [][]types.Datum
	for _, p := range v.All() {
		s, _, val, _ := v.lookup(p.Name)
		text, source, boot, reset := p.raw(val), "default", p.Boot, val
		if s != nil {
			source, reset = s.source, s.reset
		}
		if show != nil && strings.HasPrefix(p.Name, "transaction_") {
			if t, ok := show(p.Name); ok {
				text = t
			}
		}
		row := make([]types.Datum, 17)
		row[0], row[1] = types.NewStr(p.Name), types.NewStr(text)
		row[2], row[3], row[4], row[5] = orNull(p.Unit), types.NewStr(p.Category), types.NewStr(p.Description), orNull(p.Extra)
		row[6], row[7], row[8] = types.NewStr(p.Context.String()), types.NewStr(p.Type.String()), types.NewStr(source)
		if p.Type == Int || p.Type == Real {
			row[9], row[10] = types.NewStr(short(p.Min)), types.NewStr(short(p.Max))
		}
		if p.Type == Enum {
			elems := make([]types.Datum, len(p.Enum))
			for i, e := range p.Enum {
				elems[i] = types.NewStr(e)
			}
			row[11] = types.NewRef(types.NewArray(types.TextOID, elems))
		}
		if !p.custom {
			row[12] = types.NewStr(boot)
		}
		row[13], row[16] = types.NewStr(p.raw(reset)), types.NewBool(false)
		rows = append(rows, row)
	}
	return rows
}

func orNull(s string) types.Datum {
	if s == "" {
		return types.Null
	}
	return types.NewStr(s)
}
