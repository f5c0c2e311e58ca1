from __future__ import annotations

pages = []
api = []
public = []
