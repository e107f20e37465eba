//go:build linux

package daemons

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func vsftpd(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	if err != nil {
		return nil, err
	}
	config, err := b.write("vsftpd.conf", fmt.Sprintf(`listen=YES
listen_address=127.0.0.1
listen_port=%d
background=NO
anonymous_enable=YES
secure_chroot_dir=%s
ssl_enable=YES
rsa_cert_file=%s
rsa_private_key_file=%s
xferlog_enable=NO
`, b.ports[0], b.dir, cert, key))
	return []string{"vsftpd", config}, err
}

func openssh(ctx context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	var keys string
	for _, kind := range []string{"ed25519", "ecdsa"} {
		key := filepath.Join(b.dir, kind)
		if err := b.command(ctx, owner, "ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key).Run(); err != nil {
			return nil, fmt.Errorf("make a host key: %w: %s", err, &b.log)
		}
		keys += "HostKey " + key + "\n"
	}
	config, err := b.write("sshd_config", fmt.Sprintf("ListenAddress 127.0.0.1:%d\nPidFile none\nUsePAM no\n%s", b.ports[0], keys))
	return []string{"/usr/sbin/sshd", "-D", "-e", "-f", config}, err
}

func bind(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("named.conf", fmt.Sprintf(`options {
  directory "%s";
  listen-on port %d { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  notify no;
};
controls {};
`, b.dir, b.ports[0]))
	return []string{"named", "-g", "-c", config, "-n", "1"}, err
}

func mosquitto(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("mosquitto.conf", fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\n", b.ports[0]))
	return []string{"mosquitto", "-c", config}, err
}

func rsync(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("rsyncd.conf", fmt.Sprintf("address = 127.0.0.1\nport = %d\nuse chroot = no\n", b.ports[0]))
	return []string{"rsync", "--daemon", "--no-detach", "--config", config}, err
}

func nats(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	return []string{"nats-server", "-a", "127.0.0.1", "-p", fmt.Sprint(b.ports[0])}, nil
}

func ngircd(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("ngircd.conf", fmt.Sprintf("[Global]\nName = irc.sonde.test\nListen = 127.0.0.1\nPorts = %d\n", b.ports[0]))
	return []string{"ngircd", "-n", "-f", config}, err
}

func prosody(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	if err != nil {
		return nil, err
	}
	config, err := b.write("prosody.cfg.lua", fmt.Sprintf(`pidfile = "%[1]s/pid"
data_path = "%[1]s"
interfaces = { "127.0.0.1" }
c2s_ports = { %[2]d }
modules_enabled = { "tls", "saslauth" }
modules_disabled = { "s2s" }
ssl = { certificate = "%[3]s", key = "%[4]s" }
VirtualHost "%[5]s"
`, b.dir, b.ports[0], cert, key, CertificateName))
	return []string{"prosody", "-F", "--config", config}, err
}

func snmpd(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("snmpd.conf", fmt.Sprintf("agentAddress udp:127.0.0.1:%d\n[snmp] persistentDir %s\n", b.ports[0], b.dir))
	return []string{"snmpd", "-f", "-Lo", "-C", "-c", config, "-p", b.dir + "/pid"}, err
}

func coturn(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	return []string{
		"turnserver", "-n", "-L", "127.0.0.1", "-p", fmt.Sprint(b.ports[0]), "--no-tls", "--no-dtls", "--no-cli",
		"--pidfile", b.dir + "/pid", "--db", b.dir + "/db", "--log-file", "stdout",
	}, nil
}

// boundUDP waits until the system lists the server's socket.
func boundUDP(ctx context.Context, b *box, _ []Daemon) error {
	socket := fmt.Sprintf(" 0100007F:%04X ", b.ports[0])
	return b.await(ctx, func() bool {
		sockets, err := os.ReadFile("/proc/net/udp")
		return err == nil && strings.Contains(string(sockets), socket)
	})
}

func kamailio(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("kamailio.cfg", fmt.Sprintf(`#!KAMAILIO
listen=udp:127.0.0.1:%[1]d
listen=tcp:127.0.0.1:%[1]d
children=1
tcp_children=1
log_stderror=yes
loadmodule "sl.so"
request_route { sl_send_reply("200", "OK"); exit; }
`, b.ports[0]))
	return []string{"kamailio", "-DD", "-E", "-f", config, "-Y", b.dir, "-P", filepath.Join(b.dir, "pid")}, err
}
