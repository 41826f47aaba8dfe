CREATE DATABASE IF NOT EXISTS `py-pi` ON CLUSTER main ENGINE = Atomic;

CREATE TABLE IF NOT EXISTS `py-pi`.pypi ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown',
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist',
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown',
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown',
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown',
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say',
    filename String COMMENT 'Name of the downloaded file' CODEC(ZSTD(3)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown',
    platform LowCardinality(String) COMMENT 'What a wheel runs on, its floor, such as manylinux_2_17; any for all; empty where the file is no wheel',
    arch LowCardinality(String) COMMENT 'Machine that a wheel is for, such as x86_64; any for all, multi for several; empty where the file is no wheel',
    abi LowCardinality(String) COMMENT 'ABI tag of a wheel, such as cp313, abi3 or none; empty where the file is no wheel',
    cpu LowCardinality(String) COMMENT 'Processor of the client, such as x86_64; empty where unknown',
    distro LowCardinality(String) COMMENT 'Linux distribution of the client and its version, such as Ubuntu 24.04; empty where unknown',
    implementation LowCardinality(String) COMMENT 'Python of the client, such as CPython; empty where unknown',
    installer_version LowCardinality(String) COMMENT 'Installing tool and the first two parts of its version, such as pip 24.0; empty where unknown'
)
ENGINE = ReplicatedMergeTree
PARTITION BY toYYYYMM(date)
ORDER BY (project, date, version, country_code, python_minor, system)
COMMENT 'Downloads of files from PyPI, one row each';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
ORDER BY project
SETTINGS index_granularity = 1024
COMMENT 'Downloads by project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_by_version ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
ORDER BY (project, version)
COMMENT 'Downloads by project, version';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date)
SETTINGS index_granularity = 1024
COMMENT 'Downloads by project, date';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_month ON CLUSTER main
(
    month Date COMMENT 'First day of the month of the downloads' CODEC(Delta(2), ZSTD(1)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
ORDER BY (month, project)
SETTINGS index_granularity = 1024
COMMENT 'Downloads by month, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date)
COMMENT 'Downloads by project, version, date';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_installer ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, installer)
COMMENT 'Downloads by project, date, installer';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_country ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, country_code)
COMMENT 'Downloads by project, version, date, country_code';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_file_type ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, type)
COMMENT 'Downloads by project, version, date, type';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_python ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, python_minor)
COMMENT 'Downloads by project, version, date, python_minor';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_python_by_country ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown',
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, country_code, python_minor)
COMMENT 'Downloads by project, version, date, country_code, python_minor';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_system ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, system)
COMMENT 'Downloads by project, version, date, system';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_system_by_country ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown',
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, country_code, system)
COMMENT 'Downloads by project, version, date, country_code, system';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_installer_by_type ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown',
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, installer, type)
COMMENT 'Downloads by project, version, date, installer, type';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_installer_by_type_by_country ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown',
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown',
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist',
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, version, date, country_code, installer, type)
COMMENT 'Downloads by project, version, date, country_code, installer, type';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_max_min ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    max_date SimpleAggregateFunction(max, Date) COMMENT 'Last day with a download',
    min_date SimpleAggregateFunction(min, Date) COMMENT 'First day with a download'
)
ENGINE = ReplicatedAggregatingMergeTree
ORDER BY project
SETTINGS index_granularity = 1024
COMMENT 'First and last day with a download, by project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(6)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown' CODEC(ZSTD(6)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown' CODEC(ZSTD(6)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(6)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist' CODEC(ZSTD(6)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, ci, libc, system, installer, type, python_minor)
COMMENT 'Downloads by project, date, ci, libc, system, installer, type, python_minor';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_by_country ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(6)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown' CODEC(ZSTD(6)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown' CODEC(ZSTD(6)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(6)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist' CODEC(ZSTD(6)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown' CODEC(ZSTD(6)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, ci, libc, system, installer, type, python_minor, country_code)
COMMENT 'Downloads by project, date, ci, libc, system, installer, type, python_minor, country_code';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    version String COMMENT 'Version of the project' CODEC(ZSTD(6)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(6)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown' CODEC(ZSTD(6)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown' CODEC(ZSTD(6)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(6)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist' CODEC(ZSTD(6)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, version, ci, libc, system, installer, type, python_minor)
COMMENT 'Downloads by project, date, version, ci, libc, system, installer, type, python_minor';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_country ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, country_code)
COMMENT 'Downloads by date, country_code';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_python ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, python_minor)
COMMENT 'Downloads by date, python_minor';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_system ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, system)
COMMENT 'Downloads by date, system';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_installer ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, installer)
COMMENT 'Downloads by date, installer';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_file_type ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, type)
COMMENT 'Downloads by date, type';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_ci ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, ci)
COMMENT 'Downloads by date, ci';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_libc ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, libc)
COMMENT 'Downloads by date, libc';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_country_by_installer ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, installer, country_code)
COMMENT 'Downloads by date, installer, country_code';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(1)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown' CODEC(ZSTD(1)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown' CODEC(ZSTD(1)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(1)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist' CODEC(ZSTD(1)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, ci, libc, system, installer, type, python_minor)
COMMENT 'Downloads by date, ci, libc, system, installer, type, python_minor';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_country ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    country_code LowCardinality(String) COMMENT 'Country that the download came from, ISO 3166-1 alpha-2; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, country_code, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, country_code, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_python ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    python_minor LowCardinality(String) COMMENT 'Version of Python, its first two parts, such as 3.12; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, python_minor, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, python_minor, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_system ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    system LowCardinality(String) COMMENT 'Operating system, such as Linux; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, system, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, system, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_installer ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, installer, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, installer, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_file_type ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    type LowCardinality(String) COMMENT 'Type of the file, such as bdist_wheel or sdist' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, type, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, type, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_ci ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, ci, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, ci, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_libc ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    libc Tuple(lib LowCardinality(String), version LowCardinality(String)) COMMENT 'C library and its version, such as (glibc, 2.31); empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, libc, project)
SETTINGS index_granularity = 512, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, libc, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_installer_by_ci ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2) DEFAULT 'unknown' COMMENT 'Whether the installer ran in continuous integration; unknown where it did not say' CODEC(ZSTD(6)),
    installer LowCardinality(String) COMMENT 'Name of the installing tool, such as pip; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, ci, installer, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, ci, installer, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_platform_by_arch_by_abi ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    arch LowCardinality(String) COMMENT 'Machine that a wheel is for, such as x86_64; any for all, multi for several; empty where the file is no wheel' CODEC(ZSTD(1)),
    platform LowCardinality(String) COMMENT 'What a wheel runs on, its floor, such as manylinux_2_17; any for all; empty where the file is no wheel' CODEC(ZSTD(1)),
    abi LowCardinality(String) COMMENT 'ABI tag of a wheel, such as cp313, abi3 or none; empty where the file is no wheel' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, arch, platform, abi)
COMMENT 'Downloads by project, date, arch, platform, abi';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_cpu_by_implementation ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    implementation LowCardinality(String) COMMENT 'Python of the client, such as CPython; empty where unknown' CODEC(ZSTD(1)),
    cpu LowCardinality(String) COMMENT 'Processor of the client, such as x86_64; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, implementation, cpu)
COMMENT 'Downloads by project, date, implementation, cpu';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_distro ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    distro LowCardinality(String) COMMENT 'Linux distribution of the client and its version, such as Ubuntu 24.04; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, distro)
COMMENT 'Downloads by project, date, distro';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_installer_version ON CLUSTER main
(
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(3)),
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer_version LowCardinality(String) COMMENT 'Installing tool and the first two parts of its version, such as pip 24.0; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (project, date, installer_version)
COMMENT 'Downloads by project, date, installer_version';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_platform ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    platform LowCardinality(String) COMMENT 'What a wheel runs on, its floor, such as manylinux_2_17; any for all; empty where the file is no wheel' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, platform)
COMMENT 'Downloads by date, platform';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_arch ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    arch LowCardinality(String) COMMENT 'Machine that a wheel is for, such as x86_64; any for all, multi for several; empty where the file is no wheel' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, arch)
COMMENT 'Downloads by date, arch';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_abi ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    abi LowCardinality(String) COMMENT 'ABI tag of a wheel, such as cp313, abi3 or none; empty where the file is no wheel' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, abi)
COMMENT 'Downloads by date, abi';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_cpu ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    cpu LowCardinality(String) COMMENT 'Processor of the client, such as x86_64; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, cpu)
COMMENT 'Downloads by date, cpu';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_distro ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    distro LowCardinality(String) COMMENT 'Linux distribution of the client and its version, such as Ubuntu 24.04; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, distro)
COMMENT 'Downloads by date, distro';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_implementation ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    implementation LowCardinality(String) COMMENT 'Python of the client, such as CPython; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, implementation)
COMMENT 'Downloads by date, implementation';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_total_per_day_by_installer_version ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer_version LowCardinality(String) COMMENT 'Installing tool and the first two parts of its version, such as pip 24.0; empty where unknown' CODEC(ZSTD(1)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, installer_version)
COMMENT 'Downloads by date, installer_version';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_platform ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    platform LowCardinality(String) COMMENT 'What a wheel runs on, its floor, such as manylinux_2_17; any for all; empty where the file is no wheel' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, platform, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, platform, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_arch ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    arch LowCardinality(String) COMMENT 'Machine that a wheel is for, such as x86_64; any for all, multi for several; empty where the file is no wheel' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, arch, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, arch, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_abi ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    abi LowCardinality(String) COMMENT 'ABI tag of a wheel, such as cp313, abi3 or none; empty where the file is no wheel' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, abi, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, abi, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_cpu ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    cpu LowCardinality(String) COMMENT 'Processor of the client, such as x86_64; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, cpu, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, cpu, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_distro ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    distro LowCardinality(String) COMMENT 'Linux distribution of the client and its version, such as Ubuntu 24.04; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, distro, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, distro, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_implementation ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    implementation LowCardinality(String) COMMENT 'Python of the client, such as CPython; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, implementation, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, implementation, project';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_installer_version ON CLUSTER main
(
    date Date COMMENT 'Day of the download, UTC' CODEC(Delta(2), ZSTD(1)),
    installer_version LowCardinality(String) COMMENT 'Installing tool and the first two parts of its version, such as pip 24.0; empty where unknown' CODEC(ZSTD(6)),
    project String COMMENT 'Name of the project, normalised as PEP 503 says' CODEC(ZSTD(6)),
    count Int64 COMMENT 'Downloads; rows with the same key add up' CODEC(T64, ZSTD(1))
)
ENGINE = ReplicatedSummingMergeTree(count)
PARTITION BY toYear(date)
ORDER BY (date, installer_version, project)
SETTINGS index_granularity = 1024, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576
COMMENT 'Downloads by date, installer_version, project';

CREATE TABLE IF NOT EXISTS `py-pi`.projects ON CLUSTER main
(
    metadata_version String COMMENT 'Version of the metadata\'s format',
    name String COMMENT 'Name of the project as its author writes it',
    version String COMMENT 'Version of the project',
    summary String COMMENT 'What the project is, in a line',
    description String COMMENT 'What the project is, at length' CODEC(ZSTD(3)),
    description_content_type String COMMENT 'Media type of the description',
    author String COMMENT 'Name of the author',
    author_email String COMMENT 'Address of the author',
    maintainer String COMMENT 'Name of the maintainer',
    maintainer_email String COMMENT 'Address of the maintainer',
    license String COMMENT 'Licence',
    keywords String COMMENT 'Keywords',
    classifiers Array(String) COMMENT 'Trove classifiers',
    platform Array(String) COMMENT 'Platforms',
    home_page String COMMENT 'Address of the project\'s home page',
    download_url String COMMENT 'Address to download this version from',
    requires_python String COMMENT 'Versions of Python that this version runs on, a PEP 440 specifier',
    requires Array(String) COMMENT 'Requirements, in the form before PEP 345',
    provides Array(String) COMMENT 'Names provided, in the form before PEP 345',
    obsoletes Array(String) COMMENT 'Names made obsolete, in the form before PEP 345',
    requires_dist Array(String) COMMENT 'Projects required, each a PEP 508 requirement',
    provides_dist Array(String) COMMENT 'Projects provided',
    obsoletes_dist Array(String) COMMENT 'Projects made obsolete',
    requires_external Array(String) COMMENT 'Requirements outside PyPI',
    project_urls Array(String) COMMENT 'Labelled addresses, each as label, address',
    uploaded_via String COMMENT 'Tool that uploaded the file',
    upload_time DateTime64(3, 'UTC') COMMENT 'When the file was uploaded',
    filename String COMMENT 'Name of the file',
    size Int64 COMMENT 'Size of the file in bytes',
    path String COMMENT 'Path of the file at PyPI',
    python_version String COMMENT 'Version of Python that the file is for',
    packagetype String COMMENT 'Type of the file, such as bdist_wheel or sdist',
    comment_text String COMMENT 'The uploader\'s comment',
    has_signature Bool COMMENT 'Whether a signature was uploaded with the file',
    md5_digest String COMMENT 'MD5 of the file, hexadecimal',
    sha256_digest String COMMENT 'SHA-256 of the file, hexadecimal',
    blake2_256_digest String COMMENT 'BLAKE2b-256 of the file, hexadecimal'
)
ENGINE = ReplicatedMergeTree
ORDER BY name
COMMENT 'Metadata of distributions, one row for each uploaded file';

CREATE TABLE IF NOT EXISTS `py-pi`.countries ON CLUSTER main
(
    name String COMMENT 'English name',
    code String COMMENT 'ISO 3166-1 alpha-2 code'
)
ENGINE = ReplicatedMergeTree
ORDER BY code
COMMENT 'Countries by code';

CREATE TABLE IF NOT EXISTS `py-pi`.github_events ON CLUSTER main
(
    file_time DateTime('UTC') COMMENT 'Hour of the file that had the event' CODEC(Delta(4), ZSTD(1)),
    event_type LowCardinality(String) COMMENT 'What it is, such as WatchEvent',
    actor_login String COMMENT 'Account that did it, as it was called then' CODEC(ZSTD(3)),
    repo_name String COMMENT 'Repository, owner/name as it was called then' CODEC(ZSTD(3)),
    repo_id String COMMENT 'Number of the repository, which stays when it is renamed' CODEC(ZSTD(3)),
    created_at DateTime('UTC') COMMENT 'When it happened' CODEC(Delta(4), ZSTD(1)),
    action LowCardinality(String) COMMENT 'What was done, such as opened; none where the type says it',
    number UInt32 COMMENT 'Number of the issue or pull request; 0 for none',
    merged UInt8 COMMENT 'Whether a pull request that was closed was merged'
)
ENGINE = ReplicatedMergeTree
PARTITION BY toYear(created_at)
ORDER BY (repo_id, event_type, created_at)
COMMENT 'Public events on GitHub, one row each';

CREATE TABLE IF NOT EXISTS `py-pi`.github_names ON CLUSTER main
(
    name String COMMENT 'owner/name in small letters' CODEC(ZSTD(3)),
    repo_id String COMMENT 'Number of the repository' CODEC(ZSTD(3))
)
ENGINE = ReplicatedReplacingMergeTree
ORDER BY (name, repo_id)
COMMENT 'Repositories by every name that they had';

CREATE TABLE IF NOT EXISTS `py-pi`.github_hours ON CLUSTER main
(
    file_time DateTime('UTC') COMMENT 'Hour of the file',
    events UInt64 COMMENT 'Events; rows of the same hour add up'
)
ENGINE = ReplicatedSummingMergeTree(events)
ORDER BY file_time
COMMENT 'Events by the hour of their file';

INSERT INTO `py-pi`.countries (name, code)
SELECT row.1, row.2
FROM (SELECT arrayJoin([
    ('Andorra', 'AD'),
    ('United Arab Emirates', 'AE'),
    ('Afghanistan', 'AF'),
    ('Antigua & Barbuda', 'AG'),
    ('Anguilla', 'AI'),
    ('Albania', 'AL'),
    ('Armenia', 'AM'),
    ('Angola', 'AO'),
    ('Antarctica', 'AQ'),
    ('Argentina', 'AR'),
    ('American Samoa', 'AS'),
    ('Austria', 'AT'),
    ('Australia', 'AU'),
    ('Aruba', 'AW'),
    ('Åland Islands', 'AX'),
    ('Azerbaijan', 'AZ'),
    ('Bosnia & Herzegovina', 'BA'),
    ('Barbados', 'BB'),
    ('Bangladesh', 'BD'),
    ('Belgium', 'BE'),
    ('Burkina Faso', 'BF'),
    ('Bulgaria', 'BG'),
    ('Bahrain', 'BH'),
    ('Burundi', 'BI'),
    ('Benin', 'BJ'),
    ('St. Barthélemy', 'BL'),
    ('Bermuda', 'BM'),
    ('Brunei', 'BN'),
    ('Bolivia', 'BO'),
    ('Caribbean Netherlands', 'BQ'),
    ('Brazil', 'BR'),
    ('Bahamas', 'BS'),
    ('Bhutan', 'BT'),
    ('Bouvet Island', 'BV'),
    ('Botswana', 'BW'),
    ('Belarus', 'BY'),
    ('Belize', 'BZ'),
    ('Canada', 'CA'),
    ('Cocos (Keeling) Islands', 'CC'),
    ('Congo - Kinshasa', 'CD'),
    ('Central African Republic', 'CF'),
    ('Congo - Brazzaville', 'CG'),
    ('Switzerland', 'CH'),
    ('Côte d’Ivoire', 'CI'),
    ('Cook Islands', 'CK'),
    ('Chile', 'CL'),
    ('Cameroon', 'CM'),
    ('China', 'CN'),
    ('Colombia', 'CO'),
    ('Costa Rica', 'CR'),
    ('Cuba', 'CU'),
    ('Cape Verde', 'CV'),
    ('Curaçao', 'CW'),
    ('Christmas Island', 'CX'),
    ('Cyprus', 'CY'),
    ('Czechia', 'CZ'),
    ('Germany', 'DE'),
    ('Djibouti', 'DJ'),
    ('Denmark', 'DK'),
    ('Dominica', 'DM'),
    ('Dominican Republic', 'DO'),
    ('Algeria', 'DZ'),
    ('Ecuador', 'EC'),
    ('Estonia', 'EE'),
    ('Egypt', 'EG'),
    ('Western Sahara', 'EH'),
    ('Eritrea', 'ER'),
    ('Spain', 'ES'),
    ('Ethiopia', 'ET'),
    ('Finland', 'FI'),
    ('Fiji', 'FJ'),
    ('Falkland Islands', 'FK'),
    ('Micronesia', 'FM'),
    ('Faroe Islands', 'FO'),
    ('France', 'FR'),
    ('Gabon', 'GA'),
    ('United Kingdom', 'GB'),
    ('Grenada', 'GD'),
    ('Georgia', 'GE'),
    ('French Guiana', 'GF'),
    ('Guernsey', 'GG'),
    ('Ghana', 'GH'),
    ('Gibraltar', 'GI'),
    ('Greenland', 'GL'),
    ('Gambia', 'GM'),
    ('Guinea', 'GN'),
    ('Guadeloupe', 'GP'),
    ('Equatorial Guinea', 'GQ'),
    ('Greece', 'GR'),
    ('South Georgia & South Sandwich Islands', 'GS'),
    ('Guatemala', 'GT'),
    ('Guam', 'GU'),
    ('Guinea-Bissau', 'GW'),
    ('Guyana', 'GY'),
    ('Hong Kong SAR China', 'HK'),
    ('Heard & McDonald Islands', 'HM'),
    ('Honduras', 'HN'),
    ('Croatia', 'HR'),
    ('Haiti', 'HT'),
    ('Hungary', 'HU'),
    ('Indonesia', 'ID'),
    ('Ireland', 'IE'),
    ('Israel', 'IL'),
    ('Isle of Man', 'IM'),
    ('India', 'IN'),
    ('British Indian Ocean Territory', 'IO'),
    ('Iraq', 'IQ'),
    ('Iran', 'IR'),
    ('Iceland', 'IS'),
    ('Italy', 'IT'),
    ('Jersey', 'JE'),
    ('Jamaica', 'JM'),
    ('Jordan', 'JO'),
    ('Japan', 'JP'),
    ('Kenya', 'KE'),
    ('Kyrgyzstan', 'KG'),
    ('Cambodia', 'KH'),
    ('Kiribati', 'KI'),
    ('Comoros', 'KM'),
    ('St. Kitts & Nevis', 'KN'),
    ('North Korea', 'KP'),
    ('South Korea', 'KR'),
    ('Kuwait', 'KW'),
    ('Cayman Islands', 'KY'),
    ('Kazakhstan', 'KZ'),
    ('Laos', 'LA'),
    ('Lebanon', 'LB'),
    ('St. Lucia', 'LC'),
    ('Liechtenstein', 'LI'),
    ('Sri Lanka', 'LK'),
    ('Liberia', 'LR'),
    ('Lesotho', 'LS'),
    ('Lithuania', 'LT'),
    ('Luxembourg', 'LU'),
    ('Latvia', 'LV'),
    ('Libya', 'LY'),
    ('Morocco', 'MA'),
    ('Monaco', 'MC'),
    ('Moldova', 'MD'),
    ('Montenegro', 'ME'),
    ('St. Martin', 'MF'),
    ('Madagascar', 'MG'),
    ('Marshall Islands', 'MH'),
    ('Macedonia', 'MK'),
    ('Mali', 'ML'),
    ('Myanmar (Burma)', 'MM'),
    ('Mongolia', 'MN'),
    ('Macau SAR China', 'MO'),
    ('Northern Mariana Islands', 'MP'),
    ('Martinique', 'MQ'),
    ('Mauritania', 'MR'),
    ('Montserrat', 'MS'),
    ('Malta', 'MT'),
    ('Mauritius', 'MU'),
    ('Maldives', 'MV'),
    ('Malawi', 'MW'),
    ('Mexico', 'MX'),
    ('Malaysia', 'MY'),
    ('Mozambique', 'MZ'),
    ('Namibia', 'NA'),
    ('New Caledonia', 'NC'),
    ('Niger', 'NE'),
    ('Norfolk Island', 'NF'),
    ('Nigeria', 'NG'),
    ('Nicaragua', 'NI'),
    ('Netherlands', 'NL'),
    ('Norway', 'NO'),
    ('Nepal', 'NP'),
    ('Nauru', 'NR'),
    ('Niue', 'NU'),
    ('New Zealand', 'NZ'),
    ('Oman', 'OM'),
    ('Panama', 'PA'),
    ('Peru', 'PE'),
    ('French Polynesia', 'PF'),
    ('Papua New Guinea', 'PG'),
    ('Philippines', 'PH'),
    ('Pakistan', 'PK'),
    ('Poland', 'PL'),
    ('St. Pierre & Miquelon', 'PM'),
    ('Pitcairn Islands', 'PN'),
    ('Puerto Rico', 'PR'),
    ('Palestinian Territories', 'PS'),
    ('Portugal', 'PT'),
    ('Palau', 'PW'),
    ('Paraguay', 'PY'),
    ('Qatar', 'QA'),
    ('Réunion', 'RE'),
    ('Romania', 'RO'),
    ('Serbia', 'RS'),
    ('Russia', 'RU'),
    ('Rwanda', 'RW'),
    ('Saudi Arabia', 'SA'),
    ('Solomon Islands', 'SB'),
    ('Seychelles', 'SC'),
    ('Sudan', 'SD'),
    ('Sweden', 'SE'),
    ('Singapore', 'SG'),
    ('St. Helena', 'SH'),
    ('Slovenia', 'SI'),
    ('Svalbard & Jan Mayen', 'SJ'),
    ('Slovakia', 'SK'),
    ('Sierra Leone', 'SL'),
    ('San Marino', 'SM'),
    ('Senegal', 'SN'),
    ('Somalia', 'SO'),
    ('Suriname', 'SR'),
    ('South Sudan', 'SS'),
    ('São Tomé & Príncipe', 'ST'),
    ('El Salvador', 'SV'),
    ('Sint Maarten', 'SX'),
    ('Syria', 'SY'),
    ('Swaziland', 'SZ'),
    ('Turks & Caicos Islands', 'TC'),
    ('Chad', 'TD'),
    ('French Southern Territories', 'TF'),
    ('Togo', 'TG'),
    ('Thailand', 'TH'),
    ('Tajikistan', 'TJ'),
    ('Tokelau', 'TK'),
    ('Timor-Leste', 'TL'),
    ('Turkmenistan', 'TM'),
    ('Tunisia', 'TN'),
    ('Tonga', 'TO'),
    ('Turkey', 'TR'),
    ('Trinidad & Tobago', 'TT'),
    ('Tuvalu', 'TV'),
    ('Taiwan', 'TW'),
    ('Tanzania', 'TZ'),
    ('Ukraine', 'UA'),
    ('Uganda', 'UG'),
    ('U.S. Outlying Islands', 'UM'),
    ('United States', 'US'),
    ('Uruguay', 'UY'),
    ('Uzbekistan', 'UZ'),
    ('Vatican City', 'VA'),
    ('St. Vincent & Grenadines', 'VC'),
    ('Venezuela', 'VE'),
    ('British Virgin Islands', 'VG'),
    ('U.S. Virgin Islands', 'VI'),
    ('Vietnam', 'VN'),
    ('Vanuatu', 'VU'),
    ('Wallis & Futuna', 'WF'),
    ('Samoa', 'WS'),
    ('Kosovo', 'XK'),
    ('Yemen', 'YE'),
    ('Mayotte', 'YT'),
    ('South Africa', 'ZA'),
    ('Zambia', 'ZM'),
    ('Zimbabwe', 'ZW')
]) AS row)
WHERE row.2 NOT IN (SELECT code FROM `py-pi`.countries);

CREATE DICTIONARY IF NOT EXISTS `py-pi`.countries_dict ON CLUSTER main
(
    code String,
    name String
)
PRIMARY KEY code
SOURCE(CLICKHOUSE(QUERY 'SELECT code, name FROM `py-pi`.countries'))
LIFETIME(MIN 0 MAX 300)
LAYOUT(COMPLEX_KEY_HASHED())
COMMENT 'Names of countries by code';

CREATE DICTIONARY IF NOT EXISTS `py-pi`.last_updated_dict ON CLUSTER main
(
    name String,
    last_update DateTime64(3, 'UTC')
)
PRIMARY KEY name
SOURCE(CLICKHOUSE(QUERY 'SELECT lower(replaceRegexpAll(projects.name, \'[-_.]+\', \'-\')) AS name, max(upload_time) AS last_update FROM `py-pi`.projects AS projects GROUP BY 1'))
LIFETIME(MIN 0 MAX 300)
LAYOUT(COMPLEX_KEY_HASHED())
COMMENT 'When a file of a project was last uploaded, by normalised name';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_mv ON CLUSTER main TO `py-pi`.pypi_downloads
AS SELECT project, count() AS count FROM `py-pi`.pypi GROUP BY project
COMMENT 'Fills pypi_downloads from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_by_version_mv ON CLUSTER main TO `py-pi`.pypi_downloads_by_version
AS SELECT project, version, count() AS count FROM `py-pi`.pypi GROUP BY project, version
COMMENT 'Fills pypi_downloads_by_version from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day
AS SELECT project, date, count() AS count FROM `py-pi`.pypi GROUP BY project, date
COMMENT 'Fills pypi_downloads_per_day from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_month_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_month
AS SELECT toStartOfMonth(date) AS month, project, count() AS count FROM `py-pi`.pypi GROUP BY month, project
COMMENT 'Fills pypi_downloads_per_month from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version
AS SELECT project, version, date, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date
COMMENT 'Fills pypi_downloads_per_day_by_version from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_installer_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_installer
AS SELECT project, date, installer, count() AS count FROM `py-pi`.pypi GROUP BY project, date, installer
COMMENT 'Fills pypi_downloads_per_day_by_installer from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_country_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_country
AS SELECT project, version, date, country_code, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, country_code
COMMENT 'Fills pypi_downloads_per_day_by_version_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_file_type_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_file_type
AS SELECT project, version, date, type, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, type
COMMENT 'Fills pypi_downloads_per_day_by_version_by_file_type from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_python_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_python
AS SELECT project, version, date, python_minor, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, python_minor
COMMENT 'Fills pypi_downloads_per_day_by_version_by_python from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_python_by_country_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_python_by_country
AS SELECT project, version, date, country_code, python_minor, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, country_code, python_minor
COMMENT 'Fills pypi_downloads_per_day_by_version_by_python_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_system_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_system
AS SELECT project, version, date, system, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, system
COMMENT 'Fills pypi_downloads_per_day_by_version_by_system from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_system_by_country_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_system_by_country
AS SELECT project, version, date, country_code, system, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, country_code, system
COMMENT 'Fills pypi_downloads_per_day_by_version_by_system_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_installer_by_type_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_installer_by_type
AS SELECT project, version, date, installer, type, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, installer, type
COMMENT 'Fills pypi_downloads_per_day_by_version_by_installer_by_type from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_installer_by_type_by_country_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_installer_by_type_by_country
AS SELECT project, version, date, country_code, installer, type, count() AS count FROM `py-pi`.pypi GROUP BY project, version, date, country_code, installer, type
COMMENT 'Fills pypi_downloads_per_day_by_version_by_installer_by_type_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_max_min_mv ON CLUSTER main TO `py-pi`.pypi_downloads_max_min
AS SELECT project, max(date) AS max_date, min(date) AS min_date FROM `py-pi`.pypi GROUP BY project
COMMENT 'Fills pypi_downloads_max_min from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc
AS SELECT project, date, ci, libc, system, installer, type, python_minor, count() AS count FROM `py-pi`.pypi GROUP BY project, date, ci, libc, system, installer, type, python_minor
COMMENT 'Fills pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_by_country_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_by_country
AS SELECT project, date, ci, libc, system, installer, type, python_minor, country_code, count() AS count FROM `py-pi`.pypi GROUP BY project, date, ci, libc, system, installer, type, python_minor, country_code
COMMENT 'Fills pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc
AS SELECT project, date, version, ci, libc, system, installer, type, python_minor, count() AS count FROM `py-pi`.pypi GROUP BY project, date, version, ci, libc, system, installer, type, python_minor
COMMENT 'Fills pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_country_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_country
AS SELECT date, country_code, count() AS count FROM `py-pi`.pypi GROUP BY date, country_code
COMMENT 'Fills pypi_total_per_day_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_python_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_python
AS SELECT date, python_minor, count() AS count FROM `py-pi`.pypi GROUP BY date, python_minor
COMMENT 'Fills pypi_total_per_day_by_python from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_system_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_system
AS SELECT date, system, count() AS count FROM `py-pi`.pypi GROUP BY date, system
COMMENT 'Fills pypi_total_per_day_by_system from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_installer_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_installer
AS SELECT date, installer, count() AS count FROM `py-pi`.pypi GROUP BY date, installer
COMMENT 'Fills pypi_total_per_day_by_installer from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_file_type_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_file_type
AS SELECT date, type, count() AS count FROM `py-pi`.pypi GROUP BY date, type
COMMENT 'Fills pypi_total_per_day_by_file_type from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_ci_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_ci
AS SELECT date, ci, count() AS count FROM `py-pi`.pypi GROUP BY date, ci
COMMENT 'Fills pypi_total_per_day_by_ci from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_libc_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_libc
AS SELECT date, libc, count() AS count FROM `py-pi`.pypi GROUP BY date, libc
COMMENT 'Fills pypi_total_per_day_by_libc from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_country_by_installer_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_country_by_installer
AS SELECT date, installer, country_code, count() AS count FROM `py-pi`.pypi GROUP BY date, installer, country_code
COMMENT 'Fills pypi_total_per_day_by_country_by_installer from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc
AS SELECT date, ci, libc, system, installer, type, python_minor, count() AS count FROM `py-pi`.pypi GROUP BY date, ci, libc, system, installer, type, python_minor
COMMENT 'Fills pypi_total_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day
AS SELECT date, project, count() AS count FROM `py-pi`.pypi GROUP BY date, project
COMMENT 'Fills pypi_ranking_per_day from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_country_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_country
AS SELECT date, country_code, project, count() AS count FROM `py-pi`.pypi GROUP BY date, country_code, project
COMMENT 'Fills pypi_ranking_per_day_by_country from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_python_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_python
AS SELECT date, python_minor, project, count() AS count FROM `py-pi`.pypi GROUP BY date, python_minor, project
COMMENT 'Fills pypi_ranking_per_day_by_python from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_system_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_system
AS SELECT date, system, project, count() AS count FROM `py-pi`.pypi GROUP BY date, system, project
COMMENT 'Fills pypi_ranking_per_day_by_system from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_installer_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_installer
AS SELECT date, installer, project, count() AS count FROM `py-pi`.pypi GROUP BY date, installer, project
COMMENT 'Fills pypi_ranking_per_day_by_installer from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_file_type_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_file_type
AS SELECT date, type, project, count() AS count FROM `py-pi`.pypi GROUP BY date, type, project
COMMENT 'Fills pypi_ranking_per_day_by_file_type from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_ci_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_ci
AS SELECT date, ci, project, count() AS count FROM `py-pi`.pypi GROUP BY date, ci, project
COMMENT 'Fills pypi_ranking_per_day_by_ci from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_libc_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_libc
AS SELECT date, libc, project, count() AS count FROM `py-pi`.pypi GROUP BY date, libc, project
COMMENT 'Fills pypi_ranking_per_day_by_libc from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_installer_by_ci_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_installer_by_ci
AS SELECT date, ci, installer, project, count() AS count FROM `py-pi`.pypi GROUP BY date, ci, installer, project
COMMENT 'Fills pypi_ranking_per_day_by_installer_by_ci from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_platform_by_arch_by_abi_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_platform_by_arch_by_abi
AS SELECT project, date, arch, platform, abi, count() AS count FROM `py-pi`.pypi GROUP BY project, date, arch, platform, abi
COMMENT 'Fills pypi_downloads_per_day_by_platform_by_arch_by_abi from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_cpu_by_implementation_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_cpu_by_implementation
AS SELECT project, date, implementation, cpu, count() AS count FROM `py-pi`.pypi GROUP BY project, date, implementation, cpu
COMMENT 'Fills pypi_downloads_per_day_by_cpu_by_implementation from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_distro_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_distro
AS SELECT project, date, distro, count() AS count FROM `py-pi`.pypi GROUP BY project, date, distro
COMMENT 'Fills pypi_downloads_per_day_by_distro from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_downloads_per_day_by_installer_version_mv ON CLUSTER main TO `py-pi`.pypi_downloads_per_day_by_installer_version
AS SELECT project, date, installer_version, count() AS count FROM `py-pi`.pypi GROUP BY project, date, installer_version
COMMENT 'Fills pypi_downloads_per_day_by_installer_version from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_platform_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_platform
AS SELECT date, platform, count() AS count FROM `py-pi`.pypi GROUP BY date, platform
COMMENT 'Fills pypi_total_per_day_by_platform from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_arch_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_arch
AS SELECT date, arch, count() AS count FROM `py-pi`.pypi GROUP BY date, arch
COMMENT 'Fills pypi_total_per_day_by_arch from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_abi_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_abi
AS SELECT date, abi, count() AS count FROM `py-pi`.pypi GROUP BY date, abi
COMMENT 'Fills pypi_total_per_day_by_abi from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_cpu_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_cpu
AS SELECT date, cpu, count() AS count FROM `py-pi`.pypi GROUP BY date, cpu
COMMENT 'Fills pypi_total_per_day_by_cpu from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_distro_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_distro
AS SELECT date, distro, count() AS count FROM `py-pi`.pypi GROUP BY date, distro
COMMENT 'Fills pypi_total_per_day_by_distro from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_implementation_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_implementation
AS SELECT date, implementation, count() AS count FROM `py-pi`.pypi GROUP BY date, implementation
COMMENT 'Fills pypi_total_per_day_by_implementation from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_total_per_day_by_installer_version_mv ON CLUSTER main TO `py-pi`.pypi_total_per_day_by_installer_version
AS SELECT date, installer_version, count() AS count FROM `py-pi`.pypi GROUP BY date, installer_version
COMMENT 'Fills pypi_total_per_day_by_installer_version from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_platform_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_platform
AS SELECT date, platform, project, count() AS count FROM `py-pi`.pypi GROUP BY date, platform, project
COMMENT 'Fills pypi_ranking_per_day_by_platform from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_arch_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_arch
AS SELECT date, arch, project, count() AS count FROM `py-pi`.pypi GROUP BY date, arch, project
COMMENT 'Fills pypi_ranking_per_day_by_arch from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_abi_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_abi
AS SELECT date, abi, project, count() AS count FROM `py-pi`.pypi GROUP BY date, abi, project
COMMENT 'Fills pypi_ranking_per_day_by_abi from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_cpu_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_cpu
AS SELECT date, cpu, project, count() AS count FROM `py-pi`.pypi GROUP BY date, cpu, project
COMMENT 'Fills pypi_ranking_per_day_by_cpu from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_distro_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_distro
AS SELECT date, distro, project, count() AS count FROM `py-pi`.pypi GROUP BY date, distro, project
COMMENT 'Fills pypi_ranking_per_day_by_distro from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_implementation_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_implementation
AS SELECT date, implementation, project, count() AS count FROM `py-pi`.pypi GROUP BY date, implementation, project
COMMENT 'Fills pypi_ranking_per_day_by_implementation from pypi';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_ranking_per_day_by_installer_version_mv ON CLUSTER main TO `py-pi`.pypi_ranking_per_day_by_installer_version
AS SELECT date, installer_version, project, count() AS count FROM `py-pi`.pypi GROUP BY date, installer_version, project
COMMENT 'Fills pypi_ranking_per_day_by_installer_version from pypi';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_rejected ON CLUSTER main
(
    reason LowCardinality(String) COMMENT 'Why they are not stored',
    rows UInt64 COMMENT 'How many; rows with the same reason add up'
)
ENGINE = ReplicatedSummingMergeTree(rows)
ORDER BY reason
COMMENT 'Rows put into pypi_landing that are no downloads, by reason';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_landing ON CLUSTER main
(
    timestamp Nullable(DateTime64(6, 'UTC')) COMMENT 'When the file was downloaded',
    country_code Nullable(String) COMMENT 'Country that the download came from',
    project Nullable(String) COMMENT 'Name of the project',
    file Tuple(filename Nullable(String), version Nullable(String), type Nullable(String)) COMMENT 'The downloaded file',
    installer Tuple(name Nullable(String), version Nullable(String)) COMMENT 'The installing tool',
    python Nullable(String) COMMENT 'Version of Python',
    implementation Tuple(name Nullable(String)) COMMENT 'The implementation of Python',
    distro Tuple(name Nullable(String), version Nullable(String), libc Tuple(lib Nullable(String), version Nullable(String))) COMMENT 'The operating system\'s distribution',
    system Tuple(name Nullable(String)) COMMENT 'The operating system',
    cpu Nullable(String) COMMENT 'The processor',
    ci Nullable(Bool) COMMENT 'Whether the installer ran in continuous integration'
)
ENGINE = Null
COMMENT 'Rows of BigQuery\'s export, as they are; keeps nothing';

CREATE TABLE IF NOT EXISTS `py-pi`.pypi_landing_flat ON CLUSTER main
(
    timestamp Nullable(DateTime64(6, 'UTC')) COMMENT 'When the file was downloaded',
    country_code Nullable(String) COMMENT 'Country that the download came from',
    project Nullable(String) COMMENT 'Name of the project',
    `file.filename` Nullable(String) COMMENT 'The downloaded file',
    `file.version` Nullable(String) COMMENT 'The downloaded file',
    `file.type` Nullable(String) COMMENT 'The downloaded file',
    `installer.name` Nullable(String) COMMENT 'The installing tool',
    `installer.version` Nullable(String) COMMENT 'The installing tool',
    python Nullable(String) COMMENT 'Version of Python',
    `implementation.name` Nullable(String) COMMENT 'The implementation of Python',
    `distro.name` Nullable(String) COMMENT 'The operating system\'s distribution',
    `distro.version` Nullable(String) COMMENT 'The operating system\'s distribution',
    `distro.libc.lib` Nullable(String) COMMENT 'The operating system\'s distribution',
    `distro.libc.version` Nullable(String) COMMENT 'The operating system\'s distribution',
    `system.name` Nullable(String) COMMENT 'The operating system',
    cpu Nullable(String) COMMENT 'The processor',
    ci Nullable(Bool) COMMENT 'Whether the installer ran in continuous integration'
)
ENGINE = Null
COMMENT 'Rows of older exports, flattened under dotted names; keeps nothing';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_landing_mv ON CLUSTER main TO `py-pi`.pypi
AS SELECT toDate(assumeNotNull(timestamp), 'UTC') AS date, extract(upper(toLowCardinality(ifNull(country_code, ''))), '^[\\s\\pZ]*([A-Z]{2})[\\s\\pZ]*$') AS country_code, lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-')) AS project, multiIf(endsWith(ifNull(file.filename, ''), '.metadata'), 'metadata', endsWith(ifNull(file.filename, ''), '.asc'), 'signature', ifNull(file.type, '')) AS type, ifNull(installer.name, '') AS installer, substringIndex(ifNull(python, ''), '.', 2) AS python_minor, ifNull(system.name, '') AS system, ifNull(file.version, '') AS version, multiIf(ci IS NULL, 'unknown', ci, 'true', 'false') AS ci, ifNull(file.filename, '') AS filename, (ifNull(distro.libc.lib, ''), ifNull(distro.libc.version, '')) AS libc, if(endsWith(ifNull(file.filename, ''), '.whl') AND match(toLowCardinality(substringIndex(ifNull(file.filename, ''), '-', 1)), '^_?(?:[\\pL\\pN.]+_?)*$') AND match(toLowCardinality(lower(substringIndex(substringIndex(ifNull(file.filename, ''), '-', 2), '-', -1))), '^v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)*(?:[_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[_.]?[0-9]*)?(?:[_.]?(?:post|rev|r)[_.]?[0-9]*)?(?:[_.]?dev[_.]?[0-9]*)?(?:\\+[a-z0-9]+(?:[_.][a-z0-9]+)*)?$') AND match(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '^[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*$') AND (countSubstrings(ifNull(file.filename, ''), '-') = 4 OR countSubstrings(ifNull(file.filename, ''), '-') = 5 AND match(substringIndex(substringIndex(ifNull(file.filename, ''), '-', 3), '-', -1), '^[0-9]')), if(position(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[|][^.]*', ''), '.') = 0, toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[|][^.]*', '')), if(length(arrayDistinct(splitByChar('.', toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[|][^.]*', ''))))) = 1, arrayDistinct(splitByChar('.', toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[|][^.]*', ''))))[1], arraySort(p -> (if(indexOf(['any', 'manylinux', 'musllinux', 'macosx', 'ios', 'android', 'win', 'linux'], substringIndex(p, '_', 1)) = 0, 99, indexOf(['any', 'manylinux', 'musllinux', 'macosx', 'ios', 'android', 'win', 'linux'], substringIndex(p, '_', 1))), toUInt32OrZero(splitByChar('_', p)[2]), toUInt32OrZero(splitByChar('_', p)[3]), p), arrayDistinct(splitByChar('.', toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[|][^.]*', '')))))[1])), '') AS platform, if(endsWith(ifNull(file.filename, ''), '.whl') AND match(toLowCardinality(substringIndex(ifNull(file.filename, ''), '-', 1)), '^_?(?:[\\pL\\pN.]+_?)*$') AND match(toLowCardinality(lower(substringIndex(substringIndex(ifNull(file.filename, ''), '-', 2), '-', -1))), '^v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)*(?:[_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[_.]?[0-9]*)?(?:[_.]?(?:post|rev|r)[_.]?[0-9]*)?(?:[_.]?dev[_.]?[0-9]*)?(?:\\+[a-z0-9]+(?:[_.][a-z0-9]+)*)?$') AND match(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '^[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*$') AND (countSubstrings(ifNull(file.filename, ''), '-') = 4 OR countSubstrings(ifNull(file.filename, ''), '-') = 5 AND match(substringIndex(substringIndex(ifNull(file.filename, ''), '-', 3), '-', -1), '^[0-9]')), if(position(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[^.|]+(?:[|]([^.]*))?', '\\1'), '.') = 0, toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[^.|]+(?:[|]([^.]*))?', '\\1')), if(length(arrayDistinct(splitByChar('.', toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[^.|]+(?:[|]([^.]*))?', '\\1'))))) = 1, arrayDistinct(splitByChar('.', toString(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -1))), '\\bmanylinux1_', 'manylinux_2_5_'), '\\bmanylinux2010_', 'manylinux_2_12_'), '\\bmanylinux2014_', 'manylinux_2_17_'), '\\bwin32\\b', 'win_x86'), '\\bwin_amd64\\b', 'win_x86_64'), '\\b(ios_[^.]*)_(?:iphoneos|iphonesimulator)\\b', '\\1'), '\\bany\\b', 'any|any'), '(^|[.])([a-z]+(?:_[0-9]+)*)_([^.|]+)', '\\1\\2|\\3'), '[^.|]+(?:[|]([^.]*))?', '\\1'))))[1], 'multi')), '') AS arch, if(endsWith(ifNull(file.filename, ''), '.whl') AND match(toLowCardinality(substringIndex(ifNull(file.filename, ''), '-', 1)), '^_?(?:[\\pL\\pN.]+_?)*$') AND match(toLowCardinality(lower(substringIndex(substringIndex(ifNull(file.filename, ''), '-', 2), '-', -1))), '^v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)*(?:[_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[_.]?[0-9]*)?(?:[_.]?(?:post|rev|r)[_.]?[0-9]*)?(?:[_.]?dev[_.]?[0-9]*)?(?:\\+[a-z0-9]+(?:[_.][a-z0-9]+)*)?$') AND match(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '^[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*-[^-.]+(?:[.][^-.]+)*$') AND (countSubstrings(ifNull(file.filename, ''), '-') = 4 OR countSubstrings(ifNull(file.filename, ''), '-') = 5 AND match(substringIndex(substringIndex(ifNull(file.filename, ''), '-', 3), '-', -1), '^[0-9]')), if(position(substringIndex(substringIndex(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '-', 2), '-', -1), '.') = 0, toString(substringIndex(substringIndex(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '-', 2), '-', -1)), if(length(arrayDistinct(splitByChar('.', toString(substringIndex(substringIndex(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '-', 2), '-', -1))))) = 1, arrayDistinct(splitByChar('.', toString(substringIndex(substringIndex(toLowCardinality(lower(substringIndex(substring(ifNull(file.filename, ''), 1, length(ifNull(file.filename, '')) - 4), '-', -3))), '-', 2), '-', -1))))[1], 'multi')), '') AS abi, ifNull(cpu, '') AS cpu, trimBoth(concat(ifNull(distro.name, ''), ' ', ifNull(distro.version, ''))) AS distro, ifNull(implementation.name, '') AS implementation, trimBoth(concat(ifNull(installer.name, ''), ' ', substringIndex(ifNull(installer.version, ''), '.', 2))) AS installer_version FROM `py-pi`.pypi_landing WHERE NOT (empty(lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-')))) AND NOT (NOT isValidUTF8(lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-')))) AND NOT (length(lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-'))) > 255) AND NOT (timestamp IS NULL) AND NOT (ifNull(timestamp < toDateTime64('2005-01-01', 6, 'UTC'), 0)) AND NOT (ifNull(timestamp >= toDateTime64(toDate(now('UTC')) + 2, 6, 'UTC'), 0))
COMMENT 'Turns rows of the export into downloads';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_landing_rejected_mv ON CLUSTER main TO `py-pi`.pypi_rejected
AS SELECT multiIf(empty(lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-'))), 'no project', NOT isValidUTF8(lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-'))), 'project name not UTF-8', length(lower(replaceRegexpAll(replaceRegexpAll(toLowCardinality(ifNull(project, '')), '^[\\t-\\r\\x{85}\\pZ]+|[\\t-\\r\\x{85}\\pZ]+$', ''), '[-_.]+', '-'))) > 255, 'project name over 255 bytes', timestamp IS NULL, 'no timestamp', ifNull(timestamp < toDateTime64('2005-01-01', 6, 'UTC'), 0), 'day before 2005', ifNull(timestamp >= toDateTime64(toDate(now('UTC')) + 2, 6, 'UTC'), 0), 'day after tomorrow', '') AS reason, count() AS rows FROM `py-pi`.pypi_landing WHERE reason != '' GROUP BY reason
COMMENT 'Counts rows of the export that are no downloads';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.pypi_landing_flat_mv ON CLUSTER main TO `py-pi`.pypi_landing
AS SELECT timestamp, country_code, project, CAST(tuple(`file.filename`, `file.version`, `file.type`), 'Tuple(filename Nullable(String), version Nullable(String), type Nullable(String))') AS file, CAST(tuple(`installer.name`, `installer.version`), 'Tuple(name Nullable(String), version Nullable(String))') AS installer, python, CAST(tuple(`implementation.name`), 'Tuple(name Nullable(String))') AS implementation, CAST(tuple(`distro.name`, `distro.version`, tuple(`distro.libc.lib`, `distro.libc.version`)), 'Tuple(name Nullable(String), version Nullable(String), libc Tuple(lib Nullable(String), version Nullable(String)))') AS distro, CAST(tuple(`system.name`), 'Tuple(name Nullable(String))') AS system, cpu, ci FROM `py-pi`.pypi_landing_flat
COMMENT 'Gives flattened rows the nested form';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.github_names_mv ON CLUSTER main TO `py-pi`.github_names
AS SELECT lower(repo_name) AS name, repo_id FROM `py-pi`.github_events GROUP BY name, repo_id
COMMENT 'Fills github_names from github_events';

CREATE MATERIALIZED VIEW IF NOT EXISTS `py-pi`.github_hours_mv ON CLUSTER main TO `py-pi`.github_hours
AS SELECT file_time, count() AS events FROM `py-pi`.github_events GROUP BY file_time
COMMENT 'Fills github_hours from github_events';
