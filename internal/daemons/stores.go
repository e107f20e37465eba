//go:build linux

package daemons

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"

	"sonde/internal/loopback"
)

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
		"--innodb=OFF", "--default-storage-engine=Aria", "--skip-name-resolve", "--connect-timeout=60",
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

func etcd(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	peers, err := loopback.FreePort()
	client := fmt.Sprintf("http://127.0.0.1:%d", b.ports[0])
	return []string{
		"etcd", "--data-dir", b.dir + "/data", "--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", fmt.Sprintf("http://127.0.0.1:%d", peers),
	}, err
}

func slapd(_ context.Context, b *box, owner *syscall.Credential) ([]string, error) {
	cert, key, err := b.certificate(owner)
	if err != nil {
		return nil, err
	}
	config, err := b.write("slapd.conf", fmt.Sprintf("TLSCertificateFile %s\nTLSCertificateKeyFile %s\n", cert, key))
	return []string{"slapd", "-d", "0", "-f", config, "-h", fmt.Sprintf("ldap://127.0.0.1:%d", b.ports[0])}, err
}
