-- Writes the tables of this folder from a PostgreSQL 15: psql -XAtq -F '	' -f extract.sql
-- The lines of lightsql_* functions in pg_proc.txt are ours and have to be put back.
\pset fieldsep '\t'
\o pg_proc.txt
select p.oid, proname, prokind,
  provolatile::text || proparallel::text || case when proisstrict then 's' else '' end ||
    case when proretset then 'r' else '' end || case when proleakproof then 'l' else '' end,
  provariadic, prorettype, replace(proargtypes::text, ' ', ','),
  case when proname = '_pg_expandarray' then proname when prokind = 'a' or lanname = 'sql' then replace(p.oid::regprocedure::text, '"', '') else prosrc end,
  case lanname when 'sql' then 's' else 'i' end, procost, prorows,
  coalesce(array_to_string(proargnames, ',', ''), ''), coalesce(array_to_string(proargmodes, ''), ''),
  coalesce(array_to_string(proallargtypes, ','), ''),
  coalesce(pg_get_expr(proargdefaults, 0), '')
from pg_proc p join pg_language l on l.oid = prolang
where pronamespace = 11 and p.oid < 10000 and lanname <> 'c' or proname = '_pg_expandarray'
order by proname collate "C", p.oid;
\o pg_operator.txt
select oid, oprname, oprleft, oprright, oprresult, oprcom, oprnegate, oprcode::oid,
  case when oprcanmerge then 'm' else '' end || case when oprcanhash then 'h' else '' end,
  case oprrest when 0 then '' else oprrest::text end, case oprjoin when 0 then '' else oprjoin::text end
from pg_operator where oprnamespace = 11 and oid < 10000
order by oprname collate "C", oid;
\o pg_cast.txt
select oid, castsource, casttarget, castfunc::oid, castcontext, castmethod from pg_cast where oid < 16384 order by castsource, casttarget;
\o pg_aggregate.txt
select aggfnoid::oid, aggkind, aggnumdirectargs, aggsortop, aggtranstype, aggtransfn, aggfinalfn, aggcombinefn,
  coalesce(agginitval, '')
from pg_aggregate where aggfnoid::oid < 16384 order by aggfnoid::oid;
\o
