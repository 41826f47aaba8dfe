// Package load loads files: it cuts them into batches, prepares several side by side,
// by workers of its own and by helpers elsewhere, and makes one after another public.
//
// The queue of batches is the ledger's: what the writer has planned and nobody has
// claimed. Help is the other side of it, which holds no lock and publishes nothing.
package load
