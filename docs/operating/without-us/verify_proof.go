// Verifies a .tlog-proof with golang.org/x/mod alone, and prints the event: verify_proof.go FILE VKEY >event
package main

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// noVerdict: of another log, or by a key that was not given.
func noVerdict(why any) {
	log.Printf("no verdict: %v", why)
	os.Exit(2)
}

func must(err error) {
	if err != nil {
		log.Fatalf("false: %v", err)
	}
}

// p256 verifies for the package note, which itself knows Ed25519 alone.
type p256 struct {
	name string
	id   uint32
	key  *ecdsa.PublicKey
}

func (v p256) Name() string    { return v.name }
func (v p256) KeyHash() uint32 { return v.id }
func (v p256) Verify(text, signature []byte) bool {
	sum := sha256.Sum256(text)
	return ecdsa.VerifyASN1(v.key, sum[:], signature)
}

func verifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(parts) != 3 || len(key) == 0 || key[0] != 2 {
		return note.NewVerifier(vkey)
	}
	sum := sha256.Sum256(key[1:])
	id := binary.BigEndian.Uint32(sum[:])
	public, err := x509.ParsePKIXPublicKey(key[1:])
	curve, ok := public.(*ecdsa.PublicKey)
	if err != nil || !ok || parts[1] != fmt.Sprintf("%08x", id) {
		return nil, fmt.Errorf("this is no vkey")
	}
	return p256{parts[0], id, curve}, nil
}

// eventIn takes a record apart: docs/format/record.md.
func eventIn(record []byte) ([]byte, bool) {
	if len(record) < 48 || record[0] != 1 || record[1] != 1 || record[42] == 0 {
		return nil, false
	}
	at := 43 + int(record[42]) + 4
	if len(record) < at || int(binary.BigEndian.Uint32(record[at-4:])) != len(record)-at {
		return nil, false
	}
	return record[at:], true
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("false: give a file and a vkey")
	}
	file, err := os.ReadFile(os.Args[1])
	must(err)
	known, err := verifier(os.Args[2])
	if err != nil {
		noVerdict(err)
	}
	proof, checkpoint, _ := strings.Cut(string(file), "\n\n")
	lines := strings.Split(proof, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") ||
		!strings.HasPrefix(lines[2], "index ") {
		log.Fatal("false: this is no proof of a record")
	}
	signed, err := note.Open([]byte(checkpoint), note.VerifierList(known))
	if unverified := new(note.UnverifiedNoteError); errors.As(err, &unverified) {
		noVerdict("another key signed it")
	}
	must(err)
	text := strings.Split(signed.Text, "\n")
	if len(text) != 4 || text[0] != known.Name() {
		noVerdict("it is of another log")
	}
	size, err := strconv.ParseInt(text[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(text[2])
	must(err)
	record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	must(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	must(err)
	var siblings tlog.RecordProof
	for _, line := range lines[3:] {
		sibling, err := tlog.ParseHash(line)
		must(err)
		siblings = append(siblings, sibling)
	}
	must(tlog.CheckRecord(siblings, size, root, index, tlog.RecordHash(record)))
	event, ok := eventIn(record)
	if !ok {
		log.Fatal("false: the record is no event of version 1")
	}
	_, err = os.Stdout.Write(event)
	must(err)
	log.Printf("true: record %d of %s, in its tree of %d records", index, known.Name(), size)
}
