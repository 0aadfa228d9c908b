"""What `store.sources` asks of the database: one statement for a whole file, or for a slice of it.

Everything that varies is a bound parameter; the pieces put together here are this module's own.
"""
# ruff: noqa: S608

from collections.abc import Mapping

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from terresante_directory.domain.facts import SubjectKind

SAID_COLUMNS = ("import", "number", "rank", "kind", "key", "content", "reasons")
DEEPEST = 12
"""Levels of structures: a chain that is longer runs in a circle."""
UNDONE = """exists (select 1 from act u where u.undoes = r.agreed_by
    and not exists (select 1 from act v where v.undoes = u.id))"""
AGREED = f"case when {UNDONE} then r.agreed_before else r.agreed end"
KEPT = """(select jsonb_object_agg(s.field, jsonb_build_array(s.source_value, s.local_value)) from settlement s
    where s.source = r.source and s.kind = r.kind and s.key = r.key)"""
PATIENCE = ("set local statement_timeout = '180s'", "set local idle_in_transaction_session_timeout = '180s'")
WHOLE = ("set local enable_nestloop = off", "analyze import_said", "analyze source_record")
"""Before statements over all lines of a file, which nobody has counted yet."""
KEEP = text(
    """insert into source_record as r (source, kind, key, content, import, line, said_at, vouched)
       select distinct on (d.kind, d.key) :source, d.kind, d.key, d.content, d.import, d.number, :now, :territories
       from import_said d where d.import = :import and d.number > :after and d.number <= :until
       order by d.kind, d.key, d.number, d.rank
       on conflict (source, kind, key) do update
       set content = excluded.content, import = excluded.import, line = excluded.line, said_at = excluded.said_at,
           gone = false, same_as = case when r.content = excluded.content then r.same_as end,
           vouched = case when r.content = excluded.content and not r.gone
               then array(select distinct unnest(r.vouched || excluded.vouched) order by 1) else excluded.vouched end
       where r.import <> excluded.import"""
).bindparams(bindparam("territories", type_=ARRAY(Text)))
"""Files for several territories vouch together for what they say alike; who says it otherwise vouches for it alone."""
LINK = (
    """update source_record r set subject = m.id from structure m
       where r.import = :import and r.kind = 'structure' and r.content ? 'finess' and m.level <> 'internal'
       and m.finess = r.content->>'finess' and m.stands and r.subject is distinct from m.id
       and m.id = (select x.id from structure x where x.finess = m.finess and x.stands and x.level <> 'internal'
                   order by x.closed, x.id limit 1)""",
    """update source_record r set subject = m.id from structure m
       where r.import = :import and r.kind = 'structure' and r.content ? 'siret' and m.level <> 'internal'
       and m.siret = r.content->>'siret' and m.stands and not m.closed and r.subject is distinct from m.id
       and not exists (select 1 from structure x where x.id = r.subject and x.stands)
       and (m.finess is null or not r.content ? 'finess')""",
    """update source_record r set subject = m.id from professional m
       where r.import = :import and r.kind = 'professional' and m.rpps = r.content->>'rpps' and m.stands
       and r.subject is distinct from m.id""",
    """update source_record r set subject = w.id from source_record p, source_record s, place w
       where r.import = :import and r.kind = 'place'
       and p.source = r.source and p.kind = 'professional' and p.key = r.content->>'professional'
       and s.source = r.source and s.kind = 'structure' and s.key = r.content->>'structure'
       and w.professional_id = p.subject and w.structure_id = s.subject
       and case when r.content ? 'since' then (w.until is null or w.until > (r.content->>'since')::timestamptz)
                and (not r.content ? 'until' or w.since < (r.content->>'until')::timestamptz
                     or w.since = (r.content->>'since')::timestamptz)
           else w.until is null or w.until > :now end
       and r.subject is distinct from w.id""",
)
"""A record is linked with what has its national number; else it keeps the link that an import gave it."""
PLACE = (
    """update source_record r set territory = coalesce(m.territory, r.content->>'territory_code', c.territory)
       from source_record q
       left join structure m on m.id = q.subject and m.stands
       left join commune c on c.code = q.content->>'commune_code' and c.stands
            and not (q.content->>'level' = 'internal' and q.content ? 'parent')
       where q.source = r.source and q.kind = r.kind and q.key = r.key and r.import = :import and r.kind = 'structure'
       and r.territory is distinct from coalesce(m.territory, r.content->>'territory_code', c.territory)""",
    """update source_record r set territory = s.territory from source_record s
       where r.import = :import and r.kind in ('place', 'offer')
       and s.source = r.source and s.kind = 'structure' and s.key = r.content->>'structure'
       and r.territory is distinct from s.territory""",
    """update source_record r set territory = home.territory
       from professional m, (select distinct on (w.professional_id) w.professional_id, s.territory
            from place w join structure s on s.id = w.structure_id
            where w.professional_id in (select q.subject from source_record q
                where q.import = :import and q.kind = 'professional')
            order by w.professional_id, w.until is not null,
                case when w.until is null then coalesce(w.continues_since, w.since) end, w.until desc, w.id) home
       where r.import = :import and r.kind = 'professional' and m.id = r.subject and m.stands
       and home.professional_id = m.id and r.territory is distinct from home.territory""",
)
INHERIT = text(
    """update source_record r set territory = p.territory from source_record p
       where r.import = :import and r.kind = 'structure' and r.territory is null and p.territory is not null
       and p.source = r.source and p.kind = 'structure' and p.key = r.content->>'parent'"""
)
AGAIN = text(
    """update import_said d set again = case when t.variants > 1 then 'contradict'
                                             when d.number > t.first then 'repeated' end
       from (select kind, key, min(number) as first, count(distinct content) as variants from import_said
             where import = :import and rank = 0 group by kind, key having count(*) > 1) t
       where d.import = :import and d.rank = 0 and d.kind = t.kind and d.key = t.key"""
)
TWICE = text(
    """update import_said d set again = 'twice' from source_record r
       where d.import = :import and d.rank = 0 and d.kind = 'structure' and d.again is null
       and r.source = :source and r.kind = d.kind and r.key = d.key and r.content->>'level' <> 'internal'
       and exists (select 1 from source_record o where o.import = :import and o.kind = 'structure' and o.key <> r.key
                   and o.content->>'level' <> 'internal' and o.content->>'finess' = r.content->>'finess')"""
)
ROUND = text(
    """with recursive up as (
           select r.key, r.content->>'parent' as parent, 1 as depth from source_record r
           where r.import = :import and r.kind = 'structure' and r.content ? 'parent'
           union all
           select up.key, p.content->>'parent', up.depth + 1 from up
           join source_record p on p.source = :source and p.kind = 'structure' and p.key = up.parent
           where p.content ? 'parent' and up.depth < :deepest)
       select distinct key from up where depth >= :deepest"""
)
ELSEWHERE = text(
    """with away as (
           delete from import_said d using source_record r
           left join source_record p on p.source = r.source and p.kind = 'professional'
                and p.key = r.content->>'professional'
           left join professional m on m.id = p.subject and m.stands
           where d.import = :import and d.number > :after and d.number <= :until and d.rank = 0 and d.kind = 'place'
           and r.source = :source and r.kind = 'place' and r.key = d.key
           and (m.id is null or r.territory is null or r.territory <> all(:territories))
           returning d.number, d.key, d.reasons, m.id is null as unknown)
       insert into import_line (import, number, rank, outcome, kind, key, subject, label, reasons, fields, seen,
                                choosable)
       select :import, number, 0, 'elsewhere', 'place', key, '', '',
              case when unknown then reasons || '{NOT_ENROLLED}'::text[] else reasons end, '[]', '', false from away"""
).bindparams(bindparam("territories", type_=ARRAY(Text)))
_FROM = """from import_said d join source_record r on r.source = :source and r.kind = d.kind and r.key = d.key"""
_MINE = """where d.import = :import and d.kind = :kind and (d.number, d.rank) > (:number, :rank)
    and (d.rank = 0 or r.line = d.number) order by d.number, d.rank limit :limit"""
_TOLD = f"""d.number, d.rank, d.kind, d.key, d.content, d.reasons, d.again, r.territory, r.same_as,
        {AGREED} as agreed, {KEPT} as kept"""
BESIDE: Mapping[SubjectKind, str] = {
    SubjectKind.STRUCTURE: f"""select {_TOLD}, m.id as subject, f.id as seen, f.content as here,
        jsonb_build_object('parent_here', above.id, 'parent_level', coalesce(p.content->>'level', above.level),
            'parent_said', case when p.import = r.import or p.subject is not null then 'yes' end) as links
        {_FROM}
        left join structure m on m.id = r.subject and m.stands left join fact f on f.id = m.shown
        left join source_record p on p.source = r.source and p.kind = 'structure' and p.key = d.content->>'parent'
            and not p.gone
        left join lateral (select x.id, x.level from structure x where x.stands and x.territory = any(:territories)
            and (x.id = p.subject or (d.content->>'parent' like 'finess:%' and x.level <> 'internal' and not x.closed
                 and x.finess = substr(d.content->>'parent', 8))) order by x.id limit 1) above on true {_MINE}""",
    SubjectKind.PROFESSIONAL: f"""select {_TOLD}, m.id as subject, f.id as seen, f.content as here,
        jsonb_build_object() as links
        {_FROM}
        left join professional m on m.id = r.subject and m.stands left join fact f on f.id = m.shown
        {_MINE.replace("d.rank = 0 or", "d.rank = 0 or m.id is not null and")}""",
    SubjectKind.PLACE: f"""select {_TOLD}, w.id as subject, f.id as seen, f.content as here,
        jsonb_build_object('professional_here', m.id, 'structure_here', st.id,
            'until', to_char(w.until at time zone 'UTC', 'YYYY-MM-DD'),
            'structure_said', case when s.import = r.import then 'yes' end,
            'label', concat_ws(' ', p.content->>'given_name', p.content->>'family_name') || ' — '
                || coalesce(st.name, s.content->>'name', '')) as links
        {_FROM}
        left join source_record p on p.source = r.source and p.kind = 'professional'
            and p.key = d.content->>'professional'
        left join source_record s on s.source = r.source and s.kind = 'structure' and s.key = d.content->>'structure'
        left join professional m on m.id = p.subject and m.stands
        left join structure st on st.id = s.subject and st.stands
        left join place w on w.id = r.subject and w.professional_id = m.id and w.structure_id = st.id
        left join fact f on f.id = w.shown {_MINE}""",
    SubjectKind.OFFER: f"""select {_TOLD}, m.id as subject, f.id as seen, f.content as here,
        jsonb_build_object('structure_here', st.id, 'structure_said', case when s.import = r.import then 'yes' end)
            as links
        {_FROM}
        left join source_record s on s.source = r.source and s.kind = 'structure' and s.key = d.content->>'structure'
        left join structure st on st.id = s.subject and st.stands
        left join offer m on m.id = r.subject and m.stands left join fact f on f.id = m.shown {_MINE}""",
}
AGREE = text(
    f"""update source_record r set agreed = ({AGREED}) || v.agreed, agreed_before = r.agreed_before || v.agreed,
           agreed_by = case when {UNDONE} then null else r.agreed_by end,
           same_as = nullif(raw.same_as, '')::uuid
       from unnest(:kinds, :keys, :values, :same) as raw(kind, key, value, same_as),
            lateral (select raw.value::jsonb as agreed) v
       where r.source = :source and r.kind = raw.kind and r.key = raw.key"""
).bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "keys", "values", "same")))
TAKE = text(
    f"""update source_record r set agreed_before = ({AGREED}), agreed = ({AGREED}) || v.agreed, agreed_by = :act,
           subject = nullif(raw.subject, '')::uuid
       from unnest(:kinds, :keys, :values, :subjects) as raw(kind, key, value, subject),
            lateral (select raw.value::jsonb as agreed) v
       where r.source = :source and r.kind = raw.kind and r.key = raw.key"""
).bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "keys", "values", "subjects")))
KINDS = text(
    "select distinct kind from source_record where import = :import and kind in ('structure', 'place', 'offer')"
)
GONE = text(
    """with missing as (
           update source_record r set gone = true
           where r.source = :source and r.import <> :import and r.territory = any(:territories)
           and r.kind = any(:kinds) returning r.kind, r.key, r.subject, r.content)
       insert into import_line (import, number, rank, outcome, kind, key, subject, label, reasons, fields, seen,
                                choosable)
       select :import, :last + row_number() over (order by g.kind, g.key), 0, 'gone', g.kind, g.key, g.subject::text,
              coalesce(m.name, o.name, g.content->>'name', ''), :reasons,
              case when g.kind = 'place' then '[["until", "", "…"]]'::jsonb else '[["closed", "", "true"]]'::jsonb end,
              coalesce(m.shown, o.shown, w.shown)::text, true
       from missing g
       left join structure m on g.kind = 'structure' and m.id = g.subject and m.stands and not m.closed
       left join offer o on g.kind = 'offer' and o.id = g.subject and o.stands and not o.closed
       left join place w on g.kind = 'place' and w.id = g.subject and (w.until is null or w.until > :now)
       where coalesce(m.id, o.id, w.id) is not null"""
).bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in ("territories", "reasons", "kinds")))
SUBJECTS_OF = text(
    """select key, subject from source_record where source = :source and kind = :kind and key = any(:keys)
       and subject is not null"""
).bindparams(bindparam("keys", type_=ARRAY(Text)))
CONTENTS_OF = text(
    "select key, content, territory from source_record where source = :source and kind = :kind and key = any(:keys)"
).bindparams(bindparam("keys", type_=ARRAY(Text)))
