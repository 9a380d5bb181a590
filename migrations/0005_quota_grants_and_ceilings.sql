-- The limits that count for a member: of each scope and period the most particular rule, of a member's roles the most
-- generous. A guild's own limits follow its time zone, the others UTC, so that no one gains by crossing guilds or by
-- moving a guild's midnight. Who is exempt by the owner has no limits, who is exempt by an admin none of that guild.
create or replace function quota_limits(p_guild text, p_user text, p_roles text[], p_zone text)
returns table (scope text, subject text, period text, zone text, max_millicredits bigint) language sql stable as $$
  with candidate as (
    select 'global' as scope, '*' as subject, r.period, r.max_millicredits, 1 as rank
      from quota_rule r where r.scope = 'global' and r.subject = '*'
    union all
    select r.scope, p_guild, r.period, r.max_millicredits, case r.subject when '*' then 2 else 1 end
      from quota_rule r where r.scope in ('guild_ceiling', 'guild') and p_guild is not null and r.subject in (p_guild, '*')
    union all
    select 'user', p_user, r.period, r.max_millicredits, case r.subject when '*' then 2 else 1 end
      from quota_rule r where r.scope = 'user' and r.subject in (p_user, '*')
    union all
    select 'guild_user', p_guild || ':' || p_user, r.period, r.max_millicredits,
        case r.subject when p_guild || ':' || p_user then 1 when p_guild || ':*' then 3 else 4 end
      from quota_rule r where r.scope = 'guild_user' and p_guild is not null
        and r.subject in (p_guild || ':' || p_user, p_guild || ':*', '*:*')
    union all
    select 'guild_user', p_guild || ':' || p_user, r.period, r.max_millicredits, 2
      from quota_rule r where r.scope = 'role' and p_guild is not null
        and r.subject in (select p_guild || ':' || role from unnest(p_roles) as role)
  ), exemption as (
    select coalesce(bool_or(e.scope = 'user'), false) as of_all, coalesce(bool_or(e.scope <> 'user'), false) as of_guild
      from quota_exemption e where (e.scope = 'user' and e.subject = p_user)
        or (e.scope = 'guild_user' and e.subject = p_guild || ':' || p_user)
        or (e.scope = 'role' and e.subject in (select p_guild || ':' || role from unnest(p_roles) as role))
  )
  select distinct on (c.scope, c.subject, c.period) c.scope, c.subject, c.period,
    case when c.scope in ('guild', 'guild_user') then p_zone else 'UTC' end, c.max_millicredits
  from candidate c, exemption e
  where not e.of_all and not (e.of_guild and c.scope in ('guild', 'guild_user'))
  order by c.scope, c.subject, c.period, c.rank, c.max_millicredits desc
$$;
--> statement-breakpoint
drop function quota_is_exempt(text, text, text[]);
--> statement-breakpoint
-- The grants that a member's windows of one scope may take from: the subject's own, and the pots of the member's roles.
create function quota_grants(p_scope text, p_subject text, p_guild text, p_roles text[], p_now timestamptz)
returns setof credit_grant language sql stable as $$
  select g from credit_grant g
  where ((g.scope = p_scope and g.subject = p_subject)
      or (p_scope = 'guild_user' and g.scope = 'role' and g.subject in (select p_guild || ':' || role from unnest(p_roles) as role)))
    and g.remaining > 0 and (g.expires_at is null or g.expires_at > p_now)
$$;
--> statement-breakpoint
drop function quota_usage(text, text, text[], text, timestamptz);
--> statement-breakpoint
-- Where a member stands in each of their windows now; `granted` is what grants add to the scope, once for all its periods.
create function quota_usage(p_guild text, p_user text, p_roles text[], p_zone text, p_now timestamptz default now())
returns table (scope text, subject text, period text, max_millicredits bigint, used bigint, held bigint, granted bigint,
  starts_at timestamptz, renews_at timestamptz)
language sql stable as $$
  select l.scope, l.subject, l.period, l.max_millicredits, coalesce(w.used - w.forgiven, 0), coalesce(w.held, 0),
    (select coalesce(sum(g.remaining), 0) from quota_grants(l.scope, l.subject, p_guild, p_roles, p_now) g)::bigint,
    p.starts_at, p.renews_at
  from quota_limits(p_guild, p_user, p_roles, p_zone) l
  cross join lateral quota_period(l.period, l.zone, p_now) p
  left join quota_window w on w.scope = l.scope and w.subject = l.subject and w.period = l.period and w.starts_at = p.starts_at
$$;
--> statement-breakpoint
-- Holds p_amount in every window of the member, or in none; what a scope's windows have no room for is taken from its
-- grants, those that expire first before the others. Windows are locked in one order everywhere, then grants, so no two
-- reservations can wait for each other; the inner block's rollback leaves the caller's transaction usable.
create or replace function quota_reserve(p_id uuid, p_key text, p_guild text, p_user text, p_roles text[], p_amount bigint, p_zone text,
  p_now timestamptz default now())
returns jsonb language plpgsql as $$
declare
  s record;
  w record;
  g record;
  missing bigint;
  taken bigint;
  charged_windows jsonb := '[]';
  charged_grants jsonb := '[]';
begin
  insert into reservation (id, idempotency_key, guild_id, user_id, reserved)
    values (p_id, p_key, p_guild, p_user, p_amount) on conflict (idempotency_key) do nothing;
  if not found then
    return (select jsonb_build_object('outcome', 'repeated', 'id', r.id) from reservation r where r.idempotency_key = p_key);
  end if;
  insert into quota_window (scope, subject, period, starts_at)
    select u.scope, u.subject, u.period, u.starts_at from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u
    order by u.scope collate "C", u.subject collate "C", u.period collate "C" on conflict do nothing;
  perform from quota_window q join quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u
      on q.scope = u.scope and q.subject = u.subject and q.period = u.period and q.starts_at = u.starts_at
    order by q.scope collate "C", q.subject collate "C", q.period collate "C" for update of q;
  for s in select u.scope, u.subject, min(u.max_millicredits - u.used - u.held) as room
      from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u group by u.scope, u.subject
      order by u.scope collate "C", u.subject collate "C" loop
    missing := greatest(0, p_amount - greatest(0, s.room));
    taken := 0;
    if missing > 0 then
      for g in select c.* from credit_grant c
          where c.id in (select q.id from quota_grants(s.scope, s.subject, p_guild, p_roles, p_now) q) and c.remaining > 0
          order by c.expires_at nulls last, c.id for update loop
        exit when taken = missing;
        update credit_grant c set remaining = c.remaining - least(missing - taken, g.remaining) where c.id = g.id;
        charged_grants := charged_grants || jsonb_build_object('id', g.id, 'scope', s.scope, 'subject', s.subject,
          'amount', least(missing - taken, g.remaining));
        taken := taken + least(missing - taken, g.remaining);
      end loop;
      if taken < missing then
        raise exception using errcode = 'QT001';
      end if;
    end if;
    for w in select * from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u
        where u.scope = s.scope and u.subject = s.subject order by u.period collate "C" loop
      -- The guard: whatever was read before, no window is filled beyond its limit.
      update quota_window q set held = q.held + p_amount - taken
        where q.scope = w.scope and q.subject = w.subject and q.period = w.period and q.starts_at = w.starts_at
          and (p_amount = taken or q.used - q.forgiven + q.held + p_amount - taken <= w.max_millicredits);
      if not found then
        raise exception using errcode = 'QT001';
      end if;
      charged_windows := charged_windows || jsonb_build_object('scope', w.scope, 'subject', w.subject, 'period', w.period,
        'starts_at', w.starts_at, 'amount', p_amount - taken);
    end loop;
  end loop;
  update reservation set windows = charged_windows, grants = charged_grants where id = p_id;
  insert into credit_ledger (reservation_id, kind, amount) values (p_id, 'hold', p_amount);
  return jsonb_build_object('outcome', 'reserved', 'id', p_id);
exception when sqlstate 'QT001' then
  -- s is still the scope that was in the way: a rollback does not touch variables. Its narrowest window is named.
  return (select jsonb_build_object('outcome', 'refused', 'scope', u.scope, 'subject', u.subject, 'period', u.period,
      'limit', u.max_millicredits, 'renewsAt', u.renews_at, 'fits', quota_fits(p_guild, p_user, p_roles, p_zone, p_now))
    from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u where u.scope = s.scope and u.subject = s.subject
    order by u.max_millicredits - u.used - u.held, u.renews_at desc nulls first limit 1);
end $$;
--> statement-breakpoint
-- What would fit into every window now; null where nothing limits the member.
create function quota_fits(p_guild text, p_user text, p_roles text[], p_zone text, p_now timestamptz default now())
returns bigint language sql stable as $$
  select min(greatest(0, u.max_millicredits - u.used - u.held) + u.granted)
  from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u
$$;
--> statement-breakpoint
-- Ends a reservation once: settles it with what the work cost, never more than was held, or, with null, releases it.
-- What was not spent goes back to the grants first, those taken last before the others, as the windows were used first.
-- (least() passes over nulls, hence the coalesce.)
create or replace function quota_end(p_id uuid, p_charged bigint) returns boolean language plpgsql as $$
declare
  ended reservation;
  w record;
  g record;
  spent bigint;
  spent_grants jsonb := '[]';
begin
  update reservation r set state = case when p_charged is null then 'released' else 'settled' end,
      charged = case when p_charged is not null then least(p_charged, r.reserved) end, ended_at = now()
    where r.id = p_id and r.state = 'held' returning * into ended;
  if not found then
    return false;
  end if;
  for w in select x.scope, x.subject, x.period, x.starts_at, coalesce(x.amount, ended.reserved) as amount
      from jsonb_to_recordset(ended.windows) as x(scope text, subject text, period text, starts_at timestamptz, amount bigint)
      order by x.scope collate "C", x.subject collate "C", x.period collate "C" loop
    update quota_window q set held = q.held - w.amount, used = q.used + least(w.amount, coalesce(ended.charged, 0))
      where q.scope = w.scope and q.subject = w.subject and q.period = w.period and q.starts_at = w.starts_at;
  end loop;
  for g in select x.*, sum(x.amount) over subject as of_subject, sum(x.amount) over earlier - x.amount as before
      from (select (e.value->>'id')::uuid as id, e.value->>'scope' as scope, e.value->>'subject' as subject,
          (e.value->>'amount')::bigint as amount, e.ordinality as place
        from jsonb_array_elements(ended.grants) with ordinality e) x
      window subject as (partition by x.scope, x.subject), earlier as (partition by x.scope, x.subject order by x.place)
      order by x.place loop
    spent := least(g.amount, greatest(0, coalesce(ended.charged, 0) - (ended.reserved - g.of_subject) - g.before));
    update credit_grant c set remaining = c.remaining + g.amount - spent where c.id = g.id;
    spent_grants := spent_grants || jsonb_build_object('id', g.id, 'scope', g.scope, 'subject', g.subject, 'amount', spent);
  end loop;
  update reservation set grants = spent_grants where id = p_id and grants <> spent_grants;
  insert into credit_ledger (reservation_id, kind, amount)
    values (p_id, case when p_charged is null then 'release' else 'settle' end, coalesce(ended.charged, 0));
  return true;
end $$;
--> statement-breakpoint
-- How many windows, grants and reservations disagree with one another or with the ledger: 0, or something is wrong.
create or replace function quota_violations() returns bigint language sql stable as $$
  with sums as (
    select x.scope, x.subject, x.period, x.starts_at,
      sum(coalesce(x.amount, r.reserved)) filter (where r.state = 'held') as held,
      sum(least(coalesce(x.amount, r.reserved), r.charged)) filter (where r.state = 'settled') as used
    from reservation r, jsonb_to_recordset(r.windows) as x(scope text, subject text, period text, starts_at timestamptz, amount bigint)
    group by 1, 2, 3, 4
  ), taken as (
    select x.id, sum(x.amount) as amount
    from reservation r, jsonb_to_recordset(r.grants) as x(id uuid, amount bigint) group by 1
  )
  select (select count(*) from quota_window w full join sums s using (scope, subject, period, starts_at)
      where coalesce(w.held, 0) <> coalesce(s.held, 0) or coalesce(w.used, 0) <> coalesce(s.used, 0))
    + (select count(*) from credit_grant g left join taken t on t.id = g.id where g.amount - g.remaining <> coalesce(t.amount, 0))
    + (select count(*) from reservation r where r.charged is distinct from
      (select l.amount from credit_ledger l where l.reservation_id = r.id and l.kind = 'settle'))
    + (select count(*) from reservation r where not exists
      (select from credit_ledger l where l.reservation_id = r.id and l.kind = 'hold' and l.amount = r.reserved))
$$;
--> statement-breakpoint
-- Closes the books of periods that are over: their windows go, and the reservations forget them, so that no account of
-- who used how much is kept longer than it limits anything. Returns how many windows went.
create function quota_close(p_grace interval, p_subject_like text default '%') returns bigint language plpgsql as $$
declare
  closed bigint;
begin
  delete from quota_window q where q.period <> 'total' and q.held = 0 and q.subject like p_subject_like
    and q.starts_at + ('1 ' || q.period)::interval + p_grace < now();
  get diagnostics closed = row_count;
  if closed > 0 then
    update reservation r set windows = (
        select coalesce(jsonb_agg(e.value order by e.ordinality), '[]') from jsonb_array_elements(r.windows) with ordinality e
        where exists (select from quota_window q where q.scope = e.value->>'scope' and q.subject = e.value->>'subject'
          and q.period = e.value->>'period' and q.starts_at = (e.value->>'starts_at')::timestamptz))
      where r.windows <> '[]' and exists (select from jsonb_array_elements(r.windows) e
        where not exists (select from quota_window q where q.scope = e.value->>'scope' and q.subject = e.value->>'subject'
          and q.period = e.value->>'period' and q.starts_at = (e.value->>'starts_at')::timestamptz));
  end if;
  return closed;
end $$;
--> statement-breakpoint
-- Writes into the ledger, once for each grant that has expired, what was left of it.
create function quota_expire() returns bigint language plpgsql as $$
declare
  expired bigint;
begin
  insert into credit_ledger (kind, amount, scope, subject, idempotency_key)
    select 'expire', g.remaining, g.scope, g.subject, 'expire:' || g.id from credit_grant g
    where g.expires_at <= now() and not exists (select from reservation r, jsonb_to_recordset(r.grants) as x(id uuid)
      where r.state = 'held' and x.id = g.id)
    on conflict (idempotency_key) do nothing;
  get diagnostics expired = row_count;
  return expired;
end $$;
--> statement-breakpoint
-- The ledger is append-only, but for the one transaction that takes a person's name out of it: that says so by `set local`.
create or replace function credit_ledger_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and current_setting('sanabot.forgetting', true) = 'on'
      and (new.id, new.reservation_id, new.kind, new.amount, new.scope, new.at) is not distinct from (old.id, old.reservation_id, old.kind, old.amount, old.scope, old.at) then
    return new;
  end if;
  raise exception 'credit_ledger is append-only';
end $$;
--> statement-breakpoint
drop function rate_take(text, int, int, interval);
--> statement-breakpoint
-- Generic cell rate algorithm: 0, and the bucket fuller by p_cost, where that stays within p_burst; else the seconds
-- until it would, and nothing is taken.
create function rate_wait(p_key text, p_cost int, p_burst int, p_interval interval) returns float8 language plpgsql as $$
begin
  insert into rate_bucket as b (key, empty_at) select p_key, now() + p_cost * p_interval where p_cost <= p_burst
    on conflict (key) do update set empty_at = greatest(b.empty_at, now()) + p_cost * p_interval
      where greatest(b.empty_at, now()) + p_cost * p_interval <= now() + p_burst * p_interval;
  if found then
    return 0;
  end if;
  return (select greatest(0.001, extract(epoch from b.empty_at + (p_cost - p_burst) * p_interval - now())) from rate_bucket b where b.key = p_key);
end $$;
