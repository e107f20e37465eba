//go:build linux

package daemons

import (
	"context"
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
		name: "rsync", packs: []string{"rsync"}, user: "nobody", prepare: rsync,
		serves: []Daemon{{Service: "rsync"}},
	},
	{
		name: "slapd", packs: []string{"slapd"}, user: "nobody", prepare: slapd,
		serves: []Daemon{{Service: "ldap", Product: "OpenLDAP", StartTLS: true}},
	},
	{
		name: "nats", packs: []string{"nats-server"}, user: "nobody", prepare: nats,
		serves: []Daemon{{Service: "nats", Product: "NATS Server", tellsVersion: true}},
	},
	{
		name: "etcd", packs: []string{"etcd-server"}, user: "nobody", prepare: etcd,
		serves: []Daemon{{Service: "etcd", Product: "etcd", tellsVersion: true}},
	},
	{
		name: "tinyproxy", packs: []string{"tinyproxy"}, user: "nobody", prepare: tinyproxy,
		serves: []Daemon{{Service: "http-proxy", Product: "tinyproxy", tellsVersion: true}},
	},
	{
		name: "squid", packs: []string{"squid"}, user: "nobody", prepare: squid,
		serves: []Daemon{{Service: "http-proxy", Product: "Squid", tellsVersion: true}},
	},
	{
		name: "dante", packs: []string{"dante-server"}, user: "nobody", prepare: dante,
		serves: []Daemon{{Service: "socks5"}},
	},
	{
		name: "kamailio", packs: []string{"kamailio"}, user: "nobody", prepare: kamailio,
		serves: []Daemon{
			{Service: "sip", Product: "Kamailio", tellsVersion: true}, {Service: "sip", Product: "Kamailio", UDP: true, tellsVersion: true},
		},
	},
	{
		name: "ngircd", packs: []string{"ngircd"}, user: "nobody", prepare: ngircd,
		serves: []Daemon{{Service: "irc"}},
	},
	{
		name: "prosody", packs: []string{"prosody"}, user: "prosody", prepare: prosody,
		serves: []Daemon{{Service: "xmpp", StartTLS: true}},
	},
	{
		name: "snmpd", packs: []string{"snmpd"}, root: true, prepare: snmpd, begun: boundUDP,
		serves: []Daemon{{Service: "snmp", Product: "Net-SNMP", UDP: true}},
	},
	{
		name: "coturn", packs: []string{"coturn"}, user: "nobody", prepare: coturn, begun: boundUDP,
		serves: []Daemon{{Service: "stun", Product: "coturn", tellsVersion: true, UDP: true}},
	},
	{
		name: "ntpsec", packs: []string{"ntpsec"}, root: true, prepare: ntpsec, begun: reachNTP,
		serves: []Daemon{{Service: "ntp", UDP: true}},
	},
}
