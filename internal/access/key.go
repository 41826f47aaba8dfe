package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"
)

// Key is one API key as the file has it: without the key itself, of which only the
// hash is kept. Keys are random, so that a plain hash cannot be searched through.
type Key struct {
	// ID is the part of the key that names it.
	ID string `json:"id"`
	// Name is whose it is, for people and logs.
	Name string `json:"name"`
	// Hash is the SHA-256 of the whole key, in hexadecimal.
	Hash string `json:"hash"`
	// Created is when it was made.
	Created time.Time `json:"created"`
	// Publishable reports that the key may be seen by everybody, in pages and
	// addresses: it is good for the pages of its origins only.
	Publishable bool `json:"publishable,omitempty"`
	// Origins are the sites whose pages may use it; without any, a key that is not
	// publishable may be used everywhere.
	Origins Origins `json:"origins,omitempty"`
	// Explain reports that its holder is told which queries ran, also where others
	// are not.
	Explain bool `json:"explain,omitempty"`
	// Limits bound its holder.
	Limits Limits `json:"limits"`
}

// The prefixes of keys, by which people and scanners for leaked secrets know them.
const (
	secretPrefix      = "cqs_"
	publishablePrefix = "cqp_"
	idLength          = 10
)

// NewKey makes a key: text is what its holder sends, and is nowhere else.
func NewKey(k Key, now time.Time) (key Key, text string) {
	prefix := secretPrefix
	if k.Publishable {
		prefix = publishablePrefix
	}
	k.ID = strings.ToLower(rand.Text()[:idLength])
	text = prefix + k.ID + "_" + rand.Text()
	k.Hash, k.Created = hashOf(text), now.UTC().Truncate(time.Second)
	return k, text
}

// idOf is the id that a key's text names; ok is false for what is no key.
func idOf(text string) (id string, ok bool) {
	rest, secret := strings.CutPrefix(text, secretPrefix)
	if !secret {
		if rest, ok = strings.CutPrefix(text, publishablePrefix); !ok {
			return "", false
		}
	}
	id, _, ok = strings.Cut(rest, "_")
	return id, ok && len(id) == idLength
}

// Hidden is a text as it may be shown: of a key no more than what names it.
func Hidden(text string) string {
	if id, ok := idOf(text); ok {
		return id
	}
	return text
}

// Is reports that text is the key.
func (k *Key) Is(text string) bool {
	return subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hashOf(text))) == 1
}

// hashOf is the SHA-256 of a text in hexadecimal.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
