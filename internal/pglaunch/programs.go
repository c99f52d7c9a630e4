package pglaunch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The major versions the project is tested with.
const (
	minMajor = 14
	maxMajor = 18
)

// programs is a directory that holds initdb and postgres of one version.
type programs struct {
	dir   string
	major int
}

func (p programs) postgres() string { return filepath.Join(p.dir, "postgres") }
func (p programs) initdb() string   { return filepath.Join(p.dir, "initdb") }

// wellKnownDirs are the places where packages put the server's programs without
// adding them to PATH: Debian, the PostgreSQL project's RPMs, Alpine, Homebrew
// on its three prefixes, Postgres.app.
func wellKnownDirs() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/libexec/postgresql*",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}
}

// findPrograms returns every usable set of programs, the preferred one first:
// binDir alone where it is given, else PATH, then the newest of wellKnown (glob
// patterns). The error wraps [ErrNoPrograms].
func findPrograms(ctx context.Context, binDir string, wellKnown []string) ([]programs, error) {
	if binDir != "" {
		p, err := inspect(ctx, binDir)
		if err != nil {
			return nil, noPrograms([]string{err.Error()})
		}
		return []programs{p}, nil
	}
	var found []programs
	var unusable []string
	add := func(dirs ...string) {
		for _, dir := range dirs {
			p, err := inspect(ctx, dir)
			if err != nil {
				unusable = append(unusable, err.Error())
				continue
			}
			found = append(found, p)
		}
	}
	var others []string
	for _, pattern := range wellKnown {
		matches, _ := filepath.Glob(pattern) // The only error is a malformed pattern; ours are constants.
		others = append(others, slices.DeleteFunc(matches, lacksPostgres)...)
	}
	add(others...)
	slices.SortStableFunc(found, func(a, b programs) int { return cmp.Compare(b.major, a.major) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			newest := found
			found = nil
			add(filepath.Dir(path))
			found = append(found, newest...)
		}
	}
	if len(found) == 0 {
		return nil, noPrograms(unusable)
	}
	return found, nil
}

// lacksPostgres tells a directory that cannot be meant (a client-only package
// leaves such) from one whose fault is worth a word in the error.
func lacksPostgres(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "postgres"))
	return err != nil
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect asks the programs in dir for their version and refuses what the
// project does not support.
func inspect(ctx context.Context, dir string) (programs, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return programs{}, fmt.Errorf("%s: %w", dir, err)
	}
	p := programs{dir: dir}
	if _, err := exec.LookPath(p.initdb()); err != nil {
		return p, fmt.Errorf("%s has no initdb that can be run", dir)
	}
	cmd := exec.CommandContext(ctx, p.postgres(), "--version")
	cmd.Env = childEnv(dir)
	out, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("%s does not run: %w", p.postgres(), err)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return p, fmt.Errorf("%s says %q, which names no PostgreSQL version", p.postgres(), strings.TrimSpace(string(out)))
	}
	p.major, err = strconv.Atoi(string(m[1]))
	if err != nil {
		return p, fmt.Errorf("%s: version: %w", p.postgres(), err)
	}
	if p.major < minMajor || p.major > maxMajor {
		return p, fmt.Errorf("%s is PostgreSQL %d, which is not supported", dir, p.major)
	}
	return p, nil
}

// childEnv is the whole environment of every program started here. Nothing is
// passed on: PGDATA, PGPORT, PGOPTIONS or a locale that is not installed would
// each change what the server does.
func childEnv(binDir string) []string {
	return []string{
		"PATH=" + binDir + ":/usr/local/bin:/usr/bin:/bin",
		"LANG=C",
		"LC_ALL=C",
		"TZ=UTC",
	}
}

// choose returns the programs for the cluster: those of its own major version
// where it exists (version is its PG_VERSION), else the preferred ones.
func choose(found []programs, cluster, version string) (programs, error) {
	if version == "" {
		return found[0], nil
	}
	var have []string
	for _, p := range found {
		if strconv.Itoa(p.major) == version {
			return p, nil
		}
		have = append(have, fmt.Sprintf("PostgreSQL %d in %s", p.major, p.dir))
	}
	return programs{}, fmt.Errorf("%w: %s was made by PostgreSQL %s, and the programs found are %s; "+
		"install PostgreSQL %s, or upgrade the directory with pg_upgrade; nothing was changed",
		ErrOtherVersion, cluster, version, strings.Join(have, ", "), version)
}
