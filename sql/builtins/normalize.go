package builtins

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func normalForm(name string) (norm.Form, error) {
	switch strings.ToUpper(name) {
	case "NFC":
		return norm.NFC, nil
	case "NFD":
		return norm.NFD, nil
	case "NFKC":
		return norm.NFKC, nil
	case "NFKD":
		return norm.NFKD, nil
	}
	return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid normalization form: %s", name)
}

func normalizeCodes() []code {
	return []code{
		{src: "unicode_normalize_func", scalar: strResult(func(a []types.Datum) (string, error) {
			f, err := normalForm(a[1].Str())
			if err != nil {
				return "", err
			}
			return f.String(a[0].Str()), nil
		})},
		{src: "unicode_is_normalized", kernel: try2(strs, strs, bools, func(s, form string) (bool, error) {
			f, err := normalForm(form)
			if err != nil {
				return false, err
			}
			return f.IsNormalString(s), nil
		})},
	}
}
