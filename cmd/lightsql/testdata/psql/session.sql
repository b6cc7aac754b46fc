\set VERBOSITY default
SELECT 1 AS one, 'two' AS two, NULL AS three;
\x on
SELECT 1 AS one, 'two' AS two, NULL AS three;
\x off
\pset null '(null)'
SELECT NULL AS n, '' AS e;
\pset null ''
SELECT 1 AS a \gset
\echo :a
SELECT 'x' AS col, 5 AS num \gdesc
SELECT format('SELECT %s', i) FROM generate_series(1, 2) i \gexec
BEGIN;
CREATE TABLE s (a int);
INSERT INTO s SELECT * FROM generate_series(1, 25);
DECLARE c CURSOR FOR SELECT a FROM s ORDER BY a;
FETCH 2 FROM c;
FETCH c;
MOVE 3 IN c;
FETCH FORWARD 2 FROM c;
CLOSE c;
COMMIT;
\set FETCH_COUNT 7
SELECT a FROM s WHERE a <= 10 ORDER BY a;
\unset FETCH_COUNT
SHOW server_encoding;
SHOW client_encoding;
SHOW standard_conforming_strings;
SHOW DateStyle;
SET DateStyle = 'SQL, DMY';
SELECT date '2024-03-04';
RESET DateStyle;
SET TIME ZONE 'Europe/Berlin';
SELECT timestamptz '2024-07-01 12:00+00';
SHOW TimeZone;
SET extra_float_digits = 0;
SELECT 0.1::float8 + 0.2;
SET client_min_messages = warning;
DROP TABLE IF EXISTS nosuch;
RESET client_min_messages;
DROP TABLE IF EXISTS nosuch;
PREPARE p (int, text) AS SELECT $1 + 1, $2;
EXECUTE p (1, 'x');
DEALLOCATE ALL;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT 1/0;
SELECT 'still here';
COMMIT;
\unset ON_ERROR_ROLLBACK
SELECT true, false, 1::int2, 2::int8, 1.5::float4, 2.5::float8, 'c'::char(3), date '2024-01-02', '\xdeadbeef'::bytea;
SELECT ARRAY[1,2,3], ARRAY['a','b c','d"e', NULL];
SELECT now() = now(), clock_timestamp() > now();
SELECT pg_typeof(1), pg_typeof('x'::text), pg_typeof(1.5), pg_typeof(now());
