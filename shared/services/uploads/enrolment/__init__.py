"""Enrolment of uploads: finds or creates what their names refer to."""
