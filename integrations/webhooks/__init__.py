"""Signed events to partners' endpoints: how they are signed, when they are tried again, and what is sent."""
