"""The rows: conversations, answers, citations, receipts, feedback, shared answers.
Imported by every package of answers above it.
Start reading: answer.py, citation.py.
"""

from answers.models.answer import Answer, AnswerEvent, State
from answers.models.citation import Citation
from answers.models.conversation import Conversation
from answers.models.feedback import Feedback
from answers.models.receipt import Receipt
from answers.models.shared import SharedAnswer
from answers.models.starter import Starter

__all__ = [
    "Answer",
    "AnswerEvent",
    "Citation",
    "Conversation",
    "Feedback",
    "Receipt",
    "SharedAnswer",
    "Starter",
    "State",
]
