-- The columns of an export, flattened: a row for each row of a cell. Each draw
-- has bits of its own of two hashes of the row's number, and what depends on a
-- draw stands a level further out: within one level the server would write out
-- every use of a name. An index of 0 gives the empty text: not reported.
SELECT
    if({older:Bool} AND n % {no_time_of:UInt64} = {no_time_at:UInt64}, NULL, fromUnixTimestamp64Micro(at, 'UTC')) AS timestamp,
    nullIf({codes:Array(LowCardinality(String))}[c], '') AS country_code,
    concat('/packages/', PATH_OF(stored), '/', filename) AS url,
    nullIf(project, '') AS project,
    filename AS `file.filename`,
    nullIf(project, '') AS `file.project`,
    nullIf(if(lost, '', version), '') AS `file.version`,
    nullIf(toLowCardinality(multiIf(lost, '', NOT from_wheel, 'sdist', tag = 'py2.7', 'bdist_egg', 'bdist_wheel')), '') AS `file.type`,
    nullIf({installer_names:Array(LowCardinality(String))}[i], '') AS `installer.name`,
    nullIf({installer_versions:Array(LowCardinality(String))}[i], '') AS `installer.version`,
    nullIf({python_versions:Array(LowCardinality(String))}[py], '') AS python,
    nullIf(toLowCardinality(multiIf(py = 0, '', pypy, 'PyPy', 'CPython')), '') AS `implementation.name`,
    if(pypy, '7.3.17', nullIf({python_versions:Array(LowCardinality(String))}[py], '')) AS `implementation.version`,
    nullIf({distro_names:Array(LowCardinality(String))}[distro], '') AS `distro.name`,
    nullIf({distro_versions:Array(LowCardinality(String))}[distro], '') AS `distro.version`,
    nullIf({distro_ids:Array(LowCardinality(String))}[distro], '') AS `distro.id`,
    nullIf({libc_libs:Array(LowCardinality(String))}[distro], '') AS `distro.libc.lib`,
    nullIf({libc_versions:Array(LowCardinality(String))}[distro], '') AS `distro.libc.version`,
    nullIf({system_names:Array(LowCardinality(String))}[os], '') AS `system.name`,
    nullIf({system_releases:Array(LowCardinality(String))}[os], '') AS `system.release`,
    nullIf({cpus:Array(LowCardinality(String))}[distro], '') AS cpu,
    nullIf({openssl:Array(LowCardinality(String))}[distro], '') AS openssl_version,
    nullIf({setuptools:Array(LowCardinality(String))}[i], '') AS setuptools_version,
    nullIf({rustc:Array(LowCardinality(String))}[i], '') AS rustc_version,
    nullIf(toLowCardinality(if(coin < 240, 'TLSv1.3', 'TLSv1.2')), '') AS tls_protocol,
    nullIf(toLowCardinality(if(coin < 240, 'TLS_AES_256_GCM_SHA384', 'ECDHE-RSA-AES128-GCM-SHA256')), '') AS tls_cipher,
    CAST(ci, 'Nullable(Bool)') AS ci
FROM (
SELECT *, toLowCardinality(concat(stored, beside)) AS filename
FROM (
SELECT *, toLowCardinality(multiIf(
    lost, NULL,
    NOT from_wheel, concat(sdist_stem, '.tar.gz'),
    wheels = 1, concat(wheel_stem, '-', tag, if(tag = 'py2.7', '.egg', '.whl')),
    concat(wheel_stem, '-', if(wheels = 3, {python_tags:Array(String)}[built], tag), '-',
        {platform_tags:Array(String)}[era * 6 + multiIf(supported, platform, platforms = 64, 6, 1)], '.whl'))) AS stored,
    toLowCardinality(multiIf(
        day >= {beside_until:Int32}, '',
        from_wheel AND tag != 'py2.7' AND {sidecars:Array(UInt8)}[i] = 1 AND bitAnd(bitShiftRight(h, 44), 255) < 46, '.metadata',
        told = 0 AND bitAnd(bitShiftRight(h, 44), 255) < 6, '.asc',
        '')) AS beside
FROM (
SELECT *, least(greatest(minor, oldest), newest) + if(supported AND bitAnd(bitShiftRight(h, 52), 255) < 10
    AND {python_tags:Array(String)}[least(greatest(minor, oldest), newest) + {pythons_known:UInt8}] != '', {pythons_known:UInt8}, 0) AS built
FROM (
SELECT *, wheels > 0 AND (NOT sdist OR coin >= if(told = 0, 110, sdist_part)
    AND (wheels = 1 OR supported AND (wheels = 2 OR minor BETWEEN oldest AND newest AND NOT pypy))) AS from_wheel
FROM (
SELECT *, bitTest(platforms, platform) AS supported
FROM (
SELECT *,
    if(told > 1, {machine_platforms:Array(UInt8)}[s], toUInt8(bitShiftRight(g, 42) % 6 + 1)) AS platform,
    if(told > 1, s, 0) AS os,
    if(told > 2, s, 0) AS distro,
    if(told > 0, toUInt8((minor - 1) * 4 + bitAnd(bitShiftRight(g, 26), 3) + 1), 0) AS py,
    told > 0 AND minor > 4 AND bitAnd(bitShiftRight(g, 34), 127) = 0 AS pypy,
    if(told > 3 AND bitAnd(g, 7) != 5, bitAnd(bitShiftRight(g, 8), 255) < {machine_ci:Array(UInt16)}[s], NULL) AS ci,
    {countries:Array(UInt8)}[bitAnd(bitShiftRight(g, 16), 1023) + 1 + if(told > 1 AND {machine_people:Array(UInt8)}[s] = 1, 1024, 0)] AS c
FROM (
SELECT *, {told:Array(UInt8)}[i] AS told
FROM (
SELECT *,
    {installers:Array(UInt16)}[bitAnd(h, 1023) + 1 + if(bitAnd(bitShiftRight(h, 10), 255) < mirror, 1024, 0)] AS i,
    {machines:Array(UInt16)}[audience * 256 + bitAnd(bitShiftRight(h, 18), 255) + 1] AS s,
    least(greatest({pythons:Array(UInt8)}[bitAnd(bitShiftRight(h, 26), 1023) + 1], oldest), python_to) AS minor,
    bitAnd(bitShiftRight(h, 36), 255) AS coin,
    toInt64(day) * 86400000000 + toInt64(intHash64(g) % 86400000000) AS at,
    n % {no_project_of:UInt64} = {no_project_at:UInt64} AS lost
FROM (
SELECT *, intHash64(h) AS g
FROM (
SELECT * EXCEPT key, n, if(n % {no_project_of:UInt64} = {no_project_at:UInt64}, '', key) AS project, cityHash64({seed:UInt64}, n) AS h
FROM cells INNER JOIN releases ON cells.release = releases.id
ARRAY JOIN range(toUInt64(first), toUInt64(first) + rows) AS n
))))))))))
