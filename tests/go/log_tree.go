// The tree of a log, from its tiles: level 0 is taken as the leaves, everything above is computed
// anew and compared with what the server's higher tiles say.
package main

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// logTree holds every hash of the tree, computed here from the leaf hashes.
type logTree struct {
	size   int64
	leaves []tlog.Hash
	hashes []tlog.Hash
}

func (t *logTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, 0, len(indexes))
	for _, i := range indexes {
		if i >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("hash %d is not in the tree", i)
		}
		list = append(list, t.hashes[i])
	}
	return list, nil
}

func (t *logTree) add(leaf tlog.Hash) error {
	stored, err := tlog.StoredHashesForRecordHash(int64(len(t.leaves)), leaf, t)
	if err != nil {
		return err
	}
	t.hashes = append(t.hashes, stored...)
	t.leaves = append(t.leaves, leaf)
	return nil
}

func bundlePath(index int64, width int) string {
	t := tlog.Tile{H: tileHeight, L: 0, N: index, W: width}
	return "/tile/entries/" + strings.TrimPrefix(c2spPath(t), "0/")
}

// fetchTree reads every tile of the tree of `size` leaves.
func fetchTree(c *client, size int64) (*logTree, int, error) {
	tree := &logTree{size: size}
	if size == 0 {
		return tree, 0, nil
	}
	tiles := tilesOf(size)
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		body, err := c.get("/tile/"+c2spPath(tile), "")
		if err != nil {
			return nil, 0, err
		}
		if len(body) != tile.W*tlog.HashSize {
			return nil, 0, fmt.Errorf("tile %s has %d bytes, not %d", c2spPath(tile), len(body), tile.W*tlog.HashSize)
		}
		data[i] = body
		for at := 0; tile.L == 0 && at < len(body); at += tlog.HashSize {
			var leaf tlog.Hash
			copy(leaf[:], body[at:])
			if err := tree.add(leaf); err != nil {
				return nil, 0, err
			}
		}
	}
	if int64(len(tree.leaves)) != size {
		return nil, 0, fmt.Errorf("the level-0 tiles hold %d hashes, not %d", len(tree.leaves), size)
	}
	for i, tile := range tiles {
		computed, err := tlog.ReadTileData(tile, tree)
		if err != nil {
			return nil, 0, err
		}
		if !bytes.Equal(computed, data[i]) {
			return nil, 0, fmt.Errorf("tile %s is not what the leaves hash to", c2spPath(tile))
		}
	}
	return tree, len(tiles), nil
}

// servedTiles lets tlog read the server's tiles in its own way.
type servedTiles struct{ c *client }

func (s servedTiles) Height() int                                { return tileHeight }
func (s servedTiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (s servedTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var list [][]byte
	for _, tile := range tiles {
		data, err := s.c.get("/tile/"+c2spPath(tile), "")
		if err != nil {
			return nil, err
		}
		list = append(list, data)
	}
	return list, nil
}
