create function add1(a int, b int) returns int language plpgsql as $$
begin
  return a + b;
end $$;
select add1(1,2);
create function fib(n int) returns int language plpgsql as $$
begin
  if n < 2 then return n; end if;
  return fib(n-1) + fib(n-2);
end $$;
select fib(15);
create table t(a int primary key, b text);
do $$
declare r record; s int := 0; arr int[] := '{1,2,3}'; t2 t%rowtype; x t.b%type;
begin
  insert into t select g, 'v'||g from generate_series(1,5) g;
  for r in select * from t order by a loop
    raise notice 'row % %', r.a, r.b;
    s := s + r.a;
  end loop;
  arr[2] := 20; arr[4] := 4;
  raise notice '% %', arr, s;
  select * into t2 from t where a = 3;
  raise notice '%', t2;
  t2.b := 'zzz';
  update t set b = t2.b where a = t2.a;
  get diagnostics s = row_count;
  raise notice '% % %', s, found, t2.b;
  begin
    insert into t values (1, 'x');
  exception when unique_violation then
    raise notice 'caught % %', sqlstate, sqlerrm;
  end;
  for i in reverse 3..1 loop raise notice 'i=%', i; end loop;
  foreach s in array arr loop raise notice '%', s; end loop;
  execute 'select $1 + 1' into s using 41;
  raise notice '%', s;
  perform 1/0;
end $$;
create function srf(n int) returns setof int language plpgsql as $$ begin for i in 1..n loop return next i; end loop; end $$;
select * from srf(3);
select srf(2);
create function tab(n int) returns table(x int, y text) language plpgsql as $$ begin return query select g, 'y'||g from generate_series(1,n) g; x := 100; return next; end $$;
select * from tab(2);
create function outp(a int, out b int, out c text) language plpgsql as $$ begin b := a*2; c := 'c'||a; end $$;
select * from outp(5);
select outp(5);
create procedure pr(inout a int) language plpgsql as $$ begin a := a+1; commit; insert into t values (100+a,'p'); rollback; end $$;
call pr(5);
select count(*) from t;
do $$ declare c cursor for select a from t order by a; v int; begin open c; fetch c into v; raise notice '%', v; move c; fetch c into v; raise notice '%', v; close c; end $$;
create function polyf(x anyelement) returns anyelement language plpgsql as $$ begin return x; end $$;
select polyf(1), polyf('a'::text), polyf(array[1,2]);
do $$ begin retun 1; end $$;
do $$ declare x int; begin x := y; end $$;
\sf add1
