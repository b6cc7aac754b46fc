package server

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// maxFile is how much of a file a value takes.
const maxFile = 1<<30 - 1

// fileFunctions read files of the data directory.
var fileFunctions = map[string]scalar{
	"pg_read_file_all": readText, "pg_read_file_off_len": readText, "pg_read_file_v2": readText,
	"pg_read_binary_file_all": readBytes, "pg_read_binary_file_off_len": readBytes, "pg_read_binary_file": readBytes,
}

// fileSets list folders of it, or describe a file.
var fileSets = map[string]set{"pg_ls_dir_1arg": listFolder, "pg_ls_dir": listFolder, "pg_stat_file": describeFile, "pg_stat_file_1arg": describeFile}

// path is the file that the first argument names; "" where the data are in memory only.
func (x *call) path() (string, error) {
	name := x.args[0].Str()
	if r, ok := x.s.Reader.Role(x.env.CurrentUser()); !ok || !r.Super {
		return "", pgerr.New(pgerr.InsufficientPrivilege, "permission denied for function %s", x.proc.Name)
	}
	root, _ := x.env.Setting("data_directory")
	if root == "" {
		return "", pgerr.FeatureNotSupported("reading files of a server without data directory")
	}
	if rel, err := filepath.Rel(root, name); filepath.IsAbs(name) && err == nil {
		name = rel
	} else if filepath.IsAbs(name) {
		return "", pgerr.New(pgerr.InsufficientPrivilege, "absolute path not allowed")
	}
	if !filepath.IsLocal(name) {
		return "", pgerr.New(pgerr.InsufficientPrivilege, "path must be in or below the data directory")
	}
	return filepath.Join(root, name), nil
}

// option is a boolean argument, false if it is left out.
func (x *call) option(i int) bool { return i < len(x.args) && x.args[i].Bool() }

// missing is nil for a file that is not there if the caller allows that.
func (x *call) missing(err error, option int, format string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist) && x.option(option):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return pgerr.New(pgerr.UndefinedFile, format+": No such file or directory", x.args[0].Str())
	}
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return pgerr.New(pgerr.IOError, format+": %s", x.args[0].Str(), err)
}

// read reads a file, or a part of it: name [, offset, length [, missing_ok]].
func (x *call) read() ([]byte, bool, error) {
	offset, length := int64(0), int64(-1)
	if len(x.args) > 2 {
		if offset, length = x.args[1].Int(), x.args[2].Int(); length < 0 {
			return nil, false, pgerr.New(pgerr.InvalidParameterValue, "requested length cannot be negative")
		}
	}
	path, err := x.path()
	if err != nil {
		return nil, false, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false, x.missing(err, 3, "could not open file \"%s\" for reading")
	}
	defer file.Close()
	whence := io.SeekStart
	if offset < 0 {
		whence = io.SeekEnd
	}
	if _, err := file.Seek(offset, whence); err != nil {
		return nil, false, x.missing(err, 3, "could not seek in file \"%s\"")
	}
	if length < 0 || length > maxFile {
		length = maxFile + 1
	}
	b, err := io.ReadAll(io.LimitReader(file, length))
	switch {
	case err != nil:
		return nil, false, x.missing(err, 3, "could not read file \"%s\"")
	case len(b) > maxFile:
		return nil, false, pgerr.New(pgerr.ProgramLimitExceeded, "file length too large")
	}
	return b, true, nil
}

func readBytes(x *call) (types.Datum, error) {
	b, ok, err := x.read()
	if !ok {
		return types.Null, err
	}
	return types.NewStr(string(b)), nil
}

func readText(x *call) (types.Datum, error) {
	b, ok, err := x.read()
	if !ok {
		return types.Null, err
	}
	text := string(b)
	if err := types.CheckUTF8(text); err != nil {
		return types.Null, err
	}
	return types.NewStr(text), nil
}

// listFolder is pg_ls_dir(name [, missing_ok, include_dot_dirs]).
func listFolder(x *call) ([][]types.Datum, error) {
	path, err := x.path()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, x.missing(err, 1, "could not open directory \"%s\"")
	}
	var rows [][]types.Datum
	if x.option(2) {
		rows = append(rows, []types.Datum{types.NewStr(".")}, []types.Datum{types.NewStr("..")})
	}
	for _, e := range entries {
		rows = append(rows, []types.Datum{types.NewStr(strings.ToValidUTF8(e.Name(), "?"))})
	}
	return rows, nil
}

// describeFile is pg_stat_file(name [, missing_ok]): size, times and whether it is a folder. Only the time of the last change is known.
func describeFile(x *call) ([][]types.Datum, error) {
	path, err := x.path()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, x.missing(err, 1, "could not stat file \"%s\"")
	}
	changed := types.NewInt(types.NowMicros(info.ModTime()))
	return [][]types.Datum{{types.NewInt(info.Size()), types.Null, changed, types.Null, types.Null, types.NewBool(info.IsDir())}}, nil
}
