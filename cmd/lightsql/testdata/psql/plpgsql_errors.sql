-- Places of errors in bodies, and the context of errors at run time.
create function bad(a int) returns int language plpgsql as $$
begin
  return 1 +;
end $$;
create function bad(a int) returns int language plpgsql as $$
declare x nosuch;
begin
end $$;
create function bad(a int) returns int language plpgsql as $$
declare x constant int := 1;
begin
  x := 2;
end $$;
create function bad() returns int language plpgsql as $$ begin exit; end $$;
create function bad() returns int language plpgsql as $$ begin return next 1; end $$;
create function bad() returns void language plpgsql as $$ begin return 1; end $$;
create function bad() returns void language plpgsql as $$ begin raise 'a % b'; end $$;
create function bad() returns void language plpgsql as $$ begin raise no_such_condition; end $$;
create function bad() returns void language plpgsql as $$ begin for r in select 1 loop end loop; end $$;
create function bad() returns void language plpgsql as $$ begin if true then end; $$;
create function inner_(x int) returns int language plpgsql as $$
begin
  return 10 / x;
end $$;
create function outer_(x int) returns int language plpgsql as $$
declare
  y int;
begin
  y := inner_(x);
  return y;
end $$;
create function third(x int) returns int language plpgsql as $$
declare y int;
begin
  select outer_(x) into y;
  return y;
end $$;
select outer_(2), third(5);
select third(0);
do $$
declare c text; d text; s text; m text;
begin
  perform third(0);
exception when division_by_zero then
  get stacked diagnostics c = pg_exception_context, s = returned_sqlstate, m = message_text;
  raise notice '% % %', s, m, c;
end $$;
do $$ begin raise exception using errcode = 'unique_violation', message = 'm', detail = 'd', hint = 'h', table = 't'; end $$;
do $$ begin raise division_by_zero; end $$;
do $$ begin raise sqlstate 'XY123' using message = 'mine'; end $$;
do $$ begin raise warning 'w % %%', 1; raise info 'i'; raise debug 'no'; end $$;
do $$ begin raise; end $$;
do $$ begin assert 1 > 2, 'no'; end $$;
do $$ begin case 3 when 1, 2 then null; end case; end $$;
do $$ declare x int not null := 1; begin x := null; end $$;
do $$ declare r record; begin raise notice '%', r.a; end $$;
do $$ declare r record; begin select 1 as a into r; raise notice '%', r.b; end $$;
do $$ declare x int; begin select 1 into strict x where false; end $$;
do $$ declare x int; begin select g into strict x from generate_series(1, 2) g; end $$;
do $$ begin select 1; end $$;
do $$ declare x int; begin execute 'selekt 1'; end $$;
do $$ declare x int := 'a'; begin null; end $$;
do $$ declare a int := 1; begin perform a from (values (1)) v(a); end $$;
create function noret() returns int language plpgsql as $$ begin end $$;
select noret();
create function rec(n int) returns int language plpgsql as $$ begin return rec(n + 1); end $$;
do $$
begin
  perform rec(1);
exception when statement_too_complex then raise notice 'too deep';
end $$;
begin;
do $$ begin commit; end $$;
rollback;
do language sql 'select 1';
