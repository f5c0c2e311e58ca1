"""From a question to an answer whose every sentence cites a passage that this member may read.
Imported by portal; imports knowledge, tenants and audit (pyproject.toml holds the order of the packages).
Start reading: generation/ask.py, then live/runner.py and presentation/answer_view.py.
"""
