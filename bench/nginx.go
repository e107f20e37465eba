//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sonde/internal/loopback"
)

// nginx is one server on loopback with everything of its own.
type nginx struct {
	origin  string
	log     string // the access log; complete after stop
	process *exec.Cmd
}

// nginxConfig serves a folder the way a static site is served: two workers, files
// sent by the kernel, long-lived connections, and a log that costs little.
const nginxConfig = `daemon off;
worker_processes 2;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log warn;
%[2]s
events { worker_connections 4096; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  log_format bench '$request_method $status $sent_http_content_type $request_uri';
  access_log %[1]s/access.log bench buffer=256k;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 10000000;
  open_file_cache max=8000 inactive=10m;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server { listen 127.0.0.1:%[3]d backlog=4096; server_name localhost; root %[4]s; index index.html; }
}
`

// startNginx serves the folder root and waits until it answers.
func startNginx(ctx context.Context, dir, root string) (*nginx, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	port, err := loopback.FreePort()
	if err != nil {
		return nil, err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, dir, user, port, root)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	process := exec.CommandContext(ctx, nginxProgram(), "-c", config, "-p", dir, "-e", filepath.Join(dir, "error.log"))
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGQUIT) }
	process.WaitDelay = 10 * time.Second
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("start nginx (Debian package nginx): %w", err)
	}
	n := &nginx{origin: fmt.Sprintf("http://127.0.0.1:%d", port), log: filepath.Join(dir, "access.log"), process: process}
	if err := answers(ctx, n.origin); err != nil {
		return nil, errors.Join(err, n.stop())
	}
	return n, nil
}

// nginxProgram finds nginx where PATH has no sbin.
func nginxProgram() string {
	if found, err := exec.LookPath("nginx"); err == nil {
		return found
	}
	return "/usr/sbin/nginx"
}

// stop ends the server gently, so that its log is complete.
func (n *nginx) stop() error {
	if err := n.process.Process.Signal(syscall.SIGQUIT); err != nil {
		return err
	}
	return n.process.Wait()
}

// answers waits until a server answers, five seconds at most. The request is no
// GET, so that it is not counted.
func answers(ctx context.Context, origin string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, origin+"/", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", origin, ctx.Err())
		case <-ticks.C:
		}
	}
}

// count is what a server saw of one crawl.
type count struct {
	requests int64
	pages    int64 // different HTML pages answered with 200, or with 304 from then on
}

// readLog counts what an access log holds.
func readLog(name string) (count, error) {
	file, err := os.Open(name)
	if err != nil {
		return count{}, err
	}
	defer file.Close()
	var c count
	pages := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		c.requests++
		fields := strings.SplitN(lines.Text(), " ", 4)
		if len(fields) == 4 && fields[0] == "GET" && answeredPage(fields[1], fields[2]) {
			pages[fields[3]] = true
		}
	}
	c.pages = int64(len(pages))
	return c, lines.Err()
}

// answeredPage reports whether status and type are those of an HTML page. A 304
// carries no type; those of other files are few and counted too.
func answeredPage(status, contentType string) bool {
	return status == "304" || status == "200" && strings.HasPrefix(contentType, "text/html")
}
