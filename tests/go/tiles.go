// Which tiles a tree of a given size consists of, and C2SP's paths for them.
package main

import (
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8
const tileWidth = 1 << tileHeight

// tilesOf returns the tiles of the tree of `size` leaves. tlog lists the narrower versions of each
// partial tile as well; a server has those of sizes that were checkpoints only.
func tilesOf(size int64) []tlog.Tile {
	var widest []tlog.Tile
	for _, t := range tlog.NewTiles(tileHeight, 0, size) {
		if last := len(widest) - 1; last >= 0 && widest[last].L == t.L && widest[last].N == t.N {
			widest[last] = t
		} else {
			widest = append(widest, t)
		}
	}
	return widest
}

// c2spPath turns tlog's "tile/8/0/x001/000.p/5" into "0/x001/000.p/5".
func c2spPath(t tlog.Tile) string {
	return strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", t.H))
}
