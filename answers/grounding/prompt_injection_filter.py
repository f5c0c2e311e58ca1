"""Sentences of a document that speak to an assistant instead of to its readers. Pure.

An answer made of a document's own sentences would say them aloud, so they are never chosen. This is no guard for a
writing model: what it reads is fenced as data, and what it says is tied to quotes.
"""

from __future__ import annotations

import re

_ADDRESSED = re.compile(
    r"""\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|the|these|your)\b
        .{0,30}\b(?:instructions?|prompts?|rules?|questions?|guidelines?|context|directions?|messages?)
      | \bignore\s+(?:the|all|any)?\s*(?:questions?|users?|previous|prior|above)\b
      | ^\W*(?:note|message|instructions?|memo|attention)\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+)?
        (?:ai|llm|assistants?|chat\s?bots?|models?|bots?|language\s+models?)\b
      | ^\W*(?:system|assistant|ai|llm|chat\s?bot|user|human)\s*(?:prompt|message|note|instruction)?\s*:
      | ^\W*(?:dear\s+)?(?:assistant|ai|chat\s?bot|llm)\s*[,:]
      | \byou\s+are\s+(?:now\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)?(?:ai|assistant|chat\s?bot|language\s+model|dan)\b
      | \b(?:end|begin|start|finish|prefix|conclude)\s+(?:every|each|all|your|the)\s+
        (?:answers?|repl(?:y|ies)|responses?)
      | \b(?:answer|reply|respond)\s+(?:to\s+)?(?:every|each|all|any)\b.{0,20}\b(?:questions?|messages?|requests?)\b
      | \b(?:to|in|into|with)\s+your\s+(?:answer|reply|response|output|summary)\b
      | \b(?:print|reveal|show|repeat|output|display|disclose|leak)\b.{0,40}
        \b(?:system\s+prompt|(?:your|hidden|initial)\s+(?:instructions?|prompt))
      | \bsystem\s+prompt\b | \bnew\s+(?:system\s+)?(?:rule|instruction)s?\s*:
      | \b(?:when|if)\s+(?:you|the\s+assistant|the\s+ai)\s+(?:answer|summari[sz]e|are\s+asked|repl(?:y|ies))\b
      | \bignorier\w*\b.{0,40}\b(?:anweisung|vorherig|regel)\w*
      | \bignora\w*\b.{0,40}\b(?:instruccion|anterior)\w*
      | \bignore[rz]?\b.{0,30}\b(?:consignes?|instructions?)\b""",
    re.IGNORECASE | re.VERBOSE,
)


# Every alternative above holds one of these; looking for them first is ten times faster.
_HINTS = (
    *("ignor", "disregard", "forget", "overrid", "bypass", "rule", "instruct", "prompt", "system", "user", "human"),
    *("assistant", "ai", "llm", "chat", "model", "bot", "answer", "repl", "respon", "your", "you are"),
)


def speaks_to_the_assistant(text: str) -> bool:
    lowered = text.lower()
    return any(hint in lowered for hint in _HINTS) and bool(_ADDRESSED.search(" ".join(text.split())))
