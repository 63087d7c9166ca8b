// The witness as a server over TLS.
//
//	witness ADDRESS CERTIFICATE KEY NAME VKEY...
//
// Prints the lines of a tlog-policy that name it: "witness NAME vkey https://ADDRESS".
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) < 6 {
		fmt.Fprintln(os.Stderr, "usage: witness ADDRESS CERTIFICATE KEY NAME VKEY...")
		os.Exit(2)
	}
	w, vkey, err := newWitness(os.Args[4], os.Args[5:])
	if err == nil {
		var listener net.Listener
		if listener, err = net.Listen("tcp", os.Args[1]); err == nil {
			fmt.Printf("witness %s %s https://%s\n", os.Args[4], vkey, listener.Addr())
			err = http.ServeTLS(listener, w, os.Args[2], os.Args[3])
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
