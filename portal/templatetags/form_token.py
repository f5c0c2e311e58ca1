"""{% csrf_token %} in every template: Django's field against forged forms, and beside it whose page the form stands on.

Built in (TEMPLATES in portal/settings/base.py), so that no form can forget it: tenants/requests/form_drafts.py returns
what was written in a form to that person after a session has ended.
"""

from __future__ import annotations

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.requests import form_drafts

register = template.Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: template.Context) -> SafeString:
    request = context.get("request")
    field = CsrfTokenNode().render(context)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return field
    signed = getattr(request, "_form_user", None)
    if signed is None:  # once per page, however many forms it has
        signed = request._form_user = form_drafts.form_user(user)
    return field + format_html('<input type="hidden" name="{}" value="{}">', form_drafts.FIELD, signed)
