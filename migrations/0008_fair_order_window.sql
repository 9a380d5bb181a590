-- A change at the head of a line moves everybody behind it. Only those who can be served soon need an exact priority: the first
-- 48 of each model in a guild. The others are parked behind everybody, and the line moves up every 16 starts.
drop function fair_order(text);
--> statement-breakpoint
-- A guild's jobs that were never started, with the priority that their fair turn has, and their place among those of the same
-- model. (plpgsql, so that the planner keeps to the stated number of rows instead of drawing it into the caller's join.)
create function fair_line(p_guild text) returns table (job_id uuid, priority int, place bigint) language plpgsql stable rows 200 as $$
declare
  first_tag float8;
  guild_weight float8 := fair_guild_weight(p_guild);
begin
  select g.finish - c.base into first_tag from fair_guild g, fair_clock c where g.guild = p_guild;
  return query
    with line as (
      select e.id, e.cost, e.model, e.arrival, coalesce(u.finish, 0) - e.cost * 100.0::float8 / e.weight
          + sum(e.cost * 100.0::float8 / e.weight) over (partition by e.user_id order by e.arrival) as user_tag
      from queue_entry e left join fair_user u on u.guild = p_guild and u.user_id = e.user_id
      where e.guild = p_guild and e.started_at is null
    ), tagged as (
      select l.id, l.model, l.user_tag, l.arrival,
        coalesce(sum(l.cost::float8) over (order by l.user_tag, l.arrival rows between unbounded preceding and 1 preceding), 0) as paid_before
      from line l
    )
    select t.id, fair_priority(first_tag + 100 * t.paid_before / guild_weight),
      row_number() over (partition by t.model order by t.user_tag, t.arrival)
    from tagged t;
end $$;
--> statement-breakpoint
-- What the queue's priorities of a guild's jobs should be.
create function fair_order(p_guild text) returns table (job_id uuid, priority int) language plpgsql stable rows 200 as $$
begin
  return query select l.job_id, case when l.place <= 48 then l.priority else -2147483647 end from fair_line(p_guild) l;
end $$;
--> statement-breakpoint
-- Accounts for a job that starts: its guild and user pay for it. A second start is paid again, since it uses the GPU again.
-- must_retag: it did not start in its guild's order, or it is time for parked jobs to move up. must_rebase: see fair_rebase.
create or replace function fair_start(p_id uuid, out must_retag boolean, out must_rebase boolean) language plpgsql as $$
declare
  e queue_entry;
  g fair_guild;
  user_tag float8;
  waiting_count bigint;
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
  select count(*) filter (where o.model = e.model), bool_or(e.started_at is not null or o.model <> e.model)
    into waiting_count, must_retag
    from queue_entry o where o.guild = e.guild and o.started_at is null and o.id <> p_id;
  must_retag := coalesce(must_retag, false) or waiting_count >= 16 and waiting_count % 16 = 0;
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
