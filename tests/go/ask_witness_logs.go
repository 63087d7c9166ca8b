// Logs that ask a witness: each has two histories that begin alike, and keys that follow from the seed.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	logs       = 6
	leaves     = 70
	commonPart = 21
)

type history struct {
	hashes []tlog.Hash
	roots  []tlog.Hash // by size
}

func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, i := range indexes {
		list = append(list, h.hashes[i])
	}
	return list, nil
}

type askingLog struct {
	origin    string
	vkeys     []string
	signers   []note.Signer
	histories [2]*history
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func newHistory(name string, fork int) *history {
	h := &history{roots: []tlog.Hash{{}}}
	for i := int64(0); i < leaves; i++ {
		leaf := fmt.Sprint(name, " ", i)
		if i >= commonPart {
			leaf += fmt.Sprint(" of ", fork)
		}
		stored, err := tlog.StoredHashes(i, []byte(leaf), h)
		must(err)
		h.hashes = append(h.hashes, stored...)
		root, err := tlog.TreeHash(i+1, h)
		must(err)
		h.roots = append(h.roots, root)
	}
	return h
}

// newLog: every third log has two keys, and every second one an origin that is not the name of its key.
func newLog(seed int64, number int) *askingLog {
	log := &askingLog{origin: fmt.Sprintf("log.example/%d-%d", seed, number)}
	name := log.origin
	if number%2 == 1 {
		log.origin = fmt.Sprintf("the log %d of %d", number, seed)
	}
	random := rand.New(rand.NewSource(seed*1000 + int64(number)))
	for keys := 0; keys <= btoi(number%3 == 0); keys++ {
		secret, vkey, err := note.GenerateKey(random, name)
		must(err)
		signer, err := note.NewSigner(secret)
		must(err)
		log.vkeys = append(log.vkeys, vkey)
		log.signers = append(log.signers, signer)
	}
	log.histories = [2]*history{newHistory(log.origin, 0), newHistory(log.origin, 1)}
	return log
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l *askingLog) listed() string {
	origin := "none"
	if name := l.signers[0].Name(); name != l.origin {
		origin = l.origin
	}
	var out string
	for _, vkey := range l.vkeys {
		out += fmt.Sprintf("vkey %s\norigin %s\nqpd 100000000\nbastion none\ncontact nobody\n\n", vkey, origin)
	}
	return out
}

func (l *askingLog) text(fork int, size int64) string {
	root := l.histories[fork].roots[size]
	return fmt.Sprintf("%s\n%d\n%s\n", l.origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

func (l *askingLog) note(text string, signers ...note.Signer) []byte {
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	must(err)
	return signed
}

func (l *askingLog) proof(fork int, old, size int64) tlog.TreeProof {
	if old == 0 || old >= size {
		return nil
	}
	proof, err := tlog.ProveTree(size, old, l.histories[fork])
	must(err)
	return proof
}

func bodyOf(old int64, proof tlog.TreeProof, checkpoint []byte) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "old %d\n", old)
	for _, hash := range proof {
		fmt.Fprintln(&out, base64.StdEncoding.EncodeToString(hash[:]))
	}
	fmt.Fprintln(&out)
	out.Write(checkpoint)
	return out.Bytes()
}

func sha256Of(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// cosignatureVerifier: Ed25519 over two lines and the text.
type cosignatureVerifier struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func newCosignatureVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a vkey")
	}
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(material) != 1+ed25519.PublicKeySize || material[0] != typeCosignature {
		return nil, errors.New("not the vkey of a witness")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), material...))
	id := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return nil, errors.New("the id is not that of the key")
	}
	return &cosignatureVerifier{parts[0], id, material[1:]}, nil
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.id }
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return time != 0 && ed25519.Verify(v.key, []byte(message), sig[8:])
}
