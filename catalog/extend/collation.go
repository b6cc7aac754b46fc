package extend

import (
	"context"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// collationOptions reads the options of CREATE COLLATION.
func (x *Executor) collationOptions(s *ast.DefineStmt) (map[string]*ast.DefElem, error) {
	opts := map[string]*ast.DefElem{}
	for _, d := range s.Definition {
		switch d.Name {
		case "from", "locale", "lc_collate", "lc_ctype", "provider", "deterministic", "version":
		default:
			return nil, pgerr.New(pgerr.SyntaxError, "collation attribute \"%s\" not recognized", d.Name).At(x.SQL, d.Pos)
		}
		if opts[d.Name] != nil {
			return nil, errConflicting().At(x.SQL, d.Pos)
		}
		opts[d.Name] = d
	}
	if opts["locale"] != nil && (opts["lc_collate"] != nil || opts["lc_ctype"] != nil) {
		return nil, errConflicting().WithDetail("LOCALE cannot be specified together with LC_COLLATE or LC_CTYPE.")
	}
	if opts["from"] != nil && len(opts) > 1 {
		return nil, errConflicting().WithDetail("FROM cannot be specified together with any other options.")
	}
	return opts, nil
}

func errConflicting() *pgerr.Error {
	return pgerr.New(pgerr.SyntaxError, "conflicting or redundant options")
}

// createCollation is CREATE COLLATION.
func (x *Executor) createCollation(ctx context.Context, s *ast.DefineStmt) error {
	h, err := x.head(ctx, s.Names)
	if err != nil {
		return err
	}
	opts, err := x.collationOptions(s)
	if err != nil {
		return err
	}
	c := &catalog.Collation{}
	if from := opts["from"]; from != nil {
		if c, err = x.copiedCollation(from.Words()); err != nil {
			return err
		}
	} else if err = collationAttributes(c, opts); err != nil {
		return err
	}
	c.ObjectHead = h
	if exists := x.sameCollation(c); exists != nil {
		if s.IfNotExists {
			x.notify(pgerr.Notice(pgerr.DuplicateObject, "%s, skipping", exists.Message))
			return nil
		}
		return exists
	}
	if opts["from"] == nil {
		if err := orderOfLocale(c); err != nil {
			return err
		}
	}
	actual := collation.VersionOf(c.Rules)
	c.RecordedVersion = actual
	if v := opts["version"]; v != nil {
		c.RecordedVersion = v.Word()
	}
	if err := x.create(ctx, c, errCollationExists(c)); err != nil {
		return err
	}
	if actual != "" && c.RecordedVersion != actual {
		name := x.reader().SchemaName(c.Schema) + "." + c.Name
		x.notify(pgerr.Warning(pgerr.CodeWarning, "collation \"%s\" has version mismatch", c.Name).
			WithDetail("The collation in the database was created using version %s, but the operating system provides version %s.", c.RecordedVersion, actual).
			WithHint("Rebuild all objects affected by this collation and run ALTER COLLATION %s REFRESH VERSION, or build PostgreSQL with the right library version.", name))
	}
	return nil
}

// copiedCollation is what CREATE COLLATION FROM takes of another collation.
func (x *Executor) copiedCollation(names []string) (*catalog.Collation, error) {
	o, err := x.findCollation(names)
	if err != nil {
		return nil, err
	}
	if o.Provider == 'd' {
		return nil, errObject("collation \"default\" cannot be copied")
	}
	c := *o
	c.Comment = ""
	return &c, nil
}

// collationAttributes sets what the options say; the errors come in PostgreSQL's order.
func collationAttributes(c *catalog.Collation, opts map[string]*ast.DefElem) error {
	deterministic := true
	if d := opts["deterministic"]; d != nil {
		var err error
		if deterministic, err = d.Bool(); err != nil {
			return err
		}
	}
	c.Provider = 'c'
	if d := opts["provider"]; d != nil {
		switch p := strings.ToLower(d.Word()); p {
		case "icu":
			c.Provider = 'i'
		case "libc":
		default:
			return errObject("unrecognized collation provider: %s", d.Word())
		}
	}
	given := func(names ...string) (string, bool) {
		for _, n := range names {
			if d := opts[n]; d != nil {
				return d.Word(), true
			}
		}
		return "", false
	}
	var ok bool
	if c.Provider == 'i' {
		if c.Locale, ok = given("locale"); !ok {
			return errObject("parameter \"locale\" must be specified")
		}
	} else {
		if c.Collate, ok = given("locale", "lc_collate"); !ok {
			return errObject("parameter \"lc_collate\" must be specified")
		}
		if c.Ctype, ok = given("locale", "lc_ctype"); !ok {
			return errObject("parameter \"lc_ctype\" must be specified")
		}
		c.Encoding = true
	}
	if !deterministic {
		if c.Provider != 'i' {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "nondeterministic collations not supported with this provider")
		}
		return pgerr.FeatureNotSupported("a nondeterministic collation")
	}
	return nil
}

// orderOfLocale finds the order that a collation's locale stands for.
func orderOfLocale(c *catalog.Collation) error {
	var ok bool
	if c.Provider == 'i' {
		if c.Rules, ok = collation.OfICU(c.Locale); !ok {
			return pgerr.FeatureNotSupported("ICU locale \"" + c.Locale + "\"")
		}
		return nil
	}
	for _, locale := range []string{c.Ctype, c.Collate} {
		if c.Rules, ok = collation.OfLibc(locale); !ok {
			return pgerr.New(pgerr.InvalidParameterValue, "could not create locale \"%s\": No such file or directory", locale).
				WithDetail("The operating system could not find any locale data for the locale name \"%s\".", locale)
		}
	}
	if ctype, _ := collation.OfLibc(c.Ctype); ctype != c.Rules && !(collation.ByBytes(ctype) && collation.ByBytes(c.Rules)) {
		return pgerr.FeatureNotSupported("a collation whose LC_COLLATE and LC_CTYPE differ")
	}
	return nil
}

// sameCollation is the error of a name that a collation of the schema has, nil if none has.
func (x *Executor) sameCollation(c *catalog.Collation) *pgerr.Error {
	for _, o := range x.reader().CollationsNamed(c.Name) {
		if o.Schema == c.Schema {
			return errCollationExists(&catalog.Collation{ObjectHead: c.ObjectHead, Encoding: c.Encoding && o.Encoding})
		}
	}
	return nil
}

func errCollationExists(c *catalog.Collation) *pgerr.Error {
	if c.Encoding {
		return pgerr.New(pgerr.DuplicateObject, "collation \"%s\" for encoding \"UTF8\" already exists", c.Name)
	}
	return pgerr.New(pgerr.DuplicateObject, "collation \"%s\" already exists", c.Name)
}

// findCollation finds a collation by its name, built in or not.
func (x *Executor) findCollation(names []string) (*catalog.Collation, error) {
	o, name, err := x.reader().FindCollation(x.SearchPath, names)
	if err != nil || o != nil {
		return o, err
	}
	return pgcatalog.BuiltinCollation(name), nil
}

// refreshCollation is ALTER COLLATION … REFRESH VERSION.
func (x *Executor) refreshCollation(ctx context.Context, s *ast.AlterCollationStmt) error {
	c, err := x.findCollation(s.Names)
	if err != nil {
		return err
	}
	if err := x.MustOwn(c); err != nil {
		return err
	}
	actual := collation.VersionOf(c.Rules)
	switch {
	case actual == c.RecordedVersion:
		x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "version has not changed"))
		return nil
	case actual == "" || c.RecordedVersion == "":
		return errObject("invalid collation version change")
	}
	x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "changing version from %s to %s", c.RecordedVersion, actual))
	return x.ChangeObject(ctx, c, func(n catalog.Object) { n.(*catalog.Collation).RecordedVersion = actual })
}
