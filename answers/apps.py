from django.apps import AppConfig


class AnswersConfig(AppConfig):
    name = "answers"

    def ready(self) -> None:
        from knowledge import deletion, search_context, viewer_context

        viewer_context.register(_cited_places)
        search_context.register(_own_questions)
        deletion.on_erase("answers", _forget)


# With what they import, these are loaded when first asked.


def _cited_places(member, citation_id):
    from answers.cited_places import cited_places

    return cited_places(member, citation_id)


def _own_questions(member, words):
    from answers.own_questions import own_questions

    return own_questions(member, words)


def _forget(tenant_id, document_ids):
    from answers.forgetting import forget

    return forget(tenant_id, document_ids)
