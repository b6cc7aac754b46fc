package bind

import (
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

var emptyReader = catalog.NewReader(nil)

// plainEnv is a session that knows nothing.
type plainEnv struct{}

func (plainEnv) TransactionTime() time.Time                      { return time.Unix(1700000000, 0) }
func (plainEnv) StatementTime() time.Time                        { return time.Unix(1700000000, 0) }
func (plainEnv) ClockTime() time.Time                            { return time.Now() }
func (plainEnv) CurrentUser() string                             { return "postgres" }
func (plainEnv) SessionUser() string                             { return "postgres" }
func (plainEnv) CurrentDatabase() string                         { return "postgres" }
func (plainEnv) Setting(string) (string, bool)                   { return "", false }
func (plainEnv) SetSetting(string, string, bool) (string, error) { return "", nil }
func (plainEnv) BackendPID() int                                 { return 1 }
func (plainEnv) Nextval(types.OID) (int64, error)                { return 0, nil }
func (plainEnv) Currval(types.OID) (int64, error)                { return 0, nil }
func (plainEnv) Setval(types.OID, int64, bool) error             { return nil }
func (plainEnv) Lastval() (int64, error)                         { return 0, nil }
func (plainEnv) ResolveReg(types.OID, string) (types.OID, error) { return 0, nil }
func (plainEnv) RegName(types.OID, types.OID) (string, bool)     { return "", false }
func (plainEnv) Notice(severity, sqlstate, message string)       {}
