// Package s3 is the source of objects in S3, and in stores that speak its protocol:
// s3://bucket/key.
//
// Buckets are listed by this process and read by ClickHouse with s3(), both with the
// credentials that AWS's own tools would take here: of the environment, of the
// profile in its files (its process or its sign-in too), or of the role of the
// container or the machine; without any, without a signature. ClickHouse is sent
// them as query parameters, which its logs do not hold, with each statement, so that
// those of a role are fresh. An object's generation is its ETag, which is another
// for other content.
//
// The client is minio-go rather than AWS's own: listing is all that is asked of it,
// it resolves credentials as far, and it brings a third of the modules.
package s3
