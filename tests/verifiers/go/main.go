// Verifies a folder of Keyrack's receipts with the packages that guard Go's module checksums:
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog. ../README.md describes the folder.
//
// It adds only what those packages leave to their callers: the line formats of c2sp.org/tlog-proof and tlog-policy, and
// a note.Verifier for c2sp.org/tlog-cosignature, built on crypto/ed25519.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: go-verify FOLDER")
		os.Exit(2)
	}
	folder := os.Args[1]
	policy, err := readPolicy(read(folder, "policy"))
	if err != nil {
		fmt.Println("refused: policy:", err)
		os.Exit(1)
	}
	last, err := verifyCheckpoints(folder, policy)
	if err == nil {
		err = verifyReceipts(folder, policy, last)
	}
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted: everything")
}

// A tree with the name of its log and the reader of its tiles.
type tree struct {
	origin string
	tlog.Tree
}

// Checks that every checkpoint is signed and a prefix of the next, and that the last one's tiles give its root.
func verifyCheckpoints(folder string, policy *policy) (tree, error) {
	var last tree
	for n := 0; exists(folder, "checkpoints", strconv.Itoa(n)); n++ {
		name := strconv.Itoa(n)
		next, err := policy.open(read(folder, "checkpoints", name))
		if err != nil {
			return last, fmt.Errorf("checkpoint %d: %v", n, err)
		}
		if n > 0 {
			proof, err := hashes(strings.Fields(string(read(folder, "consistency", strconv.Itoa(n-1)))))
			if err != nil {
				return last, err
			}
			if next.origin != last.origin {
				return last, fmt.Errorf("checkpoint %d is of another log", n)
			}
			if err := tlog.CheckTree(proof, next.N, next.Hash, last.N, last.Hash); err != nil {
				return last, fmt.Errorf("checkpoints %d and %d: %v", n-1, n, err)
			}
		}
		fmt.Printf("accepted: checkpoint %d, %s with %d leaves\n", n, next.origin, next.N)
		last = next
	}
	if last.origin == "" {
		return last, errors.New("no checkpoints")
	}
	root, err := tlog.TreeHash(last.N, last.reader(folder))
	if err != nil {
		return last, fmt.Errorf("tiles: %v", err)
	}
	if root != last.Hash {
		return last, errors.New("tiles: another root")
	}
	return last, nil
}

// Checks every receipt: its checkpoint is signed and a prefix of the last one, and its leaf is in both trees.
func verifyReceipts(folder string, policy *policy, last tree) error {
	tiles := last.reader(folder)
	n := 0
	for ; exists(folder, "receipts", strconv.Itoa(n)); n++ {
		r, err := readReceipt(read(folder, "receipts", strconv.Itoa(n)))
		if err != nil {
			return fmt.Errorf("receipt %d: %v", n, err)
		}
		at, err := policy.open(r.note)
		if err != nil {
			return fmt.Errorf("receipt %d: %v", n, err)
		}
		leaf := tlog.RecordHash(r.leaf)
		if err := tlog.CheckRecord(r.proof, at.N, at.Hash, r.index, leaf); err != nil {
			return fmt.Errorf("receipt %d: %v", n, err)
		}
		if at.origin != last.origin || at.N > last.N {
			return fmt.Errorf("receipt %d: not of the log of the checkpoints", n)
		}
		history, err := tlog.ProveTree(last.N, at.N, tiles)
		if err != nil {
			return fmt.Errorf("receipt %d: tiles: %v", n, err)
		}
		if err := tlog.CheckTree(history, last.N, last.Hash, at.N, at.Hash); err != nil {
			return fmt.Errorf("receipt %d: its checkpoint is not a prefix of the last one: %v", n, err)
		}
		inLast, err := tlog.ProveRecord(last.N, r.index, tiles)
		if err != nil {
			return fmt.Errorf("receipt %d: tiles: %v", n, err)
		}
		if err := tlog.CheckRecord(inLast, last.N, last.Hash, r.index, leaf); err != nil {
			return fmt.Errorf("receipt %d: not in the last checkpoint: %v", n, err)
		}
		fmt.Printf("accepted: receipt %d, leaf %d of %d\n", n, r.index, at.N)
	}
	if n == 0 {
		return errors.New("no receipts")
	}
	return nil
}

// The trusted logs, and how many of the witnesses must have cosigned.
type policy struct {
	logs      map[string][]note.Verifier
	witnesses map[string]note.Verifier
	quorum    int
	members   []string
}

// The part of c2sp.org/tlog-policy that a cluster's own policy uses: one group, which is the quorum.
func readPolicy(text []byte) (*policy, error) {
	p := &policy{logs: map[string][]note.Verifier{}, witnesses: map[string]note.Verifier{}}
	group := ""
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch {
		case words[0] == "log" && len(words) >= 2:
			verifier, err := note.NewVerifier(words[1])
			if err != nil {
				return nil, err
			}
			p.logs[verifier.Name()] = append(p.logs[verifier.Name()], verifier)
		case words[0] == "witness" && len(words) >= 3:
			verifier, err := newCosigner(words[2])
			if err != nil {
				return nil, err
			}
			p.witnesses[words[1]] = verifier
		case words[0] == "group" && len(words) >= 4 && group == "":
			quorum, err := strconv.Atoi(words[2])
			if err != nil || quorum < 1 {
				return nil, fmt.Errorf("a group of %s", words[2])
			}
			group, p.quorum, p.members = words[1], quorum, words[3:]
		case words[0] == "quorum" && len(words) == 2 && words[1] == group:
		default:
			return nil, fmt.Errorf("line %q", line)
		}
	}
	if p.quorum == 0 || len(p.logs) == 0 {
		return nil, errors.New("no quorum or no logs")
	}
	return p, nil
}

// Opens a signed checkpoint: its log signed it, enough witnesses cosigned it, and no known signature is invalid.
func (p *policy) open(text []byte) (tree, error) {
	origin, _, _ := strings.Cut(string(text), "\n")
	logs := p.logs[origin]
	signed, err := note.Open(text, note.VerifierList(logs...))
	if err != nil {
		return tree{}, fmt.Errorf("log signature: %v", err)
	}
	var witnesses []note.Verifier
	for _, name := range p.members {
		witnesses = append(witnesses, p.witnesses[name])
	}
	cosigned, err := note.Open(text, note.VerifierList(witnesses...))
	if err != nil {
		return tree{}, fmt.Errorf("cosignatures: %v", err)
	}
	if len(cosigned.Sigs) < p.quorum {
		return tree{}, fmt.Errorf("%d cosignatures, %d are needed", len(cosigned.Sigs), p.quorum)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree{}, errors.New("a checkpoint without exactly three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tree{}, err
	}
	return tree{origin, tlog.Tree{N: size, Hash: root}}, nil
}

// A cosignature/v1 verifier (c2sp.org/tlog-cosignature).
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("verifier key %q", vkey)
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, fmt.Errorf("verifier key %q is not a cosigner's", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if uint32(hash) != binary.BigEndian.Uint32(sum[:]) {
		return nil, fmt.Errorf("verifier key %q has another hash", vkey)
	}
	return &cosigner{parts[0], uint32(hash), key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

// A c2sp.org/tlog-proof file with the leaf in its extra line.
type receipt struct {
	leaf  []byte
	index int64
	proof tlog.RecordProof
	note  []byte
}

func readReceipt(text []byte) (*receipt, error) {
	head, rest, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a proof file with an extra line")
	}
	extra, index := strings.TrimPrefix(lines[1], "extra "), strings.TrimPrefix(lines[2], "index ")
	if extra == lines[1] || index == lines[2] {
		return nil, errors.New("no extra or no index line")
	}
	leaf, err := base64.StdEncoding.Strict().DecodeString(extra)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseInt(index, 10, 64)
	if err != nil {
		return nil, err
	}
	proof, err := hashes(lines[3:])
	return &receipt{leaf, number, proof, rest}, err
}

func hashes(lines []string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

// Reads tiles of c2sp.org/tlog-tiles, whose paths lack the height that sumdb's have. TileHashReader checks every tile
// against the tree.
func (t tree) reader(folder string) tlog.HashReader {
	return tlog.TileHashReader(t.Tree, tiles(folder))
}

type tiles string

func (folder tiles) Height() int { return 8 }

func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (folder tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

// Reads a required file. A missing file is the caller's mistake, not a forgery, so the exit code is 2.
func read(parts ...string) []byte {
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	return text
}
