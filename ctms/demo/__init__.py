"""The demo: a small organisation at once, published and big studies behind the first page."""
