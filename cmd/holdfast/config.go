package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/retention"
)

// config is everything that the environment decides, read once. Every variable
// stands in the table of docs/operating.md.
type config struct {
	// DatabaseURL is the store's PostgreSQL; empty starts an embedded one.
	DatabaseURL string `env:"DATABASE_URL"`
	// TargetURL is the governed database, where it is another one.
	TargetURL string `env:"TARGET_URL"`
	DataDir   string `env:"DATA_DIR"`
	Listen    string `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	PublicURL string `env:"PUBLIC_URL"`
	// TrustedProxies may say in X-Forwarded-For whom they speak for; without any the
	// header is ignored, since everybody can send it.
	TrustedProxies proxies `env:"TRUSTED_PROXIES"`
	Secret         string  `env:"SECRET"`
	// AdminToken is accepted as an administrator's API token.
	AdminToken string `env:"ADMIN_TOKEN"`
	// MetricsToken is wanted by /metrics; empty asks for none.
	MetricsToken string         `env:"METRICS_TOKEN"`
	Migrate      bool           `env:"MIGRATE" envDefault:"true"`
	Pace         retention.Pace `env:"PACE" envDefault:"default"`
	// MaxReplicaLag is how far a standby may fall behind before runs wait for it, and
	// MaxWALRate, in MiB a second, what the server may write before they slow down; 0 for no
	// limit.
	MaxReplicaLag retention.Period `env:"MAX_REPLICA_LAG" envDefault:"PT3S"`
	MaxWALRate    uint             `env:"MAX_WAL_RATE" envDefault:"64"`
	// MinRetention is the shortest retention period that a policy may have. P0D is none.
	MinRetention retention.Period `env:"MIN_RETENTION" envDefault:"P1D"`
	// RequireSimulation refuses a run of a policy's version that was never simulated.
	RequireSimulation bool `env:"REQUIRE_SIMULATION" envDefault:"false"`
	// ReleaseDelay is how long the release of a hold cools off before it takes effect, and
	// ExpiryDelay how long an expiry does; P0D is not at all.
	ReleaseDelay retention.Period `env:"RELEASE_DELAY" envDefault:"PT72H"`
	ExpiryDelay  retention.Period `env:"EXPIRY_DELAY" envDefault:"P0D"`
	// TimeZone is the zone of the schedule that exists from the start, and BackupRetention
	// (Backups as it was given) how long the governed database's backups are kept; nil is
	// not stated.
	TimeZone        string `env:"TIME_ZONE" envDefault:"UTC"`
	Backups         string `env:"BACKUP_RETENTION"`
	BackupRetention *retention.Period
	// EventRetention is how long the log keeps events that nobody waits for.
	EventRetention retention.Period `env:"EVENT_RETENTION" envDefault:"P30D"`
	PostgresBin    string           `env:"POSTGRES_BIN"`
	LogFormat      string           `env:"LOG_FORMAT" envDefault:"text"`
	// WebhookAllowPrivate lets subscribers' URLs lead to this machine and to private networks.
	WebhookAllowPrivate bool `env:"WEBHOOK_ALLOW_PRIVATE" envDefault:"false"`
	// NATSCreds is the file with the credentials of subscribers' NATS servers.
	NATSCreds string `env:"NATS_CREDS"`
}

const (
	envPrefix       = "HOLDFAST_"
	minSecret       = 32
	minAdminToken   = 32
	minMetricsToken = 32
)

// readConfig reads and checks the environment. getenv is os.Getenv but in tests.
func readConfig(getenv func(string) string) (config, error) {
	var c config
	values := map[string]string{}
	fields, err := env.GetFieldParamsWithOptions(&c, env.Options{Prefix: envPrefix})
	if err != nil {
		return c, err
	}
	for _, f := range fields {
		if v := getenv(f.Key); v != "" {
			values[f.Key] = v
		}
	}
	if err := env.ParseWithOptions(&c, env.Options{Prefix: envPrefix, Environment: values}); err != nil {
		return c, byVariable(err, fields)
	}
	if c.DataDir == "" {
		if c.DataDir, err = defaultDataDir(getenv); err != nil {
			return c, err
		}
	}
	return c, c.check()
}

// byVariable says of each value that cannot be read which variable it is of: the
// parser knows the field of the program alone.
func byVariable(err error, fields []env.FieldParams) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return fmt.Errorf("configuration: %w", err)
	}
	var errs []error
	for _, e := range all.Errors {
		p, ok := errors.AsType[env.ParseError](e)
		field, found := reflect.TypeFor[config]().FieldByName(p.Name)
		i := slices.IndexFunc(fields, func(f env.FieldParams) bool { return f.OwnKey == field.Tag.Get("env") })
		switch {
		case !ok || !found || i < 0:
			errs = append(errs, e)
		case field.Type.Kind() == reflect.Bool:
			errs = append(errs, fmt.Errorf("%s must be true or false", fields[i].Key))
		default:
			errs = append(errs, fmt.Errorf("%s: %w", fields[i].Key, p.Err))
		}
	}
	return errors.Join(errs...)
}

// readBackups reads how long backups are kept. P0D is an answer too: there are none.
func (c *config) readBackups() error {
	if c.Backups == "" {
		return nil
	}
	p, err := retention.ParsePeriod(c.Backups)
	if err != nil {
		return fmt.Errorf("HOLDFAST_BACKUP_RETENTION: %w", err)
	}
	c.BackupRetention = &p
	return nil
}

// longEnough refuses a secret that could be guessed; none given is for others to judge.
func longEnough(name, secret string, least int) error {
	if secret != "" && len(secret) < least {
		return fmt.Errorf("%s has %d characters; at least %d are needed, such as the output of `openssl rand -hex 32`", name, len(secret), least)
	}
	return nil
}

func (c *config) check() error {
	errs := []error{
		longEnough("HOLDFAST_SECRET", c.Secret, minSecret),
		longEnough("HOLDFAST_ADMIN_TOKEN", c.AdminToken, minAdminToken),
		longEnough("HOLDFAST_METRICS_TOKEN", c.MetricsToken, minMetricsToken),
		c.readBackups(),
	}
	if c.Pace != retention.PaceDefault && c.Pace != retention.PaceMax {
		errs = append(errs, fmt.Errorf("HOLDFAST_PACE is %q; it must be default or max", c.Pace))
	}
	if err := retention.CheckTimeZone(c.TimeZone); err != nil {
		errs = append(errs, fmt.Errorf("HOLDFAST_TIME_ZONE: %w", err))
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		errs = append(errs, fmt.Errorf("HOLDFAST_LOG_FORMAT is %q; it must be text or json", c.LogFormat))
	}
	errs = append(errs, c.checkCreds())
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			errs = append(errs, fmt.Errorf("HOLDFAST_PUBLIC_URL is %q; it must be a URL such as https://holdfast.example.com", c.PublicURL))
		}
	}
	for name, v := range map[string]string{"HOLDFAST_DATABASE_URL": c.DatabaseURL, "HOLDFAST_TARGET_URL": c.TargetURL} {
		errs = append(errs, checkURL(name, v))
	}
	return errors.Join(errs...)
}

// checkURL names the variable and not the value, in which there may be a password.
func checkURL(name, v string) error {
	if v == "" {
		return nil
	}
	if strings.HasPrefix(v, "postgres://") || strings.HasPrefix(v, "postgresql://") {
		_, err := pgconn.ParseConfig(v)
		if err == nil {
			return nil
		}
		if u, ok := errors.AsType[*url.Error](err); ok {
			return fmt.Errorf("%s is no URL that can be read (%w); a special character of a password is written as %% and two digits, such as %%25 for %%", name, u.Err)
		}
		if inner := errors.Unwrap(err); inner != nil {
			return fmt.Errorf("%s cannot be used: %w", name, inner)
		}
	}
	return fmt.Errorf("%s must be a URL such as postgres://user:password@host:5432/database", name)
}

func (c *config) checkCreds() error {
	if c.NATSCreds == "" {
		return nil
	}
	if _, err := os.Stat(c.NATSCreds); err != nil {
		return fmt.Errorf("HOLDFAST_NATS_CREDS must name a .creds file that can be read: %w", err)
	}
	return nil
}

// defaultDataDir is /var/lib/holdfast as root, else the user's data directory.
func defaultDataDir(getenv func(string) string) (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/holdfast", nil
	}
	if dir := getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "holdfast"), nil
	}
	home := getenv("HOME")
	if home == "" {
		return "", errors.New("HOLDFAST_DATA_DIR is not set and there is no home directory to put it in")
	}
	return filepath.Join(home, ".local", "share", "holdfast"), nil
}

// keptSecret is the configured one, or the one kept in the data directory; nil if there
// is none yet.
func (c *config) keptSecret() ([]byte, error) {
	if c.Secret != "" {
		return []byte(c.Secret), nil
	}
	path := filepath.Join(c.DataDir, "secret")
	b, err := os.ReadFile(path)
	if err == nil && len(b) < minSecret {
		return nil, fmt.Errorf("%s is too short to be a secret; restore it from a backup, or set HOLDFAST_SECRET", path)
	}
	if err == nil {
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("data directory: %w; set HOLDFAST_DATA_DIR to a directory of Holdfast's own", err)
	}
	return nil, nil
}

// newSecret makes the secret and keeps it in the data directory.
func (c *config) newSecret() ([]byte, error) {
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("data directory: %w; set HOLDFAST_DATA_DIR to a directory that can be written", err)
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	return keepSecret(filepath.Join(c.DataDir, "secret"), []byte(hex.EncodeToString(raw)))
}

// keepSecret writes the secret so that either nothing or all of it is there, and
// another process that was faster wins.
func keepSecret(path string, secret []byte) ([]byte, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return nil, fmt.Errorf("keep the secret: %w; set HOLDFAST_DATA_DIR to a directory that can be written, or HOLDFAST_SECRET", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, werr := tmp.Write(secret)
	if err := errors.Join(werr, tmp.Sync(), tmp.Close()); err != nil {
		return nil, fmt.Errorf("keep the secret: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keep the secret: %w", err)
	}
	return os.ReadFile(path)
}
