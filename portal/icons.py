"""The portal's own icons: drawn on a 20 grid with a 1.5 stroke, no fill, in the colour of the text around them."""

from __future__ import annotations

# The inside of an <svg viewBox="0 0 20 20">. A dot is a circle of class "solid".
_PERSON = '<circle cx="10" cy="6.5" r="3"/><path d="M4.5 17v-1.2a4.3 4.3 0 0 1 4.3-4.3h2.4a4.3 4.3 0 0 1 4.3 4.3V17"/>'
_PAGE = (
    '<path d="M5.5 2.75h6l3.5 3.5v9.5a1.5 1.5 0 0 1-1.5 1.5h-8a1.5 1.5 0 0 1-1.5-1.5v-11.5a1.5 1.5 0 0 1 1.5-1.5Z"/>'
)
_CIRCLE = '<circle cx="10" cy="10" r="7.25"/>'
_SHIELD = '<path d="M10 2.5 16 4.75v4.5c0 3.9-2.4 6.6-6 8.25-3.6-1.65-6-4.35-6-8.25v-4.5L10 2.5Z"/>'
_THUMB = (
    '<path d="M6.5 9 9.4 3.1A1.75 1.75 0 0 1 12 4.6V8h3.6a1.5 1.5 0 0 1 1.5 1.8l-1 5.5a1.5 1.5 0 0 1-1.5 1.2H6.5"/>'
    '<path d="M3 9h3.5v7.5H3z"/>'
)

ICONS: dict[str, str] = {
    "alert": _CIRCLE + '<path d="M10 6.5v4"/><circle class="solid" cx="10" cy="13.4" r=".95"/>',
    "archive": '<path d="M3 4h14v3.5H3zM4.5 7.5V16h11V7.5M8 10.5h4"/>',
    "arrow-down": '<path d="M10 4v12M5 11l5 5 5-5"/>',
    "arrow-right": '<path d="M4 10h12M11 5l5 5-5 5"/>',
    "arrow-up": '<path d="M10 16V4M5 9l5-5 5 5"/>',
    "ask": '<path d="M4.5 3.25h11a1.5 1.5 0 0 1 1.5 1.5v7.5a1.5 1.5 0 0 1-1.5 1.5H9L5.5 17v-3.25h-1a1.5 1.5 0 0 1-1.5-1.5v-7.5a1.5 1.5 0 0 1 1.5-1.5Z"/><path d="M6.5 7h7M6.5 10h4.5"/>',
    "audit": _SHIELD + '<path d="m7.25 10 2 2 3.5-3.75"/>',
    "blocked": _CIRCLE + '<path d="m5 5 10 10"/>',
    "book": '<path d="M10 5.25C8.6 4.1 6.6 3.75 3 3.75v11.5c3.6 0 5.6.35 7 1.5 1.4-1.15 3.4-1.5 7-1.5V3.75c-3.6 0-5.6.35-7 1.5ZM10 5.25v11.5"/>',
    "branch": '<path d="M10 17v-5c0-2.5-5-2-5-5.5M10 12c0-2.5 5-2 5-5.5"/><path d="m3 7.5 2-3 2 3M13 7.5l2-3 2 3"/>',
    "calendar": '<rect x="3.25" y="4" width="13.5" height="13" rx="1.5"/><path d="M3.25 8h13.5M6.75 2.25V5M13.25 2.25V5"/>',
    "chart": '<path d="M3.5 3.5v11.25a1.5 1.5 0 0 0 1.5 1.5h12M6.5 12l3-3.5 2.5 2L16.5 5"/>',
    "check": '<path d="m4 10.5 4 4 8-9"/>',
    "chevron-down": '<path d="m5.5 8 4.5 4.5L14.5 8"/>',
    "chevron-left": '<path d="M12 5.5 7.5 10l4.5 4.5"/>',
    "chevron-right": '<path d="M8 5.5l4.5 4.5L8 14.5"/>',
    "chevron-up": '<path d="m5.5 12 4.5-4.5 4.5 4.5"/>',
    "clock": _CIRCLE + '<path d="M10 5.75V10l3 1.75"/>',
    "close": '<path d="m5 5 10 10M15 5 5 15"/>',
    "code": '<path d="m7 6-4 4 4 4M13 6l4 4-4 4"/>',
    "copy": '<rect x="7" y="7" width="10" height="10" rx="1.75"/><path d="M13 7V4.75A1.75 1.75 0 0 0 11.25 3h-6.5A1.75 1.75 0 0 0 3 4.75v6.5A1.75 1.75 0 0 0 4.75 13H7"/>',
    "download": '<path d="M10 3v9.5M6 9l4 4 4-4M3.5 16.75h13"/>',
    "edit": '<path d="m4 13.5-.75 3.25L6.5 16 16.25 6.25a1.6 1.6 0 0 0 0-2.25l-.25-.25a1.6 1.6 0 0 0-2.25 0L4 13.5ZM12.25 5.25l2.5 2.5"/>',
    "external": '<path d="M8 4H4.75A1.75 1.75 0 0 0 3 5.75v9.5A1.75 1.75 0 0 0 4.75 17h9.5A1.75 1.75 0 0 0 16 15.25V12M11.5 3H17v5.5M17 3l-8 8"/>',
    "eye": '<path d="M2 10c1.9-3.4 4.6-5 8-5s6.1 1.6 8 5c-1.9 3.4-4.6 5-8 5s-6.1-1.6-8-5Z"/><circle cx="10" cy="10" r="2.25"/>',
    "eye-off": '<path d="M7.5 5.4A8.6 8.6 0 0 1 10 5c3.4 0 6.1 1.6 8 5a12 12 0 0 1-2 2.6M12.9 14.5A8.6 8.6 0 0 1 10 15c-3.4 0-6.1-1.6-8-5a11.5 11.5 0 0 1 2.9-3.4M3.5 3.5l13 13"/>',
    "file": _PAGE + '<path d="M7 9h6M7 12.5h6"/>',
    "filter": '<path d="M3 5.5h14M5.5 10h9M8 14.5h4"/>',
    "flag": '<path d="M4.5 17.5V3M4.5 3.75h10l-2 3.5 2 3.5h-10"/>',
    "folder": '<path d="M2.75 15V5.25a1.25 1.25 0 0 1 1.25-1.25h3.5L9.5 6H16a1.25 1.25 0 0 1 1.25 1.25V15A1.25 1.25 0 0 1 16 16.25H4A1.25 1.25 0 0 1 2.75 15Z"/>',
    "gauge": '<path d="M3.4 15.25a7.25 7.25 0 1 1 13.2 0M10 12.5l3-4"/><circle class="solid" cx="10" cy="12.5" r="1.25"/>',
    "globe": _CIRCLE
    + '<path d="M2.75 10h14.5M10 2.75c2.2 2 3.2 4.4 3.2 7.25s-1 5.25-3.2 7.25c-2.2-2-3.2-4.4-3.2-7.25s1-5.25 3.2-7.25Z"/>',
    "half": _CIRCLE + '<path class="solid" d="M10 2.75v14.5a7.25 7.25 0 0 0 0-14.5Z"/>',
    "help": _CIRCLE
    + '<path d="M7.75 7.75a2.25 2.25 0 1 1 3.3 2c-.75.4-1.05.8-1.05 1.5"/><circle class="solid" cx="10" cy="13.9" r=".9"/>',
    "image": '<rect x="2.75" y="3.5" width="14.5" height="13" rx="1.5"/><circle cx="7" cy="7.75" r="1.25"/><path d="m3 14.5 4-3.5 2.75 2.25L13 9.5l4.25 4.25"/>',
    "inbox": '<path d="M5.25 3.5h9.5L17.25 11v4.25a1.25 1.25 0 0 1-1.25 1.25H4a1.25 1.25 0 0 1-1.25-1.25V11l2.5-7.5ZM2.75 11H7l1 2h4l1-2h4.25"/>',
    "info": _CIRCLE + '<path d="M10 9.5v4"/><circle class="solid" cx="10" cy="6.6" r=".95"/>',
    "key": '<circle cx="7" cy="13" r="3.75"/><path d="m9.75 10.25 6.75-6.75M13 7l2.25 2.25"/>',
    "keyboard": '<rect x="2" y="5" width="16" height="10.5" rx="1.75"/><path d="M5 8.25h.01M8.3 8.25h.01M11.6 8.25h.01M15 8.25h.01M6 12.25h8"/>',
    "link": '<path d="M8.25 11.75 11.75 8.25M9.25 6l1.9-1.9a3.35 3.35 0 0 1 4.75 4.75L14 10.75M10.75 14l-1.9 1.9a3.35 3.35 0 0 1-4.75-4.75L6 9.25"/>',
    "lock": '<rect x="4" y="8.75" width="12" height="8.25" rx="1.5"/><path d="M6.75 8.75V6a3.25 3.25 0 0 1 6.5 0v2.75"/>',
    "mail": '<rect x="2.5" y="4" width="15" height="12" rx="1.5"/><path d="m3 5.5 7 5.5 7-5.5"/>',
    "menu": '<path d="M3 5.5h14M3 10h14M3 14.5h14"/>',
    "minus": '<path d="M4.5 10h11"/>',
    "moon": '<path d="M16.5 11.8A6.9 6.9 0 0 1 8.2 3.5a6.9 6.9 0 1 0 8.3 8.3Z"/>',
    "more": '<circle class="solid" cx="4.5" cy="10" r="1.5"/><circle class="solid" cx="10" cy="10" r="1.5"/><circle class="solid" cx="15.5" cy="10" r="1.5"/>',
    "move": '<path d="M2.75 15V5.25a1.25 1.25 0 0 1 1.25-1.25h3.5L9.5 6H16a1.25 1.25 0 0 1 1.25 1.25V15A1.25 1.25 0 0 1 16 16.25H4A1.25 1.25 0 0 1 2.75 15ZM7 11h6M10.75 8.75 13 11l-2.25 2.25"/>',
    "offline": '<path d="M3 3l14 14M2.5 8.5A11 11 0 0 1 6 6.2M9 5.4a11 11 0 0 1 8.5 3.1M5.2 11.5a7 7 0 0 1 3.4-1.9M13 10.4a7 7 0 0 1 1.8 1.1"/><circle class="solid" cx="10" cy="15" r="1.2"/>',
    "outbox": '<path d="M3 11.5v4a1.25 1.25 0 0 0 1.25 1.25h11.5A1.25 1.25 0 0 0 17 15.5v-4M10 12.5V3M6 7l4-4 4 4"/>',
    "panel": '<rect x="2.75" y="3.75" width="14.5" height="12.5" rx="1.5"/><path d="M12 3.75v12.5"/>',
    "pause": '<path d="M7.25 4.5v11M12.75 4.5v11"/>',
    "people": '<circle cx="7.5" cy="6.75" r="2.75"/><path d="M2.25 16.5v-1a3.75 3.75 0 0 1 3.75-3.75h3a3.75 3.75 0 0 1 3.75 3.75v1M12.75 4.2a2.75 2.75 0 0 1 0 5.1M14.75 11.9a3.75 3.75 0 0 1 3 3.65v.95"/>',
    "person": _PERSON,
    "play": '<path d="M6 4v12l10-6L6 4Z"/>',
    "plug-off": '<path d="m3 3 14 14M7 7.5H5.5v3a4.5 4.5 0 0 0 7.3 3.5M10 15v3M10.5 7.5h4v3M7.25 2.5V5M12.75 2.5v5"/>',
    "plus": '<path d="M10 4.5v11M4.5 10h11"/>',
    "question-off": _SHIELD + '<path d="M7.5 7.5l5 5M12.5 7.5l-5 5"/>',
    "quote": '<path d="M8 5.5c-2.7.7-4.25 2.6-4.25 5.25v3.75H8V10H5.75M16.25 5.5C13.55 6.2 12 8.1 12 10.75v3.75h4.25V10H14"/>',
    "receipt": '<path d="M4.5 2.75h11v14.5l-1.85-1.25L11.8 17.25 10 16l-1.8 1.25L6.35 16 4.5 17.25V2.75ZM7.5 6.5h5M7.5 9.5h5M7.5 12.5h3"/>',
    "retry": '<path d="M16.5 8.5A6.75 6.75 0 0 0 4.6 6L3.5 7.25M3.5 3.5v3.75h3.75M3.5 11.5A6.75 6.75 0 0 0 15.4 14l1.1-1.25M16.5 16.5v-3.75h-3.75"/>',
    "scales": '<path d="M10 3v14M6.5 17h7M3.5 5.5 10 4.5l6.5 1M3.75 5.75 1.75 11a2.5 2.5 0 0 0 4.5 0L4.25 5.75M15.75 5.75 13.75 11a2.5 2.5 0 0 0 4.5 0l-2-5.25"/>',
    "search": '<circle cx="8.75" cy="8.75" r="5.25"/><path d="m12.75 12.75 4 4"/>',
    "settings": '<circle cx="10" cy="10" r="2.5"/><path d="M10 2.75v2.5M10 14.75v2.5M2.75 10h2.5M14.75 10h2.5M4.9 4.9l1.75 1.75M13.35 13.35l1.75 1.75M15.1 4.9l-1.75 1.75M6.65 13.35 4.9 15.1"/>',
    "shield": _SHIELD,
    "sign-out": '<path d="M8 3.5H4.75A1.25 1.25 0 0 0 3.5 4.75v10.5a1.25 1.25 0 0 0 1.25 1.25H8M12.5 6l4 4-4 4M16.5 10H8"/>',
    "slides": '<rect x="2.75" y="3.5" width="14.5" height="9.5" rx="1.25"/><path d="M10 13v2M6.5 17 10 15l3.5 2M6.5 10V8.5M10 10V6.5M13.5 10V7.5"/>',
    "sort": '<path d="m6 7.5 4-4 4 4M6 12.5l4 4 4-4"/>',
    "stop": '<rect x="5.5" y="5.5" width="9" height="9" rx="1"/>',
    "table": '<rect x="3" y="3.5" width="14" height="13" rx="1.5"/><path d="M3 7.75h14M3 12.25h14M8.5 7.75v8.75"/>',
    "thumb-down": f'<g transform="rotate(180 10 10)">{_THUMB}</g>',
    "thumb-up": _THUMB,
    "trash": '<path d="M3.5 5.5h13M7.5 5.25V3.5h5v1.75M5 5.5l.75 10.25a1.25 1.25 0 0 0 1.25 1.25h6a1.25 1.25 0 0 0 1.25-1.25L15 5.5M8.25 8.75v5M11.75 8.75v5"/>',
    "undo": '<path d="M7 4 3.5 7.5 7 11M3.5 7.5h8a4.5 4.5 0 0 1 0 9H8"/>',
    "up-down": '<path d="m6.5 7.5 3.5-3.5 3.5 3.5M6.5 12.5l3.5 3.5 3.5-3.5"/>',
    "upload": '<path d="M10 13V3.5M6 7.25l4-4 4 4M3.5 16.75h13"/>',
    "wallet": '<rect x="2.75" y="5" width="14.5" height="11.5" rx="1.5"/><path d="M2.75 8.5h14.5M13 12.5h1.5M5 5l8-2v2"/>',
    "warning": '<path d="M10 3.25 17.75 16.5H2.25L10 3.25ZM10 8v4"/><circle class="solid" cx="10" cy="14.25" r=".85"/>',
}

# What a person would call it -> the drawing, so that a page can say what it means.
ALIASES = {
    "conflict": "scales",
    "document": "file",
    "expired": "calendar",
    "failed": "alert",
    "go": "chevron-right",
    "knowledge": "book",
    "offline-source": "plug-off",
    "partial": "half",
    "passed": "check",
    "quarantined": "blocked",
    "queued": "clock",
    "ready": "check",
    "remove": "trash",
    "review": "inbox",
    "sheet": "table",
    "stalled": "pause",
    "team": "people",
    "users": "people",
    "keys": "key",
    "quality": "chart",
    "operations": "gauge",
    "library": "book",
    "ready_with_warnings": "warning",
    "close-small": "close",
}


def drawing(name: str) -> str:
    """The inside of the icon's svg; an unknown name is a mistake of the page, so it raises."""
    return ICONS[ALIASES.get(name, name)]
