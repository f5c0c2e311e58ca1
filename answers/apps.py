from django.apps import AppConfig


class AnswersConfig(AppConfig):
    name = "answers"

    def ready(self) -> None:
        from knowledge import viewer_context

        viewer_context.register(_cited_places)


def _cited_places(member, citation_id):
    from answers.cited_places import cited_places  # with what it imports, loaded at the first question

    return cited_places(member, citation_id)
