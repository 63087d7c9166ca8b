// A C2SP witness of another make, on Go's own note and tlog packages: add-checkpoint, for logs that are named by
// their vkeys. Its state is in memory.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const typeCosignature = 4

type seen struct {
	size int64
	root tlog.Hash
}

type witness struct {
	name   string
	id     uint32
	secret ed25519.PrivateKey
	logs   map[string][]note.Verifier // by origin

	mutex sync.Mutex
	state map[string]seen
}

// A refusal: the status, and for a 409 the size.
type refusal struct {
	status int
	body   string
}

func (r refusal) Error() string { return fmt.Sprint(r.status, " ", r.body) }

func malformed() error { return refusal{http.StatusBadRequest, ""} }

func newWitness(name string, vkeys []string) (*witness, string, error) {
	public, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, "", err
	}
	material := append([]byte{typeCosignature}, public...)
	sum := sha256.Sum256(append([]byte(name+"\n"), material...))
	w := &witness{name: name, id: binary.BigEndian.Uint32(sum[:]), secret: secret,
		logs: map[string][]note.Verifier{}, state: map[string]seen{}}
	for _, vkey := range vkeys {
		verifier, err := newVerifier(vkey)
		if err != nil {
			return nil, "", err
		}
		w.logs[verifier.Name()] = append(w.logs[verifier.Name()], verifier)
	}
	vkey := fmt.Sprintf("%s+%08x+%s", name, w.id, base64.StdEncoding.EncodeToString(material))
	return w, vkey, nil
}

func parse(body []byte) (old int64, proof tlog.TreeProof, checkpoint []byte, err error) {
	head, checkpoint, found := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || !strings.HasPrefix(lines[0], "old ") || len(lines) > 64 {
		return 0, nil, nil, malformed()
	}
	size := strings.TrimPrefix(lines[0], "old ")
	old, err = strconv.ParseInt(size, 10, 64)
	if err != nil || strconv.FormatInt(old, 10) != size || old < 0 {
		return 0, nil, nil, malformed()
	}
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return 0, nil, nil, malformed()
		}
		var one tlog.Hash
		copy(one[:], hash)
		proof = append(proof, one)
	}
	return old, proof, checkpoint, nil
}

// open verifies the log's signature and returns the origin, the tree and the signed text.
func (w *witness) open(checkpoint []byte) (string, seen, string, error) {
	origin, _, _ := bytes.Cut(checkpoint, []byte("\n"))
	verifiers, known := w.logs[string(origin)]
	if !known {
		return "", seen{}, "", refusal{http.StatusNotFound, ""}
	}
	opened, err := note.Open(checkpoint, note.VerifierList(verifiers...))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	if errors.As(err, &unverified) || errors.As(err, &invalid) {
		return "", seen{}, "", refusal{http.StatusForbidden, ""}
	}
	if err != nil {
		return "", seen{}, "", malformed()
	}
	lines := strings.SplitN(opened.Text, "\n", 4)
	if len(lines) != 4 {
		return "", seen{}, "", malformed()
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	if err != nil || err2 != nil || size < 1 {
		return "", seen{}, "", malformed()
	}
	return string(origin), seen{size, root}, opened.Text, nil
}

// extends says whether the new tree begins with what was cosigned before.
func extends(before, now seen, proof tlog.TreeProof) bool {
	if before.size == 0 {
		return len(proof) == 0
	}
	if before.size == now.size {
		return len(proof) == 0 && before.root == now.root
	}
	return tlog.CheckTree(proof, now.size, now.root, before.size, before.root) == nil
}

func (w *witness) cosign(text string) string {
	now := uint64(time.Now().Unix())
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", now, text)
	line := make([]byte, 12, 12+ed25519.SignatureSize)
	binary.BigEndian.PutUint32(line, w.id)
	binary.BigEndian.PutUint64(line[4:], now)
	line = append(line, ed25519.Sign(w.secret, []byte(message))...)
	return fmt.Sprintf("\u2014 %s %s\n", w.name, base64.StdEncoding.EncodeToString(line))
}

func (w *witness) add(body []byte) (string, error) {
	old, proof, checkpoint, err := parse(body)
	if err != nil {
		return "", err
	}
	origin, now, text, err := w.open(checkpoint)
	if err != nil {
		return "", err
	}
	if old > now.size {
		return "", malformed()
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	before := w.state[origin]
	if old != before.size {
		return "", refusal{http.StatusConflict, fmt.Sprintf("%d\n", before.size)}
	}
	if !extends(before, now, proof) {
		return "", refusal{http.StatusUnprocessableEntity, ""}
	}
	w.state[origin] = now
	return w.cosign(text), nil
}

func (w *witness) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost || request.URL.Path != "/add-checkpoint" {
		http.NotFound(out, request)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(out, request.Body, 16<<10)) // as the omniwitness
	if err != nil {
		http.Error(out, "", http.StatusRequestEntityTooLarge)
		return
	}
	lines, err := w.add(body)
	var refused refusal
	if errors.As(err, &refused) {
		fmt.Fprintln(os.Stderr, refused)
		if refused.status == http.StatusConflict {
			out.Header().Set("Content-Type", "text/x.tlog.size")
		}
		out.WriteHeader(refused.status)
		io.WriteString(out, refused.body)
		return
	}
	io.WriteString(out, lines)
}
