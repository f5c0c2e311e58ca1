"""The help pages and their images. They are public, as the repository is, and reveal nothing of any company."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from portal.help.markdown_pages import IMAGES, LIST_NAME, find_page, help_groups

IMAGE_MAX_AGE_SECONDS = 24 * 3600


@require_safe
@cache_control(
    private=True, no_cache=True
)  # a person's theme is in the page: browsers keep it and ask whether it changed
@conditional_page
def help_page(request: HttpRequest, page_name: str = LIST_NAME) -> HttpResponse:
    """A page, or the list of all pages. Raises `Http404` for another name."""
    page = find_page(page_name)
    if page is None:
        raise Http404
    # The page has no form. Without a token, which differs each time, an unchanged page is answered with 304.
    return render(request, "help.html", {"page": page, "groups": help_groups(), "csrf_token": ""})


@require_safe
@cache_control(public=True, max_age=IMAGE_MAX_AGE_SECONDS)
@conditional_page
def help_image(request: HttpRequest, image_name: str) -> HttpResponse:
    """An image of a page. Raises `Http404` for another name."""
    image = IMAGES.get(image_name)
    if image is None:
        raise Http404
    return HttpResponse(image.read_bytes(), content_type="image/png")
