"""Who may see which sentence of an answer, and how it is shown: every answer leaves through here.
Imported by persistence, generation, live, conversations, api, views.
Start reading: answer_view.py.
"""
