"""`manage.py up`: web, worker and beat, supervised in one terminal.
Imported by the commands `up`, `demo` and `health`; beat_scheduler.py by its dotted name in the settings.
Start reading: supervisor.py.
"""
