"""What somebody sent in a form after their session had ended: kept until they sign in again, and for them alone.

Each form carries `form_user`: the id of the person whose page it stands on, signed. So a draft belongs to the person who
wrote it, whoever else signs in at that browser, and no other site can put words into somebody's page. The text is
encrypted under the person's key, lies in the cache for an hour at most, and is deleted when it is shown.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from audit.ledger import crypto
from tenants.errors import TooMany
from tenants.models import User
from tenants.requests import rate_limits

FIELD = "form_user"
HEADER = "X-Form-User"  # of scripts that send no form
MARK = "kept"  # the parameter of an address whose page shows a draft
LIFETIME = timedelta(hours=1)
PAGE_LIFETIME = timedelta(days=30)  # how long a page may have been open
MAX_DRAFT_CHARACTERS = 32_000
MAX_FIELDS = 100
DRAFTS_PER_PERSON = rate_limits.Limit("drafts-of", 60, 60 * 60)

_SALT = "portal.form-user"
_NEVER = ("password", "current", "token", "secret", FIELD)  # parts of names of fields that are not kept
# Names of hidden fields and buttons: they choose, and nobody wrote them.
_CHOSEN = {"act", "back", "document", "documents", "format", "grantee", "ids", "next", "part", "restricted", "retry"}
_CHOSEN |= {"collection", "collections", "conversation", "role", "right", "step", "theme", "verdict", "version"}


@dataclass(frozen=True, slots=True)
class FormDraft:
    action: str  # the path that the form was sent to
    fields: tuple[tuple[str, str], ...]
    kind: str  # question, text

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def question(self) -> str:
        return dict(self.fields).get("question", "") if self.kind == "question" else ""

    @property
    def texts(self) -> list[str]:
        """What was written, without names and choices: to be read and copied where no form takes it."""
        return [value for name, value in self.fields if value.strip() and name not in _CHOSEN]

    @property
    def for_script(self) -> dict[str, object]:
        return {"action": self.action, "fields": self.fields}


TITLES = {
    "question": "You were signed out. Your question is saved.",
    "text": "You were signed out. Your text is saved.",
    "files": "Upload failed: you were signed out. Select the files again.",
    "nothing": "You were signed out, so nothing was changed. Do it again.",
}


def form_user(user: User) -> str:
    """The value of `form_user` in a page of this person. Its id can be read; the signature cannot be made elsewhere."""
    return signing.TimestampSigner(salt=_SALT).sign(str(user.pk))


def user_of_form(request: HttpRequest) -> UUID | None:
    """The person whose page the form was sent from, or None where it does not say so."""
    given = request.POST.get(FIELD) or request.headers.get(HEADER, "")
    try:
        return UUID(signing.TimestampSigner(salt=_SALT).unsign(given, max_age=PAGE_LIFETIME))
    except (signing.BadSignature, ValueError):
        return None


def kind_of(request: HttpRequest) -> str:
    """What the form held: a question, other text, files, or nothing that a person wrote."""
    if request.POST.get("question", "").strip():
        return "question"
    if request.FILES or request.content_type == "application/octet-stream":
        return "files"
    return "text" if _fields(request) else "nothing"


def save_draft(request: HttpRequest) -> str:
    """Stores the form's text for the person whose page it was. The draft's id; empty where there is nothing to keep."""
    owner, kind = user_of_form(request), kind_of(request)
    fields = _fields(request)
    if (
        owner is None
        or kind not in ("question", "text")
        or sum(len(value) for _, value in fields) > MAX_DRAFT_CHARACTERS
    ):
        return ""
    try:
        rate_limits.spend(DRAFTS_PER_PERSON, str(owner))
    except TooMany:
        return ""
    draft_id = secrets.token_urlsafe(16)
    sealed = crypto.seal(owner, {"action": request.path, "fields": fields, "kind": kind})
    cache.set(_key(draft_id), {"user": str(owner), "sealed": sealed}, LIFETIME.total_seconds())
    return draft_id if cache.get(_key(draft_id)) else ""  # a cache that is away keeps nothing, and says nothing


def take(request: HttpRequest) -> FormDraft | None:
    """The draft that the address names, for the person who wrote it. It can be taken once, and by nobody else."""
    draft_id, user = request.GET.get(MARK, ""), getattr(request, "user", None)
    if not draft_id or len(draft_id) > 40 or user is None or not user.is_authenticated:
        return None
    stored = cache.get(_key(draft_id))
    if stored is None:
        return None
    cache.delete(_key(draft_id))
    if stored["user"] != str(user.pk):
        return None
    content = crypto.Unsealer().open(user.pk, stored["sealed"])
    if not content:
        return None
    return FormDraft(content["action"], tuple((name, value) for name, value in content["fields"]), content["kind"])


def page_of_form(request: HttpRequest) -> str:
    """Where the form stands, as far as the browser says: a path of this portal. Else the company's first page."""
    named = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    parts = urlsplit(named)
    here = url_has_allowed_host_and_scheme(named, {request.get_host()}, require_https=request.is_secure())
    if here and (parts.path.startswith("/t/") or parts.path == "/account/") and parts.path != request.path:
        query = "&".join(each for each in parts.query.split("&") if each and not each.startswith(f"{MARK}="))
        return f"{parts.path}?{query}" if query else parts.path
    if here and parts.path == request.path:
        return parts.path  # a form that is sent to its own page
    company = request.path.split("/")[2] if request.path.startswith("/t/") else ""
    return f"/t/{company}/" if company else "/"


def marked(page: str, draft_id: str) -> str:
    """The address of the page that shows the draft."""
    return f"{page}{'&' if '?' in page else '?'}{MARK}={draft_id}" if draft_id else page


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """What was written and chosen, without secrets. Empty if nothing of it was written."""
    named = [(name, value) for name in request.POST for value in request.POST.getlist(name)][:MAX_FIELDS]
    fields = [
        (name, value)
        for name, value in named
        if name != settings.CSRF_COOKIE_NAME
        and name != "csrfmiddlewaretoken"
        and not any(part in name.lower() for part in _NEVER)
    ]
    return fields if any(value.strip() and name not in _CHOSEN for name, value in fields) else []


def _key(draft_id: str) -> str:
    return f"draft:{draft_id}"
