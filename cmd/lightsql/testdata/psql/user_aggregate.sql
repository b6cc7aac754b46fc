create table t(g int, a int, b text, f float8);
insert into t values (1, 3, 'x', 1.5), (1, null, 'y', 2), (1, 3, null, 4), (2, 7, 'z', null), (2, 1, 'x', 8);
-- of built-in functions: with and without an initial state, and a final function
create aggregate mysum(int4) (sfunc = int4pl, stype = int4);
create aggregate mysum0(int4) (sfunc = int4pl, stype = int4, initcond = '100');
create aggregate myavg(int4) (sfunc = int4_avg_accum, stype = int8[], finalfunc = int8_avg, initcond = '{0,0}');
create aggregate mydev(float8) (sfunc = float8_accum, stype = float8[], finalfunc = float8_stddev_samp, initcond = '{0,0,0}');
select g, mysum(a), mysum0(a), myavg(a), mydev(f) from t group by g order by g;
select mysum(a), mysum0(a), myavg(a) from t where false;
create aggregate cnt(*) (sfunc = int8inc, stype = int8, initcond = '0', parallel = safe);
create aggregate cntany("any") (sfunc = int8inc_any, stype = int8, initcond = '0');
create aggregate oldstyle(basetype = int4, sfunc1 = int4larger, stype1 = int4);
select cnt(*), cntany(a), cntany(b), oldstyle(a) from t;
select cnt(a) from t;
-- of functions in SQL: not strict, several arguments, a composite state
create function concat_step(text, text, text) returns text language sql immutable as $$ select coalesce($1 || $3, '') || coalesce($2, '-') $$;
create aggregate cat(text, text) (sfunc = concat_step, stype = text);
select cat(b, ',' order by b), cat(b, ';' order by a desc, b), cat(distinct b, ',') from t;
select g, cat(b, ',' order by b) filter (where a > 1) from t group by g order by g;
create type pair as (lo int, hi int);
create function pair_step(pair, int) returns pair language sql as $$ select row(least(($1).lo, $2), greatest(($1).hi, $2))::pair $$;
create function pair_final(pair) returns text language sql strict as $$ select ($1).lo || '..' || ($1).hi $$;
create aggregate bounds(int) (sfunc = pair_step, stype = pair, finalfunc = pair_final);
create aggregate bounds2(int) (sfunc = pair_step, stype = pair, initcond = '(0,5)');
select bounds(a), bounds2(a) from t;
select bounds(a), bounds2(a) from t where false;
-- polymorphic and variadic
create aggregate e(anyelement) (sfunc = array_append, stype = anyarray, initcond = '{}');
create function append(anyarray, anyelement) returns anyarray language sql as $$ select $1 || $2 $$;
create aggregate collect(anyelement) (sfunc = append, stype = anyarray, initcond = '{}');
select collect(a order by a), collect(b order by b), pg_typeof(collect(f)) from t;
create function least_step(anyelement, variadic anyarray) returns anyelement language sql as $$ select least($1, min(x)) from unnest($2) x $$;
create aggregate least_of(variadic anyarray) (sfunc = least_step, stype = anyelement);
select least_of(a, g, 5), least_of(variadic array[a, 9]) from t;
-- windows
select g, a, mysum(a) over (partition by g order by a), collect(a) over (order by g, a rows between 1 preceding and current row) from t order by g, a;
-- ordered-set and hypothetical-set aggregates of built-in functions
create aggregate my_disc(float8 order by anyelement) (stype = internal, sfunc = ordered_set_transition, finalfunc = percentile_disc_final, finalfunc_extra = true);
create aggregate my_rank(variadic "any" order by variadic "any") (stype = internal, sfunc = ordered_set_transition_multi, finalfunc = rank_final, finalfunc_extra = true, hypothetical);
select my_disc(0.5) within group (order by a), my_rank(3) within group (order by a) from t;
-- errors of CREATE AGGREGATE
create aggregate mysum(int4) (sfunc = int4pl, stype = int4);
create aggregate e(int4) (sfunc = int4pl);
create aggregate e(int4) (stype = int4);
create aggregate e(int4) (sfunc = nosuch, stype = int4);
create aggregate e(int4) (sfunc = int4pl, stype = int8);
create aggregate e(text) (sfunc = int4pl, stype = int4);
create aggregate e(int4) (sfunc = int8inc_any, stype = int4);
create aggregate e(int4) (sfunc = int4eq, stype = int4);
create aggregate e(int4) (sfunc = int4pl, stype = int4, initcond = 'x');
create aggregate e(int8) (sfunc = int48pl, stype = int4);
create aggregate e(int4) (sfunc = int84pl, stype = int8);
create aggregate e(int4) (sfunc = int4pl, stype = anyelement);
create aggregate e(int4) (sfunc = array_append, stype = anyarray);
create aggregate e(int4) (sfunc = int4pl, stype = int4, finalfunc = int8_avg);
create aggregate e(int4) (sfunc = int4pl, stype = int4, combinefunc = int8pl);
create aggregate e(int4) (sfunc = int4pl, stype = int4, parallel = pear);
create aggregate e(int4) (sfunc = int4pl, stype = int4, mstype = int4);
create aggregate e(int4) (sfunc = int4pl, stype = int4, msfunc = int4pl);
create aggregate e(int4) ("Sfunc" = int4pl, stype = int4);
create aggregate e(int4) (sfunc = int4pl, stype = int4, finalfunc_modify = some);
-- the catalog
select aggfnoid::regprocedure, aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggtranstype::regtype, agginitval from pg_aggregate where aggfnoid::oid >= 16384 order by 1::text;
select proname, prokind, prosrc, prorettype::regtype, provolatile, proparallel, lanname from pg_proc p join pg_language l on l.oid = prolang where proname in ('mysum', 'cnt', 'collect') order by 1;
\da my*
comment on aggregate mysum(int4) is 'a sum';
\da mysum
comment on aggregate nosuch(*) is 'x';
alter aggregate mysum(int4) rename to oursum;
select oursum(a) from t;
create schema s;
alter aggregate oursum(int4) set schema s;
select s.oursum(a) from t;
create view v as select s.oursum(a) as x, collect(b) from t;
select * from v;
drop aggregate s.oursum(int4);
drop function concat_step(text, text, text);
drop function concat_step(text, text, text) cascade;
select cat(b, ',') from t;
drop function mysum0(int4);
drop aggregate pair_final(pair);
drop aggregate nosuch(int4);
drop aggregate if exists nosuch(int4);
create or replace aggregate mysum0(int4) (sfunc = int4pl, stype = int4, initcond = '1000');
select mysum0(a) from t;
create or replace aggregate mysum0(int4) (sfunc = int8_sum, stype = numeric);
create or replace aggregate pair_final(pair) (sfunc = pair_step, stype = pair);
select float8_accum('{4,140,2900}'::float8[], 100), float8_regr_accum('{4,140,2900,1290,83075,15050}'::float8[], 200, 100),
  float8_combine('{3,60,200}', '{2,180,200}'), float8_regr_combine('{3,60,200,750,20000,2000}', '{2,180,200,740,57800,-3400}'), int4_avg_accum('{1,2}', 5);
select float8_accum('{1,2}', 1);
