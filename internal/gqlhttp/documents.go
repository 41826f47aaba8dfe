package gqlhttp

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/cache"
)

// Parameters and extensions that name a document in place of its text.
const (
	documentID     = "documentId"     // GraphQL over HTTP, persisted documents
	persistedQuery = "persistedQuery" // Apollo's automatic persisted queries
)

// Codes of persisted documents. Clients of automatic persisted queries know the
// first two.
const (
	// CodeNotFound is for an identifier that is not known. A client answers it by
	// sending the text along.
	CodeNotFound = "PERSISTED_QUERY_NOT_FOUND"
	// CodeHash is for a text whose hash is not the one sent with it.
	CodeHash = "PERSISTED_QUERY_HASH_MISMATCH"
	// CodeNotTrusted is for a document that is not one of the trusted ones, where
	// nothing else runs.
	CodeNotTrusted = "DOCUMENT_NOT_TRUSTED"
)

// Documents finds the text of documents that requests name: by Apollo's
// automatic persisted queries (extensions.persistedQuery.sha256Hash), by the
// draft's documentId, which is "sha256:" and the hash in hexadecimal or, for a
// trusted document, any identifier of its manifest. It serves every transport, as
// part of the Guard; over a WebSocket documentId is in the extensions.
type Documents struct {
	trusted *Trusted // nil where everything may run
	learned *cache.Cache[string]
}

// maxLearned bounds the memory of what clients may teach: documents of more than
// that many bytes are run, and not kept.
const maxLearned = 64 << 10

// NewDocuments keeps documents that clients have sent in that many bytes, or, with
// trusted documents, runs these alone.
func NewDocuments(bytes int64, trusted *Trusted) *Documents {
	learned := cache.New[string](cache.Config{Bytes: bytes, Now: time.Now})
	learned.Use(always)
	return &Documents{trusted, learned}
}

// resolve puts the document's text into the request.
func (d *Documents) resolve(p *graphql.RawParams) *gqlerror.Error {
	hash, id, err := identifiers(p.Extensions)
	if err != nil {
		return err
	}
	if p.Query != "" && hash != "" && HashOf(p.Query) != hash {
		return failure(CodeHash, "the hash is not that of the document: send the SHA-256 of the text, in hexadecimal")
	}
	if d.trusted != nil {
		return d.trust(p, hash, id)
	}
	if p.Query != "" {
		if hash != "" && len(p.Query) <= maxLearned {
			d.learned.Put(always, hash, p.Query, int64(len(p.Query)))
		}
		return nil
	}
	text, _, ok := d.learned.Get(always, hash)
	if !ok {
		return failure(CodeNotFound, "PersistedQueryNotFound")
	}
	p.Query = text
	return nil
}

// trust lets trusted documents through, named or in full.
func (d *Documents) trust(p *graphql.RawParams, hash, id string) *gqlerror.Error {
	switch {
	case p.Query != "":
		if _, ok := d.trusted.find(HashOf(p.Query)); !ok {
			return failure(CodeNotTrusted, "only documents that were registered with this server may run")
		}
		return nil
	case hash != "":
		id = hash
	}
	text, ok := d.trusted.find(id)
	if !ok {
		return failure(CodeNotFound, "PersistedQueryNotFound")
	}
	p.Query = text
	return nil
}

// identifiers reads how the document is named: by the hash of its text or by
// another identifier. Both are empty where it is not.
func identifiers(extensions map[string]any) (hash, id string, err *gqlerror.Error) {
	if sent, ok := extensions[persistedQuery]; ok && sent != nil {
		fields, _ := sent.(map[string]any)
		if version := fmt.Sprint(fields["version"]); version != "1" {
			return "", "", failure(CodeBadRequest, "extensions.persistedQuery is not understood: send version 1 and sha256Hash")
		}
		if hash, _ = fields["sha256Hash"].(string); hash == "" {
			return "", "", failure(CodeBadRequest, "extensions.persistedQuery has no sha256Hash")
		}
		return strings.ToLower(hash), "", nil
	}
	sent, ok := extensions[documentID]
	if !ok || sent == nil {
		return "", "", nil
	}
	id, ok = sent.(string)
	if !ok || id == "" {
		return "", "", failure(CodeBadRequest, "documentId must be text")
	}
	if digest, ok := strings.CutPrefix(id, "sha256:"); ok {
		return strings.ToLower(digest), "", nil
	}
	return "", id, nil
}

// HashOf is the SHA-256 of a text in hexadecimal, by which a document is persisted.
func HashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// failure is an error with a code.
func failure(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}
