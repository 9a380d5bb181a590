-- Start-time fair queueing by cost, at two levels: guilds share the GPU, and users share their guild's part. The order of
-- locks is everywhere the guild's row, then the clock's, then the quota's windows.
insert into fair_clock (id) values (1);
--> statement-breakpoint
-- Waits until this transaction alone may change a guild's order.
create function fair_lock(p_guild text) returns fair_guild language plpgsql as $$
declare
  locked fair_guild;
begin
  loop
    insert into fair_guild (guild) values (p_guild) on conflict do nothing;
    select * into locked from fair_guild g where g.guild = p_guild for update;
    -- A row that another transaction has just deleted is made again.
    exit when found;
  end loop;
  return locked;
end $$;
--> statement-breakpoint
create function fair_guild_weight(p_guild text) returns float8 language sql stable as $$
  select greatest(1, coalesce((select w.weight from fair_weight w where w.scope = 'guild' and w.subject = p_guild), 100))::float8
$$;
--> statement-breakpoint
-- A member's weight inside the guild: that of their heaviest role.
create function fair_member_weight(p_guild text, p_roles text[]) returns int language sql stable as $$
  select greatest(1, coalesce((select max(w.weight) from fair_weight w
    where w.scope = 'role' and w.subject in (select p_guild || ':' || role from unnest(p_roles) as role)), 100))
$$;
--> statement-breakpoint
-- A tag as an int32 of which a greater one is served first. The bits of a float are in the order of the floats, so any tag fits.
create function fair_priority(p_tag float8) returns int language sql immutable as $$
  select -(('x' || encode(float4send(greatest(p_tag, 0)::float4), 'hex'))::bit(32)::int)
$$;
--> statement-breakpoint
-- The priorities of a guild's jobs that were never started. (plpgsql, so that the planner keeps to the stated number of rows
-- instead of drawing it into the caller's join.)
create function fair_order(p_guild text) returns table (job_id uuid, priority int) language plpgsql stable rows 200 as $$
declare
  first_tag float8;
  guild_weight float8 := fair_guild_weight(p_guild);
begin
  select g.finish - c.base into first_tag from fair_guild g, fair_clock c where g.guild = p_guild;
  return query
    with line as (
      select e.id, e.cost, e.arrival, coalesce(u.finish, 0) - e.cost * 100.0::float8 / e.weight
          + sum(e.cost * 100.0::float8 / e.weight) over (partition by e.user_id order by e.arrival) as user_tag
      from queue_entry e left join fair_user u on u.guild = p_guild and u.user_id = e.user_id
      where e.guild = p_guild and e.started_at is null
    )
    select l.id, fair_priority(first_tag
      + 100 * coalesce(sum(l.cost::float8) over (order by l.user_tag, l.arrival rows between unbounded preceding and 1 preceding), 0) / guild_weight)
    from line l;
end $$;
--> statement-breakpoint
-- Begins the busy period anew when nothing waits or runs, so that nobody pays for what they used when nobody else waited.
-- (p_guild is locked by the caller and keeps its row.)
create function fair_begin_period(p_guild text) returns void language plpgsql as $$
begin
  if exists (select from queue_entry) then
    return;
  end if;
  perform from fair_clock for update;
  -- Another transaction may have begun it while this one waited.
  if exists (select from queue_entry) then
    return;
  end if;
  update fair_clock set virtual_time = 0, base = 0, period = period + 1;
  with idle as (
    select g.guild from fair_guild g where g.guild <> p_guild and g.period < (select c.period from fair_clock c) for update skip locked
  ), forgotten as (
    delete from fair_user u using idle where u.guild = idle.guild
  )
  delete from fair_guild g using idle where g.guild = idle.guild;
end $$;
--> statement-breakpoint
-- Takes a job into its guild's line. False, and nothing is changed, when it is there already.
create function fair_enqueue(p_id uuid, p_guild text, p_user text, p_roles text[], p_model text, p_cost bigint)
returns boolean language plpgsql as $$
declare
  g fair_guild;
  c fair_clock;
begin
  g := fair_lock(p_guild);
  perform fair_begin_period(p_guild);
  select * into c from fair_clock;
  if exists (select from queue_entry e where e.id = p_id) then
    return false;
  end if;
  if g.period <> c.period then
    g.finish := 0;
  end if;
  if g.period <> c.period or not exists (select from queue_entry e where e.guild = p_guild) then
    delete from fair_user u where u.guild = p_guild;
    g.user_time := 0;
  end if;
  -- Whoever had nothing waiting begins where those stand who wait for the same model: they gain nothing by having paused.
  if not exists (select from queue_entry e where e.guild = p_guild and e.started_at is null) then
    g.finish := greatest(g.finish, least(c.virtual_time, (select min(o.finish) from fair_guild o where o.period = c.period
      and o.guild in (select e.guild from queue_entry e where e.model = p_model and e.started_at is null))));
  end if;
  insert into fair_user (guild, user_id) values (p_guild, p_user) on conflict do nothing;
  if not exists (select from queue_entry e where e.guild = p_guild and e.user_id = p_user and e.started_at is null) then
    update fair_user u set finish = greatest(u.finish, least(g.user_time, (select min(o.finish) from fair_user o where o.guild = p_guild
        and o.user_id in (select e.user_id from queue_entry e where e.guild = p_guild and e.model = p_model and e.started_at is null))))
      where u.guild = p_guild and u.user_id = p_user;
  end if;
  update fair_guild f set period = c.period, finish = g.finish, user_time = g.user_time where f.guild = p_guild;
  insert into queue_entry (id, guild, user_id, role_ids, model, cost, weight)
    values (p_id, p_guild, p_user, p_roles, p_model, greatest(1, p_cost), fair_member_weight(p_guild, p_roles));
  return true;
end $$;
--> statement-breakpoint
-- Accounts for a job that starts: its guild and user pay for it. A second start is paid again, since it uses the GPU again.
-- must_retag: it did not start in its guild's order, so the places behind it moved. must_rebase: see fair_rebase.
create function fair_start(p_id uuid, out must_retag boolean, out must_rebase boolean) language plpgsql as $$
declare
  e queue_entry;
  g fair_guild;
  user_tag float8;
begin
  must_retag := false;
  must_rebase := false;
  -- A power cut may forget this, not the job.
  perform set_config('synchronous_commit', 'off', true);
  select * into e from queue_entry q where q.id = p_id;
  if not found then
    return;
  end if;
  g := fair_lock(e.guild);
  must_retag := exists (select from queue_entry o where o.guild = e.guild and o.started_at is null and o.id <> p_id
    and (e.started_at is not null or o.model <> e.model));
  select coalesce(max(u.finish), 0) into user_tag from fair_user u where u.guild = e.guild and u.user_id = e.user_id;
  insert into fair_user as u (guild, user_id, finish) values (e.guild, e.user_id, e.cost * 100.0::float8 / e.weight)
    on conflict (guild, user_id) do update set finish = u.finish + e.cost * 100.0::float8 / e.weight;
  update fair_guild f set finish = f.finish + e.cost * 100 / fair_guild_weight(e.guild), user_time = greatest(f.user_time, user_tag)
    where f.guild = e.guild;
  update queue_entry q set started_at = now() where q.id = p_id;
  if e.started_at is null then
    update fair_clock c set virtual_time = g.finish where c.virtual_time < g.finish;
    select c.virtual_time - c.base > 16777216 into must_rebase from fair_clock c;
  end if;
end $$;
--> statement-breakpoint
-- Lets priorities count from the present, in a busy period that goes on and on: a float4 is exact to 2^24. The caller then
-- writes all priorities anew; until it commits, no guild's order can change.
create function fair_rebase() returns void language plpgsql as $$
begin
  lock table fair_guild in exclusive mode;
  update fair_clock set base = virtual_time;
end $$;
