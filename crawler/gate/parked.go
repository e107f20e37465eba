package gate

import (
	"fmt"
	"time"
)

// ParkedError says that an origin is not to be asked within [Patience].
type ParkedError struct {
	Origin string
	Until  time.Time // wall time; zero: for the rest of the run
	Why    string    // what the origin did, in words
}

func (e *ParkedError) Error() string {
	if e.Until.IsZero() {
		return fmt.Sprintf("%s is left alone for the rest of this run: %s; see whether it is up, then resume the run", e.Origin, e.Why)
	}
	return fmt.Sprintf("%s is left alone until %s: %s; resume the run then", e.Origin, e.Until.Format(time.RFC3339), e.Why)
}
