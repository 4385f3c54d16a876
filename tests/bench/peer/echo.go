// SPDX-License-Identifier: BSD-2-Clause
// The echo server of Go's tutorials: a goroutine for each connection. Prints its port.
package main

import (
	"fmt"
	"io"
	"net"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			continue
		}
		go func() {
			io.Copy(conn, conn)
			conn.Close()
		}()
	}
}
