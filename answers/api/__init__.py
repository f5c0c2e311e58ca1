"""REST for questions, answers, conversations and shared answers.
Imported by urls.py and the command `ask`.
Start reading: ask.py.
"""
