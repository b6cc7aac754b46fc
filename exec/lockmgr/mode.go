package lockmgr

// Mode is the strength of a lock, numbered as in PostgreSQL.
type Mode uint8

// Modes.
const (
	AccessShare Mode = iota + 1
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

type mask uint16

func (m Mode) bit() mask { return 1 << m }

// conflicts are the modes that each mode conflicts with (PostgreSQL's LockConflicts).
var conflicts = [AccessExclusive + 1]mask{
	AccessShare:          bits(AccessExclusive),
	RowShare:             bits(Exclusive, AccessExclusive),
	RowExclusive:         bits(Share, ShareRowExclusive, Exclusive, AccessExclusive),
	ShareUpdateExclusive: bits(ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	Share:                bits(RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive),
	ShareRowExclusive:    bits(RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	Exclusive:            bits(RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	AccessExclusive: bits(AccessShare, RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive,
		AccessExclusive),
}

func bits(modes ...Mode) mask {
	var b mask
	for _, m := range modes {
		b |= m.bit()
	}
	return b
}

// weak modes conflict only with modes that are not weak.
func (m Mode) weak() bool { return m <= RowExclusive }

var modeNames = [...]string{"", "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
	"ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}

// String is the name in pg_locks and messages.
func (m Mode) String() string { return modeNames[m] }
