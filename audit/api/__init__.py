"""REST for reading and exporting the trail.
Imported by urls.py alone.
Start reading: views.py.
"""
