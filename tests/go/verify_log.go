// Verifies a log over HTTP with Go's own note and tlog packages, sharing no code with the server:
// the checkpoint's signatures, every tile, every record, and a sample of the server's proofs.
//
//	verify_log [-ca FILE] [-token TOKEN] [-all-keys] URL LOG VKEY...
//
// Exit: 0 everything agrees (the last line begins with "verified"), 1 something does not, 2 usage.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"

	"golang.org/x/mod/sumdb/note"
)

const sampleSize = 40

// sample returns the edges of [0, size) and some in between, always the same ones.
func sample(size int64) []int64 {
	picked := map[int64]bool{}
	random := rand.New(rand.NewSource(size))
	for _, i := range []int64{0, 1, 255, 256, size / 2, size - 2, size - 1} {
		if i >= 0 && i < size {
			picked[i] = true
		}
	}
	for k := 0; size > 0 && k < sampleSize; k++ {
		picked[random.Int63n(size)] = true
	}
	var list []int64
	for i := range picked {
		list = append(list, i)
	}
	return list
}

func verify(c *client, known note.Verifiers, keys int, allKeys bool) error {
	msg, err := c.get("/checkpoint", "")
	if err != nil {
		return err
	}
	point, err := openCheckpoint(msg, known)
	if err != nil {
		return fmt.Errorf("the checkpoint: %v", err)
	}
	fmt.Printf("checkpoint of %s, size %d, signed by %d of %d known keys\n",
		point.origin, point.size, len(point.signed), keys)
	if allKeys && len(point.signed) != keys {
		return fmt.Errorf("only %v signed the checkpoint", point.signed)
	}
	tree, tiles, err := fetchTree(c, point.size)
	if err != nil {
		return err
	}
	root, err := rootOf(tree, point.size)
	if err != nil {
		return err
	}
	if root != point.root {
		return fmt.Errorf("the tiles' root is %v, the checkpoint's is %v", root, point.root)
	}
	fmt.Printf("%d tiles hash to its root\n", tiles)
	if err := checkRecords(c, tree); err != nil {
		return err
	}
	fmt.Printf("%d records hash to its leaves\n", point.size)
	indexes := sample(point.size)
	for _, i := range indexes {
		if err := checkInclusion(c, tree, root, i); err != nil {
			return err
		}
		if err := checkProofFile(c, tree, known, i); err != nil {
			return err
		}
		if err := checkConsistency(c, tree, root, i+1); err != nil {
			return err
		}
	}
	fmt.Printf("verified: %d records, %d tiles, %d inclusion and %d consistency proofs\n",
		point.size, tiles, 2*len(indexes), len(indexes))
	return nil
}

func main() {
	caFile := flag.String("ca", "", "PEM `file` of the certificate authority to trust")
	token := flag.String("token", "", "bearer `token` with the role read")
	allKeys := flag.Bool("all-keys", false, "fail unless every VKEY signed the checkpoint")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: verify_log [options] URL LOG VKEY...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() < 3 {
		flag.Usage()
		os.Exit(2)
	}
	var verifiers []note.Verifier
	for _, vkey := range flag.Args()[2:] {
		verifier, err := newVerifier(vkey)
		if err != nil {
			fmt.Fprintf(os.Stderr, "verify_log: vkey %q: %v\n", vkey, err)
			os.Exit(2)
		}
		verifiers = append(verifiers, verifier)
	}
	c, err := newClient(flag.Arg(0), flag.Arg(1), *caFile, *token)
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify_log:", err)
		os.Exit(2)
	}
	if err := verify(c, note.VerifierList(verifiers...), len(verifiers), *allKeys); err != nil {
		fmt.Fprintln(os.Stderr, "verify_log: DOES NOT VERIFY:", err)
		os.Exit(1)
	}
}
