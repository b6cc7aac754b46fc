SELECT
----
SELECT 1
----
SELECT ALL a, b AS c, d e, t.*, * FROM t
----
SELECT DISTINCT ON (a, b) a FROM t ORDER BY a, b DESC NULLS LAST
----
SELECT DISTINCT a FROM ONLY t, s.u *, c.s.v AS x (p, q)
----
SELECT a FROM t WHERE b > 1 GROUP BY a, 2 HAVING count(*) > 1 WINDOW w AS (PARTITION BY a), v AS (w ORDER BY b) LIMIT 10 OFFSET 5
----
SELECT a FROM t GROUP BY DISTINCT ROLLUP (a, (b, c)), CUBE (d), GROUPING SETS ((), (a), ROLLUP (b)), ()
----
SELECT grouping(a, b) FROM t GROUP BY ALL a, b
----
SELECT a FROM t ORDER BY a USING <, b USING OPERATOR(pg_catalog.>) NULLS FIRST
----
SELECT a FROM t OFFSET 5 ROWS FETCH FIRST 3 ROWS ONLY
----
SELECT a FROM t ORDER BY a FETCH NEXT ROW WITH TIES
----
SELECT a FROM t LIMIT ALL FOR UPDATE OF t NOWAIT FOR SHARE SKIP LOCKED
----
SELECT a FROM t FOR NO KEY UPDATE FOR KEY SHARE OF t, s.u
----
SELECT a INTO TEMP TABLE x FROM t
----
SELECT a INTO UNLOGGED x FROM t
----
SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4 ORDER BY 1
----
(SELECT 1 UNION SELECT 2) INTERSECT (SELECT 3 LIMIT 1)
----
SELECT 1 UNION (SELECT 2 EXCEPT SELECT 3)
----
((SELECT 1) ORDER BY 1) LIMIT 2
----
VALUES (1, 'a'), (2, DEFAULT) ORDER BY 1
----
TABLE s.t
----
TABLE ONLY t UNION TABLE u
----
WITH a AS (SELECT 1), b (x) AS MATERIALIZED (SELECT 2), c AS NOT MATERIALIZED (DELETE FROM t RETURNING *) SELECT * FROM a, b, c
----
WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t
----
WITH RECURSIVE t AS (SELECT 1 a UNION ALL SELECT a FROM t) SEARCH DEPTH FIRST BY a SET o CYCLE a SET c TO true DEFAULT false USING p SELECT * FROM t
----
WITH RECURSIVE t AS (SELECT 1 a) CYCLE a SET c USING p SELECT 1
----
WITH time AS (SELECT 1) SELECT * FROM time
----
SELECT * FROM a JOIN b ON a.x = b.x LEFT OUTER JOIN c USING (y, z) AS j RIGHT JOIN d ON true FULL JOIN e ON false
----
SELECT * FROM a CROSS JOIN b NATURAL LEFT JOIN c NATURAL JOIN d
----
SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x
----
SELECT * FROM (a JOIN b USING (x)) AS j (p, q), ((c CROSS JOIN d))
----
SELECT * FROM (SELECT 1) AS s, LATERAL (SELECT s.a) u (v), ((SELECT 2) UNION SELECT 3) w
----
SELECT * FROM ((SELECT 1 a) x JOIN t ON x.a = t.a)
----
SELECT * FROM f(1) WITH ORDINALITY AS g (a, b), LATERAL s.f(t.a) h, ROWS FROM (f(1), g(2) AS (x int, y text COLLATE "C")) WITH ORDINALITY
----
SELECT * FROM f() AS (a int, b numeric(10, 2)[]), g() r (c text)
----
SELECT * FROM current_date AS d, coalesce(1, 2) c, cast(1 AS int) x
----
SELECT * FROM t TABLESAMPLE bernoulli (10.5) REPEATABLE (1), u AS v TABLESAMPLE s.system (1)
----
SELECT * FROM XMLTABLE(XMLNAMESPACES('a' AS x, DEFAULT 'b'), '/r' PASSING BY REF d COLUMNS a int PATH 'p' DEFAULT 1 NOT NULL, o FOR ORDINALITY, c text NULL) AS t
----
SELECT * FROM JSON_TABLE(j, '$' AS p PASSING 1 AS x COLUMNS (a int PATH '$.a' DEFAULT 1 ON EMPTY ERROR ON ERROR, o FOR ORDINALITY, b text FORMAT JSON WITH WRAPPER, e bool EXISTS, NESTED PATH '$.n' AS q COLUMNS (c int))) t
----
SELECT a, sum(b) OVER w, rank() OVER (PARTITION BY c ORDER BY d), f(x) OVER (w ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) FROM t WINDOW w AS ()
----
SELECT sum(a) OVER (RANGE UNBOUNDED PRECEDING), sum(a) OVER (GROUPS BETWEEN CURRENT ROW AND 2 FOLLOWING EXCLUDE GROUP), sum(a) OVER (ROWS CURRENT ROW EXCLUDE NO OTHERS)
----
SELECT JSON_OBJECT('a' : 1, 'b' VALUE 2 ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb), JSON_ARRAY(1, 2 NULL ON NULL), JSON_ARRAY(SELECT 1), JSON_OBJECTAGG(k : v), JSON_ARRAYAGG(a ORDER BY b RETURNING json) FILTER (WHERE c), JSON_OBJECT(), JSON_ARRAY(RETURNING text)
----
SELECT a IS JSON, a IS NOT JSON OBJECT WITH UNIQUE KEYS, JSON('1'), JSON_SCALAR(1), JSON_SERIALIZE(a RETURNING text), JSON_EXISTS(a, '$'), JSON_VALUE(a, '$.x' PASSING 1 AS y RETURNING int DEFAULT 0 ON EMPTY NULL ON ERROR), JSON_QUERY(a, '$' WITH CONDITIONAL WRAPPER OMIT QUOTES EMPTY ARRAY ON EMPTY)
----
SELECT XMLCONCAT(a, b), XMLELEMENT(NAME x, XMLATTRIBUTES(a AS b, c), 'd'), XMLFOREST(a, b AS c), XMLPARSE(DOCUMENT a PRESERVE WHITESPACE), XMLPI(NAME x, 'y'), XMLROOT(a, VERSION '1.0', STANDALONE YES), XMLSERIALIZE(CONTENT a AS text INDENT), a IS DOCUMENT, XMLEXISTS('a' PASSING b)
----
SELECT a::int, CAST(a AS numeric(10,2)), int4 '1', date '2000-01-01', interval '1 day', interval(3) '1', interval '1' hour to minute, bit '101', bit(3) '101', double precision '1', char 'x', varchar(3) 'abc', time with time zone 'now', json '{}', s.t 'x', f(1) 'y'
----
SELECT a AT TIME ZONE 'x', a AT LOCAL, a COLLATE "C", NOT a, a ISNULL, a NOTNULL, a IS UNKNOWN, a IS NOT TRUE, a IS NFC NORMALIZED, a IS NOT NORMALIZED
----
SELECT (1, 2) OVERLAPS (3, 4), ROW(), ROW(1), (a).*, (f(x)).y, $1.a, $1[2], (select 1).x, array[]::int[], array[[1,2],[3,4]], array(select 1)
----
SELECT position('a' IN b), substring(a FROM 1 FOR 2), substring(a, 1), overlay(a, b, 1), overlay(a PLACING b FROM 1), trim(a), trim(BOTH 'x' FROM a), trim(a FROM b, c), extract(epoch FROM a), normalize(a, NFKD), treat(a AS int), collation for (a), nullif(1, 2), greatest(1, 2), least(a), coalesce(a)
----
SELECT current_date, current_time(2), localtimestamp, current_user, session_user, system_user, user, current_role, current_catalog, current_schema, current_schema()
----
SELECT a LIKE b, a NOT ILIKE b ESCAPE '!', a SIMILAR TO b, a NOT SIMILAR TO b ESCAPE c, a LIKE ANY (b), a NOT LIKE ALL (array['x']), a ~ b, a !~* b, a -> 'b' ->> 'c', @ a, a OPERATOR(s.@@) b, |/ 4
----
SELECT between, coalesce, int, time.x, interval, "select", values FROM none
----
SELECT 1 a, 2 AS "B", 3 AS select, 4 name, 5 "x y"
