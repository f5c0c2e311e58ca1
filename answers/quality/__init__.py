"""Evaluation: sets of questions, runs in a scratch tenant, metrics, two indexes compared.
Imported by portal's commands `evaluate` and `generations`.
Start reading: run.py.
"""
