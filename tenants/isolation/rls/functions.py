"""The few questions that are asked before the tenant is known, or about all of them: functions that tell no more.

They run as the tables' owner. FORCE holds for the owner too, so a policy lets the owner, and nobody else, read the
tables that these functions need. Ids, counts and priorities leave them; no name, no text.
"""

from __future__ import annotations

from django.db import transaction

OWNER_READS = (
    "knowledge_document",
    "knowledge_generation",
    "knowledge_indexcomparison",
    "knowledge_job",
    "knowledge_trashing",
    "tenants_invitation",
    "tenants_membership",
)
POLICY = "portal_owner_select"
_SQL_TYPE_NAMES = {"timestamptz": "timestamp with time zone"}

# name and arguments -> (result, body)
FUNCTIONS = {
    # Which companies have nobody who could give the privileged roles. Asked once, when the portal starts.
    "portal_tenants_without_owner()": (
        "TABLE (tenant_id uuid)",
        "SELECT t.id FROM public.tenants_tenant t WHERE t.is_active AND NOT EXISTS ("
        "SELECT 1 FROM public.tenants_membership m JOIN public.tenants_user u ON u.id = m.user_id "
        "WHERE m.tenant_id = t.id AND m.role = 'owner' AND m.is_active AND u.is_active)",
    ),
    # Whose link this is. The digest is of 256 random bits: who has it was invited.
    "portal_invitation_tenant(token_digest text)": (
        "uuid",
        "SELECT i.tenant_id FROM public.tenants_invitation i WHERE i.token_digest = $1",
    ),
    # Whose work is due, how urgent, and how much of it there is: counted up to 100, so that one tenant's 100,000 files
    # cost no more than that. The order is that of the index, which the planner would pass by where all wait.
    "portal_waiting_tenants(now timestamptz)": (
        "TABLE (tenant_id uuid, priority smallint, waiting bigint)",
        "SELECT t.id, p.priority::smallint, w.due FROM public.tenants_tenant t CROSS JOIN (VALUES (0), (5)) p (priority) "
        "CROSS JOIN LATERAL (SELECT count(*) AS due FROM (SELECT 1 FROM public.knowledge_job j "
        "WHERE j.state = 'waiting' AND j.tenant_id = t.id AND j.priority = p.priority AND j.run_after <= $1 "
        "ORDER BY j.run_after LIMIT 100) "
        "few) w WHERE t.is_active AND w.due > 0",
    ),
    # In which tenants a worker has lost its lease, a clock was changed, or the store is to follow a move or an erasure.
    "portal_tenants_with_chores(now timestamptz)": (
        "TABLE (tenant_id uuid)",
        "SELECT t.id FROM public.tenants_tenant t WHERE t.is_active AND ("
        "EXISTS (SELECT 1 FROM public.knowledge_job j WHERE j.state = 'running' AND j.tenant_id = t.id"
        " AND (j.lease_until < $1 OR j.lease_until > $1 + interval '10 minutes')) "
        "OR EXISTS (SELECT 1 FROM (VALUES (0), (5)) p (priority) CROSS JOIN LATERAL (SELECT j.run_after AS at"
        " FROM public.knowledge_job j WHERE j.state = 'waiting' AND j.tenant_id = t.id AND j.priority = p.priority"
        " ORDER BY j.run_after DESC LIMIT 1) last WHERE last.at > $1 + interval '1 hour') "
        "OR EXISTS (SELECT 1 FROM public.knowledge_document d WHERE d.tenant_id = t.id AND d.indexed_under IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM public.knowledge_trashing g WHERE g.tenant_id = t.id AND g.erase_after <= $1) "
        "OR EXISTS (SELECT 1 FROM public.knowledge_generation g WHERE g.tenant_id = t.id AND NOT g.is_active"
        " AND (g.leaving OR (g.started_at IS NOT NULL AND g.finished_at IS NULL))))",
    ),
    # Whose rows and index must be compared, the longest waiting first.
    "portal_tenants_to_compare(now timestamptz)": (
        "TABLE (tenant_id uuid)",
        "SELECT c.tenant_id FROM public.knowledge_indexcomparison c "
        "JOIN public.tenants_tenant t ON t.id = c.tenant_id AND t.is_active "
        "WHERE c.claimed_until IS NULL OR c.claimed_until <= $1 ORDER BY NOT c.in_doubt, c.requested_at LIMIT 100",
    ),
}

# Likewise, for what changes rows. In PL/pgSQL. An error takes the setting back with everything else.
CHANGING = {
    # The role that serves may not delete a key. One person in each command that the server receives, however often a
    # query or a block calls it; never somebody who still signs in, nor the installation's own key.
    "portal_destroy_person_key(person uuid)": (
        "boolean",
        """
        DECLARE
            moment CONSTANT timestamptz := statement_timestamp();
            at_work CONSTANT text := coalesce(current_setting('app.tenant', true), '');
            destroyed boolean;
        BEGIN
            IF person = '00000000-0000-0000-0000-000000000000' THEN
                RAISE EXCEPTION 'this key is the installation''s' USING ERRCODE = 'insufficient_privilege';
            END IF;
            IF EXISTS (SELECT 1 FROM public.tenants_user u WHERE u.id = person) THEN
                RAISE EXCEPTION 'this person still has an account' USING ERRCODE = 'insufficient_privilege';
            END IF;
            PERFORM set_config('app.tenant', '', true);
            IF EXISTS (
                SELECT 1 FROM public.audit_auditevent e WHERE e.tenant_id IS NULL AND e.occurred_at = moment
                AND e.action = 'person:key-destroyed' AND e.target_id <> person::text
            ) THEN
                RAISE EXCEPTION 'one person at a time' USING ERRCODE = 'insufficient_privilege';
            END IF;
            DELETE FROM public.audit_personkey k WHERE k.person_id = person;
            destroyed := FOUND;
            IF destroyed THEN
                INSERT INTO public.audit_auditevent (
                    occurred_at, action, outcome, actor_kind, actor_sealed, subject_sealed, target_type, target_id,
                    target_name, origin_sealed, request_id, data, data_sealed
                ) VALUES (
                    moment, 'person:key-destroyed', 'done', 'system', '', '', 'person', person::text, '', '', '',
                    jsonb_build_object('database_role', session_user), ''
                );
            END IF;
            PERFORM set_config('app.tenant', at_work, true);
            RETURN destroyed;
        END
        """,
    ),
}


def remake(connection) -> None:
    """As whoever owns the tables, and only when all of them are there."""
    tables = set(connection.introspection.table_names())
    if not tables.issuperset(OWNER_READS):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for table in OWNER_READS:
            cursor.execute("SELECT 1 FROM pg_policies WHERE tablename = %s AND policyname = %s", [table, POLICY])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE POLICY "{POLICY}" ON "{table}" FOR SELECT TO CURRENT_USER USING (true)')
        for stray in _definers(cursor).keys() - set(signatures()):
            cursor.execute(f"DROP FUNCTION {stray}")
        for signature, (result, body) in FUNCTIONS.items():
            cursor.execute(f"DROP FUNCTION IF EXISTS {_plain(signature)}")  # what it returns may have changed
            cursor.execute(
                f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE sql STABLE SECURITY DEFINER "
                f"SET search_path = pg_catalog, pg_temp AS $portal$ {body} $portal$"
            )
            cursor.execute(f"REVOKE ALL ON FUNCTION {_plain(signature)} FROM PUBLIC")
        for signature, (result, body) in CHANGING.items():
            cursor.execute(f"DROP FUNCTION IF EXISTS {_plain(signature)}")
            cursor.execute(
                f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE plpgsql VOLATILE SECURITY DEFINER "
                f"SET search_path = pg_catalog, pg_temp AS $portal$ {body} $portal$"
            )
            cursor.execute(f"REVOKE ALL ON FUNCTION {_plain(signature)} FROM PUBLIC")


def problems(connection) -> list[str]:
    with connection.cursor() as cursor:
        have = _definers(cursor)
    expected = {_plain(signature): body for signature, (_, body) in (FUNCTIONS | CHANGING).items()}
    return [f"the function {each} is not there as this version wants it" for each in _differing(expected, have)] + [
        f"the function {each} runs as its owner and is not one of the portal's"
        for each in sorted(have.keys() - expected)
    ]


def _differing(expected: dict[str, str], have: dict[str, str]) -> list[str]:
    return sorted(each for each, body in expected.items() if have.get(each, "").split() != body.split())


def _definers(cursor) -> dict[str, str]:
    """{name(types): body} of the functions that run as their owner."""
    cursor.execute(
        "SELECT p.oid::regprocedure::text, p.prosrc FROM pg_proc p "
        "WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace"
    )
    return {name.removeprefix("public."): body for name, body in cursor.fetchall()}


def _plain(signature: str) -> str:
    """`name(type)`, as REVOKE and GRANT want it."""
    name, arguments = signature.rstrip(")").split("(")
    types = (
        _SQL_TYPE_NAMES.get(each.split(" ", 1)[1], each.split(" ", 1)[1]) for each in arguments.split(", ") if each
    )
    return f"{name}({','.join(types)})"


def signatures() -> list[str]:
    return [_plain(signature) for signature in FUNCTIONS | CHANGING]
