create table t (a int, b text);
create function tell() returns trigger language plpgsql as $$
begin
  raise notice '% % %: old % (% %) new % (% %)', tg_when, tg_op, tg_level, old, old.a, old.b is null, new, new.a, new.b;
  if tg_op = 'UPDATE' and old.a <> new.a or tg_op = 'INSERT' and old.b = 'x' then raise notice 'changed'; end if;
  if old is null and tg_level = 'ROW' then raise notice 'no old row'; end if;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$;
create trigger b before insert or update or delete on t for each row execute function tell();
create trigger s after insert or update or delete or truncate on t for each statement execute function tell();
insert into t values (1, 'one'), (2, 'two');
update t set a = a + 1 where a = 2;
delete from t where a = 1;
truncate t;
create function sets() returns trigger language plpgsql as $$
begin
  old.b := 'set';
  new.a := 7;
  raise notice '% %', old, new;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$;
drop trigger b on t;
drop trigger s on t;
create trigger b before insert or delete on t for each row execute function sets();
insert into t values (1, 'one');
insert into t values (2, 'two');
select * from t;
delete from t where b = 'one' returning *;
create function nowhere() returns trigger language plpgsql as $$ begin raise notice '%', old.c; return new; end $$;
create trigger c before insert on t for each row execute function nowhere();
insert into t values (3, 'three');
do $$ declare r record; begin raise notice '%', r.a; end $$;
drop table t;
drop function tell(), sets(), nowhere();
