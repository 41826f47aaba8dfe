# downloads gs://my-exports/file_downloads-*.parquet
EXPORT DATA OPTIONS (
  uri = 'gs://my-exports/file_downloads-*.parquet',
  format = 'PARQUET',
  compression = 'ZSTD',
  overwrite = false
) AS
SELECT
  timestamp,
  country_code,
  url,
  project,
  STRUCT(file.filename AS filename, file.project AS project, file.version AS version, file.type AS type) AS file,
  details.installer AS installer,
  details.python AS python,
  details.implementation AS implementation,
  details.distro AS distro,
  details.system AS system,
  details.cpu AS cpu,
  details.openssl_version AS openssl_version,
  details.setuptools_version AS setuptools_version,
  details.rustc_version AS rustc_version,
  tls_protocol,
  tls_cipher,
  details.ci AS ci
FROM `bigquery-public-data.pypi.file_downloads`
WHERE timestamp < TIMESTAMP '2024-03-01 00:00:00+00';

# projects gs://my-exports/projects/distribution_metadata-*.parquet
EXPORT DATA OPTIONS (
  uri = 'gs://my-exports/projects/distribution_metadata-*.parquet',
  format = 'PARQUET',
  compression = 'ZSTD',
  overwrite = false
) AS
SELECT
  name,
  version,
  upload_time,
  size,
  has_signature,
  metadata_version,
  summary,
  description,
  description_content_type,
  author,
  author_email,
  maintainer,
  maintainer_email,
  license,
  keywords,
  home_page,
  download_url,
  requires_python,
  uploaded_via,
  filename,
  path,
  python_version,
  packagetype,
  comment_text,
  md5_digest,
  sha256_digest,
  blake2_256_digest,
  classifiers,
  platform,
  requires,
  provides,
  obsoletes,
  requires_dist,
  provides_dist,
  obsoletes_dist,
  requires_external,
  project_urls
FROM `bigquery-public-data.pypi.distribution_metadata`
WHERE upload_time < TIMESTAMP '2024-03-01 00:00:00+00';

# downloads gs://my-exports/pypi/daily/1709078400-*.parquet
EXPORT DATA OPTIONS (
  uri = 'gs://my-exports/pypi/daily/1709078400-*.parquet',
  format = 'PARQUET',
  compression = 'ZSTD',
  overwrite = false
) AS
SELECT
  timestamp,
  country_code,
  url,
  project,
  STRUCT(file.filename AS filename, file.project AS project, file.version AS version, file.type AS type) AS file,
  details.installer AS installer,
  details.python AS python,
  details.implementation AS implementation,
  details.distro AS distro,
  details.system AS system,
  details.cpu AS cpu,
  details.openssl_version AS openssl_version,
  details.setuptools_version AS setuptools_version,
  details.rustc_version AS rustc_version,
  tls_protocol,
  tls_cipher,
  details.ci AS ci
FROM `bigquery-public-data.pypi.file_downloads`
WHERE timestamp >= TIMESTAMP '2024-02-28 00:00:00+00'
  AND timestamp < TIMESTAMP '2024-02-29 00:00:00+00';

# projects gs://my-exports/pypi/daily/projects/1709078400-*.parquet
EXPORT DATA OPTIONS (
  uri = 'gs://my-exports/pypi/daily/projects/1709078400-*.parquet',
  format = 'PARQUET',
  compression = 'ZSTD',
  overwrite = false
) AS
SELECT
  name,
  version,
  upload_time,
  size,
  has_signature,
  metadata_version,
  summary,
  description,
  description_content_type,
  author,
  author_email,
  maintainer,
  maintainer_email,
  license,
  keywords,
  home_page,
  download_url,
  requires_python,
  uploaded_via,
  filename,
  path,
  python_version,
  packagetype,
  comment_text,
  md5_digest,
  sha256_digest,
  blake2_256_digest,
  classifiers,
  platform,
  requires,
  provides,
  obsoletes,
  requires_dist,
  provides_dist,
  obsoletes_dist,
  requires_external,
  project_urls
FROM `bigquery-public-data.pypi.distribution_metadata`
WHERE upload_time >= TIMESTAMP '2024-02-28 00:00:00+00'
  AND upload_time < TIMESTAMP '2024-02-29 00:00:00+00';

# downloads gs://my-exports/pypi/daily/1709164800-*.parquet
EXPORT DATA OPTIONS (
  uri = 'gs://my-exports/pypi/daily/1709164800-*.parquet',
  format = 'PARQUET',
  compression = 'ZSTD',
  overwrite = false
) AS
SELECT
  timestamp,
  country_code,
  url,
  project,
  STRUCT(file.filename AS filename, file.project AS project, file.version AS version, file.type AS type) AS file,
  details.installer AS installer,
  details.python AS python,
  details.implementation AS implementation,
  details.distro AS distro,
  details.system AS system,
  details.cpu AS cpu,
  details.openssl_version AS openssl_version,
  details.setuptools_version AS setuptools_version,
  details.rustc_version AS rustc_version,
  tls_protocol,
  tls_cipher,
  details.ci AS ci
FROM `bigquery-public-data.pypi.file_downloads`
WHERE timestamp >= TIMESTAMP '2024-02-29 00:00:00+00'
  AND timestamp < TIMESTAMP '2024-03-01 00:00:00+00';

# projects gs://my-exports/pypi/daily/projects/1709164800-*.parquet
EXPORT DATA OPTIONS (
  uri = 'gs://my-exports/pypi/daily/projects/1709164800-*.parquet',
  format = 'PARQUET',
  compression = 'ZSTD',
  overwrite = false
) AS
SELECT
  name,
  version,
  upload_time,
  size,
  has_signature,
  metadata_version,
  summary,
  description,
  description_content_type,
  author,
  author_email,
  maintainer,
  maintainer_email,
  license,
  keywords,
  home_page,
  download_url,
  requires_python,
  uploaded_via,
  filename,
  path,
  python_version,
  packagetype,
  comment_text,
  md5_digest,
  sha256_digest,
  blake2_256_digest,
  classifiers,
  platform,
  requires,
  provides,
  obsoletes,
  requires_dist,
  provides_dist,
  obsoletes_dist,
  requires_external,
  project_urls
FROM `bigquery-public-data.pypi.distribution_metadata`
WHERE upload_time >= TIMESTAMP '2024-02-29 00:00:00+00'
  AND upload_time < TIMESTAMP '2024-03-01 00:00:00+00';

