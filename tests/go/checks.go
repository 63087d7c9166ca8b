// What verify_log checks: the checkpoint, the records, and the server's proofs.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
	signed []string // names of the keys that signed, with their ids
}

// openCheckpoint verifies a note by known keys and reads its three lines.
func openCheckpoint(msg []byte, known note.Verifiers) (*checkpoint, error) {
	n, err := note.Open(msg, known)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return nil, fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return nil, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, err
	}
	c := &checkpoint{origin: lines[0], size: size, root: root}
	for _, s := range n.Sigs {
		if s.Name != c.origin {
			return nil, fmt.Errorf("signed under the name %q, which is not the origin %q", s.Name, c.origin)
		}
		c.signed = append(c.signed, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
	}
	return c, nil
}

// rootOf knows what tlog does not: RFC 6962's root of the empty tree.
func rootOf(t *logTree, size int64) (tlog.Hash, error) {
	if size == 0 {
		return tlog.Hash(sha256.Sum256(nil)), nil
	}
	return tlog.TreeHash(size, t)
}

// checkRecords fetches every entry bundle and hashes every record of it.
func checkRecords(c *client, t *logTree) error {
	for first := int64(0); first < t.size; first += tileWidth {
		width := t.size - first
		if width > tileWidth {
			width = tileWidth
		}
		path := bundlePath(first/tileWidth, int(width))
		bundle, err := c.get(path, "")
		if err != nil {
			return err
		}
		for i := first; i < first+width; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("%s ends inside record %d", path, i)
			}
			length := 2 + int(binary.BigEndian.Uint16(bundle))
			if tlog.RecordHash(bundle[2:length]) != t.leaves[i] {
				return fmt.Errorf("record %d is not the one whose hash is in the tree", i)
			}
			bundle = bundle[length:]
		}
		if len(bundle) != 0 {
			return fmt.Errorf("%s has %d bytes past its last record", path, len(bundle))
		}
	}
	return nil
}

type inclusionAnswer struct {
	Index    int64       `json:"index"`
	LeafHash tlog.Hash   `json:"leaf_hash"`
	TreeSize int64       `json:"tree_size"`
	Root     tlog.Hash   `json:"root"`
	Proof    []tlog.Hash `json:"proof"`
}

// checkInclusion compares the server's proof with tlog's check, and with the proof that tlog makes
// of the server's tiles.
func checkInclusion(c *client, t *logTree, root tlog.Hash, index int64) error {
	var a inclusionAnswer
	path := fmt.Sprintf("/proof/inclusion?index=%d&size=%d", index, t.size)
	if err := c.getJSON(path, &a); err != nil {
		return err
	}
	if a.Index != index || a.TreeSize != t.size || a.Root != root || a.LeafHash != t.leaves[index] {
		return fmt.Errorf("GET %s: another index, size, root or leaf hash than the tree's", path)
	}
	if err := tlog.CheckRecord(a.Proof, t.size, root, index, t.leaves[index]); err != nil {
		return fmt.Errorf("GET %s: %v", path, err)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: t.size, Hash: root}, servedTiles{c})
	made, err := tlog.ProveRecord(t.size, index, reader)
	if err != nil {
		return fmt.Errorf("proving record %d from the tiles: %v", index, err)
	}
	return sameProof(path, made, a.Proof)
}

type consistencyAnswer struct {
	From     int64       `json:"from"`
	To       int64       `json:"to"`
	FromRoot tlog.Hash   `json:"from_root"`
	ToRoot   tlog.Hash   `json:"to_root"`
	Proof    []tlog.Hash `json:"proof"`
}

func checkConsistency(c *client, t *logTree, root tlog.Hash, from int64) error {
	var a consistencyAnswer
	path := fmt.Sprintf("/proof/consistency?from=%d&to=%d", from, t.size)
	if err := c.getJSON(path, &a); err != nil {
		return err
	}
	fromRoot, err := rootOf(t, from)
	if err != nil {
		return err
	}
	if a.From != from || a.To != t.size || a.FromRoot != fromRoot || a.ToRoot != root {
		return fmt.Errorf("GET %s: another size or root than the tree's", path)
	}
	if err := tlog.CheckTree(a.Proof, t.size, root, from, fromRoot); err != nil {
		return fmt.Errorf("GET %s: %v", path, err)
	}
	made, err := tlog.ProveTree(t.size, from, t)
	if err != nil {
		return err
	}
	return sameProof(path, made, a.Proof)
}

func sameProof(path string, made, served []tlog.Hash) error {
	if len(made) != len(served) {
		return fmt.Errorf("GET %s: %d hashes where tlog makes %d", path, len(served), len(made))
	}
	for i := range made {
		if made[i] != served[i] {
			return fmt.Errorf("GET %s: hash %d is not the one tlog makes", path, i)
		}
	}
	return nil
}

// checkProofFile reads the same proof as a C2SP tlog-proof.
func checkProofFile(c *client, t *logTree, known note.Verifiers, index int64) error {
	path := fmt.Sprintf("/proof/inclusion?index=%d", index)
	body, err := c.get(path, "text/plain")
	if err != nil {
		return err
	}
	split := bytes.Index(body, []byte("\n\n"))
	if split < 0 {
		return errors.New("GET " + path + ": a tlog-proof without a checkpoint")
	}
	lines := strings.Split(string(body[:split]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("GET %s: its first line is %q", path, lines[0])
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if lines[0] != fmt.Sprintf("index %d", index) {
		return fmt.Errorf("GET %s: %q where its index belongs", path, lines[0])
	}
	var proof []tlog.Hash
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return fmt.Errorf("GET %s: %v", path, err)
		}
		proof = append(proof, hash)
	}
	point, err := openCheckpoint(body[split+2:], known)
	if err != nil {
		return fmt.Errorf("GET %s: %v", path, err)
	}
	return tlog.CheckRecord(proof, point.size, point.root, index, t.leaves[index])
}
