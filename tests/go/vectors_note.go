// Notes for the vectors: signed by Go with keys of both types, and every byte of them changed.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

const name = "log.example/go"

func ed25519Signer() (note.Signer, string) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	must(err)
	signer, err := note.NewSigner(skey)
	must(err)
	return signer, vkey
}

func newP256Signer() (note.Signer, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(err)
	sign := func(msg []byte) ([]byte, error) {
		sum := sha256.Sum256(msg)
		return ecdsa.SignASN1(rand.Reader, key, sum[:])
	}
	return &p256Signer{p256Verifier{name, p256KeyID(der), &key.PublicKey}, sign}, p256Vkey(name, der)
}

func judgeNote(msg []byte, vkey, what string) {
	verifier, err := newVerifier(vkey)
	must(err)
	_, err = note.Open(msg, note.VerifierList(verifier))
	fmt.Fprintf(out, "note %s %s %s %s\n", verdict(err), vkey, base64.StdEncoding.EncodeToString(msg), what)
}

func notes() {
	edSigner, edVkey := ed25519Signer()
	p256Signer, p256Vkey := newP256Signer()
	text := "log.example/go\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	both, err := note.Sign(&note.Note{Text: text}, edSigner, p256Signer)
	must(err)
	judgeNote(both, edVkey, "by-both-keys")
	judgeNote(both, p256Vkey, "by-both-keys")
	for _, who := range []struct {
		signer note.Signer
		vkey   string
	}{{edSigner, edVkey}, {p256Signer, p256Vkey}} {
		msg, err := note.Sign(&note.Note{Text: text}, who.signer)
		must(err)
		judgeNote(msg, who.vkey, "as-it-is")
		for i := range msg {
			for _, mask := range []byte{1, 4, 32} {
				changed := append([]byte{}, msg...)
				changed[i] ^= mask
				judgeNote(changed, who.vkey, fmt.Sprintf("byte-%d-changed", i))
			}
			judgeNote(msg[:i+1], who.vkey, fmt.Sprintf("cut-after-%d", i))
		}
	}
	_, strangerVkey := ed25519Signer()
	judgeNote(both, strangerVkey, "by-others")
}
