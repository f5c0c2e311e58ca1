"""What an app above may add to the viewer and to the search dialog; this app does not know answers.
Imported by views, and by answers, which registers itself.
Start reading: viewer.py.
"""
