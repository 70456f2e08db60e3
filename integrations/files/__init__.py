"""Where the bytes of documents lie, and who looks after them."""
