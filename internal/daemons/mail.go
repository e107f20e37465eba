//go:build linux

package daemons

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func postfix(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"queue", "queue/pid", "queue/public", "queue/private", "data"} {
		if err := os.Mkdir(filepath.Join(b.dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	writer, err := credential("postfix")
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"queue/public", "queue/private", "data"} {
		if err := os.Chown(filepath.Join(b.dir, folder), int(writer.Uid), int(writer.Gid)); err != nil {
			return nil, err
		}
	}
	if _, err := b.write("main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
myhostname = mail.sonde.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
smtpd_tls_cert_file = %[2]s
smtpd_tls_key_file = %[3]s
smtpd_tls_security_level = may
maillog_file = /dev/stdout
`, b.dir, cert, key)); err != nil {
		return nil, err
	}
	_, err = b.write("master.cf", fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`, b.ports[0]))
	return []string{"/usr/lib/postfix/sbin/master", "-d", "-c", b.dir}, err
}

func dovecot(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	if err != nil {
		return nil, err
	}
	config, err := b.write("dovecot.conf", fmt.Sprintf(`protocols = imap pop3 sieve
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = /dev/stderr
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[2]s
ssl_key = <%[3]s
passdb {
  driver = static
  args = nopassword=n
}
service imap-login {
  inet_listener imap {
    port = %[4]d
  }
  inet_listener imaps {
    port = %[5]d
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = %[6]d
  }
  inet_listener pop3s {
    port = 0
  }
}
service managesieve-login {
  inet_listener sieve {
    port = %[7]d
  }
}
`, b.dir, cert, key, b.ports[0], b.ports[1], b.ports[2], b.ports[3]))
	return []string{"dovecot", "-F", "-c", config}, err
}
