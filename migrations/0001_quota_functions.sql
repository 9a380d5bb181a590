-- The ledger is append-only.
create function credit_ledger_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'credit_ledger is append-only';
end $$;
--> statement-breakpoint
create trigger credit_ledger_append_only before update or delete on credit_ledger
  for each row execute function credit_ledger_is_append_only();
--> statement-breakpoint
-- When the period around p_now begins, and when the next one does; 'total' began at the epoch and never ends.
create function quota_period(p_period text, p_zone text, p_now timestamptz, out starts_at timestamptz, out renews_at timestamptz)
language sql stable as $$
  select case when p_period = 'total' then 'epoch'::timestamptz else date_trunc(p_period, p_now at time zone p_zone) at time zone p_zone end,
    case when p_period = 'total' then null
      else (date_trunc(p_period, p_now at time zone p_zone) + ('1 ' || p_period)::interval) at time zone p_zone end
$$;
--> statement-breakpoint
-- The limits that count for a member: of each scope and period the most particular rule, of a member's roles the most
-- generous. Guild scopes follow the guild's time zone, the others UTC, so that no one gains by crossing guilds.
create function quota_limits(p_guild text, p_user text, p_roles text[], p_zone text)
returns table (scope text, subject text, period text, zone text, max_millicredits bigint) language sql stable as $$
  with candidate as (
    select 'global' as scope, '*' as subject, r.period, r.max_millicredits, 1 as rank
      from quota_rule r where r.scope = 'global' and r.subject = '*'
    union all
    select 'guild', p_guild, r.period, r.max_millicredits, case r.subject when '*' then 2 else 1 end
      from quota_rule r where r.scope = 'guild' and p_guild is not null and r.subject in (p_guild, '*')
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
  )
  select distinct on (c.scope, c.subject, c.period) c.scope, c.subject, c.period,
    case when c.scope in ('guild', 'guild_user') then p_zone else 'UTC' end, c.max_millicredits
  from candidate c order by c.scope, c.subject, c.period, c.rank, c.max_millicredits desc
$$;
--> statement-breakpoint
create function quota_is_exempt(p_guild text, p_user text, p_roles text[]) returns boolean language sql stable as $$
  select exists (select from quota_exemption e where (e.scope = 'user' and e.subject = p_user)
    or (e.scope = 'guild_user' and e.subject = p_guild || ':' || p_user)
    or (e.scope = 'role' and e.subject in (select p_guild || ':' || role from unnest(p_roles) as role)))
$$;
--> statement-breakpoint
-- Where a member stands in each of their windows now.
create function quota_usage(p_guild text, p_user text, p_roles text[], p_zone text, p_now timestamptz default now())
returns table (scope text, subject text, period text, max_millicredits bigint, used bigint, held bigint, renews_at timestamptz)
language sql stable as $$
  select l.scope, l.subject, l.period, l.max_millicredits, coalesce(w.used - w.forgiven, 0), coalesce(w.held, 0), p.renews_at
  from quota_limits(p_guild, p_user, p_roles, p_zone) l
  cross join lateral quota_period(l.period, l.zone, p_now) p
  left join quota_window w on w.scope = l.scope and w.subject = l.subject and w.period = l.period and w.starts_at = p.starts_at
$$;
--> statement-breakpoint
-- Holds p_amount in every window of the member, or in none. Windows are locked in one order everywhere, so no two
-- reservations can wait for each other; the inner block's rollback leaves the caller's transaction usable.
create function quota_reserve(p_id uuid, p_key text, p_guild text, p_user text, p_roles text[], p_amount bigint, p_zone text,
  p_now timestamptz default now())
returns jsonb language plpgsql as $$
declare
  w record;
  window_start timestamptz;
  charged_windows jsonb := '[]';
begin
  insert into reservation (id, idempotency_key, guild_id, user_id, reserved)
    values (p_id, p_key, p_guild, p_user, p_amount) on conflict (idempotency_key) do nothing;
  if not found then
    return (select jsonb_build_object('outcome', 'repeated', 'id', r.id) from reservation r where r.idempotency_key = p_key);
  end if;
  if not quota_is_exempt(p_guild, p_user, p_roles) then
    for w in select * from quota_limits(p_guild, p_user, p_roles, p_zone) l
        order by l.scope collate "C", l.subject collate "C", l.period collate "C" loop
      window_start := (quota_period(w.period, w.zone, p_now)).starts_at;
      insert into quota_window (scope, subject, period, starts_at) values (w.scope, w.subject, w.period, window_start)
        on conflict do nothing;
      update quota_window q set held = q.held + p_amount
        where q.scope = w.scope and q.subject = w.subject and q.period = w.period and q.starts_at = window_start
          and q.used - q.forgiven + q.held + p_amount <= w.max_millicredits;
      if not found then
        raise exception using errcode = 'QT001';
      end if;
      charged_windows := charged_windows || jsonb_build_object('scope', w.scope, 'subject', w.subject, 'period', w.period, 'starts_at', window_start);
    end loop;
  end if;
  update reservation set windows = charged_windows where id = p_id;
  insert into credit_ledger (reservation_id, kind, amount) values (p_id, 'hold', p_amount);
  return jsonb_build_object('outcome', 'reserved', 'id', p_id);
exception when sqlstate 'QT001' then
  -- w is still the limit that was in the way: a rollback does not touch variables.
  return (select jsonb_build_object('outcome', 'refused', 'scope', w.scope, 'subject', w.subject, 'period', w.period,
      'limit', w.max_millicredits, 'renewsAt', (quota_period(w.period, w.zone, p_now)).renews_at,
      'fits', greatest(0, min(u.max_millicredits - u.used - u.held)))
    from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) u);
end $$;
--> statement-breakpoint
-- Ends a reservation once: settles it with what the work cost, never more than was held, or, with null, releases it.
-- (least() passes over nulls, hence the case.)
create function quota_end(p_id uuid, p_charged bigint) returns boolean language plpgsql as $$
declare
  ended reservation;
  w record;
begin
  update reservation r set state = case when p_charged is null then 'released' else 'settled' end,
      charged = case when p_charged is not null then least(p_charged, r.reserved) end, ended_at = now()
    where r.id = p_id and r.state = 'held' returning * into ended;
  if not found then
    return false;
  end if;
  for w in select * from jsonb_to_recordset(ended.windows) as x(scope text, subject text, period text, starts_at timestamptz)
      order by x.scope collate "C", x.subject collate "C", x.period collate "C" loop
    update quota_window q set held = q.held - ended.reserved, used = q.used + coalesce(ended.charged, 0)
      where q.scope = w.scope and q.subject = w.subject and q.period = w.period and q.starts_at = w.starts_at;
  end loop;
  insert into credit_ledger (reservation_id, kind, amount)
    values (p_id, case when p_charged is null then 'release' else 'settle' end, coalesce(ended.charged, 0));
  return true;
end $$;
--> statement-breakpoint
-- Forgives what a subject used so far, in all its windows; once for each interaction. Returns what was forgiven.
create function quota_reset(p_scope text, p_subject text, p_actor text, p_key text) returns bigint language plpgsql as $$
declare
  total bigint;
  kept bigint;
begin
  perform from quota_window q where q.scope = p_scope and q.subject = p_subject
    order by q.period collate "C", q.starts_at for update;
  select coalesce(sum(q.used - q.forgiven), 0) into total from quota_window q where q.scope = p_scope and q.subject = p_subject;
  insert into credit_ledger (kind, amount, scope, subject, actor, idempotency_key)
    values ('reset', total, p_scope, p_subject, p_actor, p_key) on conflict (idempotency_key) do nothing;
  if not found then
    select l.amount into kept from credit_ledger l where l.idempotency_key = p_key;
    return kept;
  end if;
  update quota_window q set forgiven = q.used where q.scope = p_scope and q.subject = p_subject;
  return total;
end $$;
--> statement-breakpoint
-- How many windows and reservations disagree with one another or with the ledger: 0, or something is wrong.
create function quota_violations() returns bigint language sql stable as $$
  with sums as (
    select x.scope, x.subject, x.period, x.starts_at,
      sum(r.reserved) filter (where r.state = 'held') as held, sum(r.charged) filter (where r.state = 'settled') as used
    from reservation r, jsonb_to_recordset(r.windows) as x(scope text, subject text, period text, starts_at timestamptz)
    group by 1, 2, 3, 4
  )
  select (select count(*) from quota_window w full join sums s using (scope, subject, period, starts_at)
      where coalesce(w.held, 0) <> coalesce(s.held, 0) or coalesce(w.used, 0) <> coalesce(s.used, 0))
    + (select count(*) from reservation r where r.charged is distinct from
      (select l.amount from credit_ledger l where l.reservation_id = r.id and l.kind = 'settle'))
    + (select count(*) from reservation r where not exists
      (select from credit_ledger l where l.reservation_id = r.id and l.kind = 'hold' and l.amount = r.reserved))
$$;
--> statement-breakpoint
-- Generic cell rate algorithm in one statement: true, and the bucket fuller by p_cost, where that stays within p_burst.
create function rate_take(p_key text, p_cost int, p_burst int, p_interval interval) returns boolean language plpgsql as $$
begin
  insert into rate_bucket as b (key, empty_at) select p_key, now() + p_cost * p_interval where p_cost <= p_burst
    on conflict (key) do update set empty_at = greatest(b.empty_at, now()) + p_cost * p_interval
      where greatest(b.empty_at, now()) + p_cost * p_interval <= now() + p_burst * p_interval;
  return found;
end $$;
