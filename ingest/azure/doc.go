// Package azure is the source of objects in Azure's Blob Storage:
// az://ACCOUNT.blob.core.windows.net/container/path.
//
// The account stands in the name, as containers of different accounts may be called
// the same, and a file is known by its name. Containers are listed by this process and
// read by ClickHouse with azureBlobStorage(), both with what the variables of Azure's
// own command line say: a connection string, an account's key, or a shared access
// signature; without any, and for other accounts than the one that they are of, without
// a signature. ClickHouse is sent them as query parameters, which its logs do not hold.
// An object's generation is its ETag, which every write changes.
package azure
