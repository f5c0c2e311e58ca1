from django.apps import AppConfig


class AnswersConfig(AppConfig):
    name = "answers"

    def ready(self) -> None:
        from knowledge.erasure import deletion
        from knowledge.hooks import search_dialog, viewer

        viewer.register(_cited_places)
        search_dialog.register(_own_questions)
        deletion.on_erase("answers", _forget)


# With what they import, these are loaded when first asked.


def _cited_places(member, citation_id):
    from answers.conversations.viewer_citations import cited_places

    return cited_places(member, citation_id)


def _own_questions(member, words):
    from answers.conversations.search_dialog import own_questions

    return own_questions(member, words)


def _forget(tenant_id, document_ids):
    from answers.persistence.erasure import forget

    return forget(tenant_id, document_ids)
