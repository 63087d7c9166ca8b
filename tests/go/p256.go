// ECDSA P-256 for golang.org/x/mod/sumdb/note, which itself knows Ed25519 only: a verifier from a
// vkey of signature type 2 (key id: the first bytes of SHA-256 of the key's SPKI DER).
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const typeP256 = 2

func p256KeyID(der []byte) uint32 {
	sum := sha256.Sum256(der)
	return binary.BigEndian.Uint32(sum[:])
}

func p256Vkey(name string, der []byte) string {
	material := append([]byte{typeP256}, der...)
	return fmt.Sprintf("%s+%08x+%s", name, p256KeyID(der), base64.StdEncoding.EncodeToString(material))
}

type p256Verifier struct {
	name string
	id   uint32
	key  *ecdsa.PublicKey
}

func (v *p256Verifier) Name() string    { return v.name }
func (v *p256Verifier) KeyHash() uint32 { return v.id }
func (v *p256Verifier) Verify(msg, sig []byte) bool {
	sum := sha256.Sum256(msg)
	return ecdsa.VerifyASN1(v.key, sum[:], sig)
}

type p256Signer struct {
	p256Verifier
	sign func(msg []byte) ([]byte, error)
}

func (s *p256Signer) Sign(msg []byte) ([]byte, error) { return s.sign(msg) }

// newVerifier reads a vkey of either type.
func newVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a vkey")
	}
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(material) == 0 || material[0] != typeP256 {
		return note.NewVerifier(vkey)
	}
	der := material[1:]
	if fmt.Sprintf("%08x", p256KeyID(der)) != parts[1] {
		return nil, errors.New("the id is not that of the key")
	}
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("not a P-256 key")
	}
	return &p256Verifier{parts[0], p256KeyID(der), key}, nil
}
