"""`manage.py up`: web, worker and beat in one terminal."""
