package gqlhttp

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Trusted is a fixed set of documents, each known by the SHA-256 of its text and
// by the identifiers that manifests give it.
type Trusted struct {
	mu   sync.RWMutex
	byID map[string]string
	// state is the hashes of all documents with their identifiers, joined by XOR.
	state [sha256.Size]byte
}

// Replace trusts others' documents from now on, and no longer those trusted so far.
func (t *Trusted) Replace(by *Trusted) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID, t.state = by.byID, by.state
}

// State is a text that differs where other documents are trusted, or go by other
// identifiers.
func (t *Trusted) State() string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return string(t.state[:])
}

// find is the text of the document of that identifier.
func (t *Trusted) find(id string) (text string, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	text, ok = t.byID[id]
	return text, ok
}

// Len is how many identifiers are known.
func (t *Trusted) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byID)
}

// ReadTrusted reads every document under dir that ends in .graphql or .gql, and
// every manifest that ends in .json: an object of documents by identifier, as
// relay-compiler and GraphQL Code Generator write them, or Apollo's persisted
// query manifest. A document that does not fit the schema is an error that names
// its file: it would fail at its first use.
func ReadTrusted(dir fs.FS, schema *ast.Schema) (*Trusted, error) {
	t := &Trusted{byID: map[string]string{}}
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		kind := path.Ext(name)
		if entry.IsDir() || !slices.Contains([]string{".graphql", ".gql", ".json"}, kind) {
			return nil
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		found := map[string]string{"": string(text)}
		if kind == ".json" {
			if found, err = manifest(text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		for id, document := range found {
			if err := t.add(schema, id, document); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read trusted documents: %w", err)
	}
	if len(t.byID) == 0 {
		return nil, fmt.Errorf("read trusted documents: there are none: put .graphql files, or the manifest (.json) of your GraphQL compiler, there")
	}
	return t, nil
}

// Include trusts more documents, by their hashes. A document that does not fit the
// schema is an error.
func (t *Trusted) Include(schema *ast.Schema, texts ...string) error {
	for _, text := range texts {
		if err := t.add(schema, "", text); err != nil {
			return err
		}
	}
	return nil
}

// add takes a document in. Two texts under one identifier would make an answer
// depend on the order of files.
func (t *Trusted) add(schema *ast.Schema, id, text string) error {
	if _, errs := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules()); len(errs) > 0 {
		return fmt.Errorf("document %s does not fit the schema: %w", id, errs)
	}
	t.name(HashOf(text), text)
	if id == "" {
		return nil
	}
	if known, ok := t.byID[id]; ok && known != text {
		return fmt.Errorf("document %s is there twice, with different texts", id)
	}
	t.name(id, text)
	return nil
}

// name has a text go by an identifier.
func (t *Trusted) name(id, text string) {
	if _, known := t.byID[id]; known {
		return
	}
	t.byID[id] = text
	for i, b := range sha256.Sum256([]byte(id + "\x00" + HashOf(text))) {
		t.state[i] ^= b
	}
}

// manifest reads documents by identifier.
func manifest(data []byte) (map[string]string, error) {
	var apollo struct {
		Format     string `json:"format"`
		Operations []struct {
			ID   string `json:"id"`
			Body string `json:"body"`
		} `json:"operations"`
	}
	if err := json.Unmarshal(data, &apollo); err == nil && apollo.Format != "" {
		found := map[string]string{}
		for _, op := range apollo.Operations {
			found[op.ID] = op.Body
		}
		return found, nil
	}
	var plain map[string]string
	if err := json.Unmarshal(data, &plain); err != nil {
		return nil, fmt.Errorf("this is no manifest of documents: an object of texts by identifier, or Apollo's persisted query manifest")
	}
	return plain, nil
}
