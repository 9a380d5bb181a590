-- What a refused member is told: the narrowest window of the scope that was in the way, and what would still fit into
-- every window, grants included.
create function quota_refusal(p_scope text, p_subject text, p_guild text, p_user text, p_roles text[], p_zone text, p_now timestamptz)
returns jsonb language sql stable as $$
  select jsonb_build_object('outcome', 'refused', 'scope', u.scope, 'subject', u.subject, 'period', u.period,
    'limit', u.max_millicredits, 'renewsAt', u.renews_at, 'fits', u.fits)
  from (select a.*, min(greatest(0, a.max_millicredits - a.used - a.held) + a.granted) over () as fits
    from quota_usage(p_guild, p_user, p_roles, p_zone, p_now) a) u
  where u.scope = p_scope and u.subject = p_subject
  order by u.max_millicredits - u.used - u.held, u.renews_at desc nulls first limit 1
$$;
--> statement-breakpoint
-- The slow way, for who has grants: holds p_amount in every window of the member, or in none; what a scope's windows have
-- no room for is taken from its grants, those that expire first before the others. Windows are locked in one order
-- everywhere, then grants, so no two reservations can wait for each other.
create function quota_reserve_with_grants(p_id uuid, p_key text, p_guild text, p_user text, p_roles text[], p_amount bigint, p_zone text,
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
  -- s is still the scope that was in the way: a rollback does not touch variables.
  return quota_refusal(s.scope, s.subject, p_guild, p_user, p_roles, p_zone, p_now);
end $$;
--> statement-breakpoint
-- Holds p_amount in every window of the member, or in none: one guarded statement for each. Who has no room left but
-- grants goes the slow way, which is four times the work. Windows are locked in one order everywhere, so no two
-- reservations can wait for each other; the inner block's rollback leaves the caller's transaction usable.
create or replace function quota_reserve(p_id uuid, p_key text, p_guild text, p_user text, p_roles text[], p_amount bigint, p_zone text,
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
    charged_windows := charged_windows || jsonb_build_object('scope', w.scope, 'subject', w.subject, 'period', w.period,
      'starts_at', window_start, 'amount', p_amount);
  end loop;
  update reservation set windows = charged_windows where id = p_id;
  insert into credit_ledger (reservation_id, kind, amount) values (p_id, 'hold', p_amount);
  return jsonb_build_object('outcome', 'reserved', 'id', p_id);
exception when sqlstate 'QT001' then
  if exists (select from credit_grant g where g.remaining > 0 and (g.expires_at is null or g.expires_at > p_now)
      and ((g.scope in ('guild', 'guild_ceiling') and g.subject = p_guild) or (g.scope = 'user' and g.subject = p_user)
        or (g.scope = 'guild_user' and g.subject = p_guild || ':' || p_user)
        or (g.scope = 'role' and g.subject in (select p_guild || ':' || role from unnest(p_roles) as role)))) then
    return quota_reserve_with_grants(p_id, p_key, p_guild, p_user, p_roles, p_amount, p_zone, p_now);
  end if;
  -- w is still the limit that was in the way: a rollback does not touch variables.
  return quota_refusal(w.scope, w.subject, p_guild, p_user, p_roles, p_zone, p_now);
end $$;
