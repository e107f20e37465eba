// Command listeners listens on free ports, accepts whoever comes and hangs up, until its
// standard input ends. It prints the ports, a line each.
//
//	listeners COUNT
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "listeners:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments; want the count of ports", len(args))
	}
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range count {
		listener, err := net.Listen("tcp4", ":0")
		if err != nil {
			return err
		}
		go hangUp(listener)
		fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// hangUp accepts until the process ends.
func hangUp(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = conn.Close() // whoever came knows by now that the port is open
	}
}
