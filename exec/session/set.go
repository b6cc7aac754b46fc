package session

import (
	"slices"
	"strings"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
)

// hotSettings are the run-time parameters that statements read, in the form they need. They follow settings.Values.
type hotSettings struct {
	searchPath       []string
	tempFirst        bool // search_path begins with pg_temp
	statementTimeout time.Duration
	lockTimeout      time.Duration
	// deadlockTimeout is how long to wait for a lock before the search for a deadlock. The search is cheap, so with the
	// default value of the setting it begins at once.
	deadlockTimeout    time.Duration
	idleTimeout        time.Duration
	idleInTransaction  time.Duration
	transactionTimeout time.Duration
	workMemBytes       int64
	isolation          kv.Isolation
	readOnly           bool
	deferrable         bool
	async              bool
	clientMinMessages  int
	planner            planner.Settings
	planCacheMode      planner.CacheMode
	trackStatements    bool // pg_stat_statements.track
	trackCounts        bool
	trackFunctions     string
	slow               time.Duration // from which statements are logged; negative: never
	explainSlow        time.Duration // from which with their plans
	// planKey names everything above that a plan depends on; planGen changes with it.
	planKey string
	planGen uint64
}

// startSettings applies the server's configuration and the client's start-up parameters.
func (s *Session) startSettings(params map[string]string) error {
	v, err := s.srv.settingsDefaults()
	if err != nil {
		return err
	}
	s.settings = v
	v.SetInternal("session_authorization", s.user)
	if r, ok := s.reader().RoleByOID(s.roles.login); ok {
		v.Superuser = r.Super
		s.roleSettings(r)
	}
	for name, value := range params {
		switch name {
		case "user", "database", "replication", "options":
			continue
		}
		if err := v.SetStartup(name, value); err != nil {
			return err
		}
	}
	for _, kv := range startupOptions(params["options"]) {
		if err := v.SetStartup(kv[0], kv[1]); err != nil {
			return err
		}
	}
	s.settingsChanged()
	return nil
}

// startupOptions splits the "options" start-up parameter: -c name=value and --name=value, with backslash escapes.
func startupOptions(text string) [][2]string {
	var words []string
	word, started := "", false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			word, started = word+string(text[i]), true
		case c == ' ' || c == '\t':
			if started {
				words = append(words, word)
			}
			word, started = "", false
		default:
			word, started = word+string(c), true
		}
	}
	if started {
		words = append(words, word)
	}
	var out [][2]string
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "-c" && i+1 < len(words):
			i++
			w = words[i]
		case strings.HasPrefix(w, "-c"):
			w = w[2:]
		case strings.HasPrefix(w, "--"):
			w = w[2:]
		}
		if name, value, ok := strings.Cut(w, "="); ok {
			out = append(out, [2]string{strings.ReplaceAll(name, "-", "_"), value})
		}
	}
	return out
}

// ReportedParameters calls report for every parameter that clients are told about at start-up.
func (s *Session) ReportedParameters(report func(name, value string)) {
	for _, name := range s.settings.Reported() {
		v, _ := s.settings.Show(name)
		report(name, v)
	}
	s.settings.TakeReportable() // the client knows these now
}

// settingsChanged brings everything derived from the settings up to date and tells the client of reported changes.
func (s *Session) settingsChanged() {
	v, h := s.settings, &s.hot
	s.followRoles()
	s.mu.Lock()
	s.app = v.Text("application_name")
	s.mu.Unlock()
	h.searchPath = s.tempPath(s.splitSearchPath(v.Text("search_path")))
	h.statementTimeout = v.Duration("statement_timeout")
	h.lockTimeout = v.Duration("lock_timeout")
	if h.deadlockTimeout = v.Duration("deadlock_timeout"); h.deadlockTimeout == time.Second {
		h.deadlockTimeout = 0
	}
	h.idleTimeout = v.Duration("idle_session_timeout")
	h.idleInTransaction = v.Duration("idle_in_transaction_session_timeout")
	h.transactionTimeout = v.Duration("transaction_timeout")
	h.workMemBytes = v.Bytes("work_mem")
	h.isolation, _ = parseIsolation(v.Text("default_transaction_isolation"))
	h.readOnly = v.Bool("default_transaction_read_only")
	h.deferrable = v.Bool("default_transaction_deferrable")
	h.async = v.Text("synchronous_commit") == "off"
	h.clientMinMessages = severityRank(strings.ToUpper(v.Text("client_min_messages")))
	h.planner = planner.SettingsFrom(v)
	h.planCacheMode = planner.CacheModeOf(v.Text("plan_cache_mode"))
	h.trackCounts, h.trackFunctions = v.Bool("track_counts"), v.Text("track_functions")
	h.trackStatements = v.Text("pg_stat_statements.track") != "none"
	h.slow, h.explainSlow = slowerThan(v.Int("log_min_duration_statement")), slowerThan(v.Int("auto_explain.log_min_duration"))
	if h.slow < 0 || h.explainSlow >= 0 && h.explainSlow < h.slow {
		h.slow = h.explainSlow
	}
	if key := h.planner.Key() + "\x00" + strings.Join(h.searchPath, "\x00") + "\x00" + v.Text("TimeZone") + v.Text("DateStyle") + "\x00" + v.Text("IntervalStyle") + "\x00" + s.cat.User; key != h.planKey {
		h.planKey = key
		h.planGen++
	}
	v.FillEnv(&s.types)
	if s.types.User == nil {
		s.types.User = &userTypes{s: s}
	}
	s.types.RegIn = func(t types.OID, name string) (types.OID, error) { return (*env)(s).ResolveReg(t, name) }
	s.types.RegOut = func(t types.OID, oid types.OID) string {
		if name, ok := (*env)(s).RegName(t, oid); ok {
			return name
		}
		return ""
	}
	if s.sink != nil {
		for _, name := range v.TakeReportable() {
			value, _ := v.Show(name)
			s.sink.ParameterStatus(name, value)
		}
	}
}

// splitSearchPath splits a search_path value; "$user" stands for the user's name.
func (s *Session) splitSearchPath(list string) []string {
	var out []string
	words, _ := settings.SplitList(list) // it was checked when it was set
	for _, w := range words {
		if w == "$user" {
			w = s.cat.User
		}
		out = append(out, w)
	}
	return out
}

// severityRank orders severities for client_min_messages.
func severityRank(severity string) int {
	switch severity {
	case "DEBUG5", "DEBUG4", "DEBUG3", "DEBUG2", "DEBUG1", "DEBUG":
		return 0
	case "LOG":
		return 1
	case "NOTICE":
		return 2
	case "WARNING":
		return 3
	case "INFO", "ERROR":
		return 4
	}
	return 4
}

// set changes a run-time parameter of the session.
func (s *Session) set(name, value string, local bool) error {
	if done, err := s.setTransactionSetting(name, value); done {
		return err
	}
	if local && !s.tx.block {
		s.notice(pgerr.Warning(pgerr.NoActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks"))
		return nil
	}
	if err := s.setRole(strings.ToLower(name), value, local); err != nil {
		return err
	}
	if err := s.settings.Set(name, value, local); err != nil {
		return err
	}
	s.settingsChanged()
	return nil
}

// setTransactionSetting serves the parameters that belong to the running transaction, not to the session.
func (s *Session) setTransactionSetting(name, value string) (bool, error) {
	switch strings.ToLower(name) {
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
	default:
		return false, nil
	}
	if !s.tx.block {
		s.begin()
	}
	v := strings.ToLower(value)
	if v == "on" || v == "true" || v == "yes" {
		v = "1"
	} else if v == "off" || v == "no" {
		v = "0"
	}
	return true, s.setTransactionModes([]*ast.DefElem{{Name: strings.ToLower(name), Arg: &ast.Const{Kind: ast.ConstString, Val: v}}})
}

// showSetting is the value of a run-time parameter as SHOW prints it.
func (s *Session) showSetting(name string) (string, bool) {
	t := s.tx
	if t.kv == nil && !t.block {
		t.isolation, t.readOnly, t.deferrable = s.hot.isolation, s.hot.readOnly, s.hot.deferrable
	}
	onOff := map[bool]string{true: "on", false: "off"}
	switch strings.ToLower(name) {
	case "transaction_isolation":
		return isolationName(t.isolation), true
	case "transaction_read_only":
		return onOff[t.readOnly], true
	case "transaction_deferrable":
		return onOff[t.deferrable], true
	}
	return s.settings.Show(name)
}

// variableSet is SET and RESET.
func (s *Session) variableSet(x *ast.VariableSetStmt) (Tag, error) {
	switch x.Kind {
	case ast.VarResetAll:
		s.settings.ResetAll()
		s.settingsChanged()
		return tag("RESET"), nil
	case ast.VarReset, ast.VarSetDefault:
		name := "RESET"
		if x.Kind == ast.VarSetDefault {
			name = "SET"
		}
		if err := s.settings.Reset(x.Name); err != nil {
			return Tag{}, err
		}
		if strings.EqualFold(x.Name, "session_authorization") {
			if err := s.settings.Reset("role"); err != nil {
				return Tag{}, err
			}
		}
		s.settingsChanged()
		return tag(name), nil
	case ast.VarSetMulti:
		return s.setMulti(x)
	case ast.VarSetCurrent:
		return tag("SET"), nil
	}
	value, err := settingText(x)
	if err != nil {
		return Tag{}, err
	}
	return tag("SET"), s.set(x.Name, value, x.IsLocal)
}

// setMulti is SET TRANSACTION and SET SESSION CHARACTERISTICS.
func (s *Session) setMulti(x *ast.VariableSetStmt) (Tag, error) {
	switch x.Name {
	case "TRANSACTION":
		if !s.tx.block {
			s.notice(pgerr.Warning(pgerr.NoActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks"))
			return tag("SET"), nil
		}
		return tag("SET"), s.setTransactionModes(x.Options)
	case "SESSION CHARACTERISTICS":
		for _, o := range x.Options {
			c, _ := o.Arg.(*ast.Const)
			if c == nil {
				continue
			}
			value := c.Val
			if o.Name != "transaction_isolation" {
				value = map[bool]string{true: "on", false: "off"}[c.Val != "0" && c.Val != "false"]
			}
			if err := s.set("default_"+o.Name, value, false); err != nil {
				return Tag{}, err
			}
		}
		return tag("SET"), nil
	}
	return Tag{}, pgerr.FeatureNotSupported("SET TRANSACTION SNAPSHOT")
}

// settingText is the value list of SET as one string, as PostgreSQL's flatten_set_variable_args.
func settingText(x *ast.VariableSetStmt) (string, error) {
	// The parameters whose elements are identifiers (PostgreSQL's GUC_LIST_QUOTE).
	list := slices.Contains([]string{"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}, strings.ToLower(x.Name))
	var out []string
	for _, a := range x.Args {
		switch c := a.(type) {
		case *ast.Const:
			v := c.Val
			if list && c.Kind == ast.ConstString {
				v = expr.QuoteIdent(v)
			}
			out = append(out, v)
		case *ast.TypeCast:
			if k, ok := c.Arg.(*ast.Const); ok {
				out = append(out, "INTERVAL '"+k.Val+"'")
			}
		default:
			return "", pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter %q", x.Name)
		}
	}
	return strings.Join(out, ", "), nil
}

// showColumns are the result columns of SHOW.
func (s *Session) showColumns(x *ast.VariableShowStmt) []Column {
	if x.Name == "all" {
		return []Column{{Name: "name", Type: textType}, {Name: "setting", Type: textType}, {Name: "description", Type: textType}}
	}
	name := x.Name
	if d, ok := s.settings.Canonical(name); ok {
		name = d
	}
	return []Column{{Name: name, Type: textType}}
}

// variableShow is SHOW.
func (s *Session) variableShow(x *ast.VariableShowStmt, out *utilitySink) (Tag, error) {
	cols := s.showColumns(x)
	var rows [][]types.Datum
	if x.Name == "all" {
		for _, p := range s.settings.All() {
			v, _ := s.showSetting(p.Name)
			rows = append(rows, []types.Datum{types.NewStr(p.Name), types.NewStr(v), types.NewStr(p.Description)})
		}
		return tag("SHOW"), sendRows(out, cols, rows)
	}
	v, ok := s.showSetting(x.Name)
	if !ok {
		return Tag{}, pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", x.Name)
	}
	return tag("SHOW"), sendRows(out, cols, [][]types.Datum{{types.NewStr(v)}})
}

// settingsRows are the rows of pg_settings.
func (s *Session) settingsRows() [][]types.Datum { return s.settings.Rows(s.showSetting) }
