create table t (a int primary key, b text);
create function show() returns trigger language plpgsql as $$
declare r record;
begin
  if tg_op <> 'INSERT' then
    for r in select * from old_rows order by a loop raise notice '% old %', tg_name, r; end loop;
  end if;
  if tg_op <> 'DELETE' then
    for r in select n.a, n.b, (select count(*) from new_rows) as of from new_rows n order by 1 loop raise notice '% new %', tg_name, r; end loop;
  end if;
  return null;
end $$;
create trigger i after insert on t referencing new table as new_rows for each statement execute function show();
create trigger u after update on t referencing old table as old_rows new table as new_rows for each statement execute function show();
create trigger d after delete on t referencing old table as old_rows for each statement execute function show();
insert into t select g, 'x' || g from generate_series(1, 3) g;
update t set b = b || '!' where a > 1;
update t set a = 9 where a = 77;
delete from t where a < 3;
insert into t values (3, 'again'), (4, 'more') on conflict (a) do update set b = excluded.b;
with w as (insert into t values (10, 'w') returning a) delete from t using w where t.a = 4;
copy t from stdin;
20	copied
21	copied
\.
-- a function sees the tables of its own trigger
create table u (x int);
create function other() returns trigger language plpgsql as $$
begin
  raise notice '%: %', tg_name, (select array_agg(n.* order by n.x) from new_rows n);
  return null;
end $$;
create trigger u1 after insert on u referencing new table as new_rows for each row execute function other();
create trigger u2 after insert on u referencing new table as new_rows for each statement execute function other();
insert into u values (1), (2);
create function rows() returns bigint language plpgsql as $$ begin return (select count(*) from new_rows); end $$;
create function deep() returns trigger language plpgsql as $$ begin raise notice '%', rows(); return null; end $$;
drop trigger u1 on u;
drop trigger u2 on u;
create trigger u3 after insert on u referencing new table as new_rows for each statement execute function deep();
insert into u values (3);
drop trigger u3 on u;
create function writes() returns trigger language plpgsql as $$ begin delete from new_rows; return null; end $$;
create trigger u4 after insert on u referencing new table as new_rows for each statement execute function writes();
insert into u values (4);
drop trigger u4 on u;
create function moves() returns trigger language plpgsql as $$
begin
  execute 'insert into t select x + 100, ''from u'' from nt';
  update t set b = b || ' seen' from nt where t.a = nt.x + 100;
  return null;
end $$;
create trigger u5 after insert on u referencing new table as nt for each statement execute function moves();
insert into u values (5), (6);
select * from t where a > 100 order by a;
alter table u add column y text default 'y';
insert into u values (7);
select * from t where a > 100 order by a;
-- an expression that calls a function whose body has a query
create function known(int) returns boolean language sql stable as 'select exists (select from t where a = $1)';
do $$ begin raise notice '% %', known(105), known(1); if known(106) then raise notice 'yes'; end if; end $$;
drop table t, u;
drop function show(), other(), rows(), deep(), writes(), moves(), known(int);
