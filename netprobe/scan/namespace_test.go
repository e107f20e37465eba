//go:build linux

package scan

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// isolated runs the calling test once more, in a process with a network of its own that
// the shell commands set up, and reports whether this is that process. The network is
// gone when the process ends.
func isolated(t *testing.T, setup string) bool {
	t.Helper()
	const mark = "SONDE_TEST_ISOLATED"
	if os.Getenv(mark) != "" {
		out, err := exec.Command("sh", "-ec", "ip link set lo up\n"+setup).CombinedOutput()
		if err != nil {
			t.Fatalf("setting the network up: %v\n%s", err, out)
		}
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, for a network of its own")
	}
	for _, program := range []string{"ip", "nft", "tc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs the Debian packages iproute2 and nftables: %v", err)
		}
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), mark+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := child.CombinedOutput()
	switch {
	case err != nil && strings.Contains(err.Error(), "operation not permitted"):
		t.Skipf("needs the right to make a network of its own: %v", err)
	case err != nil:
		t.Errorf("in a network of its own: %v\n%s", err, out)
	default:
		t.Logf("%s", out)
	}
	return false
}
