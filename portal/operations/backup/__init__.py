"""Backup and restore: rows, files, a signed manifest.
Imported by the commands `backup` and `restore`, and by removal.
Start reading: create.py, then restore.py.
"""
