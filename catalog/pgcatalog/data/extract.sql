-- Writes the files of this folder from a fresh PostgreSQL 15: psql -XAtq -f extract.sql
\pset fieldsep '|'
\o relations.txt
select c.oid, nspname, c.relname, c.relkind, c.reltype,
  (select string_agg(attname || ':' || coalesce(b.typname, t.typname) ||
     case when coalesce(nullif(t.typtypmod, -1), atttypmod) >= 0 then ':' || coalesce(nullif(t.typtypmod, -1), atttypmod) else '' end ||
     case when attnotnull then '!' else '' end, ',' order by attnum)
   from pg_attribute a join pg_type t on t.oid = atttypid left join pg_type b on t.typtype = 'd' and b.oid = t.typbasetype
   where attrelid = c.oid and attnum > 0)
from pg_class c join pg_namespace n on n.oid = relnamespace
where nspname in ('pg_catalog', 'information_schema') and relkind in ('r', 'v') order by c.oid;
\o
-- The rest keeps the order of the heap, which shows where clients do not sort.
\copy (select oid, amname, amhandler::oid, amtype from pg_am order by oid) to 'pg_am.txt'
\copy (select * from pg_opclass) to 'pg_opclass.txt'
\copy (select * from pg_opfamily) to 'pg_opfamily.txt'
\copy (select oid, amopfamily, amoplefttype, amoprighttype, amopstrategy, amoppurpose, amopopr, amopmethod, amopsortfamily from pg_amop) to 'pg_amop.txt'
\copy (select oid, amprocfamily, amproclefttype, amprocrighttype, amprocnum, amproc::oid from pg_amproc) to 'pg_amproc.txt'
\copy (select * from pg_language where lanname <> 'plpgsql') to 'pg_language.txt'
\copy (select rngtypid, rngsubtype, rngmultitypid, rngcollation, rngsubopc, rngcanonical::oid, rngsubdiff::oid from pg_range order by 1) to 'pg_range.txt'
\copy (select * from pg_tablespace) to 'pg_tablespace.txt'
\copy (select oid, conname, connamespace, conowner, conforencoding, contoencoding, conproc::oid, condefault from pg_conversion) to 'pg_conversion.txt'
\copy (select * from pg_ts_config) to 'pg_ts_config.txt'
\copy (select * from pg_ts_dict) to 'pg_ts_dict.txt'
\copy (select oid, prsname, prsnamespace, prsstart::oid, prstoken::oid, prsend::oid, prsheadline::oid, prslextype::oid from pg_ts_parser order by oid) to 'pg_ts_parser.txt'
\copy (select oid, tmplname, tmplnamespace, tmplinit::oid, tmpllexize::oid from pg_ts_template order by oid) to 'pg_ts_template.txt'
\copy (select * from pg_description where classoid in ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_am'::regclass, 'pg_language'::regclass, 'pg_collation'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass, 'pg_ts_parser'::regclass, 'pg_ts_template'::regclass, 'pg_conversion'::regclass) and objoid < 16384 and not exists (select from pg_depend d where d.classid = classoid and d.objid = objoid and deptype = 'e') order by classoid, objoid) to 'pg_description.txt'
\copy (select aggfnoid::oid, aggkind, aggnumdirectargs, aggtransfn::oid, aggfinalfn::oid, aggcombinefn::oid, aggserialfn::oid, aggdeserialfn::oid, aggmtransfn::oid, aggminvtransfn::oid, aggmfinalfn::oid, aggfinalextra, aggmfinalextra, aggfinalmodify, aggmfinalmodify, aggsortop, aggtranstype, aggtransspace, aggmtranstype, aggmtransspace, agginitval, aggminitval from pg_aggregate order by 1) to 'pg_aggregate.txt'
\copy (select * from information_schema.sql_features) to 'sql_features.txt'
\copy (select * from information_schema.sql_parts) to 'sql_parts.txt'
\copy (select * from information_schema.sql_sizing) to 'sql_sizing.txt'
\copy (select * from information_schema.sql_implementation_info) to 'sql_implementation_info.txt'
\copy (select * from pg_get_keywords()) to 'keywords.txt'
