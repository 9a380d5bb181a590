-- A window does not know the time zone that its period was cut by, so none is closed before the longest day, week or month
-- from its beginning is over, the hour more included that autumn brings.
create or replace function quota_close(p_grace interval, p_subject_like text default '%') returns bigint language plpgsql as $$
declare
  closed bigint;
begin
  delete from quota_window q where q.period <> 'total' and q.held = 0 and q.subject like p_subject_like
    and q.starts_at + case q.period when 'day' then interval '25 hours' when 'week' then interval '7 days 1 hour' else interval '31 days 1 hour' end
      + p_grace < now();
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
