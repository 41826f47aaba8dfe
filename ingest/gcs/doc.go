// Package gcs reads exports from Google Cloud Storage.
//
// This process lists objects and their generations through the JSON API, with
// Google's default credentials or anonymously. The objects themselves are read by
// the ClickHouse server, through gcs() and the XML API, which knows HMAC keys
// alone: a private bucket needs one. ClickHouse cannot ask for a generation, so
// a load lists its objects again after reading them; generations only grow, so
// an object whose generation is the same afterwards was not replaced in between.
package gcs
