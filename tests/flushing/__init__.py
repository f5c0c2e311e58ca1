"""A Django app of the test settings alone: its `flush` command replaces Django's."""
