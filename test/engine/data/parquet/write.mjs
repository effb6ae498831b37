/**
 * Writes the Parquet files of this folder with DuckDB, a writer of its own: the same table in every compression and both versions of
 * pages, and one with columns that are no numbers.
 *
 *     npm install --no-save @duckdb/node-api@1.5.6-r.1 && node write.mjs
 */
import { DuckDBInstance } from '@duckdb/node-api';

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const run = sql => connection.run(sql);

await run(`
  CREATE TABLE t AS SELECT
    's' || i AS name,
    CASE WHEN i % 3 = 0 THEN 'case' ELSE 'control' END AS class,
    CASE WHEN i % 10 = 7 THEN NULL ELSE (i % 8) / 4.0 END::DOUBLE AS d,
    (i % 5 - 2)::FLOAT AS f,
    i::INTEGER AS i32,
    (i * 1000)::BIGINT AS i64,
    (i % 200)::UTINYINT AS u8,
    (i % 2 = 1)::BOOLEAN AS b,
    (i % 50 / 8.0)::DECIMAL(8, 3) AS dec,
    1.5::DOUBLE AS constant
  FROM range(5000) AS r(i)`);
const writings = {
  snappy: 'COMPRESSION snappy',
  zstd: 'COMPRESSION zstd, PARQUET_VERSION v2',
  gzip: 'COMPRESSION gzip, PARQUET_VERSION v2',
  brotli: 'COMPRESSION brotli',
  lz4: 'COMPRESSION lz4_raw',
  plain: 'COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1',
};
for (const [name, options] of Object.entries(writings)) {
  await run(`COPY (SELECT * FROM t LIMIT 300) TO '${name}.parquet' (FORMAT parquet, ${options})`);
}
// Three groups.
await run(
  `COPY (SELECT class, d, u8, constant FROM t) TO 'groups.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048, COMPRESSION zstd)`,
);
await run(`
  COPY (SELECT 's' || i AS IID, i / 2.0 AS height, [i, i] AS pair, {'x': i, 'y': 2} AS point, DATE '2020-01-01' AS day, 'x'::BLOB AS raw
        FROM range(6) AS r(i)) TO 'mixed.parquet' (FORMAT parquet)`);
await run(`
  COPY (SELECT 'f' || (i // 2) AS FID, 'p' || i AS IID, i * i AS height FROM range(70) AS r(i) WHERE i % 2 = 0)
  TO 'phenotypes.parquet' (FORMAT parquet)`);
// Identifiers that a number in double precision does not hold.
await run(`
  COPY (SELECT 9007199254740993 + i AS id, i::DOUBLE AS x, 2::BIGINT ** 60 + i AS large FROM range(3) AS r(i)) TO 'large.parquet' (FORMAT parquet)`);
