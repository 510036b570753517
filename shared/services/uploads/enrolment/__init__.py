"""Enrolment of uploads: what they name, found or made."""
