//go:build unix

package scan

import (
	"os"

	"golang.org/x/sys/unix"
)

// freeDescriptors is how many files this process may still open.
func freeDescriptors() (free int, limited bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 0, false
	}
	open := 16 // as a guess, where the system does not list them
	if files, err := os.ReadDir("/dev/fd"); err == nil {
		open = len(files)
	}
	return max(0, int(limit.Cur)-open), true
}
