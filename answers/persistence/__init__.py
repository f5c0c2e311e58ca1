"""Saving answers and their events, and erasing what answers quote from deleted documents.
Imported by generation, live.
Start reading: save_answer.py, then event_log.py.
"""
