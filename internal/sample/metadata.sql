-- The distribution metadata: a row for each file of a release.
SELECT
    metadata_version,
    name,
    version,
    nullIf(summary, '') AS summary,
    description,
    'text/markdown' AS description_content_type,
    nullIf(author, '') AS author,
    nullIf(author_email, '') AS author_email,
    nullIf(maintainer, '') AS maintainer,
    CAST(NULL, 'Nullable(String)') AS maintainer_email,
    nullIf(license, '') AS license,
    nullIf(keywords, '') AS keywords,
    classifiers,
    CAST([], 'Array(String)') AS platform,
    nullIf(home_page, '') AS home_page,
    CAST(NULL, 'Nullable(String)') AS download_url,
    nullIf(requires_python, '') AS requires_python,
    CAST([], 'Array(String)') AS requires,
    CAST([], 'Array(String)') AS provides,
    CAST([], 'Array(String)') AS obsoletes,
    requires_dist,
    CAST([], 'Array(String)') AS provides_dist,
    CAST([], 'Array(String)') AS obsoletes_dist,
    CAST([], 'Array(String)') AS requires_external,
    project_urls,
    'twine/6.1.0 CPython/3.13.7' AS uploaded_via,
    fromUnixTimestamp64Micro(at + toInt64(number) * 1731000, 'UTC') AS upload_time,
    f.1 AS filename,
    intDiv(size * (900 + cityHash64(f.1) % 200), 1000) AS size,
    concat(PATH_OF(f.1), '/', f.1) AS path,
    f.3 AS python_version,
    f.2 AS packagetype,
    CAST(NULL, 'Nullable(String)') AS comment_text,
    false AS has_signature,
    lower(hex(MD5(f.1))) AS md5_digest,
    lower(hex(SHA256(f.1))) AS sha256_digest,
    lower(hex(SHA256(concat('blake2:', f.1)))) AS blake2_256_digest
FROM (
    SELECT *,
        arrayFilter(i -> bitTest(platforms, i), range(1, 7)) AS on,
        arrayFilter(m -> {python_tags:Array(String)}[m] != '', arrayConcat(range(toUInt16(oldest), toUInt16(newest + 1)),
            range(toUInt16(oldest + {pythons_known:UInt8}), toUInt16(newest + {pythons_known:UInt8} + 1)))) AS built,
        arrayConcat(
            if(sdist, [(concat(sdist_stem, '.tar.gz'), 'sdist', 'source')], []),
            multiIf(
                wheels = 1 AND tag = 'py2.7', [(concat(wheel_stem, '-', tag, '.egg'), 'bdist_egg', '2.7')],
                wheels = 1, [(concat(wheel_stem, '-', tag, '.whl'), 'bdist_wheel', splitByChar('-', tag)[1])],
                wheels = 2, arrayMap(i -> (concat(wheel_stem, '-', tag, '-', {platform_tags:Array(String)}[era * 6 + i], '.whl'),
                    'bdist_wheel', splitByChar('-', tag)[1]), on),
                wheels = 3, arrayFlatten(arrayMap(m -> arrayMap(i -> (
                    concat(wheel_stem, '-', {python_tags:Array(String)}[m], '-', {platform_tags:Array(String)}[era * 6 + i], '.whl'),
                    'bdist_wheel', splitByChar('-', {python_tags:Array(String)}[m])[1]), on), built)),
                [])) AS files
    FROM releases
)
ARRAY JOIN files AS f, arrayEnumerate(files) AS number
