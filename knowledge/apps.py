from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KnowledgeConfig(AppConfig):
    name = "knowledge"

    def ready(self) -> None:
        from knowledge import deletion, handover, rights
        from tenants import handover as leaving

        leaving.register(handover.hand_over, handover.belongings)
        post_migrate.connect(rights.forget_permissions, dispatch_uid="knowledge.rights")
        deletion.on_erase("pictures", _forget_pictures)
        self._watch_fields()

    def _watch_fields(self) -> None:
        from audit.field_changes import watch
        from knowledge.models import Collection, Document

        watch(Collection, "name", "description", "owner")
        dates = ("dated", "reviewed_on", "review_due", "expires_on")
        watch(Document, "title", "filename", *dates, "restricted", "collection", "owner", "superseded_by")


def _forget_pictures(tenant_id, document_ids) -> int:
    from knowledge.views import pictures  # what draws pages is loaded where it is needed

    return pictures.forget(tenant_id, document_ids)
