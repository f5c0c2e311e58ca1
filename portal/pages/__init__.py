"""What every page has: context, icons, and the made-up company of the component sheet.
Imported by templatetags; context.py by its dotted name in the settings.
Start reading: context.py.
"""
