from __future__ import annotations

from django.urls import path

from answers.api import ask as api_asking
from answers.api import conversations as api_conversations
from answers.api import sharing as api_sharing
from answers.views import ask, conversation_actions, sharing
from answers.views import pages as page

pages = [
    path("", page.ask, name="ask"),
    path("ask/", ask.question, name="question"),
    path("conversations/", page.conversations, name="conversations"),
    path("conversations/<uuid:conversation_id>/", page.conversation, name="conversation"),
    path("conversations/<uuid:conversation_id>/rename/", conversation_actions.renaming, name="rename"),
    path("conversations/<uuid:conversation_id>/remove/", conversation_actions.removing, name="remove"),
    path("answers/<uuid:answer_id>/", page.answer, name="answer"),
    path("answers/<uuid:answer_id>/events/", ask.events, name="events"),
    path("answers/<uuid:answer_id>/stop/", ask.stopping, name="stop"),
    path("answers/<uuid:answer_id>/feedback/", conversation_actions.feedback, name="feedback"),
    path("answers/<uuid:answer_id>/receipt/", page.receipt, name="receipt"),
    path("answers/<uuid:answer_id>/share/", sharing.share, name="share"),
    path("shared/<uuid:shared_id>/", sharing.shared, name="shared"),
]

api = [
    path("ask/", api_asking.door(api_asking.AskView.as_view()), name="ask"),
    path("answers/<uuid:answer_id>/", api_asking.AnswerDetailView.as_view(), name="answer"),
    path("answers/<uuid:answer_id>/events/", api_asking.AnswerEventsView.as_view(), name="answer-events"),
    path("answers/<uuid:answer_id>/stop/", api_asking.StopView.as_view(), name="answer-stop"),
    path("answers/<uuid:answer_id>/receipt/", api_asking.ReceiptView.as_view(), name="answer-receipt"),
    path("messages/<uuid:answer_id>/feedback/", api_asking.FeedbackView.as_view(), name="message-feedback"),
    path("messages/<uuid:answer_id>/share/", api_sharing.ShareView.as_view(), name="message-share"),
    path("shared/", api_sharing.LinksView.as_view(), name="shared-links"),
    path("shared/<uuid:shared_id>/", api_sharing.SharedView.as_view(), name="shared"),
    path("conversations/", api_conversations.ConversationsView.as_view(), name="conversations"),
    path("conversations/<uuid:conversation_id>/", api_conversations.ConversationView.as_view(), name="conversation"),
]
