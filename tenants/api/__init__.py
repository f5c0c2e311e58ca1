"""REST for members: who one is, and one's keys.
Imported by urls.py alone.
Start reading: views.py.
"""
