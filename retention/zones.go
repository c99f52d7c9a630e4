package retention

import (
	_ "embed" // zones.txt
	"fmt"
	"strings"
	"time"
)

// zoneNames are the zones that every machine has, since the binary carries them
// (time/tzdata): one name a line. What a machine's own database has beside them, such as
// posix/Europe/Berlin, would be a time zone on one machine and none on another.
//
//go:embed zones.txt
var zoneNames string

// CheckTimeZone accepts names of the IANA database that every machine knows. `Local` is
// refused too: it would be another zone on every machine.
func CheckTimeZone(name string) error {
	known := strings.Contains("\n"+zoneNames, "\n"+name+"\n")
	if _, err := time.LoadLocation(name); err != nil || !known || name == "" {
		return fmt.Errorf("%q is not a time zone; give a name of the IANA database such as UTC or Europe/Berlin", name)
	}
	return nil
}
