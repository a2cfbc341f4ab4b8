"""Subjects, their visits and the bookings that keep them inside protocol windows."""
