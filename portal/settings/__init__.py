"""Django's settings: base and services, then one file for each size of installation.
Imported by Django, by dotted name.
Start reading: base.py, services.py.
"""
