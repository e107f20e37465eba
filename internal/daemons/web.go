//go:build linux

package daemons

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

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

func tinyproxy(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("tinyproxy.conf", fmt.Sprintf("Listen 127.0.0.1\nPort %d\n", b.ports[0]))
	return []string{"tinyproxy", "-d", "-c", config}, err
}

func squid(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("squid.conf", fmt.Sprintf(`http_port 127.0.0.1:%d
http_access deny all
pid_filename none
access_log none
cache_log %[2]s/cache.log
coredump_dir %[2]s
`, b.ports[0], b.dir))
	return []string{"squid", "-N", "-f", config}, err
}

func dante(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("danted.conf", fmt.Sprintf(`logoutput: stderr
internal: 127.0.0.1 port = %d
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
`, b.ports[0]))
	return []string{"danted", "-f", config, "-p", filepath.Join(b.dir, "pid")}, err
}
