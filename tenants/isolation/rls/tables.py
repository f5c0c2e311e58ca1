"""Whose every table is. A table that stands in none of these lists fails a test (tests/production)."""

from __future__ import annotations

# Rows of one company, under row-level security. The column that says whose is `tenant_id`.
OWNED = {
    "answers_answer",
    "answers_answerevent",
    "answers_citation",
    "answers_conversation",
    "answers_feedback",
    "answers_receipt",
    "answers_sharedanswer",
    "answers_starter",
    "audit_auditevent",
    "audit_eventobject",
    "audit_fieldchange",
    "knowledge_blob",
    "knowledge_collection",
    "knowledge_collectionteamgrant",
    "knowledge_collectionusergrant",
    "knowledge_content",
    "knowledge_document",
    "knowledge_documentteamgrant",
    "knowledge_documentusergrant",
    "knowledge_generation",
    "knowledge_indexcomparison",
    "knowledge_job",
    "knowledge_partialupload",
    "knowledge_passage",
    "knowledge_reading",
    "knowledge_textleaf",
    "knowledge_trashing",
    "knowledge_uploadkey",
    "knowledge_version",
    "tenants_apikey",
    "tenants_invitation",
    "tenants_membership",
    "tenants_outboxmail",
    "tenants_team",
    "tenants_teammember",
}

# Likewise, but of other people's apps: the database adds the column and fills it with the tenant at work, in bulk
# inserts too. A group stands behind a team; auditlog's own table and guardian's own two are not in use.
OWNED_BY_DEFAULT = {
    "auditlog_logentry",
    "auth_group",
    "guardian_groupobjectpermission",
    "guardian_userobjectpermission",
    "tenants_user_groups",
}

# Rows without a tenant are the installation's own: seen only while no tenant is at work.
ALSO_OF_THE_INSTALLATION = {"audit_auditevent", "audit_eventobject", "audit_fieldchange", "tenants_outboxmail"}

# Seen before the tenant is known, by the person they are about: the column that says who, and what may be done.
ALSO_OF_THE_PERSON = {
    "tenants_membership": ("user_id", ("SELECT",)),
    "tenants_outboxmail": (
        "person_id",
        ("SELECT", "UPDATE"),
    ),  # a used reset link is forgotten, whosever outbox it is in
}

# One person's, in whatever company: a sign-in, its session, the key that seals what the trail says about them.
PERSONAL = {
    "audit_personkey",
    "django_session",
    "tenants_user",
    "tenants_user_user_permissions",
}

# The installation's: which companies there are, and what Django knows about its own models.
GLOBAL = {
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "knowledge_turn",
    "tenants_setupcode",
    "tenants_tenant",
}

# Of these everybody may see every row, and change only the one of the tenant at work: the column that says whose it is.
READ_BY_ALL = {"knowledge_turn": "tenant_id", "tenants_tenant": "id"}

# What the role that serves may do, where that is not everything: it selects, inserts, updates and deletes in all others.
# Removing a company deletes from every table of its own; Django deletes what points to a person or a group with them.
RIGHTS = {
    "audit_auditevent": {"SELECT", "INSERT"},
    "audit_eventobject": {"SELECT", "INSERT"},
    "audit_fieldchange": {"SELECT", "INSERT"},
    "audit_personkey": {"SELECT", "INSERT"},  # destroyed by portal_destroy_person_key alone
    "auditlog_logentry": {"SELECT"},
    "auth_group_permissions": {"SELECT", "DELETE"},
    "auth_permission": {"SELECT"},
    "django_content_type": {"SELECT"},
    "django_migrations": {"SELECT"},
    "guardian_groupobjectpermission": {"SELECT", "DELETE"},
    "guardian_userobjectpermission": {"SELECT", "DELETE"},
    "tenants_setupcode": {"SELECT", "INSERT", "DELETE"},
    "tenants_user_user_permissions": {"SELECT", "DELETE"},
}
EVERY_RIGHT = {"SELECT", "INSERT", "UPDATE", "DELETE"}

TENANT_TABLES = OWNED | OWNED_BY_DEFAULT
TABLES_WITH_POLICIES = TENANT_TABLES | READ_BY_ALL.keys()
ALL = TENANT_TABLES | PERSONAL | GLOBAL
