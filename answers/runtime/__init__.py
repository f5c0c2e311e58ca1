"""Threads for blocking work, the stop signal, the id of this process.
Imported by persistence, generation, live, views and api; imports nothing of answers.
Start reading: thread_pool.py.
"""
