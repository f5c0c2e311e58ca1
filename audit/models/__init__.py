"""The rows: events, their objects, field changes, keys that seal what identifies a person.
Imported by ledger, trail, pages, and by portal's backup.
Start reading: event.py.
"""

from audit.models.event import AuditEvent
from audit.models.event_object import EventObject
from audit.models.field_change import FieldChange
from audit.models.person_key import PersonKey

__all__ = ["AuditEvent", "EventObject", "FieldChange", "PersonKey"]
