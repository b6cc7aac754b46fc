CREATE TABLE g (a int PRIMARY KEY, b int GENERATED ALWAYS AS (a * 2) STORED, c text);
insert into g values (1),(2);
insert into g values (3,default,'x');
insert into g values (3,4,'x');
update g set a = a+10 where a=2 returning *;
update g set b = 5;
update g set b = default;
select * from g order by a;
\d g
copy g from stdin;
7	x
8	y
\.
copy (select * from g order by a) to stdout;
copy g(b) to stdout;
alter table g add column d int generated always as (b) stored;
alter table g add column d int generated always as (a+1) stored;
select * from g order by a;
alter table g alter column d drop expression;
alter table g drop column a;
alter table g rename column a to aa;
\d g
alter table g alter column aa type bigint;
alter table g alter column b type bigint;
alter table g alter column b type boolean;
select * from g order by aa;
alter table g drop column aa cascade;
\d g
CREATE TABLE g2 (a int, b int GENERATED ALWAYS AS (a * 2) STORED GENERATED ALWAYS AS (a * 3) STORED);
CREATE TABLE g2 (a int, b int GENERATED ALWAYS AS (b * 2) STORED);
CREATE TABLE g2 (a int, b int GENERATED ALWAYS AS (random()) STORED);
CREATE TABLE g2 (a int, b int GENERATED ALWAYS AS (sum(a)) STORED);
CREATE TABLE g2 (a int, b int default 5 GENERATED ALWAYS AS (a) STORED);
CREATE TABLE g2 (a int, b int GENERATED ALWAYS AS (g2 is null) STORED);
CREATE TABLE g2 (a int, b int GENERATED ALWAYS AS (zz) STORED);
create table g3 (a int, b int generated always as (a+1) stored check (b < 10));
insert into g3 values (20);
insert into g3 values (2);
update g3 set a = 50;
insert into g3 (a) select 3 returning *;
drop table g3;
create table parent (a int primary key);
create table child (x int, y int generated always as (x * 2) stored references parent);
create table child2 (x int, y int generated always as (x * 2) stored references parent on delete set null);
insert into parent values (2), (4);
insert into child values (1), (2);
insert into child values (3);
update child set x = 5 where x = 1;
drop table child, parent;
