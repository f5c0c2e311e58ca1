"""Answer models behind one protocol: base.py and errors.py lie below grounding, the models above it.
Imported by backends.py and generation; base.py by everything.
Start reading: base.py, then extractive.py.
"""
