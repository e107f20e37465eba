//go:build linux

package daemons

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// recipe is how one server is set up.
type recipe struct {
	name   string
	packs  []string // of Debian; the version of the first is that of the program
	root   bool     // it insists on being started by root
	user   string   // whom it runs as when we are root; "": root
	serves []Daemon
	// prepare writes the server's files and returns its command, which must stay in
	// the foreground.
	prepare func(ctx context.Context, b *box, owner *syscall.Credential) ([]string, error)
	// begun waits until it answers, where that takes more than connecting.
	begun func(ctx context.Context, b *box, daemons []Daemon) error
}

var recipes = []recipe{
	{
		name: "vsftpd", packs: []string{"vsftpd"}, root: true, prepare: vsftpd,
		serves: []Daemon{{Service: "ftp", Product: "vsftpd", StartTLS: true, tellsVersion: true}},
	},
	{
		name: "postfix", packs: []string{"postfix"}, root: true, prepare: postfix,
		serves: []Daemon{{Service: "smtp", Product: "Postfix", StartTLS: true}},
	},
	{
		name: "openssh", packs: []string{"openssh-server"}, user: "nobody", prepare: openssh,
		serves: []Daemon{{Service: "ssh", Product: "OpenSSH", tellsVersion: true}},
	},
	{
		name: "dovecot", packs: []string{"dovecot-core", "dovecot-imapd", "dovecot-pop3d", "dovecot-managesieved"}, root: true, prepare: dovecot,
		serves: []Daemon{
			{Service: "imap", Product: "Dovecot", StartTLS: true}, {Service: "imap", Product: "Dovecot", TLS: true},
			{Service: "pop3", Product: "Dovecot", StartTLS: true}, {Service: "managesieve", Product: "Dovecot Pigeonhole", StartTLS: true},
		},
	},
	{
		name: "nginx", packs: []string{"nginx"}, prepare: nginx,
		serves: []Daemon{
			{Service: "http", Product: "nginx", tellsVersion: true}, {Service: "http", Product: "nginx", TLS: true, tellsVersion: true},
		},
	},
	{
		name: "redis", packs: []string{"redis-server"}, user: "nobody", prepare: redis,
		serves: []Daemon{{Service: "redis", Product: "Redis", tellsVersion: true}},
	},
	{
		name: "memcached", packs: []string{"memcached"}, user: "nobody", prepare: memcached,
		serves: []Daemon{{Service: "memcached", Product: "memcached", tellsVersion: true}},
	},
	{
		name: "mariadb", packs: []string{"mariadb-server"}, user: "mysql", prepare: mariadb,
		serves: []Daemon{{Service: "mysql", Product: "MariaDB", StartTLS: true, tellsVersion: true}},
	},
	{
		name: "postgresql", packs: []string{"postgresql"}, user: "postgres", prepare: postgresql,
		serves: []Daemon{{Service: "postgresql", Product: "PostgreSQL", StartTLS: true}},
	},
	{
		name: "bind", packs: []string{"bind9"}, user: "nobody", prepare: bind,
		serves: []Daemon{
			{Service: "dns", Product: "BIND", tellsVersion: true}, {Service: "dns", Product: "BIND", UDP: true, tellsVersion: true},
		},
	},
	{
		name: "mosquitto", packs: []string{"mosquitto"}, user: "nobody", prepare: mosquitto,
		serves: []Daemon{{Service: "mqtt", Product: "Mosquitto", tellsVersion: true}},
	},
	{
		name: "ntpsec", packs: []string{"ntpsec"}, root: true, prepare: ntpsec, begun: reachNTP,
		serves: []Daemon{{Service: "ntp", UDP: true}},
	},
}

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

func nginx(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	if err != nil {
		return nil, err
	}
	if _, err := b.write("index.html", "<!doctype html><title>Sonde's test</title><p>Hello."); err != nil {
		return nil, err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config, err := b.write("nginx.conf", fmt.Sprintf(`daemon off;
pid %[1]s/nginx.pid;
error_log stderr;
%[2]s
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  types { text/html html; }
  root %[1]s;
  server { listen 127.0.0.1:%[3]d; }
  server { listen 127.0.0.1:%[4]d ssl; ssl_certificate %[5]s; ssl_certificate_key %[6]s; }
}
`, b.dir, user, b.ports[0], b.ports[1], cert, key))
	return []string{"nginx", "-c", config, "-p", b.dir, "-e", "stderr"}, err
}

func redis(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	return []string{"redis-server", "--bind", "127.0.0.1", "--port", fmt.Sprint(b.ports[0]), "--save", "", "--dir", b.dir}, nil
}

func memcached(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	return []string{"memcached", "-l", "127.0.0.1", "-U", "0", "-p", fmt.Sprint(b.ports[0])}, nil
}

// mariadb starts without the tables of users, which take seconds to make. The
// greeting, all that is asked for, does not need them.
func mariadb(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	return []string{
		"mariadbd", "--no-defaults", "--skip-grant-tables", "--datadir=" + b.dir, "--bind-address=127.0.0.1",
		fmt.Sprintf("--port=%d", b.ports[0]), "--socket=" + b.dir + "/socket", "--pid-file=" + b.dir + "/pid",
		"--innodb=OFF", "--default-storage-engine=Aria", "--skip-name-resolve",
		"--ssl-cert=" + cert, "--ssl-key=" + key,
	}, err
}

func postgresql(ctx context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return nil, &missingError{"there is no /usr/lib/postgresql/*/bin"}
	}
	programs, data := slices.Max(found), filepath.Join(b.dir, "data")
	setup := b.command(ctx, owner, programs+"/initdb", "--no-sync", "-A", "trust", "--locale=C", "-D", data)
	if err := setup.Run(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, &b.log)
	}
	cert, key, err := b.certificate(owner)
	return []string{
		programs + "/postgres", "-D", data, "-h", "127.0.0.1", "-p", fmt.Sprint(b.ports[0]), "-k", b.dir,
		"-c", "fsync=off", "-c", "ssl=on", "-c", "ssl_cert_file=" + cert, "-c", "ssl_key_file=" + key,
	}, err
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
