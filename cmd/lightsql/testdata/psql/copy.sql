CREATE TABLE c (a int, b text, d numeric, e date);
COPY c FROM stdin;
1	one	1.50	2024-01-01
2	\N	\N	\N
3	tab\there	-3	2024-02-29
4	back\\slash	4	2024-12-31
\.
SELECT * FROM c ORDER BY a;
COPY c TO stdout;
COPY c (b, a) TO stdout WITH (FORMAT csv, HEADER);
COPY (SELECT a, b FROM c WHERE a > 2 ORDER BY a DESC) TO stdout WITH CSV DELIMITER ';' QUOTE '''' FORCE QUOTE *;
COPY c (a, b) FROM stdin WITH (FORMAT csv, HEADER true, NULL 'nil');
a,b
10,"quoted, with comma"
11,"with ""quotes"""
12,nil
13,"multi
line"
\.
SELECT a, b FROM c WHERE a >= 10 ORDER BY a;
COPY c FROM stdin;
x	y	1	2024-01-01
\.
COPY c FROM stdin;
1	2
\.
COPY c FROM stdin;
1	2	3	2024-01-01	5
\.
COPY c (a, b) FROM stdin WITH (FORMAT csv);
1,"open
\.
COPY c FROM stdin WITH (FORMAT nosuch);
COPY c FROM stdin WITH (DELIMITER 'ab');
COPY c TO stdout WITH (FORCE_NULL (a));
SELECT count(*) FROM c;
\copy c (a) to stdout csv header
\copy (select a, b from c where a < 3 order by a) to stdout
CREATE TABLE k (id int PRIMARY KEY, v int DEFAULT 42 NOT NULL);
COPY k (id) FROM stdin;
1
2
\.
COPY k (id) FROM stdin;
3
1
\.
COPY k FROM stdin;
5	\N
\.
SELECT * FROM k ORDER BY id;
