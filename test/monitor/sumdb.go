// Reads a log with the libraries that verify Go's checksum database, and none of ours: the note's signature, the hash of
// every entry in the tiles, the tree, and that it continues an older one.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run sumdb.go FOLDER VKEY OLDER-CHECKPOINT
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// open verifies a checkpoint's signature and reads its size and root (C2SP tlog-checkpoint).
func open(file string, verifier note.Verifier) tlog.Tree {
	text, err := os.ReadFile(file)
	check(err)
	n, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

type folder string

func (f folder) Height() int                                { return height }
func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// ReadTiles reads tiles where C2SP tlog-tiles puts them: Go's own path without the height.
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// entries reads entry bundles: each entry after its length in two bytes.
func entries(dir string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: height, L: 0, N: n, W: int(min(256, size-n*256))}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		check(err)
		for len(data) > 0 {
			length := int(data[0])<<8 | int(data[1])
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	return all
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func main() {
	dir, vkey, older := os.Args[1], os.Args[2], os.Args[3]
	verifier, err := note.NewVerifier(vkey)
	check(err)
	tree := open(filepath.Join(dir, "checkpoint"), verifier)
	reader := tlog.TileHashReader(tree, folder(dir))
	for i, entry := range entries(dir, tree.N) {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		check(err)
		if hashes[0] != tlog.RecordHash(entry) {
			check(fmt.Errorf("entry %d is not the one in the tree", i))
		}
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), hashes[0]))
	}
	before := open(older, verifier)
	proof, err := tlog.ProveTree(tree.N, before.N, reader)
	check(err)
	check(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash))
	fmt.Printf("%d entries, continuing %d\n", tree.N, before.N)
}
