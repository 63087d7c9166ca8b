// Writes vectors with Go's own verdict on each, one a line, for tests/go/vectors_test.cc to judge
// with the ledger's code: tree hashes, tile paths, proofs, and proofs that somebody bent.
//
//	tree SIZE ROOT
//	tile LEVEL INDEX WIDTH SIZE PATH
//	inclusion VERDICT INDEX SIZE LEAF ROOT HASHES WHAT
//	consistency VERDICT OLD NEW OLD-ROOT NEW-ROOT HASHES WHAT
//	note VERDICT VKEY NOTE WHAT
//
// VERDICT is "good" or "bad". Hashes are in hex, lists joined by commas, "-" when empty; notes are
// in base64. Leaf i is the text "leaf <i>".
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

var out *bufio.Writer

// tree keeps every stored hash of a growing log, as tlog numbers them.
type tree struct {
	hashes []tlog.Hash
	leaves []tlog.Hash
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, i := range indexes {
		list = append(list, t.hashes[i])
	}
	return list, nil
}

func (t *tree) grow() {
	n := int64(len(t.leaves))
	data := []byte(fmt.Sprintf("leaf %d", n))
	stored, err := tlog.StoredHashes(n, data, t)
	must(err)
	t.hashes = append(t.hashes, stored...)
	t.leaves = append(t.leaves, tlog.RecordHash(data))
}

func (t *tree) root(n int64) tlog.Hash {
	root, err := tlog.TreeHash(n, t)
	must(err)
	return root
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func verdict(err error) string {
	if err == nil {
		return "good"
	}
	return "bad"
}

func hashList(hashes []tlog.Hash) string {
	if len(hashes) == 0 {
		return "-"
	}
	var list []string
	for _, h := range hashes {
		list = append(list, hex.EncodeToString(h[:]))
	}
	return strings.Join(list, ",")
}

// bentProof is a proof with something done to it.
type bentProof struct {
	what   string
	hashes []tlog.Hash
}

// bend returns the proof as it is, and every way of bending it. The strange hashes are what a
// forger would put in.
func bend(proof []tlog.Hash, strange map[string]tlog.Hash) []bentProof {
	list := []bentProof{{"as-it-is", proof}, {"emptied", nil}}
	add := func(what string, parts ...[]tlog.Hash) {
		var hashes []tlog.Hash
		for _, p := range parts {
			hashes = append(hashes, p...)
		}
		list = append(list, bentProof{what, hashes})
	}
	for i := range proof {
		flipped := proof[i]
		flipped[i%tlog.HashSize] ^= 4
		add(fmt.Sprintf("flipped-%d", i), proof[:i], []tlog.Hash{flipped}, proof[i+1:])
		add(fmt.Sprintf("removed-%d", i), proof[:i], proof[i+1:])
		add(fmt.Sprintf("doubled-%d", i), proof[:i+1], proof[i:])
		if i > 0 {
			add(fmt.Sprintf("swapped-%d", i), proof[:i-1], proof[i:i+1], proof[i-1:i], proof[i+1:])
		}
	}
	for name, h := range strange {
		add("before-it-"+name, []tlog.Hash{h}, proof)
		add("after-it-"+name, proof, []tlog.Hash{h})
	}
	return list
}

func inclusion(t *tree, size, index int64) {
	root, leaf := t.root(size), t.leaves[index]
	good, err := tlog.ProveRecord(size, index, t)
	must(err)
	judge := func(what string, n, i int64, l, r tlog.Hash, p []tlog.Hash) {
		if n < 0 || i < 0 {
			return
		}
		v := verdict(tlog.CheckRecord(p, n, r, i, l))
		fmt.Fprintf(out, "inclusion %s %d %d %x %x %s %s\n", v, i, n, l[:], r[:], hashList(p), what)
	}
	strange := map[string]tlog.Hash{"root": root, "leaf": leaf, "zeros": {}}
	for _, b := range bend(good, strange) {
		judge(b.what, size, index, leaf, root, b.hashes)
	}
	for _, d := range []int64{-2, -1, 1, 2} {
		judge(fmt.Sprintf("index%+d", d), size, index+d, leaf, root, good)
		judge(fmt.Sprintf("size%+d", d), size+d, index, leaf, root, good)
	}
	judge("index-at-size", size, size, leaf, root, good)
	judge("index-doubled", size, 2*index, leaf, root, good)
	judge("size-doubled", 2*size, index, leaf, root, good)
	judge("size-halved", size/2, index, leaf, root, good)
	judge("other-root", size, index, leaf, leaf, good)
	judge("other-leaf", size, index, root, root, good)
	judge("zero-root", size, index, leaf, tlog.Hash{}, good)
	judge("zero-leaf", size, index, tlog.Hash{}, root, good)
}

func consistency(t *tree, old, size int64) {
	oldRoot, root := t.root(old), t.root(size)
	good, err := tlog.ProveTree(size, old, t)
	must(err)
	judge := func(what string, m, n int64, mr, nr tlog.Hash, p []tlog.Hash) {
		if m < 1 || n < 1 { // tlog has no opinion on the empty tree
			return
		}
		v := verdict(tlog.CheckTree(p, n, nr, m, mr))
		fmt.Fprintf(out, "consistency %s %d %d %x %x %s %s\n", v, m, n, mr[:], nr[:], hashList(p), what)
	}
	strange := map[string]tlog.Hash{"old-root": oldRoot, "root": root, "zeros": {}}
	for _, b := range bend(good, strange) {
		judge(b.what, old, size, oldRoot, root, b.hashes)
	}
	for _, d := range []int64{-2, -1, 1, 2} {
		judge(fmt.Sprintf("old%+d", d), old+d, size, oldRoot, root, good)
		judge(fmt.Sprintf("size%+d", d), old, size+d, oldRoot, root, good)
	}
	judge("sizes-swapped", size, old, root, oldRoot, good)
	judge("roots-swapped", old, size, root, oldRoot, good)
	judge("old-root-twice", old, size, oldRoot, oldRoot, good)
	judge("root-twice", old, size, root, root, good)
	judge("zero-old-root", old, size, tlog.Hash{}, root, good)
	judge("zero-root", old, size, oldRoot, tlog.Hash{}, good)
}

func tiles(size int64) {
	for _, t := range tilesOf(size) {
		fmt.Fprintf(out, "tile %d %d %d %d %s\n", t.L, t.N, t.W, size, c2spPath(t))
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: vectors FILE")
	}
	file, err := os.Create(os.Args[1])
	must(err)
	out = bufio.NewWriter(file)
	t := &tree{}
	for size := int64(1); size <= 1200; size++ {
		t.grow()
		root := t.root(size)
		fmt.Fprintf(out, "tree %d %x\n", size, root[:])
		exhaustive := size <= 17
		sampled := size == 31 || size == 32 || size == 33 || size == 255 || size == 256 || size == 257 || size == 1200
		for i := int64(0); i < size; i++ {
			if exhaustive || sampled && (i < 2 || i >= size-2 || i == size/2 || i == size/3) {
				inclusion(t, size, i)
				consistency(t, i+1, size)
			}
		}
	}
	for size := int64(1); size <= 70000; size += 1 + size/7 {
		tiles(size)
	}
	notes()
	must(out.Flush())
	must(file.Close())
}
